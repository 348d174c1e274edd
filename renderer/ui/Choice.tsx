/** One of a few, as the system shows such a choice. */
import styles from "./Choice.module.css";

type Props<Value extends string> = {
  label: string;
  value: Value;
  choices: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
  isDisabled?: boolean;
  /** The label is not shown: what stands beside it says it already. */
  bare?: boolean;
};

export function Choice<Value extends string>(props: Props<Value>) {
  const { label, value, choices, onChange, isDisabled = false, bare = false } = props;
  return (
    <label className={styles["choice"]}>
      {!bare && <span className={styles["label"]}>{label}</span>}
      <select
        aria-label={label}
        className={styles["select"]}
        value={value}
        disabled={isDisabled}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}

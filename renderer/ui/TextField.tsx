import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextField as AriaTextField } from "react-aria-components/TextField";
import styles from "./TextField.module.css";

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** What is wrong with the value, in words; null when nothing is. */
  problem: string | null;
  description?: string;
  placeholder?: string;
  /** Takes the focus when it appears, as the first field of a dialog does. */
  focusFirst?: boolean;
  /** To read and to copy. */
  isReadOnly?: boolean;
  charsMax?: number;
};

export function TextField({
  label,
  value,
  onChange,
  problem,
  description,
  placeholder,
  focusFirst = false,
  isReadOnly = false,
  charsMax,
}: Props) {
  return (
    <AriaTextField
      value={value}
      onChange={onChange}
      isInvalid={problem !== null}
      isReadOnly={isReadOnly}
      {...(charsMax !== undefined && { maxLength: charsMax })}
      validationBehavior="aria"
      // eslint-disable-next-line jsx-a11y/no-autofocus -- a dialog's first field; React Aria restores the focus
      autoFocus={focusFirst}
      className={styles["field"] ?? ""}
    >
      <Label className={styles["label"] ?? ""}>{label}</Label>
      <Input className={styles["input"] ?? ""} placeholder={placeholder ?? ""} spellCheck="false" />
      {description && (
        <Text slot="description" className={styles["description"] ?? ""}>
          {description}
        </Text>
      )}
      <FieldError className={styles["problem"] ?? ""}>{problem}</FieldError>
    </AriaTextField>
  );
}

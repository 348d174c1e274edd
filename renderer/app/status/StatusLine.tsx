import { useStore } from "../use-store.ts";
import type { StatusLineStore } from "./status-line-store.ts";
import styles from "./StatusLine.module.css";

/** The words are a button too: whoever doubts them presses there, and sees what they are made of. */
export function StatusLine({ status, onPress }: { status: StatusLineStore; onPress: () => void }) {
  const words = useStore(status.words);
  const isWrong = useStore(status.isWrong);
  return (
    <output aria-label="Status" className={styles["line"]}>
      {words !== "" && (
        <button
          type="button"
          aria-haspopup="dialog"
          title={`${words}\nPress to see where your text is.`}
          className={styles["words"]}
          data-wrong={isWrong || undefined}
          // The caret stays in the text.
          onMouseDown={(event) => event.preventDefault()}
          onClick={onPress}
        >
          {words}
        </button>
      )}
    </output>
  );
}

/** A button that asks once more, in its own place, before it does what cannot be taken back. */
import { useState } from "react";
import { Button } from "./Button.tsx";
import styles from "./ConfirmButton.module.css";

type Props = {
  /** The accessible name of the first press: "Remove Ada". */
  label: string;
  children: string;
  /** What comes of it. */
  question: string;
  onConfirm: () => void;
  isPending?: boolean;
  /** Without a frame until it is pressed: in lists. */
  quiet?: boolean;
};

type Asking = "not yet" | "now" | "was";

export function ConfirmButton(props: Props) {
  const { label, children, question, onConfirm, isPending = false, quiet = true } = props;
  const [asking, setAsking] = useState<Asking>("not yet");
  if (asking !== "now")
    return (
      <Button
        quiet={quiet}
        label={label}
        isPending={isPending}
        focusFirst={asking === "was"}
        onPress={() => setAsking("now")}
      >
        {children}
      </Button>
    );
  return (
    <div role="group" aria-label={question} className={styles["group"]}>
      <p className={styles["question"]}>{question}</p>
      <Button
        label={label}
        onPress={() => {
          setAsking("was");
          onConfirm();
        }}
      >
        {children}
      </Button>
      <Button quiet label="Cancel" focusFirst onPress={() => setAsking("was")}>
        Cancel
      </Button>
    </div>
  );
}

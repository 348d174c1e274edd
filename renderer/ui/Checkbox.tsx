import type { ReactNode } from "react";
import styles from "./Checkbox.module.css";

type Props = { isChecked: boolean; onChange: (isChecked: boolean) => void; children: ReactNode };

/** Something to agree to, in as many words as it takes. */
export function Checkbox({ isChecked, onChange, children }: Props) {
  return (
    <label className={styles["checkbox"]}>
      <input type="checkbox" checked={isChecked} onChange={(event) => onChange(event.target.checked)} />
      <span>{children}</span>
    </label>
  );
}

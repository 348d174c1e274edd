/** What can be done to a file, shown while it is selected. Whoever only reads may save it. */
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import { CommandButton } from "./CommandButton.tsx";
import styles from "./Toolbar.module.css";

export function FileBar({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  const readOnly = useReadOnly(desk);
  // In a table's cell the bar of the table has the place.
  const isShown = active.has("file") && !active.has("table");
  if (!isShown) return null;
  return (
    <AriaToolbar aria-label="File" className={`${styles["toolbar"]} ${styles["table"]}`}>
      <span className={styles["group"]} aria-hidden>
        File
      </span>
      <CommandButton desk={desk} id="save-file" isForReaders />
      {readOnly === null && <CommandButton desk={desk} id="delete-file" />}
    </AriaToolbar>
  );
}

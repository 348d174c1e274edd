/** What can be done to the rows and columns of a table, shown while the caret is in one. */
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import type { CommandId } from "../../../electron/commands/table.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import { CommandButton } from "./CommandButton.tsx";
import styles from "./Toolbar.module.css";

const rows: readonly CommandId[] = ["row-above", "row-below", "delete-row"];
const columns: readonly CommandId[] = ["column-before", "column-after", "delete-column"];
const alignments: readonly CommandId[] = ["align-start", "align-center", "align-right"];

export function TableBar({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  const readOnly = useReadOnly(desk);
  // What can only be read needs no bar over it.
  if (!active.has("table") || readOnly !== null) return null;
  return (
    <AriaToolbar aria-label="Table" className={`${styles["toolbar"]} ${styles["table"]}`}>
      <span className={styles["group"]} aria-hidden>
        Row
      </span>
      {rows.map((id) => (
        <CommandButton key={id} desk={desk} id={id} />
      ))}
      <span className={styles["group"]} aria-hidden>
        Column
      </span>
      {columns.map((id) => (
        <CommandButton key={id} desk={desk} id={id} />
      ))}
      <span className={styles["group"]} aria-hidden>
        Cell
      </span>
      {alignments.map((id) => (
        <CommandButton key={id} desk={desk} id={id} isPressed={active.has(id)} />
      ))}
      {active.has("merge-cells") && <CommandButton desk={desk} id="merge-cells" />}
      {active.has("split-cell") && <CommandButton desk={desk} id="split-cell" />}
      <span className={styles["group"]} aria-hidden>
        Table
      </span>
      <CommandButton desk={desk} id="header-row" isPressed={active.has("header-row")} />
      <CommandButton desk={desk} id="delete-table" />
    </AriaToolbar>
  );
}

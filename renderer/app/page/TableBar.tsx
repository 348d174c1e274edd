/** What can be done to the rows and columns of a table, shown while the caret is in one. */
import {
  BetweenHorizontalEnd,
  BetweenHorizontalStart,
  BetweenVerticalEnd,
  BetweenVerticalStart,
  PanelTop,
  Trash2,
  X,
} from "lucide-react";
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import * as commands from "../../editor/commands.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import { CommandButton } from "./CommandButton.tsx";
import styles from "./Toolbar.module.css";

const rows = [
  { ...commands.rowAbove, icon: BetweenHorizontalEnd },
  { ...commands.rowBelow, icon: BetweenHorizontalStart },
  { ...commands.removeRow, icon: X },
];
const columns = [
  { ...commands.columnBefore, icon: BetweenVerticalEnd },
  { ...commands.columnAfter, icon: BetweenVerticalStart },
  { ...commands.removeColumn, icon: X },
];
const whole = { ...commands.removeTable, icon: Trash2 };

export function TableBar({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  const readOnly = useReadOnly(desk);
  // What can only be read needs no bar over it.
  if (!active.has(commands.table.id) || readOnly !== null) return null;
  return (
    <AriaToolbar aria-label="Table" className={`${styles["toolbar"]} ${styles["table"]}`}>
      <span className={styles["group"]} aria-hidden>
        Row
      </span>
      {rows.map((item) => (
        <CommandButton key={item.id} desk={desk} item={item} />
      ))}
      <span className={styles["group"]} aria-hidden>
        Column
      </span>
      {columns.map((item) => (
        <CommandButton key={item.id} desk={desk} item={item} />
      ))}
      <span className={styles["group"]} aria-hidden>
        Table
      </span>
      <CommandButton
        desk={desk}
        item={{ ...commands.headerRow, icon: PanelTop }}
        isPressed={active.has(commands.headerRow.id)}
      />
      <CommandButton desk={desk} item={whole} />
    </AriaToolbar>
  );
}

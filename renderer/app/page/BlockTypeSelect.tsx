/** What the block at the caret is, and what it is to be. */
import { commandTable } from "../../../electron/commands/table.ts";
import { blockTypes } from "../../editor/commands.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import styles from "./Toolbar.module.css";

export function BlockTypeSelect({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  const readOnly = useReadOnly(desk);
  return (
    <select
      aria-label="Block type"
      className={styles["select"]}
      title={readOnly ?? undefined}
      disabled={readOnly !== null}
      value={blockTypes.find((id) => active.has(id)) ?? "paragraph"}
      onChange={(event) => {
        const chosen = blockTypes.find((id) => id === event.target.value);
        if (chosen && !active.has(chosen)) desk.commands.run(chosen);
        else desk.view?.focus();
      }}
    >
      {blockTypes.map((id) => (
        <option key={id} value={id}>
          {commandTable[id].label}
        </option>
      ))}
    </select>
  );
}

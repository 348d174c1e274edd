/** A button of a toolbar: runs a command of the registry and gives the focus back to the text. */
import type { CommandId } from "../../../electron/commands/table.ts";
import { buttonLabel } from "../commands/commands.ts";
import { commandIcons } from "../commands/icons.ts";
import type { Desk } from "../desk.ts";
import { withKey } from "../shown-key.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import styles from "./Toolbar.module.css";

type Props = {
  desk: Desk;
  id: CommandId;
  /** Absent where the command is done once and is never "on". */
  isPressed?: boolean;
  /** It changes nothing, and whoever only reads may do it too. */
  isForReaders?: boolean;
};

export function CommandButton({ desk, id, isPressed, isForReaders = false }: Props) {
  useStore(desk.commands.shortcuts);
  const isReadOnly = useReadOnly(desk);
  const readOnly = isForReaders ? null : isReadOnly;
  const label = buttonLabel(id);
  const Icon = commandIcons[id];
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={isPressed}
      title={readOnly ?? withKey(label, desk.commands.key(id))}
      disabled={readOnly !== null}
      className={styles["button"]}
      // The selection stays where the person made it.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => desk.commands.run(id)}
    >
      {Icon && <Icon size={16} aria-hidden />}
    </button>
  );
}

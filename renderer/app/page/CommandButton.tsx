/** A button of a toolbar: runs a command of the registry and gives the focus back to the text. */
import type { LucideIcon } from "lucide-react";
import type { EditorCommand } from "../../editor/commands.ts";
import { shownKey } from "../shown-key.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import styles from "./Toolbar.module.css";

export type Item = Pick<EditorCommand, "id" | "label" | "keys" | "run"> & { icon: LucideIcon };

type Props = {
  desk: Desk;
  item: Item;
  /** Absent where the command is done once and is never "on". */
  isPressed?: boolean;
  /** It changes nothing, and whoever only reads may do it too. */
  isForReaders?: boolean;
};

export function CommandButton({ desk, item, isPressed, isForReaders = false }: Props) {
  const { label, keys, run, icon: Icon } = item;
  const [key] = keys;
  const isReadOnly = useReadOnly(desk);
  const readOnly = isForReaders ? null : isReadOnly;
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={isPressed}
      title={readOnly ?? (key ? `${label} (${shownKey(key)})` : label)}
      disabled={readOnly !== null}
      className={styles["button"]}
      // The selection stays where the person made it.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => (isForReaders ? desk.look(run) : desk.run(run))}
    >
      <Icon size={16} aria-hidden />
    </button>
  );
}

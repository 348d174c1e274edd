/** The formatting toolbar: which commands are on at the caret, and the way to them for hands and keys. */
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import type { CommandId } from "../../../electron/commands/table.ts";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import { BlockTypeSelect } from "./BlockTypeSelect.tsx";
import { CommandButton } from "./CommandButton.tsx";
import styles from "./Toolbar.module.css";

const items: readonly CommandId[] = [
  "strong",
  "em",
  "underline",
  "strike",
  "highlight",
  "code",
  "link",
  "bullet-list",
  "ordered-list",
  "task-list",
  "quote",
  "callout",
  "table",
  "image",
  "file",
];

export function Toolbar({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  return (
    <AriaToolbar aria-label="Formatting" data-toolbar="main" className={styles["toolbar"] ?? ""}>
      <BlockTypeSelect desk={desk} />
      {items.map((id) => (
        <CommandButton key={id} desk={desk} id={id} isPressed={active.has(id)} />
      ))}
    </AriaToolbar>
  );
}

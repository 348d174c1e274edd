/** What can be done to an image, shown while it is selected or the caret is in its caption. */
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import type { CommandId } from "../../../electron/commands/table.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import { CommandButton } from "./CommandButton.tsx";
import styles from "./Toolbar.module.css";

const items: readonly CommandId[] = [
  "alt-text",
  "image-narrower",
  "image-wider",
  "image-own-width",
  "delete-image",
];

export function ImageBar({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  const readOnly = useReadOnly(desk);
  // In a table's cell the bar of the table has the place.
  const isShown = active.has("image") && !active.has("table");
  if (!isShown || readOnly !== null) return null;
  return (
    <AriaToolbar aria-label="Image" className={`${styles["toolbar"]} ${styles["table"]}`}>
      <span className={styles["group"]} aria-hidden>
        Image
      </span>
      {items.map((id) => (
        <CommandButton key={id} desk={desk} id={id} />
      ))}
    </AriaToolbar>
  );
}

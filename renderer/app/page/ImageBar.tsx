/** What can be done to an image, shown while it is selected or the caret is in its caption. */
import { Captions, Maximize, Trash2, ZoomIn, ZoomOut } from "lucide-react";
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import * as commands from "../../editor/commands.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import { CommandButton } from "./CommandButton.tsx";
import styles from "./Toolbar.module.css";

const widths = [
  { ...commands.imageNarrower, icon: ZoomOut },
  { ...commands.imageWider, icon: ZoomIn },
  { ...commands.imageOwnWidth, icon: Maximize },
];

export function ImageBar({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  const readOnly = useReadOnly(desk);
  // In a table's cell the bar of the table has the place.
  const isShown = active.has(commands.image.id) && !active.has(commands.table.id);
  if (!isShown || readOnly !== null) return null;
  return (
    <AriaToolbar aria-label="Image" className={`${styles["toolbar"]} ${styles["table"]}`}>
      <span className={styles["group"]} aria-hidden>
        Image
      </span>
      <CommandButton desk={desk} item={{ ...commands.altText, run: desk.askForAltText, icon: Captions }} />
      {widths.map((item) => (
        <CommandButton key={item.id} desk={desk} item={item} />
      ))}
      <CommandButton desk={desk} item={{ ...commands.removeImage, icon: Trash2 }} />
    </AriaToolbar>
  );
}

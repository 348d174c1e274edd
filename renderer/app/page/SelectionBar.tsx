/** What is done to selected text most, beside it. The keyboard has the toolbar, which has the same and more. */
import { useLayoutEffect, useRef } from "react";
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import type { CommandId } from "../../../electron/commands/table.ts";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import { besideLine } from "./beside.ts";
import { BlockTypeSelect } from "./BlockTypeSelect.tsx";
import { CommandButton } from "./CommandButton.tsx";
import styles from "./SelectionBar.module.css";

const items: readonly CommandId[] = ["strong", "em", "strike", "highlight", "code", "link"];

export function SelectionBar({ desk }: { desk: Desk }) {
  const place = useStore(desk.selectedPlace);
  const active = useStore(desk.activity);
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (place && bar.current) besideLine(bar.current, place, "above");
  }, [place]);
  if (!place) return null;
  return (
    <div ref={bar} className={styles["bar"]}>
      <AriaToolbar aria-label="Selection" className={styles["toolbar"] ?? ""}>
        <BlockTypeSelect desk={desk} />
        {items.map((id) => (
          <CommandButton key={id} desk={desk} id={id} isPressed={active.has(id)} />
        ))}
      </AriaToolbar>
    </div>
  );
}

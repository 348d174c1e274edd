/** What a footnote says, beside its reference. */
import { useLayoutEffect, useRef } from "react";
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import { besideLine } from "./beside.ts";
import { CommandButton } from "./CommandButton.tsx";
import styles from "./SelectionBar.module.css";

export function FootnoteBar({ desk }: { desk: Desk }) {
  const place = useStore(desk.footnotePlace);
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (place && bar.current) besideLine(bar.current, place, "below");
  }, [place]);
  if (!place) return null;
  const { words } = place;
  return (
    <div ref={bar} className={styles["bar"]}>
      <AriaToolbar aria-label="Footnote" className={styles["toolbar"] ?? ""}>
        <p className={styles["note"]} dir="auto">
          {words ?? "This footnote is gone."}
          {words === "" && "This footnote is empty."}
        </p>
        {words !== null && <CommandButton desk={desk} id="cross-footnote" isForReaders />}
      </AriaToolbar>
    </div>
  );
}

/** Where the link at the caret leads, beside it: whoever reads it sees the address before they open it. */
import { useLayoutEffect, useRef } from "react";
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import { besideLine } from "./beside.ts";
import { CommandButton } from "./CommandButton.tsx";
import styles from "./SelectionBar.module.css";
import { shownAddress } from "./shown-address.ts";

export function LinkBar({ desk }: { desk: Desk }) {
  const place = useStore(desk.linkPlace);
  const readOnly = useReadOnly(desk);
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (place && bar.current) besideLine(bar.current, place, "below");
  }, [place]);
  if (!place) return null;
  const { host, rest } = shownAddress(place.href);
  return (
    <div ref={bar} className={styles["bar"]}>
      <AriaToolbar aria-label="Link" className={styles["toolbar"] ?? ""}>
        {/* An address is read from the left, whatever is in it. */}
        <bdi dir="ltr" className={styles["address"]} title={place.href}>
          <strong>{host}</strong>
          {rest}
        </bdi>
        <CommandButton desk={desk} id="open-link" isForReaders />
        {readOnly === null && <CommandButton desk={desk} id="link" />}
        {readOnly === null && <CommandButton desk={desk} id="remove-link" />}
      </AriaToolbar>
    </div>
  );
}

/** How many words there are, quietly, at the end of the status line; pressed, it shows all numbers and the goals. */
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { Desk } from "../desk.ts";
import { announcedMs } from "../limits.ts";
import { useStore } from "../use-store.ts";
import { amount, countsLabel, leftWords } from "./count-words.ts";
import { Ring } from "./Ring.tsx";
import styles from "./Counts.module.css";

const CountsPanel = lazy(async () => ({ default: (await import("./CountsPanel.tsx")).CountsPanel }));

/** Said to those who do not see the ring close, once. */
function Announcement({ desk }: { desk: Desk }) {
  const said = useStore(desk.goals.said);
  useEffect(() => {
    if (said === "") return;
    const timer = setTimeout(() => desk.goals.said.set(""), announcedMs);
    return () => clearTimeout(timer);
  }, [desk, said]);
  return (
    <output aria-label="Goals" className={styles["said"]}>
      {said}
    </output>
  );
}

export function CountsButton({ desk }: { desk: Desk }) {
  const counts = useStore(desk.counts);
  const goal = useStore(desk.goals.goal);
  const today = useStore(desk.goals.today);
  const opened = useStore(desk.countsPanel);
  const button = useRef<HTMLButtonElement>(null);
  const [isKnown, setKnown] = useState(false);
  if (opened !== null && !isKnown) setKnown(true);
  if (counts === null) return null;
  const words = counts.state === "counted" ? counts.document.words : null;
  const label = countsLabel(counts);
  const parts = [
    label,
    ...(goal !== null && words !== null ? [leftWords(words, goal)] : []),
    ...(today.goal === null ? [] : [`Today: ${leftWords(today.words, today.goal)}`]),
  ];
  return (
    <>
      <Announcement desk={desk} />
      <button
        ref={button}
        type="button"
        className={styles["button"]}
        aria-haspopup="dialog"
        aria-expanded={opened !== null}
        aria-label={parts.join(". ")}
        title={[...parts, "Press to see all counts and your goals."].join("\n")}
        // The caret and the selection stay in the text.
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => desk.countsPanel.set(opened === null ? "counts" : null)}
      >
        {today.goal !== null && (
          <span className={styles["today"]}>
            <Ring part={today.words / today.goal} />
            {amount(today.words)} today
          </span>
        )}
        {goal !== null && words !== null && <Ring part={words / goal} />}
        {label}
      </button>
      {isKnown && (
        <Suspense fallback={null}>
          <CountsPanel desk={desk} trigger={button} />
        </Suspense>
      )}
    </>
  );
}

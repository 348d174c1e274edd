/** All numbers of the document and of what is selected, and the goals, over the status line. */
import { useState } from "react";
import type { RefObject } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";
import { ProgressBar } from "react-aria-components/ProgressBar";
import type { Counts } from "../../editor/counting.ts";
import { TextField } from "../../ui/TextField.tsx";
import type { Desk } from "../desk.ts";
import { goalWordsMax } from "../limits.ts";
import { useStore } from "../use-store.ts";
import { amount, leftWords, parseAmount, readingTime } from "./count-words.ts";
import { isGoal } from "./stored-goals.ts";
import styles from "./Counts.module.css";

const rows: readonly { label: string; of: (counts: Counts) => string }[] = [
  { label: "Words", of: ({ words }) => amount(words) },
  { label: "Characters", of: ({ characters }) => amount(characters) },
  { label: "Without spaces", of: ({ withoutSpaces }) => amount(withoutSpaces) },
  { label: "Reading time", of: ({ words }) => readingTime(words) },
];

function Numbers({ desk }: { desk: Desk }) {
  const counts = useStore(desk.counts);
  if (counts?.state !== "counted") return <p className={styles["counting"]}>Counting…</p>;
  const { document, selection } = counts;
  return (
    <table className={styles["numbers"]}>
      {selection && (
        <thead>
          <tr>
            <th scope="col">
              <span className={styles["said"]}>What</span>
            </th>
            <th scope="col">Selection</th>
            <th scope="col">Document</th>
          </tr>
        </thead>
      )}
      <tbody>
        {rows.map(({ label, of }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            {selection && <td>{of(selection)}</td>}
            <td>{of(document)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type GoalProps = {
  label: string;
  /** Of the bar. */
  progress: string;
  goal: number | null;
  /** Null while they are counted. */
  words: number | null;
  onChange: (goal: number | null) => void;
  focusFirst?: boolean;
};

/** Taken as it is typed: there is nothing to confirm. */
function Goal({ label, progress, goal, words, onChange, focusFirst = false }: GoalProps) {
  const [typed, setTyped] = useState(goal === null ? "" : amount(goal));
  const value = parseAmount(typed);
  const isWrong = value !== null && !isGoal(value);
  return (
    <div className={styles["goal"]}>
      <TextField
        label={label}
        value={typed}
        placeholder="None"
        focusFirst={focusFirst}
        problem={isWrong ? `A number of words, from 1 to ${amount(goalWordsMax)}.` : null}
        onChange={(text) => {
          setTyped(text);
          const now = parseAmount(text);
          if (now === null || isGoal(now)) onChange(now);
        }}
      />
      {goal !== null && words !== null && (
        <ProgressBar
          aria-label={progress}
          value={Math.min(words, goal)}
          maxValue={goal}
          valueLabel={leftWords(words, goal)}
          className={styles["progress"] ?? ""}
        >
          {({ percentage = 0 }) => (
            <>
              <div className={styles["bar"]}>
                <div className={styles["fill"]} style={{ inlineSize: `${percentage}%` }} />
              </div>
              <span>{leftWords(words, goal)}</span>
            </>
          )}
        </ProgressBar>
      )}
    </div>
  );
}

function Goals({ desk, focusFirst }: { desk: Desk; focusFirst: boolean }) {
  const counts = useStore(desk.counts);
  const goal = useStore(desk.goals.goal);
  const today = useStore(desk.goals.today);
  return (
    <>
      <Goal
        label="Goal for this document, in words"
        progress="This document"
        goal={goal}
        words={counts?.state === "counted" ? counts.document.words : null}
        onChange={(words) => desk.goals.setGoal(words)}
        focusFirst={focusFirst}
      />
      <Goal
        label="Goal for each day, in words"
        progress="Today"
        goal={today.goal}
        words={today.words}
        onChange={(words) => desk.goals.setDayGoal(words)}
      />
    </>
  );
}

export function CountsPanel({ desk, trigger }: { desk: Desk; trigger: RefObject<HTMLButtonElement | null> }) {
  const opened = useStore(desk.countsPanel);
  const today = useStore(desk.goals.today);
  return (
    <Popover
      isOpen={opened !== null}
      triggerRef={trigger}
      placement="top end"
      offset={4}
      className={styles["popover"] ?? ""}
      onOpenChange={(isOpen) => {
        if (!isOpen) desk.countsPanel.set(null);
      }}
    >
      <Dialog aria-label="Counts and goals" className={styles["panel"] ?? ""}>
        <Numbers desk={desk} />
        <p className={styles["note"]}>
          All text counts: lists, tables, captions, footnotes and code. The title, formulas, descriptions of
          images and names of files do not.
        </p>
        <Goals desk={desk} focusFirst={opened === "goal"} />
        <p className={styles["note"]}>
          {amount(today.words)} {today.words === 1 ? "word" : "words"} written today: what you typed and
          pasted here, in all documents, less what you deleted of it. Cutting older text takes nothing away;
          moving it, undo, and what others write add nothing. Goals stay on this device.
        </p>
      </Dialog>
    </Popover>
  );
}

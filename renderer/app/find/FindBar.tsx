/** Find and replace, over the page's upper end. */
import { ArrowDown, ArrowUp, CaseSensitive, Regex, TextSelect, WholeWord, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { RefObject } from "react";
import type { LucideIcon } from "lucide-react";
import type { FindTally } from "../../editor/find.ts";
import { Button } from "../../ui/Button.tsx";
import type { Desk, Page } from "../desk.ts";
import { withKey } from "../shown-key.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import type { FindShown } from "./find.ts";
import styles from "./FindBar.module.css";

export function FindBar({ desk, page }: { desk: Desk; page: Page }) {
  const shown = useStore(desk.find.shown);
  const { session, progress } = page;
  // Another document has come, or its text has: what is looked for is looked for there.
  useEffect(() => {
    if (desk.find.shown.get() !== null) desk.find.begin();
  }, [desk, session, progress.shown]);
  return shown && <Bar desk={desk} shown={shown} />;
}

function Bar({ desk, shown }: { desk: Desk; shown: FindShown }) {
  const { find } = desk;
  const wanted = useStore(find.wanted);
  const field = useRef<HTMLInputElement>(null);
  const replacing = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // Where it is known what is to be replaced, what stands for it is asked next.
    const isKnown = shown.isReplacing && find.wanted.get().text !== "";
    const asked = (isKnown ? replacing.current : null) ?? field.current;
    asked?.focus();
    asked?.select();
  }, [find, shown]);
  const toggles = [
    { name: "isCaseSensitive", label: "Match case", icon: CaseSensitive },
    { name: "isWholeWord", label: "Whole words", icon: WholeWord },
    { name: "isPattern", label: "Regular expression", icon: Regex },
  ] as const;
  return (
    <div role="search" aria-label="Find in this document" className={styles["bar"]}>
      <div className={styles["row"]}>
        <input
          ref={field}
          type="text"
          aria-label="Find"
          placeholder="Find"
          spellCheck={false}
          className={styles["field"]}
          value={wanted.text}
          onChange={(event) => void find.look({ ...wanted, text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
            event.preventDefault();
            if (event.shiftKey) find.previous();
            else find.next();
          }}
        />
        {toggles.map(({ name, label, icon }) => (
          <Toggle
            key={name}
            label={label}
            icon={icon}
            isOn={wanted[name]}
            onChange={(isOn) => void find.look({ ...wanted, [name]: isOn })}
          />
        ))}
        <InSelection desk={desk} />
        <Tally desk={desk} />
        <Button
          quiet
          label="Previous"
          tip={withKey("Previous", desk.commands.key("find-previous"))}
          onPress={() => void find.previous()}
        >
          <ArrowUp size={16} aria-hidden />
        </Button>
        <Button
          quiet
          label="Next"
          tip={withKey("Next", desk.commands.key("find-next"))}
          onPress={() => void find.next()}
        >
          <ArrowDown size={16} aria-hidden />
        </Button>
        <Button quiet label="Close search" tip="Close (Esc)" onPress={() => find.close()}>
          <X size={16} aria-hidden />
        </Button>
      </div>
      {shown.isReplacing && <ReplaceRow desk={desk} field={replacing} />}
      <Words desk={desk} />
    </div>
  );
}

function InSelection({ desk }: { desk: Desk }) {
  const { isWithin } = useStore(desk.find.tally);
  return (
    <Toggle
      label="In selection"
      icon={TextSelect}
      isOn={isWithin}
      onChange={(isOn) => desk.find.setWithin(isOn)}
    />
  );
}

function ReplaceRow({ desk, field }: { desk: Desk; field: RefObject<HTMLInputElement | null> }) {
  const { find } = desk;
  const [words, setWords] = useState("");
  const readOnly = useReadOnly(desk);
  const { count, isDone } = useStore(find.tally);
  const isIdle = readOnly !== null || count === 0;
  return (
    <div className={styles["row"]}>
      <input
        ref={field}
        type="text"
        aria-label="Replace with"
        placeholder="Replace with"
        spellCheck={false}
        className={styles["field"]}
        disabled={readOnly !== null}
        value={words}
        onChange={(event) => setWords(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
          event.preventDefault();
          find.replaceOne(words);
        }}
      />
      <Button
        label="Replace"
        isDisabled={isIdle}
        tip={readOnly ?? "Replace this one"}
        onPress={() => find.replaceOne(words)}
      >
        Replace
      </Button>
      <Button
        label="Replace all"
        isDisabled={isIdle || !isDone}
        tip={readOnly ?? "Replace all of them"}
        onPress={() => find.replaceAll(words)}
      >
        All
      </Button>
    </div>
  );
}

function Toggle(props: {
  label: string;
  icon: LucideIcon;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}) {
  const { label, icon: Icon, isOn, onChange } = props;
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={isOn}
      title={label}
      className={styles["toggle"]}
      onClick={() => onChange(!isOn)}
    >
      <Icon size={16} aria-hidden />
    </button>
  );
}

function Tally({ desk }: { desk: Desk }) {
  const tally = useStore(desk.find.tally);
  const { text } = useStore(desk.find.wanted);
  const problem = useStore(desk.find.problem);
  return (
    <span role="status" aria-label="Found" className={styles["tally"]}>
      {text !== "" && problem === null && tallyWords(tally)}
    </span>
  );
}

function Words({ desk }: { desk: Desk }) {
  const problem = useStore(desk.find.problem);
  const done = useStore(desk.find.done);
  const { isPartial } = useStore(desk.find.tally);
  const leftOut = isPartial
    ? "Long paragraphs were left out: this pattern would take too long in them."
    : null;
  return (
    <p role="status" aria-label="Search says" className={styles["words"]}>
      {problem ?? done ?? leftOut}
    </p>
  );
}

const many = new Intl.NumberFormat();
function tallyWords({ count, current, isDone, isMore }: FindTally): string {
  if (count === 0) return isDone ? "Nothing found" : "Searching…";
  const all = `${many.format(count)}${isMore || !isDone ? "+" : ""}`;
  return current === 0 ? all : `${many.format(current)} of ${all}`;
}

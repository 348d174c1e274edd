/**
 * The headings as a tree to go through by keys or pointer. Only the rows that are seen are drawn: React Aria's tree makes
 * all of its items again when one changes, and with 2,000 of them each letter typed in a heading took it 50 ms.
 */
import { ChevronRight } from "lucide-react";
import { memo, useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import type { KeyboardEvent, RefObject } from "react";
import type { Heading } from "../../editor/headings.ts";
import type { Desk } from "../desk.ts";
import { typeaheadMs } from "../limits.ts";
import { Store } from "../store.ts";
import { useStore } from "../use-store.ts";
import { rowBeginning, rowsOf, treeMove } from "./rows.ts";
import type { Row } from "./rows.ts";
import styles from "./Outline.module.css";

/** Pixels, as in the style sheet. */
const rowHeight = 28;
/** Rows drawn above and below those that are seen; the drawn ones change by as many at a time. */
const spareRows = 8;

/** The key of the heading in whose section one is. */
type Here = Store<number | null>;

type RowProps = {
  row: Row;
  index: number;
  id: string;
  here: Here;
  isFocused: boolean;
  onPress: (key: number) => void;
  onToggle: (key: number) => void;
};

/** Alone in knowing whether one is there: a caret that goes on draws two rows again and no more. */
const TreeRow = memo(function TreeRow({ row, index, id, here, isFocused, onPress, onToggle }: RowProps) {
  const { heading, depth, place, siblings, isParent, isClosed } = row;
  const isHere = useStore(here) === heading.key;
  const text = heading.text || "Empty heading";
  return (
    // The keys are the tree's, which alone has the focus.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="treeitem"
      id={id}
      tabIndex={-1}
      className={styles["row"]}
      style={{ insetBlockStart: index * rowHeight, paddingInlineStart: `${(depth - 1) * 0.875}rem` }}
      title={text}
      aria-level={depth}
      aria-posinset={place}
      aria-setsize={siblings}
      aria-expanded={isParent ? !isClosed : undefined}
      aria-selected={isHere}
      aria-current={isHere ? "location" : undefined}
      data-focused={isFocused || undefined}
      data-empty={heading.text === "" || undefined}
      // The tree keeps the focus until the text has it.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onPress(heading.key)}
    >
      <span
        className={styles["chevron"]}
        data-closed={isClosed || undefined}
        aria-hidden
        onClick={(event) => {
          if (!isParent) return;
          event.stopPropagation();
          onToggle(heading.key);
        }}
      >
        {isParent && <ChevronRight size={14} />}
      </span>
      <span className={styles["label"]}>{text}</span>
    </div>
  );
});

function useHere(desk: Desk): Here {
  const [here] = useState<Here>(() => new Store<number | null>(null));
  useEffect(() => {
    const look = (): void => {
      const now = desk.outline.now.get();
      here.set(now?.headings[now.section]?.key ?? null);
    };
    look();
    return desk.outline.now.subscribe(look);
  }, [desk, here]);
  return here;
}

/** Which rows are to be drawn. */
function useRange(tree: RefObject<HTMLDivElement | null>): { first: number; end: number } {
  const [range, setRange] = useState({ first: 0, end: 2 * spareRows });
  useEffect(() => {
    const scroller = tree.current;
    if (!scroller) return;
    const look = (): void => {
      const step = rowHeight * spareRows;
      const first = (Math.floor(scroller.scrollTop / step) - 1) * spareRows;
      const end = (Math.ceil((scroller.scrollTop + scroller.clientHeight) / step) + 1) * spareRows;
      setRange((was) => (was.first === first && was.end === end ? was : { first, end }));
    };
    const observer = new ResizeObserver(look);
    observer.observe(scroller);
    scroller.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener("scroll", look);
    };
  }, [tree]);
  return range;
}

function bringIntoView(scroller: HTMLDivElement | null, index: number): void {
  if (!scroller || index < 0) return;
  const top = index * rowHeight;
  const { scrollTop, clientHeight } = scroller;
  if (top < scrollTop || top + rowHeight > scrollTop + clientHeight)
    scroller.scrollTop = top - (clientHeight - rowHeight) / 2;
}

/** Brings the section that one is in into view, unless somebody is looking for another one. */
function useHereInView(tree: RefObject<HTMLDivElement | null>, here: Here, rows: readonly Row[]): void {
  const key = useStore(here);
  useEffect(() => {
    if (tree.current?.matches(":focus, :hover") === true) return;
    bringIntoView(
      tree.current,
      rows.findIndex(({ heading }) => heading.key === key),
    );
  }, [tree, key, rows]);
}

/** What was typed in a row, until there was a pause. */
function useTyped(): (letter: string) => string {
  const typed = useRef({ text: "", at: 0 });
  return (letter) => {
    const now = performance.now();
    const text = now - typed.current.at > typeaheadMs ? letter : typed.current.text + letter;
    typed.current = { text, at: now };
    return text;
  };
}

function useClosed(): [ReadonlySet<number>, (key: number) => void] {
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  const toggle = useCallback(
    (key: number) =>
      setClosed((was) => {
        const now = new Set(was);
        if (!now.delete(key)) now.add(key);
        return now;
      }),
    [],
  );
  return [closed, toggle];
}

export function OutlineTree({ desk, headings }: { desk: Desk; headings: readonly Heading[] }) {
  const id = useId();
  const tree = useRef<HTMLDivElement>(null);
  const [closed, toggle] = useClosed();
  const [focusKey, setFocusKey] = useState<number | null>(null);
  const rows = useMemo(() => rowsOf(headings, closed), [headings, closed]);
  const here = useHere(desk);
  const { first, end } = useRange(tree);
  const typed = useTyped();
  const press = useCallback((key: number) => desk.goToHeading(key), [desk]);
  useHereInView(tree, here, rows);
  useEffect(() => {
    if (desk.outline.takesFocus()) tree.current?.focus({ preventScroll: true });
  }, [desk]);

  const indexOf = (key: number | null): number => rows.findIndex(({ heading }) => heading.key === key);
  const focusAt = indexOf(focusKey);
  const go = (index: number): void => {
    setFocusKey(rows[index]?.heading.key ?? null);
    bringIntoView(tree.current, index);
  };
  const keydown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const pageRows = Math.max(1, Math.floor((tree.current?.clientHeight ?? 0) / rowHeight) - 1);
    const move = treeMove(event.key, Math.max(0, focusAt), rows, pageRows);
    if (move === null && event.key.length !== 1) return;
    event.preventDefault();
    if (move === null) {
      const found = rowBeginning(typed(event.key), focusAt, rows);
      if (found >= 0) go(found);
    } else if ("to" in move) go(move.to);
    else if ("press" in move) press(move.press);
    else toggle("open" in move ? move.open : move.close);
  };

  return (
    <div
      ref={tree}
      role="tree"
      aria-label="Headings"
      tabIndex={0}
      className={styles["tree"]}
      aria-activedescendant={focusAt >= first && focusAt < end ? `${id}${focusKey}` : undefined}
      onKeyDown={keydown}
      // From where the caret is, or where one was when that is still there.
      onFocus={() => {
        const at = indexOf(here.get());
        go(at >= 0 ? at : Math.max(0, focusAt));
      }}
      onBlur={() => setFocusKey(null)}
    >
      <div role="presentation" className={styles["rows"]} style={{ blockSize: rows.length * rowHeight }}>
        {rows.slice(Math.max(0, first), end).map((row, i) => (
          <TreeRow
            key={row.heading.key}
            row={row}
            index={Math.max(0, first) + i}
            id={`${id}${row.heading.key}`}
            here={here}
            isFocused={row.heading.key === focusKey}
            onPress={press}
            onToggle={toggle}
          />
        ))}
      </div>
    </div>
  );
}

/**
 * The headings as a tree to go through by keys or pointer; dragged, or with Alt and an arrow, one moves with its section.
 * Only the rows that are seen are drawn: React Aria's tree makes
 * all of its items again when one changes, and with 2,000 of them each letter typed in a heading took it 50 ms.
 */
import { ChevronRight } from "lucide-react";
import { memo, useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import type { DragEvent, KeyboardEvent, RefObject } from "react";
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

/** What is dragged is told by it; nothing outside knows what it is. */
const sectionType = "application/x-deckle-section";

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
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      role="treeitem"
      id={id}
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
      draggable
      onDragStart={(event) => {
        event.dataTransfer.setData(sectionType, String(heading.key));
        event.dataTransfer.effectAllowed = "move";
      }}
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

/** Between which rows what is dragged would be put: before the row of this index; null where nothing is dragged. */
function useDrop(
  tree: RefObject<HTMLDivElement | null>,
  rows: readonly Row[],
  onDrop: (key: number, before: number | null) => void,
) {
  const [at, setAt] = useState<number | null>(null);
  const placeOf = ({ clientY }: DragEvent): number => {
    const top = tree.current?.getBoundingClientRect().top ?? 0;
    const row = Math.round((clientY - top + (tree.current?.scrollTop ?? 0)) / rowHeight);
    return Math.max(0, Math.min(rows.length, row));
  };
  const isSection = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes(sectionType);
  return {
    at,
    handlers: {
      onDragOver: (event: DragEvent): void => {
        if (!isSection(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "move";
        setAt(placeOf(event));
      },
      onDragLeave: (): void => setAt(null),
      onDrop: (event: DragEvent): void => {
        if (!isSection(event)) return;
        event.preventDefault();
        setAt(null);
        const key = Number(event.dataTransfer.getData(sectionType));
        onDrop(key, rows[placeOf(event)]?.heading.key ?? null);
      },
    },
  };
}

/** Which rows are to be drawn. */
function useRange(tree: RefObject<HTMLDivElement | null>): { first: number; end: number } {
  const [range, setRange] = useState({ first: 0, end: 2 * spareRows });
  useEffect(() => {
    const scroller = tree.current;
    if (!scroller) return;
    const look = (): void => {
      const step = rowHeight * spareRows;
      const first = Math.max(0, Math.floor(scroller.scrollTop / step) - 1) * spareRows;
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

type KeysOf = {
  readonly desk: Desk;
  readonly tree: RefObject<HTMLDivElement | null>;
  readonly rows: readonly Row[];
  readonly here: Here;
  readonly onToggle: (key: number) => void;
};

/** The row that has the focus, and what keys do there. */
function useKeys({ desk, tree, rows, here, onToggle }: KeysOf) {
  const [focusKey, setFocusKey] = useState<number | null>(null);
  const typed = useTyped();
  const indexOf = (key: number | null): number =>
    key === null ? -1 : rows.findIndex(({ heading }) => heading.key === key);
  const focusAt = indexOf(focusKey);
  const go = (index: number): void => {
    setFocusKey(rows[index]?.heading.key ?? null);
    bringIntoView(tree.current, index);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const isMove = event.altKey && !event.ctrlKey && !event.metaKey && focusKey !== null;
    if (isMove && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      return desk.outline.moveBeside(focusKey, event.key === "ArrowUp" ? "up" : "down");
    }
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const pageRows = Math.max(1, Math.floor((tree.current?.clientHeight ?? 0) / rowHeight) - 1);
    const move = treeMove(event.key, Math.max(0, focusAt), rows, pageRows);
    if (move === null && event.key.length !== 1) return;
    event.preventDefault();
    if (move === null) {
      const found = rowBeginning(typed(event.key), focusAt, rows);
      if (found >= 0) go(found);
    } else if ("to" in move) go(move.to);
    else if ("press" in move) desk.outline.goTo(move.press);
    else onToggle("open" in move ? move.open : move.close);
  };
  // From where the caret is.
  const onFocus = (): void => go(Math.max(0, indexOf(here.get())));
  const onBlur = (): void => setFocusKey(null);
  return { focusKey, focusAt, handlers: { onKeyDown, onFocus, onBlur } };
}

export function OutlineTree({ desk, headings }: { desk: Desk; headings: readonly Heading[] }) {
  const id = useId();
  const tree = useRef<HTMLDivElement>(null);
  const [closed, toggle] = useClosed();
  const rows = useMemo(() => rowsOf(headings, closed), [headings, closed]);
  const here = useHere(desk);
  const { first, end } = useRange(tree);
  const press = useCallback((key: number) => desk.outline.goTo(key), [desk]);
  const { focusKey, focusAt, handlers } = useKeys({ desk, tree, rows, here, onToggle: toggle });
  const drop = useDrop(tree, rows, (key, before) => desk.outline.move(key, before));
  useHereInView(tree, here, rows);
  useEffect(() => {
    if (desk.outline.takesFocus()) tree.current?.focus({ preventScroll: true });
  }, [desk]);

  return (
    <div
      ref={tree}
      role="tree"
      aria-label="Headings"
      tabIndex={0}
      className={styles["tree"]}
      aria-activedescendant={focusAt >= first && focusAt < end ? `${id}${focusKey}` : undefined}
      {...handlers}
      {...drop.handlers}
    >
      <div role="presentation" className={styles["rows"]} style={{ blockSize: rows.length * rowHeight }}>
        {rows.slice(first, end).map((row, i) => (
          <TreeRow
            key={row.heading.key}
            row={row}
            index={first + i}
            id={`${id}${row.heading.key}`}
            here={here}
            isFocused={row.heading.key === focusKey}
            onPress={press}
            onToggle={toggle}
          />
        ))}
        {drop.at !== null && (
          <div className={styles["drop"]} style={{ insetBlockStart: drop.at * rowHeight }} aria-hidden />
        )}
      </div>
    </div>
  );
}

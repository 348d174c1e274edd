/**
 * Finding in the open document: all that is found is marked, and stays so while people write. Blocks are searched
 * in slices between frames, and a block is searched again only when it has changed: nodes are persistent, so what
 * was found in one is kept with it. Nothing here is as long as the document on a key.
 */
import { closeHistory } from "prosemirror-history";
import type { Node } from "prosemirror-model";
import { Plugin, PluginKey, TextSelection } from "prosemirror-state";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import type { EditorView } from "prosemirror-view";
import type { FindQuery, Found } from "./find-query.ts";
import { findMatchesMax, findSliceMs, findStretchMax } from "./limits.ts";

/** How much was found: told at most once a frame. */
export type FindTally = {
  readonly count: number;
  /** Which of them is selected, from 1; 0 where none is. */
  readonly current: number;
  /** All of the document was searched. */
  readonly isDone: boolean;
  /** There are more than are counted. */
  readonly isMore: boolean;
};

type State = {
  readonly query: FindQuery | null;
  readonly marked: DecorationSet;
  readonly count: number;
  /** What lies before this was searched; null is all. */
  readonly searchedTo: number | null;
};
type Meta =
  | { readonly type: "query"; readonly query: FindQuery | null }
  | { readonly type: "searched"; readonly marks: readonly Found[]; readonly to: number | null };

const key = new PluginKey<State>("find");
const nothing: State = { query: null, marked: DecorationSet.empty, count: 0, searchedTo: null };

const mark = ({ from, to }: Found): Decoration => Decoration.inline(from, to, { class: "found" });

/** By query, what was found in a block. */
const caches = new WeakMap<FindQuery, WeakMap<Node, readonly Found[]>>();

function foundIn(query: FindQuery, block: Node): readonly Found[] {
  let cache = caches.get(query);
  if (!cache) caches.set(query, (cache = new WeakMap()));
  let found = cache.get(block);
  if (!found) cache.set(block, (found = query.find(textOf(block))));
  return found;
}

/** Every position of the block is one character of it. */
const textOf = (block: Node): string => block.textBetween(0, block.content.size, undefined, "\ufffc");

/** The textblocks that touch a stretch, until told that it is enough. */
function eachTextblock(
  doc: Node,
  from: number,
  to: number,
  visit: (block: Node, start: number) => boolean,
): void {
  let isEnough = false;
  doc.nodesBetween(from, to, (node, pos) => {
    if (isEnough) return false;
    if (node.isTextblock) isEnough = !visit(node, pos + 1);
    return !node.isTextblock;
  });
}

function foundBetween(query: FindQuery, doc: Node, from: number, to: number, max: number): Found[] {
  const all: Found[] = [];
  eachTextblock(doc, from, to, (block, start) => {
    for (const found of foundIn(query, block)) all.push({ from: start + found.from, to: start + found.to });
    return all.length <= max;
  });
  return all;
}

/** The stretch that a transaction changed, to the ends of the textblocks at its own. */
function changedStretch(tr: Transaction): Found | null {
  let from = Infinity;
  let to = -Infinity;
  for (const [i, map] of tr.mapping.maps.entries()) {
    const rest = tr.mapping.slice(i + 1);
    map.forEach((_, __, newStart, newEnd) => {
      from = Math.min(from, rest.map(newStart, -1));
      to = Math.max(to, rest.map(newEnd, 1));
    });
  }
  if (from > to) return null;
  const [$from, $to] = [tr.doc.resolve(from), tr.doc.resolve(to)];
  return {
    from: $from.parent.isTextblock ? $from.start() : from,
    to: $to.parent.isTextblock ? $to.end() : to,
  };
}

function follow(tr: Transaction, state: State): State {
  const { query } = state;
  if (!query || !tr.docChanged) return state;
  const searchedTo = state.searchedTo === null ? null : tr.mapping.map(state.searchedTo);
  let gone = 0;
  const mapped = state.marked.map(tr.mapping, tr.doc, { onRemove: () => gone++ });
  const count = state.count - gone;
  const changed = changedStretch(tr);
  if (!changed || (searchedTo !== null && changed.from >= searchedTo))
    return { ...state, marked: mapped, count, searchedTo };
  // So much is searched in slices, like a document that was just opened.
  if (changed.to - changed.from > findStretchMax) return { ...nothing, query, searchedTo: 0 };
  const old = mapped
    .find(changed.from, changed.to)
    .filter(({ from, to }) => from < changed.to && to > changed.from);
  const found = foundBetween(query, tr.doc, changed.from, changed.to, findMatchesMax);
  return {
    query,
    marked: mapped.remove(old).add(tr.doc, found.map(mark)),
    count: count - old.length + found.length,
    searchedTo: searchedTo === null ? null : Math.max(searchedTo, changed.to),
  };
}

function apply(tr: Transaction, state: State): State {
  const meta = tr.getMeta(key) as Meta | undefined;
  if (meta?.type === "query") return meta.query ? { ...nothing, query: meta.query, searchedTo: 0 } : nothing;
  const followed = follow(tr, state);
  if (meta?.type !== "searched") return followed;
  return {
    ...followed,
    marked: followed.marked.add(tr.doc, meta.marks.map(mark)),
    count: followed.count + meta.marks.length,
    searchedTo: meta.to,
  };
}

/**
 * Searches on for a moment: what is found comes with the transaction. Null where all was searched.
 * @param nowMs NaN is always too late: one block is searched
 */
export function searchSlice(state: EditorState, nowMs: () => number): Transaction | null {
  const { query, searchedTo, count } = key.getState(state) ?? nothing;
  if (!query || searchedTo === null) return null;
  const end = nowMs() + findSliceMs;
  const marks: Found[] = [];
  let to: number | null = null;
  eachTextblock(state.doc, searchedTo, state.doc.content.size, (block, start) => {
    if (start < searchedTo) return true;
    for (const found of foundIn(query, block)) marks.push({ from: start + found.from, to: start + found.to });
    if (count + marks.length > findMatchesMax) return false;
    if (nowMs() < end) return true;
    to = start + block.content.size + 1;
    return false;
  });
  const kept = marks.slice(0, Math.max(0, findMatchesMax - count));
  const meta: Meta = { type: "searched", marks: kept, to };
  return state.tr.setMeta(key, meta).setMeta("addToHistory", false);
}

/** What is marked, in order. */
export const markedIn = (state: EditorState): readonly Found[] =>
  (key.getState(state)?.marked.find() ?? []).toSorted((a, b) => a.from - b.from);

export function findPlugin(tell: (tally: FindTally) => void): Plugin {
  return new Plugin<State>({
    key,
    state: { init: () => nothing, apply: (tr, state) => apply(tr, state) },
    props: { decorations: (state) => key.getState(state)?.marked ?? null },
    view(view) {
      let frame: number | null = null;
      const work = (): void => {
        frame = null;
        const more = searchSlice(view.state, () => performance.now());
        // Asks for the next frame by itself.
        if (more) view.dispatch(more);
        tell(tallyOf(view.state));
      };
      const schedule = (): void => {
        frame ??= requestAnimationFrame(work);
      };
      return {
        update(_, before) {
          const [was, is] = [key.getState(before), key.getState(view.state)];
          const isMoved = is?.query && !before.selection.eq(view.state.selection);
          if (was !== is || isMoved) schedule();
        },
        destroy: () => {
          if (frame !== null) cancelAnimationFrame(frame);
        },
      };
    },
  });
}

function tallyOf(state: EditorState): FindTally {
  const { marked, count, searchedTo } = key.getState(state) ?? nothing;
  const { from, to } = state.selection;
  const at = marked.find(from, to).some((each) => each.from === from && each.to === to);
  const before = at ? marked.find(0, Math.max(0, from)).filter((each) => each.from < from).length : 0;
  return {
    count,
    current: at ? before + 1 : 0,
    isDone: searchedTo === null,
    isMore: count >= findMatchesMax,
  };
}

/** Looks for something else from now on; null is for nothing any more. */
export const setFind = (query: FindQuery | null): Command => {
  const meta: Meta = { type: "query", query };
  return (state, dispatch) => {
    dispatch?.(state.tr.setMeta(key, meta).setMeta("addToHistory", false));
    return true;
  };
};

/** The nearest that is found in a direction, round the end of the document. */
function nearest(state: EditorState, query: FindQuery, from: number, by: 1 | -1): Found | null {
  const all = foundBetween(query, state.doc, 0, state.doc.content.size, Infinity);
  if (by === 1) return all.find((found) => found.from >= from) ?? all[0] ?? null;
  return all.findLast((found) => found.to <= from) ?? all.at(-1) ?? null;
}

const select = (tr: Transaction, { from, to }: Found): Transaction =>
  tr.setSelection(TextSelection.create(tr.doc, from, to)).scrollIntoView();

const step =
  (by: 1 | -1): Command =>
  (state, dispatch) => {
    const query = key.getState(state)?.query;
    if (!query) return false;
    const found = nearest(state, query, by === 1 ? state.selection.to : state.selection.from, by);
    if (found) dispatch?.(select(state.tr, found));
    return found !== null;
  };
export const findNext = step(1);
export const findPrevious = step(-1);

/** The first at the caret or behind it: what is selected already stays so. */
export const findHere: Command = (state, dispatch) => {
  const query = key.getState(state)?.query;
  const found = query ? nearest(state, query, state.selection.from, 1) : null;
  if (found) dispatch?.(select(state.tr, found));
  return found !== null;
};

/** Puts other words there, with the marks of the first letter that goes. */
function replace(tr: Transaction, query: FindQuery, found: Found, words: string): void {
  const $from = tr.doc.resolve(found.from);
  const start = $from.start();
  const inBlock = { from: found.from - start, to: found.to - start };
  const text = query.replacement(textOf($from.parent), inBlock, words);
  const marks = $from.marksAcross(tr.doc.resolve(found.to)) ?? [];
  if (text === "") tr.delete(found.from, found.to);
  else tr.replaceWith(found.from, found.to, tr.doc.type.schema.text(text, marks));
}

/** Replaces what is selected if it is one that was found, and goes to the next. */
export const replaceOne =
  (words: string): Command =>
  (state, dispatch, view) => {
    const query = key.getState(state)?.query;
    if (!query || (view && !view.editable)) return false;
    const here = nearest(state, query, state.selection.from, 1);
    if (!here) return false;
    const isSelected = here.from === state.selection.from && here.to === state.selection.to;
    if (!dispatch) return true;
    if (!isSelected) {
      dispatch(select(state.tr, here));
      return true;
    }
    const tr = closeHistory(state.tr);
    replace(tr, query, here, words);
    const after = nearest(state, query, here.to, 1);
    const next = after && after.from !== here.from ? after : null;
    if (next) select(tr, { from: tr.mapping.map(next.from), to: tr.mapping.map(next.to) });
    dispatch(tr);
    return true;
  };

/** All of them, in one step that one undo takes back. @returns how many */
export function replaceAll(view: EditorView, words: string): number {
  const query = key.getState(view.state)?.query;
  if (!query || !view.editable) return 0;
  const all = foundBetween(query, view.state.doc, 0, view.state.doc.content.size, Infinity);
  const tr = closeHistory(view.state.tr);
  // From the end: what lies before stays where it is.
  for (const found of all.toReversed()) replace(tr, query, found, words);
  if (all.length > 0) view.dispatch(tr);
  return all.length;
}

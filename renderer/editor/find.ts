/**
 * Finding in the open document: all that is found is marked, and stays so while people write. Blocks are searched
 * in slices between frames, from the caret where one is looked for, and a block again only when it has changed
 * (`find-blocks.ts`). Nothing here is as long as the document on a key.
 */
import { Plugin, PluginKey, TextSelection } from "prosemirror-state";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import type { Mapping } from "prosemirror-transform";
import { Decoration, DecorationSet } from "prosemirror-view";
import type { EditorView } from "prosemirror-view";
import { changedStretch } from "./changed-stretch.ts";
import { isFromAuthority } from "./collab.ts";
import { foundIn, isTooLong, seekIn, textblocksOf } from "./find-blocks.ts";
import type { Search, Seek } from "./find-blocks.ts";
import type { FindQuery, Found } from "./find-query.ts";
import { bringIntoSight, sightOf } from "./find-sight.ts";
import {
  findMatchesMax,
  findPauseMs,
  findSliceMarksMax,
  findSliceMs,
  findStepsMax,
  findStretchMax,
} from "./limits.ts";

/** How much was found: told at most once a frame. */
export type FindTally = {
  readonly count: number;
  /** Which of them is selected, from 1; 0 where none is. */
  readonly current: number;
  /** All of the document was searched. */
  readonly isDone: boolean;
  /** There are more than are counted. */
  readonly isMore: boolean;
  /** Paragraphs were left out: this pattern would take too long in them. */
  readonly isPartial: boolean;
  /** Only what was selected once is searched. */
  readonly isWithin: boolean;
};

type State = {
  readonly query: FindQuery | null;
  readonly within: Found | null;
  /** All that was found; what of it is in `shown` is drawn, for the page is slow with thousands of pieces. */
  readonly marked: DecorationSet;
  readonly shown: Found;
  readonly count: number;
  /** What lies before this was searched; null is all. */
  readonly searchedTo: number | null;
  readonly isPartial: boolean;
  /** The nearest from here is to be selected as soon as it is found. */
  readonly seek: Seek | null;
  /** How often something was gone to: it is brought into sight each time. */
  readonly arrivals: number;
};
type Meta =
  | { readonly type: "query"; readonly query: FindQuery | null; readonly within?: Found | null }
  | { readonly type: "seek"; readonly seek: Seek | null }
  | { readonly type: "shown"; readonly shown: Found }
  | {
      readonly type: "searched";
      readonly marks: readonly Found[];
      readonly to: number | null;
      readonly isPartial: boolean;
    };

const key = new PluginKey<State>("find");
const nothing: State = {
  query: null,
  within: null,
  marked: DecorationSet.empty,
  shown: { from: 0, to: 0 },
  count: 0,
  searchedTo: null,
  isPartial: false,
  seek: null,
  arrivals: 0,
};
const metaOf = (tr: Transaction): Meta | undefined => tr.getMeta(key) as Meta | undefined;

const mark = ({ from, to }: Found): Decoration => Decoration.inline(from, to, { class: "found" });

/** From the start again, in slices. */
const restarted = ({ query, within, shown, seek, arrivals }: State): State => ({
  ...nothing,
  query,
  within,
  shown,
  seek,
  arrivals,
  searchedTo: query ? 0 : null,
});

/** What is looked for, and where; null where nothing is. */
export function searchOf(state: EditorState): Search | null {
  const { query, within } = key.getState(state) ?? nothing;
  return query && { query, within };
}

function follow(tr: Transaction, before: State): State {
  if (!tr.docChanged) return before;
  const state = moved(tr, before);
  const { query, within, searchedTo } = state;
  if (!query) return state;
  // So much is searched in slices, like a document that was just opened.
  if (tr.steps.length > findStepsMax) return restarted(state);
  let gone = 0;
  const marked = before.marked.map(tr.mapping, tr.doc, { onRemove: () => gone++ });
  const count = before.count - gone;
  const changed = changedStretch(tr);
  if (!changed || (searchedTo !== null && changed.from >= searchedTo)) return { ...state, marked, count };
  if (changed.to - changed.from > findStretchMax) return restarted(state);
  const old = marked
    .find(changed.from, changed.to)
    .filter(({ from, to }) => from < changed.to && to > changed.from);
  const blocks = textblocksOf(tr.doc, changed.from, changed.to);
  const found = blocks.flatMap((block) => foundIn({ query, within }, block));
  return {
    ...state,
    marked: marked.remove(old).add(tr.doc, found.map(mark)),
    count: count - old.length + found.length,
    searchedTo: searchedTo === null ? null : Math.max(searchedTo, changed.to),
  };
}

/** What is put at its ends belongs to it. */
const mappedRange = (mapping: Mapping, { from, to }: Found): Found => ({
  from: mapping.map(from, -1),
  to: mapping.map(to, 1),
});

/** The places that are kept, where a transaction has put them. */
function moved({ mapping }: Transaction, state: State): State {
  const { searchedTo, within, shown, seek } = state;
  return {
    ...state,
    searchedTo: searchedTo === null ? null : mapping.map(searchedTo),
    within: within && mappedRange(mapping, within),
    shown: mappedRange(mapping, shown),
    seek: seek && { ...seek, from: mapping.map(seek.from) },
  };
}

function apply(tr: Transaction, before: State): State {
  const meta = metaOf(tr);
  // Somebody goes elsewhere by themselves.
  const isLeft = tr.selectionSet && !isFromAuthority(tr);
  const state = isLeft && before.seek ? { ...before, seek: null } : before;
  const followed = follow(tr, state);
  switch (meta?.type) {
    case undefined:
      return followed;
    case "query":
      return restarted({
        ...followed,
        query: meta.query,
        within: meta.within === undefined ? followed.within : meta.within,
        seek: null,
      });
    case "seek":
      return {
        ...followed,
        seek: meta.seek,
        arrivals: followed.arrivals + Number(meta.seek === null && tr.selectionSet),
      };
    case "shown":
      return { ...followed, shown: meta.shown };
    case "searched":
      return {
        ...followed,
        marked: followed.marked.add(tr.doc, meta.marks.map(mark)),
        count: followed.count + meta.marks.length,
        searchedTo: meta.to,
        isPartial: followed.isPartial || meta.isPartial,
      };
  }
}

/**
 * Searches on for a moment: what is found comes with the transaction. Null where all was searched.
 * @param nowMs NaN is always too late: one block is searched
 */
export function searchSlice(state: EditorState, nowMs: () => number): Transaction | null {
  const { searchedTo, count } = key.getState(state) ?? nothing;
  const search = searchOf(state);
  if (!search || searchedTo === null) return null;
  const end = nowMs() + findSliceMs;
  const room = findMatchesMax - count;
  const marks: Found[] = [];
  let to: number | null = null;
  let isPartial = false;
  for (const textblock of textblocksOf(state.doc, searchedTo)) {
    const { block, start } = textblock;
    if (start < searchedTo) continue;
    for (const found of foundIn(search, textblock)) marks.push(found);
    isPartial ||= isTooLong(search.query, block);
    if (marks.length >= room) break;
    if (nowMs() < end && marks.length < findSliceMarksMax) continue;
    to = start + block.content.size + 1;
    break;
  }
  const meta: Meta = { type: "searched", marks: marks.slice(0, Math.max(0, room)), to, isPartial };
  return state.tr.setMeta(key, meta);
}

/** Looks on for a moment for what is to be selected. "later" where there was not the time to say. */
export function seekSlice(state: EditorState, nowMs: () => number): Transaction | "later" | null {
  const seek = key.getState(state)?.seek;
  const search = searchOf(state);
  return search && seek ? found(state.tr, search, seek, nowMs) : null;
}

function found(tr: Transaction, search: Search, seek: Seek, nowMs: () => number): Transaction | "later" {
  const end = nowMs() + findSliceMs;
  const at = seekIn(search, tr.doc, seek, () => !(nowMs() < end));
  if (at === "later") return "later";
  const done: Meta = { type: "seek", seek: null };
  return (at ? select(tr, at) : tr).setMeta(key, done);
}

/**
 * Selects the nearest, at once or as soon as it is found. Takes no longer than a slice.
 * @param search as it was before what the transaction changes
 */
export function goTo(tr: Transaction, { query, within }: Search, seek: Seek): Transaction {
  const search = { query, within: within && mappedRange(tr.mapping, within) };
  const gone = found(tr, search, seek, () => performance.now());
  return gone === "later" ? seeking(tr, seek) : gone;
}

/** What is found from there is selected as soon as it is. */
export function seeking(tr: Transaction, seek: Seek): Transaction {
  const meta: Meta = { type: "seek", seek };
  return tr.setMeta(key, meta);
}

const select = (tr: Transaction, { from, to }: Found): Transaction =>
  tr.setSelection(TextSelection.create(tr.doc, from, to));

/** What is marked, in order. */
export const markedIn = (state: EditorState): readonly Found[] =>
  (key.getState(state)?.marked.find() ?? []).toSorted((a, b) => a.from - b.from);

const drawnOf = new WeakMap<State, DecorationSet>();

function drawn(state: EditorState): DecorationSet | null {
  const found = key.getState(state);
  if (!found?.query) return null;
  const { marked, shown } = found;
  let drawn = drawnOf.get(found);
  if (!drawn) {
    drawn = DecorationSet.create(state.doc, marked.find(shown.from, shown.to));
    drawnOf.set(found, drawn);
  }
  return drawn;
}

export function findPlugin(tell: (tally: FindTally) => void): Plugin {
  return new Plugin<State>({
    key,
    state: { init: () => nothing, apply: (tr, state) => apply(tr, state) },
    props: { decorations: drawn },
    view: (view) => {
      const work = new FrameWork(view, tell);
      // What scrolls is not known here, and scrolling is not told to what lies around it.
      const listening = { capture: true, passive: true };
      document.addEventListener("scroll", work.scrolled, listening);
      return {
        update: (_, before) => work.update(before),
        destroy: () => {
          document.removeEventListener("scroll", work.scrolled, listening);
          work.stop();
        },
      };
    },
  });
}

/** What is done between keys. A key itself causes none of it: to measure or to tell lays the whole page out again. */
class FrameWork {
  readonly #view: EditorView;
  readonly #tell: (tally: FindTally) => void;
  #frame: number | null = null;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #isSightOld = true;

  constructor(view: EditorView, tell: (tally: FindTally) => void) {
    this.#view = view;
    this.#tell = tell;
  }

  readonly scrolled = (): void => {
    if (key.getState(this.#view.state)?.query) this.#look();
  };

  update(before: EditorState): void {
    const { state } = this.#view;
    const [was, is] = [key.getState(before) ?? nothing, key.getState(state) ?? nothing];
    if (is.arrivals > was.arrivals) bringIntoSight(this.#view);
    const isElsewhere = was.query !== is.query || was.arrivals !== is.arrivals;
    const isMoved = is.query !== null && !before.selection.eq(state.selection);
    if (isElsewhere) this.#look();
    else if (is.searchedTo !== null || is.seek) this.#schedule();
    else if (is.query && before.doc !== state.doc) this.#lookInPause();
    else if (was !== is || isMoved) this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#pause);
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  #look(): void {
    this.#isSightOld = true;
    this.#schedule();
  }

  #lookInPause(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#look(), findPauseMs);
  }

  #schedule(): void {
    this.#frame ??= requestAnimationFrame(() => this.#work());
  }

  #work(): void {
    this.#frame = null;
    const view = this.#view;
    const now = (): number => performance.now();
    if (this.#isSightOld) show(view);
    this.#isSightOld = false;
    const sought = seekSlice(view.state, now);
    // What is looked for comes first; what was searched for it is known to the slices after it.
    const more = sought ?? searchSlice(view.state, now);
    if (more === "later") this.#schedule();
    // Asks for the next frame by itself.
    else if (more) view.dispatch(more);
    this.#tell(tallyOf(view.state));
  }
}

/** Draws what is found where somebody has come. */
function show(view: EditorView): void {
  const { query, shown } = key.getState(view.state) ?? nothing;
  const sight = query && sightOf(view);
  if (!sight || (sight.seen.from >= shown.from && sight.seen.to <= shown.to)) return;
  const meta: Meta = { type: "shown", shown: sight.around };
  view.dispatch(view.state.tr.setMeta(key, meta));
}

/** The one that is gone to, for a field has the focus and the text's selection is not seen; and what is searched. */
export const foundPlacePlugin = (): Plugin =>
  new Plugin({
    props: {
      decorations(state) {
        const { query, within } = key.getState(state) ?? nothing;
        const shown: Decoration[] = [];
        if (query && isAtFound(state)) {
          const { from, to } = state.selection;
          shown.push(Decoration.inline(from, to, { class: "is-gone-to" }));
        }
        if (within && within.from < within.to)
          shown.push(Decoration.inline(within.from, within.to, { class: "searched" }));
        return shown.length > 0 ? DecorationSet.create(state.doc, shown) : null;
      },
    },
  });

/** What is selected is one that was found. */
function isAtFound(state: EditorState): boolean {
  const { from, to } = state.selection;
  const marked = key.getState(state)?.marked.find(from, to) ?? [];
  return from < to && marked.some((each) => each.from === from && each.to === to);
}

function tallyOf(state: EditorState): FindTally {
  const { marked, count, searchedTo, isPartial, within } = key.getState(state) ?? nothing;
  const { from } = state.selection;
  const isAt = isAtFound(state);
  const before = isAt ? marked.find(0, from).filter((each) => each.from < from).length : 0;
  return {
    count,
    current: isAt ? before + 1 : 0,
    isDone: searchedTo === null,
    isMore: count >= findMatchesMax,
    isPartial,
    isWithin: within !== null,
  };
}

/**
 * Looks for something else from now on; null is for nothing any more.
 * @param within only there; left out, where it was looked before
 */
export const setFind = (query: FindQuery | null, within?: Found | null): Command => {
  const meta: Meta = { type: "query", query, ...(within === undefined ? {} : { within }) };
  return (state, dispatch) => {
    dispatch?.(state.tr.setMeta(key, meta));
    return true;
  };
};

/** Everything is to be searched again: what a transaction replaces is more than can be followed. */
export function searchAgain(tr: Transaction, query: FindQuery): Transaction {
  const meta: Meta = { type: "query", query };
  return tr.setMeta(key, meta);
}

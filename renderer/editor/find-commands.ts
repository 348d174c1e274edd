/** Going from one that was found to the next, and putting other words there. */
import { closeHistory } from "prosemirror-history";
import { Fragment, Slice } from "prosemirror-model";
import type { Command, Transaction } from "prosemirror-state";
import { ReplaceStep } from "prosemirror-transform";
import type { EditorView } from "prosemirror-view";
import { blockText, foundIn } from "./find-blocks.ts";
import type { Search } from "./find-blocks.ts";
import { goTo, markedIn, searchAgain, searchOf } from "./find.ts";
import type { FindQuery, Found } from "./find-query.ts";

const go =
  (by: 1 | -1, side: "from" | "to"): Command =>
  (state, dispatch) => {
    const search = searchOf(state);
    if (search) dispatch?.(goTo(state.tr, search, { from: state.selection[side], by }));
    return search !== null;
  };
export const findNext = go(1, "to");
export const findPrevious = go(-1, "from");
/** The first at the caret or behind it: what is selected already stays so. */
export const findHere = go(1, "from");

/**
 * Puts other words there, with the marks of the first letter that goes. Both are read in the document as it was:
 * what a pattern's groups hold must not depend on what has been replaced behind it.
 */
function replace(tr: Transaction, query: FindQuery, found: Found, typed: string): void {
  const $from = tr.before.resolve(found.from);
  const start = $from.start();
  const inBlock = { from: found.from - start, to: found.to - start };
  const text = query.replacement(blockText($from.parent), inBlock, typed);
  const marks = $from.marksAcross(tr.before.resolve(found.to)) ?? [];
  const words = text === "" ? Fragment.empty : Fragment.from(tr.doc.type.schema.text(text, marks));
  // Text for text in one block: there is nothing to be fitted, which takes its time ten thousand times.
  tr.step(new ReplaceStep(found.from, found.to, new Slice(words, 0, 0)));
}

/** What is selected, if it is one that is found. */
function selectedFound(search: Search, { doc, selection }: Transaction): Found | null {
  const { $from, from, to } = selection;
  if (!$from.parent.isTextblock) return null;
  const all = foundIn(search, { block: $from.parent, start: $from.start() });
  return all.find((found) => found.from === from && found.to === to && to <= doc.content.size) ?? null;
}

/** Replaces what is selected if it is one that was found, and goes to the next. */
export const replaceOne =
  (words: string): Command =>
  (state, dispatch, view) => {
    const search = searchOf(state);
    if (!search || (view && !view.editable)) return false;
    if (!dispatch) return true;
    const here = selectedFound(search, state.tr);
    const tr = here ? closeHistory(state.tr) : state.tr;
    if (here) replace(tr, search.query, here, words);
    const from = here ? tr.mapping.map(here.to) : state.selection.from;
    dispatch(goTo(tr, search, { from, by: 1 }));
    return true;
  };

type Replaceable = Pick<EditorView, "state" | "editable" | "dispatch">;

/** All that are counted, in one transaction that one undo takes back. @returns how many */
export function replaceAll(view: Replaceable, words: string): number {
  const search = searchOf(view.state);
  if (!search || !view.editable) return 0;
  const all = markedIn(view.state);
  const tr = closeHistory(view.state.tr);
  // From the end: what lies before stays where it is.
  for (const found of all.toReversed()) replace(tr, search.query, found, words);
  if (all.length > 0) view.dispatch(searchAgain(tr, search.query));
  return all.length;
}

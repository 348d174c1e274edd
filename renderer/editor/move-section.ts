/** Moving a heading with all that is said under it, as one edit. */
import { closeHistory } from "prosemirror-history";
import type { Node } from "prosemirror-model";
import { TextSelection } from "prosemirror-state";
import type { Command } from "prosemirror-state";
import { schema } from "../document/schema.ts";
import { Headings } from "./headings.ts";

/** Footnotes stand at the end and belong to no section. */
function endOfSections(doc: Node): number {
  let end = doc.content.size;
  for (const block of doc.children.toReversed()) {
    if (block.type !== schema.nodes.footnote) break;
    end -= block.nodeSize;
  }
  return end;
}

/**
 * Puts the section of the heading at `index` before the heading at `before`; after everything where that is the number
 * of headings. One that stands in a quote, a list or a table stays there, and nothing goes before it.
 */
export const moveSection =
  (index: number, before: number): Command =>
  (state, dispatch) => {
    const { doc } = state;
    const { list, positions } = headingsOf(doc);
    const isOnTop = (at: number): boolean => doc.resolve(positions[at] ?? 0).depth === 0;
    const level = list[index]?.level;
    const from = positions[index];
    if (level === undefined || from === undefined || !isOnTop(index)) return false;
    const next = list.findIndex((one, at) => at > index && one.level <= level && isOnTop(at));
    const to = positions[next] ?? endOfSections(doc);
    const target = positions[before] ?? endOfSections(doc);
    if ((before < list.length && !isOnTop(before)) || (target >= from && target <= to)) return false;
    if (!dispatch) return true;
    const { content } = doc.slice(from, to);
    const tr = closeHistory(state.tr).delete(from, to);
    const at = tr.mapping.map(target);
    tr.insert(at, content).setSelection(TextSelection.create(tr.doc, at + 1));
    dispatch(tr.scrollIntoView());
    return true;
  };

/** Where a section goes for one place up or down among those that lie beside it; null where there is no further. */
export function placeBeside(doc: Node, index: number, way: "up" | "down"): number | null {
  const { list } = headingsOf(doc);
  const level = list[index]?.level;
  if (level === undefined) return null;
  const ends = (at: number): boolean => (list[at]?.level ?? 0) <= level;
  if (way === "up") {
    let at = index - 1;
    while (at >= 0 && !ends(at)) at--;
    return at >= 0 && list[at]?.level === level ? at : null;
  }
  let next = index + 1;
  while (next < list.length && !ends(next)) next++;
  if (list[next]?.level !== level) return null;
  let after = next + 1;
  while (after < list.length && !ends(after)) after++;
  return after;
}

function headingsOf(doc: Node): Headings {
  const headings = new Headings();
  headings.update(doc);
  return headings;
}

/** Which part of a document a transaction changed: what is known of the rest stays true. */
import type { Transaction } from "prosemirror-state";
import { AddMarkStep, RemoveMarkStep } from "prosemirror-transform";

export type Stretch = { readonly from: number; readonly to: number };

/** To the ends of the textblocks at its own, in the document after it. Null where it changed none. */
export function changedStretch(tr: Transaction): Stretch | null {
  let from = Infinity;
  let to = -Infinity;
  for (const [i, map] of tr.mapping.maps.entries()) {
    const rest = tr.mapping.slice(i + 1);
    const add = (start: number, end: number): void => {
      from = Math.min(from, rest.map(start, -1));
      to = Math.max(to, rest.map(end, 1));
    };
    map.forEach((_, __, newStart, newEnd) => add(newStart, newEnd));
    // Marks move nothing.
    const step = tr.steps[i];
    if (step instanceof AddMarkStep || step instanceof RemoveMarkStep) add(step.from, step.to);
  }
  if (from > to) return null;
  const [$from, $to] = [tr.doc.resolve(from), tr.doc.resolve(to)];
  return {
    from: $from.parent.isTextblock ? $from.start() : from,
    to: $to.parent.isTextblock ? $to.end() : to,
  };
}

/**
 * What must hold of a document before its steps are sent, made so by further steps in the window:
 * every container has an id, neighbours that are two containers have two ids, neighbours with one
 * id are one container, and a paragraph that was touched is not implicit (see `block.ts`).
 * Only the ranges that a step replaced are looked at.
 */
import type { Node } from "prosemirror-model";
import type { EditorState, Transaction } from "prosemirror-state";
import { Mapping } from "prosemirror-transform";
import type { Step, Transform } from "prosemirror-transform";
import { containerTypes } from "./block.ts";

type Range = { from: number; to: number };

/** Where a step replaced something, in the document after it. A step of attributes says its place itself. */
function placesOf(step: Step): Range[] {
  const places: Range[] = [];
  step.getMap().forEach((_from, _to, from, to) => places.push({ from, to }));
  const { pos } = step as Step & { pos?: unknown };
  if (places.length === 0 && typeof pos === "number") places.push({ from: pos, to: pos + 1 });
  return places;
}

/** The stretch of the final document, of this size, that steps in order changed; null where it is none. */
export function changedRange(steps: readonly Step[], docSize: number): Range | null {
  const maps = steps.map((step) => step.getMap());
  let range: Range | null = null;
  for (const [i, step] of steps.entries()) {
    const rest = new Mapping(maps.slice(i + 1));
    for (const place of placesOf(step)) {
      const from = rest.map(place.from, -1);
      const to = rest.map(place.to, 1);
      range = range ? { from: Math.min(range.from, from), to: Math.max(range.to, to) } : { from, to };
    }
  }
  return range && { from: Math.max(0, range.from - 1), to: Math.min(docSize, range.to + 1) };
}

/** Whether a change is typing or erasing inside a textblock: nothing here can have come undone. */
function isTextOnly(doc: Node, range: Range): boolean {
  const $from = doc.resolve(range.from);
  return $from.parent.isTextblock && range.to <= $from.end() && $from.parent.attrs["implicit"] !== true;
}

/** Whether two neighbours are one container to the CRDT. */
const isTwin = (a: Node | null, b: Node): boolean =>
  a !== null && containerTypes.has(b.type.name) && a.type === b.type && a.attrs["id"] === b.attrs["id"];

/**
 * Adds to `tr` what is missing in a range of its document.
 * @param newId gives an id that no container has yet
 */
export function identifyRange(tr: Transform, range: Range, newId: () => string): void {
  if (isTextOnly(tr.doc, range)) return;
  const joins: number[] = [];
  const fresh: number[] = [];
  const explicit: number[] = [];
  const look = (parent: Node, start: number): void => {
    let pos = start;
    let previous: Node | null = null;
    for (const child of parent.children) {
      const end = pos + child.nodeSize;
      // Past the range only one thing can have come undone: who is next to whom.
      if (pos > range.to) {
        if (isTwin(previous, child) && child.type.name !== "list_item") joins.push(pos);
        return;
      }
      if (end >= range.from) {
        if (containerTypes.has(child.type.name)) {
          const id = child.attrs["id"] as string;
          const twin = isTwin(previous, child);
          if (id === "" || (twin && child.type.name === "list_item")) fresh.push(pos);
          else if (twin) joins.push(pos);
          look(child, pos + 1);
        } else if (child.attrs["implicit"] === true) explicit.push(pos);
      }
      previous = child;
      pos = end;
    }
  };
  look(tr.doc, 0);
  for (const pos of explicit) tr.setNodeAttribute(pos, "implicit", false);
  for (const pos of fresh) tr.setNodeAttribute(pos, "id", newId());
  // Attribute steps move nothing; joins do, so they go from the end to the start.
  for (const pos of joins.reverse()) tr.join(pos);
  // What was inside the joined ones are neighbours now.
  if (joins.length > 0) identifyRange(tr, { from: range.from, to: range.to - 2 * joins.length }, newId);
}

/**
 * For a plugin's `appendTransaction`.
 * @returns a transaction to append, or null where nothing is missing
 */
export function identify(
  transactions: readonly Transaction[],
  state: EditorState,
  newId: () => string,
): Transaction | null {
  const changed = transactions.filter((tr) => tr.docChanged);
  if (changed.length === 0) return null;
  const range = changedRange(
    changed.flatMap((tr) => tr.steps),
    state.doc.content.size,
  );
  if (!range) return null;
  const tr = state.tr;
  identifyRange(tr, range, newId);
  return tr.docChanged ? tr : null;
}

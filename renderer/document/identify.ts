/**
 * What must hold of a document before its steps are sent, made so by further steps in the window:
 * every container has an id, neighbours that are two containers have two ids, neighbours with one
 * id are one container, a block that was touched hides nothing and is not implicit, and a table is
 * the rectangle that it will be rendered as (see `block.ts`). Only what a step reached is looked at.
 */
import type { Node } from "prosemirror-model";
import type { EditorState, Transaction } from "prosemirror-state";
import { AddMarkStep, Mapping, RemoveMarkStep, ReplaceStep } from "prosemirror-transform";
import type { Step, Transform } from "prosemirror-transform";
import { containerKey, containerOf, containerTypes, isLeafBlock, isOneContainer } from "./block.ts";
import type { Container } from "./block.ts";
import { diffBlocks } from "./diff.ts";
import { hasMarker, isBlock, isRun, itemsOf } from "./flat.ts";
import { render } from "./render.ts";
import type { Span } from "./render.ts";
import { schema } from "./schema.ts";
import { columnIndices } from "./table.ts";
import { Workbench } from "./workbench.ts";

export type Range = { from: number; to: number };

/** The top-level blocks of `after` that are not `before`'s, by identity. */
export function changedChildren(before: Node, after: Node): readonly Node[] {
  const old = before.children;
  const now = after.children;
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = now.length;
  for (let oldEnd = old.length; oldEnd > start && end > start && old[oldEnd - 1] === now[end - 1]; oldEnd--)
    end--;
  return now.slice(start, end);
}

/** Whether a step types, erases or marks inside one textblock: nothing here can have come undone. */
export function isTextStep(step: Step, before: Node): boolean {
  if (step instanceof AddMarkStep || step instanceof RemoveMarkStep) return true;
  if (!(step instanceof ReplaceStep) || step.slice.openStart > 0 || step.slice.openEnd > 0) return false;
  const $from = before.resolve(step.from);
  return $from.parent.isTextblock && step.to <= $from.end() && hasMarker($from.parent);
}

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

const isContainer = (node: Node): boolean =>
  containerTypes.has(containerOf(node).type) || node.type === schema.nodes.unknown_container;

/** Whether two neighbours are one container to the CRDT. */
function isTwin(a: Node | null, b: Node): boolean {
  return a !== null && !isLeafBlock(a) && !isLeafBlock(b) && isOneContainer(containerOf(a), containerOf(b));
}

/** The containers that end where a node ends, itself the first. */
function endingWith(node: Node | null): Container[] {
  const ending: Container[] = [];
  for (let one = node; one && !isLeafBlock(one); one = one.lastChild) ending.push(containerOf(one));
  return ending;
}

/** Parts that stay two where they are twins: a split makes them. */
const splits = new Set(["list_item", "table_row"]);

/** What a walk over a range found missing, as positions. */
type Missing = { joins: number[]; fresh: number[]; explicit: number[]; hiding: number[]; tables: number[] };

function missingIn(doc: Node, range: Range): Missing {
  const missing: Missing = { joins: [], fresh: [], explicit: [], hiding: [], tables: [] };
  // `near`: the containers around `parent` and those that end where it starts. What begins with the id
  // of one of these is to the CRDT in it.
  const look = (parent: Node, start: number, inTable: boolean, near: readonly Container[]): void => {
    let pos = start;
    let previous: Node | null = null;
    for (const child of parent.children) {
      const end = pos + child.nodeSize;
      const twin = isTwin(previous, child) && !isCell(child);
      // Past the range only one thing can have come undone: who is next to whom. But a table is looked at whole.
      if (pos > range.to && !inTable) {
        if (twin && !splits.has(child.type.name)) missing.joins.push(pos);
        return;
      }
      if (end >= range.from || inTable) {
        if (isLeafBlock(child)) {
          const isTouched = end >= range.from && pos <= range.to;
          if (isTouched && child.attrs["implicit"] === true) missing.explicit.push(pos);
          if ((child.attrs["hidden"] as number) > 0) missing.hiding.push(pos);
        } else if (isContainer(child)) {
          const isTable = child.type === schema.nodes.table;
          if (isTable) missing.tables.push(pos);
          if (!isCell(child)) {
            const again = [...near, ...endingWith(previous)].some((one) =>
              isOneContainer(one, containerOf(child)),
            );
            if (child.attrs["id"] === "" || (twin ? splits.has(child.type.name) : again))
              missing.fresh.push(pos);
            else if (twin) missing.joins.push(pos);
          }
          look(child, pos + 1, inTable || isTable, [...near, ...endingWith(previous), containerOf(child)]);
        }
      }
      previous = child;
      pos = end;
    }
  };
  look(doc, 0, false, []);
  return missing;
}

const isCell = (node: Node): boolean =>
  node.type === schema.nodes.table_cell || node.type === schema.nodes.table_header;

/**
 * Adds to `tr` what is missing in a range of its document.
 * @param newId gives an id that no container has yet
 */
export function identifyRange(tr: Transform, range: Range, newId: () => string): void {
  const { joins, fresh, explicit, hiding, tables } = missingIn(tr.doc, range);
  for (const pos of hiding) tr.setNodeAttribute(pos, "hidden", 0);
  for (const pos of explicit) tr.setNodeAttribute(pos, "implicit", false);
  for (const pos of fresh) tr.setNodeAttribute(pos, "id", newId());
  for (const pos of tables) identifyColumns(tr, pos, newId);
  // Attribute steps move nothing; joins do, so they go from the end to the start.
  for (const pos of joins.reverse()) tr.join(pos);
  // What was inside the joined ones are neighbours now.
  if (joins.length > 0)
    return identifyRange(tr, { from: range.from, to: range.to - 2 * joins.length }, newId);
  for (const pos of tables.toReversed()) if (isOutermost(tr.doc, pos)) completeTable(tr, pos);
}

function isOutermost(doc: Node, pos: number): boolean {
  const $pos = doc.resolve(pos);
  for (let depth = $pos.depth; depth > 0; depth--)
    if ($pos.node(depth).type === schema.nodes.table) return false;
  return true;
}

/** Gives all cells of a column one id: the one that most of them have, and that no column before has. */
function identifyColumns(tr: Transform, pos: number, newId: () => string): void {
  const table = tr.doc.nodeAt(pos) as Node;
  const indices = columnIndices(table.children);
  const counts: Map<string, number>[] = [];
  for (const [row, { children }] of table.children.entries())
    for (const [i, cell] of children.entries()) {
      const column = indices[row]?.[i] as number;
      const count = (counts[column] ??= new Map<string, number>());
      const id = cell.attrs["id"] as string;
      if (id !== "") count.set(id, (count.get(id) ?? 0) + 1);
    }
  const used = new Set<string>();
  const ids = Array.from(counts, (count) => {
    if (!count) return "";
    let best = "";
    for (const [id, times] of count) if (!used.has(id) && times > (count.get(best) ?? 0)) best = id;
    if (best === "") best = newId();
    used.add(best);
    return best;
  });
  let rowPos = pos + 1;
  for (const [row, rowNode] of table.children.entries()) {
    let cellPos = rowPos + 1;
    for (const [i, cell] of rowNode.children.entries()) {
      const id = ids[indices[row]?.[i] as number] as string;
      if (cell.attrs["id"] !== id) tr.setNodeAttribute(cellPos, "id", id);
      cellPos += cell.nodeSize;
    }
    rowPos += rowNode.nodeSize;
  }
}

/** Makes a table what its rendering will be: missing cells are there, no span covers another cell. */
function completeTable(tr: Transform, pos: number): void {
  const table = tr.doc.nodeAt(pos) as Node;
  const spans = itemsOf(table).map((item): Span => {
    if (isRun(item)) return { type: "text", value: item.text, marks: item.marks };
    if (!isBlock(item)) throw new Error("a touched table hides something");
    const { type, parents, attrs } = item.block;
    return { type: "block", value: { type, parents: parents.map(containerKey), attrs } };
  });
  // Nothing in it is written: nothing of it would be found again.
  const now = spans.length > 0 ? render(spans).children : [schema.nodes.paragraph.create()];
  const [one] = now;
  if (now.length !== 1 || !one?.eq(table)) diffBlocks(tr, [table], now, pos);
}

/**
 * For a plugin's `filterTransaction`: whether an edit leaves a valid document. ProseMirror's fitting of
 * an open slice may leave a cell empty that must not be, and no later step could be undone over that.
 */
export function staysValid(tr: Transaction): boolean {
  if (!tr.docChanged || tr.steps.every((step, i) => isTextStep(step, tr.docs[i] as Node))) return true;
  try {
    for (const block of changedChildren(tr.docs[0] as Node, tr.doc)) block.check();
    return true;
  } catch {
    return false;
  }
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
  const steps: Step[] = [];
  let textOnly = true;
  for (const tr of transactions)
    for (const [i, step] of tr.steps.entries()) {
      steps.push(step);
      textOnly &&= isTextStep(step, tr.docs[i] as Node);
    }
  if (textOnly) return null;
  const range = changedRange(steps, state.doc.content.size);
  if (!range) return null;
  const work = new Workbench(state.doc);
  work.around(range, (tr, own) => identifyRange(tr, own, newId));
  if (work.steps.length === 0) return null;
  const tr = state.tr;
  for (const step of work.steps) tr.step(step);
  return tr;
}

/** The ProseMirror schema; its parts are in `nodes.ts` and `marks.ts`. */
import { Mark, Schema } from "prosemirror-model";
import type { MarkSpec, NodeSpec, NodeType } from "prosemirror-model";
import { marks } from "./marks.ts";
import { nodes } from "./nodes.ts";

export { orderedStartMax } from "./limits.ts";
export { headingLevels } from "./nodes.ts";

export type NodeName = keyof typeof nodes;
export type MarkName = keyof typeof marks;

export const schema = new Schema<NodeName, MarkName>({
  nodes: nodes as unknown as Record<NodeName, NodeSpec>,
  marks: marks as unknown as Record<MarkName, MarkSpec>,
});

/** The node type of a name known to be in the schema. Throws `RangeError` for any other. */
export function nodeType(name: string): NodeType {
  const type: NodeType | undefined = schema.nodes[name as NodeName];
  if (!type) throw new RangeError(`no node type "${name}"`);
  return type;
}

/**
 * ProseMirror keeps marks of one type (two comments over one word) in the order in which they were
 * added, and compares sets with their order; a replica that got them in another order would show
 * the same and not be equal. So marks of one type are ordered by their attributes, in every set.
 */
// eslint-disable-next-line typescript/unbound-method -- called with its own `this` below
const addInOrder = Mark.prototype.addToSet;
Mark.prototype.addToSet = function (this: Mark, set) {
  const added = addInOrder.call(this, set);
  return hasTwoOfAType(added) ? inOrder(added) : added;
};

function hasTwoOfAType(set: readonly Mark[]): boolean {
  for (let i = 1; i < set.length; i++) if (set[i]?.type === set[i - 1]?.type) return true;
  return false;
}

const keys = new WeakMap<Mark, string>();

function keyOf(mark: Mark): string {
  let key = keys.get(mark);
  if (key === undefined) keys.set(mark, (key = JSON.stringify(mark.attrs)));
  return key;
}

/** Marks, no two of them equal, as the set that adding one after the other would give. */
export const markSet = (all: readonly Mark[]): readonly Mark[] => {
  const set = Mark.setFrom(all);
  return hasTwoOfAType(set) ? inOrder(set) : set;
};

/** Marks in the order of their types (which ProseMirror has given them) and then of their attributes. */
function inOrder(set: readonly Mark[]): readonly Mark[] {
  const sorted: Mark[] = [];
  for (let from = 0, to = 0; from < set.length; from = to) {
    while (to < set.length && set[to]?.type === set[from]?.type) to++;
    sorted.push(...set.slice(from, to).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));
  }
  return sorted;
}

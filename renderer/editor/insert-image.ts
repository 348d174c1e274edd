/** Where an image goes: a block of its own, beside the text that the place is in, never in the middle of a word. */
import { Fragment } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { TextSelection } from "prosemirror-state";
import type { EditorState, Transaction } from "prosemirror-state";
import { schema } from "../document/schema.ts";

const { paragraph } = schema.nodes;

export type Inserted = {
  readonly tr: Transaction;
  /** The place after it, for the next one. */
  readonly after: number;
};

/** @returns null where the schema has no room for a block around there */
export function insertImage(state: EditorState, place: number, image: Node): Inserted | null {
  const $pos = state.doc.resolve(Math.max(0, Math.min(place, state.doc.content.size)));
  const { parent } = $pos;
  if (parent.type === paragraph && parent.content.size === 0) return instead(state, $pos.before(), image);
  for (let depth = $pos.depth; depth >= 0; depth--) {
    const around = $pos.node(depth);
    if (around.inlineContent) continue;
    const index = $pos.index(depth);
    const isInside = depth < $pos.depth;
    // At the very start of a text it stands before it, else after; from another's caption always after.
    const isBefore = !isInside || ($pos.pos === $pos.start(depth + 1) && parent.type !== schema.nodes.image);
    const at = isBefore ? index : index + 1;
    if (!around.canReplaceWith(at, at, image.type)) continue;
    const pos = !isInside ? $pos.pos : isBefore ? $pos.before(depth + 1) : $pos.after(depth + 1);
    const tr = state.tr.insert(pos, image);
    return { tr, after: pos + image.nodeSize };
  }
  return null;
}

/** In the place of an empty paragraph. The text goes on below, where the caret was in it. */
function instead(state: EditorState, before: number, image: Node): Inserted | null {
  const $before = state.doc.resolve(before);
  const container = $before.parent;
  const index = $before.index();
  const empty = container.child(index);
  if (!container.canReplaceWith(index, index + 1, image.type)) return null;
  const hadCaret = state.selection.from === before + 1 && state.selection.empty;
  const isLast = index === container.childCount - 1;
  const content = isLast ? Fragment.from([image, paragraph.create()]) : Fragment.from(image);
  const tr = state.tr.replaceWith(before, before + empty.nodeSize, content);
  const after = before + image.nodeSize;
  if (hadCaret) tr.setSelection(TextSelection.near(tr.doc.resolve(after)));
  return { tr, after };
}

/** Files in a text: where one goes, and what can be done to the one that is selected. */
import type { Node } from "prosemirror-model";
import { NodeSelection } from "prosemirror-state";
import type { Command, EditorState } from "prosemirror-state";
import { schema } from "../document/schema.ts";
import { insertImage } from "./insert-image.ts";
import type { Inserted } from "./insert-image.ts";

const { file, paragraph } = schema.nodes;

export function fileAt({ selection }: EditorState): Node | null {
  return selection instanceof NodeSelection && selection.node.type === file ? selection.node : null;
}

export const isAtFile = (state: EditorState): boolean => fileAt(state) !== null;

export const deleteFile: Command = (state, dispatch) => {
  if (!isAtFile(state)) return false;
  dispatch?.(state.tr.deleteSelection().scrollIntoView());
  return true;
};

/**
 * In the line, where it was put. Where no line takes it (code, between blocks) it has a paragraph of its own.
 *
 * @returns null where the schema has no room for it around there
 */
export function insertFile(state: EditorState, place: number, one: Node): Inserted | null {
  const pos = Math.max(0, Math.min(place, state.doc.content.size));
  const $pos = state.doc.resolve(pos);
  const index = $pos.index();
  if (!$pos.parent.canReplaceWith(index, index, file))
    return insertImage(state, place, paragraph.create(null, one));
  return { tr: state.tr.insert(pos, one), after: pos + one.nodeSize };
}

/** What can be done to the image that is selected, or whose caption the caret is in. */
import type { Node } from "prosemirror-model";
import { NodeSelection } from "prosemirror-state";
import type { Command, EditorState } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { schema } from "../document/schema.ts";
import { pictureWidthFactor, pictureWidthMin } from "./limits.ts";

const { image, image_inline } = schema.nodes;

export function imageAt({ selection }: EditorState): { node: Node; pos: number } | null {
  if (selection instanceof NodeSelection) {
    const { node, from: pos } = selection;
    return node.type === image || node.type === image_inline ? { node, pos } : null;
  }
  const { $from } = selection;
  return $from.parent.type === image && $from.sameParent(selection.$to)
    ? { node: $from.parent, pos: $from.before() }
    : null;
}

export const isAtImage = (state: EditorState): boolean => imageAt(state) !== null;

const setAttribute = (state: EditorState, pos: number, name: string, value: unknown) =>
  state.tr.setNodeAttribute(pos, name, value);

export const setAltText =
  (alt: string): Command =>
  (state, dispatch) => {
    const at = imageAt(state);
    if (!at) return false;
    if (at.node.attrs["alt"] !== alt) dispatch?.(setAttribute(state, at.pos, "alt", alt));
    return true;
  };

/** As wide as the text there; Infinity where it is not on screen. */
function roomAt(view: EditorView | undefined, pos: number): number {
  if (!view) return Infinity;
  const dom = view.nodeDOM(pos);
  const box = dom instanceof HTMLElement ? (dom.closest("figure") ?? dom.parentElement) : null;
  return box?.clientWidth ?? Infinity;
}

const resize =
  (factor: number): Command =>
  (state, dispatch, view) => {
    const at = imageAt(state);
    if (!at) return false;
    const { width, naturalWidth } = at.node.attrs as { width: number; naturalWidth: number };
    const room = roomAt(view, at.pos);
    const now = Math.min(width || naturalWidth || room, room);
    if (!Number.isFinite(now)) return false;
    const next = Math.round(Math.max(pictureWidthMin, Math.min(room, now * factor)));
    if (next !== now) dispatch?.(setAttribute(state, at.pos, "width", next));
    return true;
  };
export const narrow = resize(1 / pictureWidthFactor);
export const widen = resize(pictureWidthFactor);

export const toOwnWidth: Command = (state, dispatch) => {
  const at = imageAt(state);
  if (!at) return false;
  if (at.node.attrs["width"] !== 0) dispatch?.(setAttribute(state, at.pos, "width", 0));
  return true;
};

export const deleteImage: Command = (state, dispatch) => {
  const at = imageAt(state);
  if (!at) return false;
  dispatch?.(state.tr.delete(at.pos, at.pos + at.node.nodeSize).scrollIntoView());
  return true;
};

/** What can be chosen of the block that the caret is in: the language of code, the kind of a callout. */
import type { NodeType } from "prosemirror-model";
import type { Command, EditorState, Plugin } from "prosemirror-state";
import { schema } from "../document/schema.ts";
import { depthAround } from "./blocks.ts";
import { toldPlugin } from "./told.ts";

const { code_block, callout } = schema.nodes;

/** Null where the caret is in none. */
export type BlockSettings = {
  /** As it is written after the fence; "" where none is named. */
  readonly language: string | null;
  readonly calloutKind: string | null;
};
export const noSettings: BlockSettings = { language: null, calloutKind: null };

/** In the order in which they are offered. */
export const calloutKinds = ["note", "tip", "important", "warning", "caution"] as const;

/** Code holds nothing but text, so the caret is directly in it. */
const depthOf = (state: EditorState, type: NodeType): number =>
  type === code_block && state.selection.$from.parent.type === type
    ? state.selection.$from.depth
    : depthAround(state, (one) => one === type);

const attrOf = (state: EditorState, type: NodeType, name: string): string | null => {
  const depth = depthOf(state, type);
  return depth > 0 ? (state.selection.$from.node(depth).attrs[name] as string) : null;
};

export const settingsOf = (state: EditorState): BlockSettings => ({
  language: attrOf(state, code_block, "language"),
  calloutKind: attrOf(state, callout, "kind"),
});

const setAttr =
  (type: NodeType, name: string, value: string): Command =>
  (state, dispatch) => {
    const depth = depthOf(state, type);
    if (depth <= 0) return false;
    const { $from } = state.selection;
    if ($from.node(depth).attrs[name] !== value)
      dispatch?.(state.tr.setNodeAttribute($from.before(depth), name, value));
    return true;
  };

export const setLanguage = (language: string): Command => setAttr(code_block, "language", language);
export const setCalloutKind = (kind: string): Command => setAttr(callout, "kind", kind);

export const blockSettingsPlugin = (tell: (settings: BlockSettings) => void): Plugin =>
  toldPlugin(settingsOf, (settings) => JSON.stringify(settings), tell);

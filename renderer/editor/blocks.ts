/** Block commands that ProseMirror's packages do not have: toggling lists, quotes and code. */
import { lift, setBlockType, wrapIn } from "prosemirror-commands";
import type { NodeType } from "prosemirror-model";
import { liftListItem, wrapInList } from "prosemirror-schema-list";
import { TextSelection } from "prosemirror-state";
import type { Command, EditorState } from "prosemirror-state";
import { schema } from "../document/schema.ts";

const { paragraph, blockquote, list_item, ordered_list, bullet_list } = schema.nodes;

/** Whether the caret lies in a node of this type at any depth. */
export function isInside(state: EditorState, type: NodeType): boolean {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth--) if ($from.node(depth).type === type) return true;
  return false;
}

export const isTextblock = (state: EditorState, type: NodeType, level?: number): boolean => {
  const { parent } = state.selection.$from;
  return parent.type === type && (level === undefined || parent.attrs["level"] === level);
};

/** The depth of the list nearest to the caret, or 0. */
function listDepth(state: EditorState): number {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth--) {
    const { type } = $from.node(depth);
    if (type === bullet_list || type === ordered_list) return depth;
  }
  return 0;
}

export const isInList = (state: EditorState, type: NodeType): boolean => {
  const depth = listDepth(state);
  return depth > 0 && state.selection.$from.node(depth).type === type;
};

/** Makes a list, turns the list around the caret into this kind, or takes the item out of it. */
export const toggleList =
  (type: NodeType): Command =>
  (state, dispatch) => {
    const depth = listDepth(state);
    if (depth === 0) return wrapInList(type)(state, dispatch);
    const { $from } = state.selection;
    const list = $from.node(depth);
    if (list.type === type) return liftListItem(list_item)(state, dispatch);
    dispatch?.(
      state.tr.setNodeMarkup($from.before(depth), type, { id: list.attrs["id"] as string }).scrollIntoView(),
    );
    return true;
  };

export const toggleQuote: Command = (state, dispatch) =>
  isInside(state, blockquote) ? lift(state, dispatch) : wrapIn(blockquote)(state, dispatch);

/** Sets a type of text block, or goes back to a paragraph where it is already set. */
export const toggleTextblock =
  (type: NodeType, attrs: Record<string, unknown> | null = null): Command =>
  (state, dispatch) => {
    const level = attrs?.["level"];
    const isSet = isTextblock(state, type, typeof level === "number" ? level : undefined);
    return isSet ? setBlockType(paragraph)(state, dispatch) : setBlockType(type, attrs)(state, dispatch);
  };

/** Backspace at the start of a heading or code block: first it becomes a paragraph, then it joins. */
export const resetTextblockAtStart: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  if (!empty || $from.parentOffset > 0 || !$from.parent.isTextblock || $from.parent.type === paragraph)
    return false;
  return setBlockType(paragraph)(state, dispatch);
};

/** Backspace at the start of a list's item takes it out of the list; in a quote, out of the quote. */
export const liftAtStart: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  if (!empty || $from.parentOffset > 0 || $from.depth < 2 || $from.index(-1) > 0) return false;
  const around = $from.node(-1).type;
  if (around === list_item) return liftListItem(list_item)(state, dispatch);
  return around === blockquote && lift(state, dispatch);
};

/** Enter on the last, empty line of a code block leaves it. */
export const leaveCodeOnEmptyLine: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  if (!empty || !$from.parent.type.spec.code || $from.pos !== $from.end()) return false;
  if (!$from.parent.textContent.endsWith("\n\n")) return false;
  const after = $from.after();
  if (!$from.node(-1).canReplaceWith($from.indexAfter(-1), $from.indexAfter(-1), paragraph)) return false;
  if (dispatch) {
    const tr = state.tr.insert(after, paragraph.create());
    tr.setSelection(TextSelection.create(tr.doc, after + 1));
    tr.delete($from.pos - 2, $from.pos);
    dispatch(tr.scrollIntoView());
  }
  return true;
};

/** Enter after "```" or "```ts" opens a code block, as a space there does. */
export const openCodeAtFence: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  const { parent } = $from;
  const fence = parent.type === paragraph ? /^```([\w+#.-]*)$/.exec(parent.textContent) : null;
  if (!fence || !empty || $from.pos !== $from.end()) return false;
  const index = $from.index(-1);
  const { code_block } = schema.nodes;
  if (!$from.node(-1).canReplaceWith(index, index + 1, code_block)) return false;
  dispatch?.(
    state.tr
      .delete($from.start(), $from.pos)
      .setBlockType($from.start(), $from.start(), code_block, { language: fence[1] ?? "" })
      .scrollIntoView(),
  );
  return true;
};

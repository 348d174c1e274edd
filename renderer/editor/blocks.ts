/** Block commands that ProseMirror's packages do not have: toggling, leaving and taking apart. */
import { lift, setBlockType, splitBlock, wrapIn } from "prosemirror-commands";
import { GapCursor } from "prosemirror-gapcursor";
import type { Node, NodeType } from "prosemirror-model";
import { liftListItem, wrapInList } from "prosemirror-schema-list";
import { AllSelection, NodeSelection, Selection, TextSelection } from "prosemirror-state";
import type { Command, EditorState } from "prosemirror-state";
import { canSplit } from "prosemirror-transform";
import { listTypes } from "../document/block.ts";
import { schema } from "../document/schema.ts";
import { removeFootnote } from "./footnotes.ts";

const { paragraph, blockquote, callout, footnote, list_item } = schema.nodes;

/** The depth of the nearest node around the caret that `test` takes, or 0. What is around a table's cell does not count. */
export function depthAround(state: EditorState, test: (type: NodeType) => boolean): number {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth--) {
    const { type } = $from.node(depth);
    if (test(type)) return depth;
    if (type.spec.isolating) return 0;
  }
  return 0;
}

/** Whether the caret lies in a node of this type at any depth. */
export const isInside = (state: EditorState, type: NodeType): boolean =>
  depthAround(state, (one) => one === type) > 0;

export const isTextblock = (state: EditorState, type: NodeType, level?: number): boolean => {
  const { parent } = state.selection.$from;
  return parent.type === type && (level === undefined || parent.attrs["level"] === level);
};

/** Whether a textblock is more than its text: turned into another type, or split, it would be lost or doubled. */
export const isMoreThanText = ({ type }: Node): boolean =>
  type === schema.nodes.image || type === schema.nodes.unknown_block;

/** The depth of the list nearest to the caret, or 0. */
const listDepth = (state: EditorState): number => depthAround(state, ({ name }) => listTypes.has(name));

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

/** Puts a quote or a callout around the selection, or takes the selection out of it. */
export const toggleAround =
  (type: NodeType): Command =>
  (state, dispatch) =>
    isInside(state, type) ? lift(state, dispatch) : wrapIn(type)(state, dispatch);

/** Makes textblocks of the selected ones, as ProseMirror's `setBlockType` does, but leaves images alone. */
export const setTextblock =
  (type: NodeType, attrs: Record<string, unknown> | null = null): Command =>
  (state, dispatch) => {
    const { tr } = state;
    for (const { $from, $to } of state.selection.ranges)
      state.doc.nodesBetween($from.pos, $to.pos, (node, pos) => {
        if (!node.isTextblock || isMoreThanText(node)) return !node.isTextblock;
        tr.setBlockType(tr.mapping.map(pos), tr.mapping.map(pos + node.nodeSize), type, attrs);
        return false;
      });
    if (!tr.docChanged) return false;
    dispatch?.(tr.scrollIntoView());
    return true;
  };

/** Sets a type of text block, or goes back to a paragraph where it is already set. */
export const toggleTextblock =
  (type: NodeType, attrs: Record<string, unknown> | null = null): Command =>
  (state, dispatch) => {
    const level = attrs?.["level"];
    const isSet = isTextblock(state, type, typeof level === "number" ? level : undefined);
    return (isSet ? setTextblock(paragraph) : setTextblock(type, attrs))(state, dispatch);
  };

/** The caret, where it stands before everything else in its textblock; `atEnd`: after everything. */
function caretAt(state: EditorState, atEnd = false): Selection["$from"] | null {
  const { $from, empty } = state.selection;
  if (!empty || !$from.parent.isTextblock) return null;
  return $from.parentOffset === (atEnd ? $from.parent.content.size : 0) ? $from : null;
}

const selectBlock =
  (pos: number): Command =>
  (state, dispatch) => {
    dispatch?.(state.tr.setSelection(NodeSelection.create(state.doc, pos)).scrollIntoView());
    return true;
  };

/**
 * Backspace at the start of a heading or code block: first it becomes a paragraph, then it joins.
 * An image is selected: the next one takes it away, caption and all.
 */
export const resetTextblockAtStart: Command = (state, dispatch) => {
  const $from = caretAt(state);
  if (!$from || $from.parent.type === paragraph) return false;
  if (isMoreThanText($from.parent)) return selectBlock($from.before())(state, dispatch);
  return setBlockType(paragraph)(state, dispatch);
};

/** Backspace after an image, and Delete before one, select it: text does not run into a caption. */
const selectImage =
  (side: -1 | 1): Command =>
  (state, dispatch) => {
    const $from = caretAt(state, side === 1);
    if (!$from || $from.parent.content.size === 0) return false;
    const neighbour = $from.node(-1).maybeChild($from.index(-1) + side);
    if (!neighbour || !isMoreThanText(neighbour)) return false;
    return selectBlock(side === 1 ? $from.after() : $from.before() - neighbour.nodeSize)(state, dispatch);
  };
export const selectImageBefore = selectImage(-1);
export const selectImageAfter = selectImage(1);

/** Backspace at the start of a list's item takes it out of the list; in a quote or a callout, out of that. */
export const liftAtStart: Command = (state, dispatch) => {
  const $from = caretAt(state);
  if (!$from || $from.depth < 2 || $from.index(-1) > 0) return false;
  const around = $from.node(-1);
  if (around.type === list_item) return liftListItem(list_item)(state, dispatch);
  if (around.type === footnote) {
    // Its text stays in it; one with nothing in it goes, and so do its references.
    const isEmpty = around.childCount === 1 && around.child(0).content.size === 0;
    return !isEmpty || removeFootnote($from.before(-1))(state, dispatch);
  }
  return (around.type === blockquote || around.type === callout) && lift(state, dispatch);
};

/** Enter in an empty paragraph of a quote, a callout or a footnote leaves it. */
export const leaveOnEmptyLine: Command = (state, dispatch) => {
  const $from = caretAt(state);
  if (!$from || $from.depth < 2 || $from.parent.type !== paragraph || $from.parent.content.size > 0)
    return false;
  const around = $from.node(-1);
  if (around.type === blockquote || around.type === callout) return lift(state, dispatch);
  if (around.type !== footnote) return false;
  const isLast = $from.index(-1) === around.childCount - 1;
  // A footnote is not cut in two, nor left without a paragraph.
  if (around.childCount === 1) return true;
  return (isLast ? lift : splitBlock)(state, dispatch);
};

/**
 * Enter where ProseMirror's `splitBlock` would go wrong: in an image's caption it makes a paragraph,
 * never a second image, and where the selection was all the text there was, it makes a paragraph too.
 */
export const splitSafely: Command = (state, dispatch) => {
  const { selection, tr } = state;
  if (!(selection instanceof TextSelection) && !(selection instanceof AllSelection)) return false;
  if (!selection.empty) tr.deleteSelection();
  const { $from } = tr.selection;
  if (isMoreThanText($from.parent)) {
    const types = [{ type: paragraph }];
    if (!canSplit(tr.doc, $from.pos, 1, types)) return false;
    dispatch?.(tr.split($from.pos, 1, types).scrollIntoView());
    return true;
  }
  if (selection.empty || $from.parent.isTextblock) return false;
  if (!$from.parent.canReplaceWith($from.index(), $from.index(), paragraph)) return false;
  tr.insert($from.pos, paragraph.create());
  dispatch?.(tr.setSelection(TextSelection.create(tr.doc, $from.pos + 1)).scrollIntoView());
  return true;
};

/** Puts the caret at the document's end: after a table, where a key makes a paragraph, not in its last cell. */
export const caretToEnd: Command = (state, dispatch) => {
  const { doc, tr } = state;
  const isClosed = doc.lastChild?.type.spec.isolating === true;
  dispatch?.(tr.setSelection(isClosed ? new GapCursor(doc.resolve(doc.content.size)) : Selection.atEnd(doc)));
  return true;
};

/** Enter on the last, empty line of code or of a formula leaves it. */
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

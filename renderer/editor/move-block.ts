/**
 * What is done with a block as a whole: an item of its list where the selection is in one, else a block of the page,
 * or several beside each other. Footnotes stand at the end, and nothing goes among them.
 */
import { closeHistory } from "prosemirror-history";
import type { NodeRange } from "prosemirror-model";
import { NodeSelection, Selection, TextSelection } from "prosemirror-state";
import type { Command, EditorState } from "prosemirror-state";
import { schema } from "../document/schema.ts";

const { nodes } = schema;
const rows: readonly unknown[] = [nodes.doc, nodes.bullet_list, nodes.ordered_list, nodes.task_list];

function blocksAt({ selection }: EditorState): NodeRange | null {
  const { $from, $to } = selection;
  const range = $from.blockRange($to, ({ type }) => rows.includes(type)) ?? rangeOfNode(selection);
  return range && range.parent.child(range.startIndex).type !== nodes.footnote ? range : null;
}

/** A block that is selected as one lies between positions of the page. */
function rangeOfNode(selection: Selection): NodeRange | null {
  if (!(selection instanceof NodeSelection) || !selection.node.isBlock) return null;
  const inside = selection.$from.doc.resolve(selection.from + 1);
  return inside.blockRange(inside, ({ type }) => rows.includes(type));
}

/** The same selection where the blocks are now. */
function shifted(selection: Selection, by: number, doc: EditorState["doc"]): Selection {
  if (selection instanceof NodeSelection) return NodeSelection.create(doc, selection.from + by);
  if (selection instanceof TextSelection)
    return TextSelection.create(doc, selection.anchor + by, selection.head + by);
  return Selection.near(doc.resolve(selection.from + by));
}

export const moveBlock =
  (way: "up" | "down"): Command =>
  (state, dispatch) => {
    const range = blocksAt(state);
    if (!range) return false;
    const { parent, startIndex, endIndex, start, end } = range;
    const neighbour = parent.maybeChild(way === "up" ? startIndex - 1 : endIndex);
    if (!neighbour || neighbour.type === nodes.footnote) return false;
    if (!dispatch) return true;
    const by = way === "up" ? -neighbour.nodeSize : neighbour.nodeSize;
    const { content } = state.doc.slice(start, end);
    const tr = closeHistory(state.tr)
      .delete(start, end)
      .insert(start + by, content);
    dispatch(tr.setSelection(shifted(state.selection, by, tr.doc)).scrollIntoView());
    return true;
  };

/** The block of the page at `from` goes before the one at `before`; after all of them where that is the page's end. */
export const moveBlockBefore =
  (from: number, before: number): Command =>
  (state, dispatch) => {
    const { doc } = state;
    const node = doc.resolve(from).depth === 0 ? doc.nodeAt(from) : null;
    const $before = doc.resolve(before);
    if (!node || node.type === nodes.footnote || $before.depth !== 0) return false;
    const to = from + node.nodeSize;
    const isAmongFootnotes = $before.nodeBefore?.type === nodes.footnote;
    if ((before >= from && before <= to) || isAmongFootnotes) return false;
    if (!dispatch) return true;
    const tr = closeHistory(state.tr).delete(from, to);
    const at = tr.mapping.map(before);
    tr.insert(at, node);
    const inside = Selection.findFrom(tr.doc.resolve(at), 1, true);
    const isInside = inside !== null && inside.from < at + node.nodeSize;
    dispatch(tr.setSelection(isInside ? inside : NodeSelection.create(tr.doc, at)));
    return true;
  };

/** The copy is below, and the selection in it. */
export const duplicateBlock: Command = (state, dispatch) => {
  const range = blocksAt(state);
  if (!range) return false;
  const { start, end } = range;
  if (!dispatch) return true;
  const tr = closeHistory(state.tr).insert(end, state.doc.slice(start, end).content);
  dispatch(tr.setSelection(shifted(state.selection, end - start, tr.doc)).scrollIntoView());
  return true;
};

export const deleteBlock: Command = (state, dispatch) => {
  const range = blocksAt(state);
  if (!range) return false;
  if (!dispatch) return true;
  const tr = closeHistory(state.tr).deleteRange(range.start, range.end);
  const at = tr.doc.resolve(Math.min(range.start, tr.doc.content.size));
  dispatch(tr.setSelection(Selection.near(at)).scrollIntoView());
  return true;
};

/** The edits that both sides are measured with: the same ones, at the same positions. */
import type { Node } from "prosemirror-model";
import { TextSelection } from "prosemirror-state";
import type { EditorState, Transaction } from "prosemirror-state";
import type { Random } from "../../../renderer/document/random.ts";

export type Edit =
  | { type: "insert"; at: number; text: string }
  | { type: "split"; at: number }
  | { type: "join"; at: number }
  | { type: "bold"; from: number; to: number; on: boolean };

export function transactionFor(state: EditorState, edit: Edit): Transaction {
  const { tr } = state;
  switch (edit.type) {
    case "insert":
      return tr.insertText(edit.text, edit.at);
    case "split":
      return tr.split(edit.at);
    case "join":
      return tr.join(edit.at);
    case "bold": {
      const { strong } = state.schema.marks;
      if (!strong) throw new RangeError("the schema has no strong");
      return edit.on
        ? tr.addMark(edit.from, edit.to, strong.create())
        : tr.removeMark(edit.from, edit.to, strong);
    }
  }
}

/** The caret where the edit is about to be, as it would be on screen. */
export function caretFor(state: EditorState, edit: Edit): Transaction {
  const at = edit.type === "bold" ? edit.to : edit.type === "join" ? edit.at + 1 : edit.at;
  return state.tr.setSelection(TextSelection.create(state.doc, at));
}

/** A paragraph to edit: every second time within a hundredth of the document's middle, else anywhere. */
function pickParagraph(doc: Node, random: Random): { node: Node; start: number } {
  const count = doc.childCount;
  const around = Math.max(1, Math.round(count / 100));
  const index = random.chance(0.5)
    ? Math.min(count - 1, Math.max(0, (count >> 1) - around + random.below(2 * around + 1)))
    : random.below(count);
  let start = 1;
  for (let i = 0; i < index; i++) start += doc.child(i).nodeSize;
  return { node: doc.child(index), start };
}

export function placeInText(doc: Node, random: Random): number {
  const { node, start } = pickParagraph(doc, random);
  return start + random.below(node.content.size + 1);
}

/** A position between two neighbouring paragraphs. */
export function placeBetween(doc: Node, random: Random): number {
  for (;;) {
    const { start } = pickParagraph(doc, random);
    if (start > 1) return start - 1;
  }
}

/** A stretch of 5–40 characters of one paragraph. */
export function stretch(doc: Node, random: Random): { from: number; to: number } {
  for (;;) {
    const { node, start } = pickParagraph(doc, random);
    const length = 5 + random.below(36);
    if (node.content.size < length) continue;
    const from = start + random.below(node.content.size - length + 1);
    return { from, to: from + length };
  }
}

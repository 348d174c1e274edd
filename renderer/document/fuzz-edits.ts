/**
 * Random edits of a window, as a person makes them: ProseMirror's own commands on random selections.
 * Every character typed or pasted is new in the whole run, so that text can be accounted for.
 */
import {
  joinBackward,
  joinForward,
  lift,
  setBlockType,
  splitBlock,
  toggleMark,
  wrapIn,
} from "prosemirror-commands";
import { redo, undo } from "prosemirror-history";
import { Fragment, Slice } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { TextSelection } from "prosemirror-state";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import type { Random } from "./random.ts";
import { schema } from "./schema.ts";

const { nodes, marks } = schema;

/** Characters that occur once: CJK ideographs counted up, with an astral one now and then. */
export class Letters {
  private count = 0;
  next(): string {
    const n = this.count++;
    return n % 17 === 16 ? String.fromCodePoint(0x20000 + n) : String.fromCodePoint(0x4e00 + n);
  }
  word(length: number): string {
    let word = "";
    for (let i = 0; i < length; i++) word += this.next();
    return word;
  }
}

/** Makes one random edit of `state`; null where the chosen one does not apply there. */
export function randomEdit(state: EditorState, random: Random, letters: Letters): Transaction | null {
  const edit = random.pick(edits);
  return edit(select(state, random), random, letters);
}

type Edit = (state: EditorState, random: Random, letters: Letters) => Transaction | null;

/** The state with a random selection near a random place, kept off the middle of surrogate pairs. */
function select(state: EditorState, random: Random): EditorState {
  const size = state.doc.content.size;
  const anchor = random.below(size + 1);
  const length = random.chance(0.6) ? 0 : random.below(random.chance(0.8) ? 8 : 40);
  const clean = (pos: number): number => (insidePair(state.doc, pos) ? pos - 1 : pos);
  const selection = TextSelection.between(
    state.doc.resolve(clean(anchor)),
    state.doc.resolve(clean(Math.min(size, anchor + length))),
  );
  return state.apply(state.tr.setSelection(selection));
}

function insidePair(doc: Node, pos: number): boolean {
  const $pos = doc.resolve(pos);
  if ($pos.textOffset === 0) return false;
  const code = $pos.parent.child($pos.index()).text?.charCodeAt($pos.textOffset) ?? 0;
  return code >= 0xdc00 && code < 0xe000;
}

const run =
  (command: Command): Edit =>
  (state) => {
    let made: Transaction | null = null;
    try {
      command(state, (tr) => (made = tr));
    } catch (error) {
      // prosemirror-commands' splitBlock throws where deleting the selection leaves no text to split
      // (only a rule). Nothing was edited then; what an edit does to the document is what is tried here.
      if (!(error instanceof TypeError) || made) throw error;
    }
    return made;
  };

const type: Edit = (state, random, letters) => state.tr.insertText(letters.word(1 + random.below(4)));

const typeStyled: Edit = (state, random, letters) => {
  const mark = random.pick([marks.strong, marks.em, marks.code]).create();
  const tr = state.tr.addStoredMark(mark);
  return tr.replaceSelectionWith(schema.text(letters.word(2), tr.storedMarks ?? []), false);
};

const erase: Edit = (state) => (state.selection.empty ? null : state.tr.deleteSelection());

const insertBreak: Edit = (state) =>
  state.selection.$from.parent.type.spec.code
    ? null
    : state.tr.replaceSelectionWith(nodes.hard_break.create());

const insertRule: Edit = (state) => state.tr.replaceSelectionWith(nodes.horizontal_rule.create());

const link: Edit = (state, random) =>
  run(toggleMark(marks.link, { href: `https://example.org/${random.below(3)}` }))(
    state,
    random,
    new Letters(),
  );

/** A copy of a random stretch with fresh letters and, as pasting does, without ids. */
function copied(state: EditorState, random: Random, letters: Letters): Slice {
  const { from, to } = select(state, random).selection;
  const fresh = (content: Fragment): Fragment => {
    const list: Node[] = [];
    content.forEach((node) => {
      if (node.isText) list.push(schema.text(letters.word((node.text as string).length), node.marks));
      else {
        const attrs = "id" in node.attrs ? { ...node.attrs, id: "" } : node.attrs;
        list.push(node.type.create(attrs, fresh(node.content), node.marks));
      }
    });
    return Fragment.fromArray(list);
  };
  const slice = state.doc.slice(from, Math.min(state.doc.content.size, to + random.below(30)));
  return new Slice(fresh(slice.content), slice.openStart, slice.openEnd);
}

const paste: Edit = (state, random, letters) => state.tr.replaceSelection(copied(state, random, letters));

/** Drag: the selection goes, and comes back elsewhere (with fresh letters; see `Letters`). */
const drag: Edit = (state, random, letters) => {
  if (state.selection.empty) return null;
  const slice = copied(state, random, letters);
  const tr = state.tr.deleteSelection();
  const size = tr.doc.content.size;
  const at = random.below(size + 1);
  if (insidePair(tr.doc, at)) return null;
  return tr.replace(at, at, slice);
};

const edits: Edit[] = [
  type, type, type, type, type, typeStyled,
  erase, erase, erase,
  run(splitBlock), run(splitBlock), run(splitListItem(nodes.list_item)),
  run(joinBackward), run(joinForward),
  run(toggleMark(marks.strong)), run(toggleMark(marks.em)), run(toggleMark(marks.code)), link,
  run(setBlockType(nodes.heading, { level: 2 })), run(setBlockType(nodes.paragraph)), run(setBlockType(nodes.code_block, { language: "ts" })),
  run(wrapInList(nodes.bullet_list)), run(wrapInList(nodes.ordered_list, { start: 3 })),
  run(liftListItem(nodes.list_item)), run(sinkListItem(nodes.list_item)),
  run(wrapIn(nodes.blockquote)), run(lift),
  insertBreak, insertRule, paste, drag, run(undo), run(undo), run(redo),
]; // prettier-ignore

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
import type { Mark, Node } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { Plugin, TextSelection } from "prosemirror-state";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import {
  addColumnAfter,
  addColumnBefore,
  addRowAfter,
  addRowBefore,
  CellSelection,
  deleteColumn,
  deleteRow,
  deleteTable,
  mergeCells,
  setCellAttr,
  splitCell,
  toggleHeaderCell,
  toggleHeaderColumn,
  toggleHeaderRow,
} from "prosemirror-tables";
import { identify, staysValid } from "./identify.ts";
import type { Random } from "./random.ts";
import { schema } from "./schema.ts";

const { nodes, marks } = schema;

/** Characters that occur once: CJK ideographs counted up, with an astral one now and then. */
export class Letters {
  private count = 0;
  /** What was typed at once, each in the order of typing. */
  readonly words: string[] = [];
  next(): string {
    const n = this.count++;
    return n % 17 === 16 ? String.fromCodePoint(0x20000 + n) : String.fromCodePoint(0x4e00 + n);
  }
  word(length: number): string {
    let word = "";
    for (let i = 0; i < length; i++) word += this.next();
    this.words.push(word);
    return word;
  }
}

/** What a window's own edits go through, as `editor/identify-plugin.ts` has it. */
export function identifying(newId: () => string): Plugin {
  const isFromAuthority = (tr: Transaction): boolean => tr.getMeta("collab$") !== undefined;
  return new Plugin({
    filterTransaction: (tr) => isFromAuthority(tr) || staysValid(tr),
    appendTransaction: (transactions, _old, state) =>
      transactions.some(isFromAuthority) ? null : identify(transactions, state, newId),
  });
}

/** How many edits are tried where the ones before do not apply. */
const triesMax = 4;

/** Makes one random edit of `state`; null where none of those tried applies there. */
export function randomEdit(state: EditorState, random: Random, letters: Letters): Transaction | null {
  for (let tries = 0; tries < triesMax; tries++) {
    const edit = random.pick(edits);
    const tr = edit(select(state, random), random, letters);
    if (tr) return tr;
  }
  return null;
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

const someMark = (random: Random): Mark => {
  const name = random.pick(markNames);
  if (name === "link")
    return marks.link.create({
      href: `https://example.org/${random.below(3)}`,
      title: random.pick(["", "t"]),
    });
  if (name === "highlight") return marks.highlight.create({ color: random.pick(["yellow", "#abc", "red"]) });
  if (name === "comment") return marks.comment.create({ id: `c${random.below(4)}` });
  return marks[name].create();
};
const markNames = ["strong", "em", "underline", "strike", "code", "superscript", "subscript", "highlight", "link", "math", "comment"] as const; // prettier-ignore

const typeStyled: Edit = (state, random, letters) => {
  const tr = state.tr.addStoredMark(someMark(random));
  return tr.replaceSelectionWith(schema.text(letters.word(2), tr.storedMarks ?? []), false);
};

/** Marks what is selected, or takes the mark away. */
const mark: Edit = (state, random) => {
  const { from, to, empty } = state.selection;
  if (empty) return null;
  const one = someMark(random);
  return random.chance(0.6) ? state.tr.addMark(from, to, one) : state.tr.removeMark(from, to, one);
};

const erase: Edit = (state) => (state.selection.empty ? null : state.tr.deleteSelection());

const insertInline =
  (make: (random: Random) => Node): Edit =>
  (state, random) =>
    state.selection.$from.parent.type.spec.code ? null : state.tr.replaceSelectionWith(make(random));

const insertBreak = insertInline(() => nodes.hard_break.create());
const insertImage = insertInline((random) => nodes.image_inline.create(someImage(random)));
/** As much chance as before there were files, so that seeds that once failed still do what they did. */
const insertReference = insertInline((random) => {
  const which = random.below(3);
  return which === 2
    ? nodes.file.create({ hash: "c".repeat(64), name: "c.pdf", mediaType: "application/pdf", size: 3 })
    : nodes.document_link.create({ document: `d${which}`, title: "t" });
});

const someImage = (random: Random): Record<string, unknown> => ({
  hash: `h${random.below(3)}`,
  alt: random.pick(["", "a", "b"]),
  width: random.below(3) * 100,
});

const insertBlock =
  (make: (random: Random, letters: Letters) => Node): Edit =>
  (state, random, letters) =>
    state.tr.replaceSelectionWith(make(random, letters));

const insertRule = insertBlock(() => nodes.horizontal_rule.create());
const insertFigure = insertBlock((random, letters) =>
  nodes.image.create(someImage(random), schema.text(letters.word(2))),
);

/** A reference, and its footnote at the end of the document. */
const insertFootnote: Edit = (state, random, letters) => {
  if (state.selection.$from.parent.type.spec.code) return null;
  const id = `f${random.below(1_000_000)}`;
  const tr = state.tr.replaceSelectionWith(nodes.footnote_reference.create({ footnote: id }));
  const note = nodes.footnote.create({ id }, nodes.paragraph.create(null, schema.text(letters.word(2))));
  return tr.insert(tr.doc.content.size, note);
};

/** Positions of all nodes that `test` takes. */
function positionsOf(doc: Node, test: (node: Node) => boolean): number[] {
  const found: number[] = [];
  doc.descendants((node, pos) => {
    if (test(node)) found.push(pos);
  });
  return found;
}

/** Changes an attribute of some node of a type. */
const setAttribute =
  (type: string, name: string, value: (random: Random, node: Node) => unknown): Edit =>
  (state, random) => {
    const places = positionsOf(state.doc, (node) => node.type.name === type);
    if (places.length === 0) return null;
    const pos = random.pick(places);
    return state.tr.setNodeAttribute(pos, name, value(random, state.doc.nodeAt(pos) as Node));
  };

/** A copy of a random stretch with fresh letters; pasted, it has no ids. */
function copied(state: EditorState, random: Random, letters: Letters, keepsIds: boolean): Slice {
  const { from, to } = select(state, random).selection;
  const fresh = (content: Fragment): Fragment => {
    const list: Node[] = [];
    content.forEach((node) => {
      if (node.isText) list.push(schema.text(letters.word((node.text as string).length), node.marks));
      else list.push(node.type.create(keepsIds ? node.attrs : pasted(node), fresh(node.content), node.marks));
    });
    return Fragment.fromArray(list);
  };
  const slice = state.doc.slice(from, Math.min(state.doc.content.size, to + random.below(30)));
  return closed(new Slice(fresh(slice.content), slice.openStart, slice.openEnd));
}

/** As ProseMirror's clipboard does: what must not be opened (a table, a cell) is closed. */
function closed(slice: Slice): Slice {
  const depthOf = (open: number, inner: (node: Node) => Node | null, outer: Node | null): number => {
    let depth = 0;
    for (let node = outer; node && depth < open && node.type.spec.isolating !== true; node = inner(node))
      depth++;
    return depth;
  };
  const { content, openStart, openEnd } = slice;
  return new Slice(
    content,
    depthOf(openStart, (node) => node.firstChild, content.firstChild),
    depthOf(openEnd, (node) => node.lastChild, content.lastChild),
  );
}

/** What the clipboard does not carry is as a new node has it. */
function pasted({ type, attrs }: Node): Record<string, unknown> {
  const kept: Record<string, unknown> = { ...attrs };
  for (const name of ["id", "implicit", "hidden", "tail"])
    if (name in attrs) kept[name] = type.spec.attrs?.[name]?.default;
  return kept;
}

const paste: Edit = (state, random, letters) =>
  state.tr.replaceSelection(copied(state, random, letters, false));

/** Drag: the selection goes, and comes back elsewhere (with fresh letters; see `Letters`). */
const drag: Edit = (state, random, letters) => {
  if (state.selection.empty) return null;
  const slice = copied(state, random, letters, true);
  const tr = state.tr.deleteSelection();
  const size = tr.doc.content.size;
  const at = random.below(size + 1);
  if (insidePair(tr.doc, at)) return null;
  return tr.replace(at, at, slice);
};

/** Drag of a whole block to another place between blocks. */
const dragBlock: Edit = (state, random) => {
  if (state.doc.childCount < 2) return null;
  const from = random.below(state.doc.childCount);
  let pos = 0;
  for (let i = 0; i < from; i++) pos += state.doc.child(i).nodeSize;
  const block = state.doc.child(from);
  const tr = state.tr.delete(pos, pos + block.nodeSize);
  let to = 0;
  for (let i = random.below(tr.doc.childCount + 1); i > 0; i--) to += tr.doc.child(i - 1).nodeSize;
  return tr.insert(to, block);
};

const insertTable: Edit = (state, random, letters) => {
  const width = 1 + random.below(3);
  const rows: Node[] = [];
  for (let row = 1 + random.below(3); row > 0; row--) {
    const cells: Node[] = [];
    for (let i = 0; i < width; i++) {
      const content = random.chance(0.5) ? schema.text(letters.word(1)) : null;
      cells.push(nodes.table_cell.create(null, nodes.paragraph.create(null, content)));
    }
    rows.push(nodes.table_row.create(null, cells));
  }
  return state.tr.replaceSelectionWith(nodes.table.create(null, rows));
};

const cellsOf = (doc: Node): number[] => positionsOf(doc, ({ type }) => type.spec["tableRole"] === "cell" || type.spec["tableRole"] === "header_cell"); // prettier-ignore

/** A command with the caret in some cell, or with some cells selected. */
const inTable =
  (command: Command): Edit =>
  (state, random, letters) => {
    const cells = cellsOf(state.doc);
    if (cells.length === 0) return null;
    const anchor = random.pick(cells);
    const table = state.doc.resolve(anchor).node(-1);
    const head = random.pick(cells.filter((pos) => state.doc.resolve(pos).node(-1) === table));
    const selection = CellSelection.create(state.doc, anchor, head);
    return run(command)(state.apply(state.tr.setSelection(selection)), random, letters);
  };

const edits: Edit[] = [
  type, type, type, type, type, type, typeStyled,
  erase, erase, erase,
  run(splitBlock), run(splitBlock), run(splitListItem(nodes.list_item)),
  run(joinBackward), run(joinForward),
  mark, mark, mark, run(toggleMark(marks.strong)),
  run(setBlockType(nodes.heading, { level: 2 })), run(setBlockType(nodes.paragraph)),
  run(setBlockType(nodes.code_block, { language: "ts" })), run(setBlockType(nodes.math_block)),
  run(wrapInList(nodes.bullet_list)), run(wrapInList(nodes.ordered_list, { start: 3 })), run(wrapInList(nodes.task_list)),
  run(liftListItem(nodes.list_item)), run(sinkListItem(nodes.list_item)),
  run(wrapIn(nodes.blockquote)), run(wrapIn(nodes.callout, { kind: "tip" })), run(lift),
  insertBreak, insertRule, insertImage, insertReference, insertFigure, insertFootnote,
  setAttribute("list_item", "checked", (_, node) => node.attrs["checked"] !== true),
  setAttribute("ordered_list", "start", (random) => random.below(5)),
  setAttribute("callout", "kind", (random) => random.pick(["note", "tip", "warning"])),
  setAttribute("heading", "level", (random) => 1 + random.below(6)),
  setAttribute("image", "alt", (random) => random.pick(["", "x", "y"])),
  setAttribute("image_inline", "alt", (random) => random.pick(["", "x", "y"])),
  setAttribute("image_inline", "width", (random) => random.below(3) * 50),
  paste, paste, drag, drag, dragBlock,
  insertTable, insertTable,
  inTable(addRowAfter), inTable(addRowBefore), inTable(addColumnAfter), inTable(addColumnBefore),
  inTable(deleteRow), inTable(deleteColumn), inTable(deleteTable),
  inTable(mergeCells), inTable(splitCell), inTable(setCellAttr("align", "right")),
  inTable(toggleHeaderRow), inTable(toggleHeaderColumn), inTable(toggleHeaderCell),
  run(undo), run(undo), run(redo),
]; // prettier-ignore

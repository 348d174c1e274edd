import { history, undo } from "prosemirror-history";
import { AllSelection, EditorState, NodeSelection, TextSelection } from "prosemirror-state";
import type { Mark } from "prosemirror-model";
import type { Transaction } from "prosemirror-state";
import { CellSelection } from "prosemirror-tables";
import { describe, expect, test } from "vitest";
import { identifying, Letters, randomEdit } from "../document/fuzz-edits.ts";
import { Random } from "../document/random.ts";
import { schema } from "../document/schema.ts";
import { collabPlugin } from "./collab.ts";
import { countText } from "./counting.ts";
import { originOf } from "./counts.ts";
import type { Origin } from "./counts.ts";
import { NodeCounts } from "./node-counts.ts";
import type { Counting } from "./node-counts.ts";
import { receive } from "./rebase.ts";
import { block } from "./typist.ts";

const p = (text = "") => block("paragraph", null, text);
const done = (counting: Counting) => {
  for (let step = counting.next(); ; step = counting.next()) if (step.done === true) return step.value;
};
const wordsOf = (...blocks: ReturnType<typeof block>[]): number =>
  done(new NodeCounts().ofDocument(block("doc", null, ...blocks))).words;

describe("of a document", () => {
  test("all text that is read counts", () => {
    const cell = (text: string) => block("table_cell", null, p(text));
    expect(wordsOf(block("heading", { level: 2 }, "two words"), p("and three more"))).toBe(5);
    expect(wordsOf(block("bullet_list", { id: "l" }, block("list_item", { id: "i" }, p("in a list"))))).toBe(
      3,
    );
    const row = block("table_row", { id: "r" }, cell("one"), cell("two"));
    expect(wordsOf(block("table", { id: "t" }, row))).toBe(2);
    expect(wordsOf(block("image", { hash: "h", alt: "not read" }, "its caption"))).toBe(2);
    expect(wordsOf(block("footnote", { id: "f" }, p("a note")))).toBe(2);
    expect(wordsOf(block("code_block", null, "let it = be;\nand(so)"))).toBe(5);
  });

  test("formulas do not, and objects stand between words", () => {
    expect(wordsOf(block("math_block", null, "a + b"))).toBe(0);
    const { nodes } = schema;
    const text = (words: string, ...marks: Mark[]) => schema.text(words, marks);
    const paragraph = nodes.paragraph.create(null, [
      text("the "),
      text("x^2 + y", schema.marks.math.create()),
      text(" of"),
      nodes.footnote_reference.create({ footnote: "f" }),
      text("it"),
      nodes.hard_break.create(),
      text("all "),
      nodes.document_link.create({ document: "d", title: "My plan" }),
    ]);
    expect(wordsOf(paragraph)).toBe(6);
  });

  test("a word in two styles is one", () => {
    const bold = schema.text("ha", [schema.marks.strong.create()]);
    expect(wordsOf(schema.nodes.paragraph.create(null, [bold, schema.text("lf")]))).toBe(1);
  });
});

test("what is counted as it changes is what a fresh count says, whatever is edited", () => {
  let edits = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const letters = new Letters();
    let id = 0;
    const start = block("doc", null, p("Some words to begin with."), p("你好世界"), p());
    let state = EditorState.create({ doc: start, plugins: [history(), identifying(() => `id${id++}`)] });
    const kept = new NodeCounts();
    const summed = new NodeCounts();
    let sum = done(kept.ofDocument(state.doc)).words;
    for (let step = 0; step < 40; step++) {
      const tr = randomEdit(state, random, letters);
      if (!tr) continue;
      const before = state.doc;
      state = state.apply(tr);
      edits++;
      sum += done(summed.difference(before, state.doc)).words;
      // Not every state is looked at: a frame may bring several.
      if (random.below(3) === 0) continue;
      const fresh = done(new NodeCounts().ofDocument(state.doc));
      expect(done(kept.ofDocument(state.doc))).toEqual(fresh);
      expect(sum).toBe(fresh.words);
      expect(done(kept.ofSelection(state.doc, new AllSelection(state.doc)))).toEqual(fresh);
    }
  }
  expect(edits).toBeGreaterThan(400);
});

describe("of a selection", () => {
  const doc = block(
    "doc",
    null,
    p("one two three"),
    block("blockquote", { id: "q" }, p("four five"), p("six")),
    p("seven"),
  );
  const selected = (from: number, to: number) =>
    done(new NodeCounts().ofSelection(doc, TextSelection.create(doc, from, to)));

  test("it is what is selected, part of a word being one", () => {
    expect(selected(1, 4)).toEqual(countText("one"));
    expect(selected(2, 7)).toEqual(countText("ne tw"));
    expect(selected(5, 21)).toMatchObject({ words: 3, characters: 13 });
    expect(selected(1, doc.content.size - 1)).toEqual(done(new NodeCounts().ofDocument(doc)));
  });

  test("every stretch has what its text has", () => {
    for (let from = 1; from < doc.content.size; from++)
      for (let to = from + 1; to <= doc.content.size; to++) {
        const selection = TextSelection.between(doc.resolve(from), doc.resolve(to));
        const text = doc.textBetween(selection.from, selection.to, "\n", "\n");
        expect(done(new NodeCounts().ofSelection(doc, selection))).toEqual(countText(text));
      }
  });

  test("of selected cells and of a selected picture too", () => {
    const cell = (text: string) => block("table_cell", null, p(text));
    const row = (id: string, ...cells: ReturnType<typeof block>[]) => block("table_row", { id }, ...cells);
    const table = block(
      "table",
      { id: "t" },
      row("a", cell("one"), cell("two more")),
      row("b", cell("x"), cell("y")),
    );
    const both = block("doc", null, table, block("image", { hash: "h" }, "a caption"));
    const counts = new NodeCounts();
    // The second column: from its first cell to its last.
    const first = 2 + cell("one").nodeSize;
    const last = 1 + (table.firstChild?.nodeSize ?? 0) + 1 + cell("x").nodeSize;
    const column = CellSelection.create(both, first, last);
    expect(done(counts.ofSelection(both, column)).words).toBe(3);
    expect(done(counts.ofSelection(both, NodeSelection.create(both, table.nodeSize))).words).toBe(2);
  });
});

test("a long paragraph is counted a piece at a time, and what is counted is not counted again", () => {
  const doc = block("doc", null, p("word ".repeat(10_000)), p("end"));
  const counts = new NodeCounts();
  let turns = 0;
  for (const work = counts.ofDocument(doc); work.next().done !== true;) turns++;
  expect(turns).toBeGreaterThan(10);
  const again = counts.difference(block("doc", null, doc.child(1)), doc).next();
  expect(again).toMatchObject({ done: true, value: { words: 10_000 } });
});

test("whose edit it is, and whether the words are new", () => {
  const origins: (Origin | null)[] = [];
  let state = EditorState.create({
    doc: block("doc", null, p("text")),
    plugins: [history(), collabPlugin("me")],
  });
  const apply = (tr: Transaction): void => {
    origins.push(originOf(tr));
    state = state.apply(tr);
  };
  apply(state.tr.insertText("typed", 1));
  undo(state, apply);
  apply(state.tr.insertText("pasted", 1).setMeta("uiEvent", "paste"));
  apply(state.tr.delete(1, 3).setMeta("uiEvent", "cut"));
  const theirs = state.tr.insertText("theirs", 1);
  apply(
    receive(
      EditorState.create({ doc: state.doc, plugins: [collabPlugin("me")] }),
      theirs.steps,
      ["other"],
      "me",
    ),
  );
  expect(origins).toEqual(["typed", "brought", "brought", "typed", null]);
});

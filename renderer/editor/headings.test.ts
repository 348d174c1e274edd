import { history } from "prosemirror-history";
import { EditorState } from "prosemirror-state";
import { expect, test } from "vitest";
import { identifying, Letters, randomEdit } from "../document/fuzz-edits.ts";
import { Random } from "../document/random.ts";
import { Headings, lastIndexWhere } from "./headings.ts";
import { headingCharsMax } from "./limits.ts";
import { block } from "./typist.ts";

const p = (text = "") => block("paragraph", null, text);
const h = (level: number, text: string) => block("heading", { level }, text);
const docOf = (...blocks: ReturnType<typeof block>[]) => block("doc", null, ...blocks);
const shown = (headings: Headings): string[] => headings.list.map(({ level, text }) => `${level} ${text}`);
const keys = (headings: Headings): number[] => headings.list.map(({ key }) => key);

test("are found wherever they stand, each with its place", () => {
  const headings = new Headings();
  const cell = block("table_cell", null, h(3, "in a cell"));
  const doc = docOf(
    p("before"),
    h(1, "  One\u00a0\u00a0more "),
    block("blockquote", { id: "q" }, p("a"), h(2, "quoted")),
    block("table", { id: "t" }, block("table_row", { id: "r" }, cell)),
    h(6, ""),
  );
  headings.update(doc);
  expect(shown(headings)).toEqual(["1 One more", "2 quoted", "3 in a cell", "6 "]);
  for (const [i, pos] of headings.positions.entries())
    expect(doc.nodeAt(pos)?.attrs["level"]).toBe(headings.list[i]?.level);
});

test("typing in a paragraph changes nothing, and where they are is known", () => {
  const headings = new Headings();
  const [one, two] = [h(1, "One"), h(2, "Two")];
  headings.update(docOf(p("a"), one, p("b"), two));
  const { list } = headings;
  headings.update(docOf(p("longer"), one, p("b"), two));
  expect(headings.list).toBe(list);
  expect(headings.positions).toEqual([8, 16]);
  expect([0, 7, 8, 12, 15, 16, 50].map((pos) => headings.indexAt(pos))).toEqual([-1, -1, 0, 0, 0, 1, 1]);
});

test("a heading keeps its key while it is edited, and while others come and go", () => {
  const headings = new Headings();
  headings.update(docOf(h(1, "A"), h(2, "B"), h(2, "C")));
  const [a, b, c] = keys(headings);
  headings.update(docOf(h(1, "A"), h(2, "Bee"), h(2, "C")));
  expect(keys(headings)).toEqual([a, b, c]);
  headings.update(docOf(h(1, "A"), h(1, "New"), h(2, "Bee"), h(2, "C")));
  expect(keys(headings)).toEqual([a, expect.any(Number), b, c]);
  expect(new Set(keys(headings)).size).toBe(4);
  headings.update(docOf(h(2, "Bee"), h(2, "C")));
  expect(keys(headings)).toEqual([b, c]);
});

test("up to the limit the text is whole, and past it cut", () => {
  const headings = new Headings();
  headings.update(docOf(h(1, "x".repeat(headingCharsMax)), h(1, "x".repeat(headingCharsMax + 1))));
  expect(headings.list.map(({ text }) => text.length)).toEqual([headingCharsMax, headingCharsMax]);
});

test("whatever is edited, the list is the one that a fresh look finds, and no key is there twice", () => {
  let changes = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const letters = new Letters();
    let id = 0;
    const doc = docOf(h(1, "A"), p("a"), h(2, "B"), block("blockquote", { id: "q" }, h(3, "C"), p("c")));
    let state = EditorState.create({ doc, plugins: [history(), identifying(() => `id${id++}`)] });
    const kept = new Headings();
    for (let step = 0; step < 40; step++) {
      const tr = randomEdit(state, random, letters);
      if (!tr) continue;
      state = state.apply(tr);
      const before = kept.list;
      kept.update(state.doc);
      if (kept.list !== before) changes++;
      const fresh = new Headings();
      fresh.update(state.doc);
      expect(shown(kept)).toEqual(shown(fresh));
      expect(kept.positions).toEqual(fresh.positions);
      expect(new Set(keys(kept)).size).toBe(kept.list.length);
    }
  }
  expect(changes).toBeGreaterThan(50);
});

test("the last one for which it is so", () => {
  for (let length = 0; length < 9; length++)
    for (let so = 0; so <= length; so++) expect(lastIndexWhere(length, (index) => index < so)).toBe(so - 1);
});

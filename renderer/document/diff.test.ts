import { expect, test } from "vitest";
import { Transform } from "prosemirror-transform";
import { diffSteps } from "./diff.ts";
import { identifying, Letters, randomEdit } from "./fuzz-edits.ts";
import { Random } from "./random.ts";
import { render } from "./render.ts";
import type { Span } from "./render.ts";
import { schema } from "./schema.ts";
import { EditorState } from "prosemirror-state";

const paragraph = (value: string, marks?: Record<string, unknown>): Span[] => [
  { type: "block", value: { type: "paragraph" } },
  { type: "text", value, ...(marks && { marks }) },
];
const docOf = (...texts: string[]) => render(texts.flatMap((value) => paragraph(value)));

/** Where a cursor at `pos` ends up. */
function follow(before: ReturnType<typeof docOf>, after: ReturnType<typeof docOf>, pos: number): number {
  const tr = new Transform(before);
  for (const step of diffSteps(before, after)) tr.step(step);
  expect(tr.doc.eq(after)).toBe(true);
  return tr.mapping.map(pos);
}

test("equal documents need no steps", () => {
  expect(diffSteps(docOf("a", "b"), docOf("a", "b"))).toEqual([]);
});

test("a cursor between two edits of one paragraph stays where its letters are", () => {
  const before = docOf("the quick brown fox jumps");
  const after = docOf("see the quick brown fox jumps high");
  expect(follow(before, after, 1 + "the quick".length)).toBe(1 + "see the quick".length);
});

test("a cursor stays in its paragraph when others are inserted and removed around it", () => {
  const before = docOf("one", "two", "three", "four");
  const after = docOf("zero", "one", "three", "extra", "four");
  expect(follow(before, after, 5 + 5 + 3)).toBe(6 + 5 + 3);
});

test("a split moves no text", () => {
  const [step, ...more] = diffSteps(docOf("hello world", "x"), docOf("hello", " world", "x"));
  expect(more).toEqual([]);
  let replaced = 0;
  step?.getMap().forEach((from, to) => (replaced += to - from));
  expect(replaced).toBe(0);
});

test("bold is a mark step, not new text", () => {
  const after = render(paragraph("hello", { strong: true }));
  expect(diffSteps(docOf("hello"), after).map((step) => step.toJSON().stepType as string)).toEqual([
    "addMark",
  ]);
});

test("any two documents: the steps lead from one to the other", () => {
  for (let seed = 0; seed < 150; seed++) {
    const random = new Random(seed);
    const letters = new Letters();
    let ids = 0;
    let state = EditorState.create({ schema, plugins: [identifying(() => `i${ids++}`)] });
    const edit = (times: number): void => {
      for (let i = 0; i < times; i++) {
        const tr = randomEdit(state, random, letters);
        if (tr) state = state.apply(tr);
      }
    };
    edit(25);
    const before = state.doc;
    edit(1 + random.below(12));
    const tr = new Transform(before);
    for (const step of diffSteps(before, state.doc)) tr.step(step);
    expect(tr.doc.eq(state.doc)).toBe(true);
  }
});

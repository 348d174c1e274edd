import { EditorState } from "prosemirror-state";
import { AddMarkStep, ReplaceStep } from "prosemirror-transform";
import { Fragment, Slice } from "prosemirror-model";
import { expect, test } from "vitest";
import { blockIndex } from "./block-index.ts";
import { flatLength } from "./flat.ts";
import { identifying, Letters, randomEdit } from "./fuzz-edits.ts";
import { Random } from "./random.ts";
import { schema } from "./schema.ts";
import { Workbench, withBlocks } from "./workbench.ts";

const { paragraph, doc } = schema.nodes;
const text = (content: string) => paragraph.create(null, content === "" ? null : schema.text(content));
const three = doc.create(null, [text("one"), text("two"), text("three")]);

/** Random edits of a random document, with the document before each. */
function* edits(seed: number, count: number) {
  const random = new Random(seed);
  const letters = new Letters();
  let ids = 0;
  let state = EditorState.create({ schema, plugins: [identifying(() => `i${ids++}`)] });
  for (let i = 0; i < count; i++) {
    const tr = randomEdit(state, random, letters);
    if (!tr) continue;
    const { state: next, transactions } = state.applyTransaction(tr);
    yield { before: state.doc, after: next.doc, steps: transactions.flatMap((one) => one.steps) };
    state = next;
  }
}

test("steps give what they give on the whole document", () => {
  let steps = 0;
  for (let seed = 0; seed < 60; seed++)
    for (const edit of edits(seed, 25)) {
      const work = new Workbench(edit.before);
      for (const step of edit.steps) work.apply(step);
      expect(work.doc.eq(edit.after)).toBe(true);
      expect(work.steps.length).toBe(edit.steps.length);
      steps += work.steps.length;
    }
  expect(steps).toBeGreaterThan(1000);
});

test("several steps far from one another", () => {
  const work = new Workbench(three);
  work.apply(new ReplaceStep(1, 1, new Slice(Fragment.from(schema.text("a")), 0, 0)));
  work.apply(new ReplaceStep(13, 13, new Slice(Fragment.from(schema.text("b")), 0, 0)));
  work.apply(new ReplaceStep(0, 6, Slice.empty));
  expect(work.doc.toString()).toBe('doc(paragraph("two"), paragraph("tbhree"))');
});

test("a step outside of the document is refused, and leaves it as it was", () => {
  for (const step of [
    new ReplaceStep(30, 31, Slice.empty),
    new ReplaceStep(-3, 1, Slice.empty),
    new AddMarkStep(2, 400, schema.marks.em.create()),
  ]) {
    const work = new Workbench(three);
    expect(() => work.apply(step)).toThrow(/outside of the document/);
    expect(work.doc).toBe(three);
  }
});

test("blocks that stay are the same objects", () => {
  const now = withBlocks(three, 0, 3, [three.child(0), text("2"), text("2½"), three.child(2)]);
  expect(now.toString()).toBe('doc(paragraph("one"), paragraph("2"), paragraph("2½"), paragraph("three"))');
  expect(now.child(0)).toBe(three.child(0));
  expect(now.child(3)).toBe(three.child(2));
  expect(withBlocks(three, 1, 3, []).childCount).toBe(1);
});

test("an index made from the one before is the one made afresh", () => {
  // Long enough to be gone on from.
  const long = doc.create(
    null,
    Array.from({ length: 80 }, (_, i) => text(`block ${i}`)),
  );
  const random = new Random(5);
  let now = long;
  for (let i = 0; i < 300; i++) {
    const from = random.below(now.childCount);
    const to = Math.min(now.childCount, from + random.below(3));
    const blocks = Array.from({ length: random.below(4) }, () => text("x".repeat(random.below(9))));
    if (to - from === now.childCount && blocks.length === 0) continue;
    now = withBlocks(now, from, to, blocks);
    const { offsets, positions, length } = blockIndex(now, flatLength);
    let offset = 0;
    let pos = 0;
    for (const [child, block] of now.children.entries()) {
      expect([offsets[child], positions[child]]).toEqual([offset, pos]);
      offset += flatLength(block);
      pos += block.nodeSize;
    }
    expect([length, positions.at(-1)]).toEqual([offset, now.content.size]);
  }
});

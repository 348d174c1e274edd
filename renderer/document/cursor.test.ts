import { joinBackward, splitBlock } from "prosemirror-commands";
import type { Node } from "prosemirror-model";
import { addRowBefore, deleteRow } from "prosemirror-tables";
import { beforeAll, describe, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { cursorAt, positionOf, rangeAt, rangeOf } from "./cursor.ts";
import type { DocumentCursor, DocumentRange } from "./cursor.ts";
import { Letters, randomEdit } from "./fuzz-edits.ts";
import { Random } from "./random.ts";
import { table, Writer } from "./writer.ts";

beforeAll(useAutomerge);

const actors = ["11".repeat(16), "ff".repeat(16)] as const;
const two = (...blocks: (Node | string)[]): [Writer, Writer] => Writer.two(actors, ...blocks);

const cursorIn = (writer: Writer, pos: number, side: -1 | 1): DocumentCursor =>
  cursorAt(writer.replica, writer.doc, pos, side);
const placeOf = (writer: Writer, cursor: DocumentCursor): number | null =>
  positionOf(writer.replica, writer.doc, cursor);
const textIn = (writer: Writer, range: DocumentRange): string | undefined => {
  const found = rangeOf(writer.replica, writer.doc, range);
  return found ? writer.doc.textBetween(found.from, found.to, "|") : undefined;
};

function editAtRandom(writer: Writer, random: Random, letters: Letters): void {
  const tr = randomEdit(writer.state, random, letters);
  // Some edits of chance make no valid document, and the window refuses them.
  if (tr && writer.state.applyTransaction(tr).transactions.length > 0) writer.edit(() => tr);
}

const textOf = (doc: Node): Set<string> => new Set(doc.textBetween(0, doc.content.size, "", () => ""));

/** All but those inside of a surrogate pair: no caret stands there. */
function* positionsOf(doc: Node): Generator<number> {
  for (let pos = 0; pos <= doc.content.size; pos++)
    if (!/[\ud800-\udbff]$/.test(doc.resolve(pos).nodeBefore?.text ?? "")) yield pos;
}

/**
 * Whether a position in text is that position; between blocks it is the end of the text before, and
 * all cells that nobody wrote are one place.
 */
function isOnePlace(doc: Node, pos: number, back: number): boolean {
  const { parent } = doc.resolve(pos);
  if (parent.isTextblock && (parent.attrs["implicit"] !== true || parent.content.size > 0))
    return back === pos;
  return doc.textBetween(Math.min(back, pos), Math.max(back, pos)) === "";
}

describe("round trip", () => {
  test("every position of random documents, whichever side it holds on to", () => {
    const wrong: string[] = [];
    let checked = 0;
    for (let seed = 0; seed < 20; seed++) {
      const random = new Random(seed);
      const letters = new Letters();
      const writer = Writer.start(actors[0]);
      for (let i = 0; i < 25; i++) editAtRandom(writer, random, letters);
      const { doc } = writer;
      for (const pos of positionsOf(doc))
        for (const side of [-1, 1] as const) {
          const back = placeOf(writer, cursorIn(writer, pos, side));
          if (back === null || !isOnePlace(doc, pos, back)) wrong.push(`seed ${seed}, ${pos} → ${back}`);
          checked++;
        }
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(2000);
  });

  test("the start and the end of an empty document", () => {
    const writer = Writer.start(actors[0]);
    for (const side of [-1, 1] as const) expect(placeOf(writer, cursorIn(writer, 1, side))).toBe(1);
    expect(() => cursorIn(writer, 3, 1)).toThrow(RangeError);
    expect(() => cursorIn(writer, -1, -1)).toThrow(RangeError);
  });
});

describe("while somebody else writes", () => {
  test("it stays with its letter through any edits that leave it", () => {
    const wrong: string[] = [];
    let checked = 0;
    let moved = 0;
    for (let seed = 0; seed < 30; seed++) {
      const random = new Random(1000 + seed);
      const letters = new Letters();
      const [a, b] = two();
      for (let i = 0; i < 15; i++) editAtRandom(a, random, letters);
      a.merge(b);
      const held = [...textOf(a.doc)].map((letter) => {
        const from = a.before(letter);
        const to = from + letter.length;
        return { letter, range: rangeAt(a.replica, a.doc, from, to), after: cursorIn(a, to, -1) };
      });
      for (let i = 0; i < 12; i++) editAtRandom(b, random, letters);
      a.receive(b.replica);
      const now = textOf(a.doc);
      for (const { letter, range, after } of held) {
        const at = now.has(letter) ? a.before(letter) : -1;
        // Dragged, or deleted and back by undo: it is another unit.
        const isMoved = at >= 0 && cursorIn(a, at, 1).cursor !== range.from.cursor;
        if (isMoved) moved++;
        // The other replica has the unit too: a cursor may be sent.
        for (const writer of [a, b]) {
          const found = [placeOf(writer, range.from), placeOf(writer, after), textIn(writer, range)];
          // Somewhere in the document, all the same.
          const holds =
            at < 0 || isMoved
              ? !found.includes(null)
              : found.join() === [at, at + letter.length, letter].join();
          if (!holds) wrong.push(`seed ${seed}: ${letter} at ${at} is ${found.join()}`);
        }
        checked++;
      }
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(100);
    // Edits do not write again what they leave.
    expect(moved).toBeLessThan(checked / 5);
  });

  test("what is typed right at the place comes to lie on the side that it does not hold on to", () => {
    const [a, b] = two("onetwo");
    const left = cursorIn(a, a.after("one"), -1);
    const right = cursorIn(a, a.after("one"), 1);
    b.type("X", b.after("one"));
    a.merge(b);
    expect(placeOf(a, left)).toBe(a.before("X"));
    expect(placeOf(a, right)).toBe(a.after("X"));
  });

  test("what is typed before moves it, what is typed after does not", () => {
    const [a, b] = two("onetwo");
    const cursors = ([-1, 1] as const).map((side) => cursorIn(a, a.after("one"), side));
    b.type("XX", b.before("one"));
    b.type("YY", b.after("two"));
    a.merge(b);
    for (const cursor of cursors) expect(placeOf(a, cursor)).toBe(a.after("XXone"));
  });

  test.each([-1, 1] as const)(
    "its letter and those around are deleted: it is where they were (side %d)",
    (side) => {
      const [a, b] = two("one two three", "four");
      const cursor = cursorIn(a, a.after("tw"), side);
      b.delete(b.before("two"), b.after("two"));
      a.merge(b);
      expect(placeOf(a, cursor)).toBe(a.after("one "));
      b.delete(b.after("on"), b.after("thr"));
      a.merge(b);
      expect(placeOf(a, cursor)).toBe(a.after("on"));
      b.type("X", b.after("on"));
      b.type("Y", b.before("ee"));
      a.merge(b);
      expect([a.after("on"), a.after("onX"), a.after("onXY")]).toContain(placeOf(a, cursor));
    },
  );

  test.each([-1, 1] as const)("its paragraph is deleted: it is beside where that was (side %d)", (side) => {
    const [a, b] = two("one", "two", "three");
    const cursor = cursorIn(a, a.after("tw"), side);
    b.delete(b.before("two") - 1, b.after("two") + 1);
    a.merge(b);
    expect(placeOf(a, cursor)).toBe(a.after("one"));
  });

  test.each([-1, 1] as const)("all is deleted (side %d)", (side) => {
    const [a, b] = two("one", "two");
    const cursor = cursorIn(a, a.after("tw"), side);
    b.delete(0, b.doc.content.size);
    a.merge(b);
    expect(a.shown).toBe("doc(paragraph)");
    expect([0, 1]).toContain(placeOf(a, cursor));
  });

  test.each([-1, 1] as const)("its paragraph is split and joined (side %d)", (side) => {
    const [a, b] = two("one", "twothree");
    const cursor = cursorIn(a, a.after("thr"), side);
    b.run(splitBlock, b.after("two"));
    a.merge(b);
    expect(placeOf(a, cursor)).toBe(a.after("thr"));
    expect(a.doc.resolve(placeOf(a, cursor) as number).parent.textContent).toBe("three");
    b.run(joinBackward, b.before("three"));
    b.run(joinBackward, b.before("twothree"));
    a.merge(b);
    expect(a.shown).toBe('doc(paragraph("onetwothree"))');
    expect(placeOf(a, cursor)).toBe(a.after("thr"));
  });

  test("its paragraph is split right at it: it stays with what it holds on to", () => {
    const [a, b] = two("onetwo");
    const left = cursorIn(a, a.after("one"), -1);
    const right = cursorIn(a, a.after("one"), 1);
    b.run(splitBlock, b.after("one"));
    a.merge(b);
    expect(placeOf(a, left)).toBe(a.after("one"));
    expect(placeOf(a, right)).toBe(a.before("two"));
  });

  test.each([-1, 1] as const)("rows of its table come and go before it (side %d)", (side) => {
    const [a, b] = two(table(["a1", "b1"], ["a2", "b2"]));
    const cursor = cursorIn(a, a.after("b"), side);
    const inSecond = cursorIn(a, a.before("b2") + 1, side);
    b.runInCells(addRowBefore, "a1");
    a.merge(b);
    expect(placeOf(a, cursor)).toBe(a.after("b"));
    expect(placeOf(a, inSecond)).toBe(a.before("b2") + 1);
    b.runInCells(deleteRow, "a1");
    a.merge(b);
    expect(placeOf(a, inSecond)).toBe(a.before("b2") + 1);
  });
});

describe("ranges", () => {
  test("what is typed inside is in it, what is typed at its ends is not", () => {
    const [a, b] = two("one two three");
    const range = rangeAt(a.replica, a.doc, a.before("two"), a.after("two"));
    b.type("X", b.before("two"));
    b.type("Y", b.after("two"));
    b.type("Z", b.after("tw"));
    a.merge(b);
    expect(a.doc.textContent).toBe("one XtwZoY three");
    expect(textIn(a, range)).toBe("twZo");
  });

  test("over two paragraphs, which are joined and split elsewhere", () => {
    const [a, b] = two("one two", "three four");
    const range = rangeAt(a.replica, a.doc, a.before("two"), a.after("three"));
    expect(textIn(a, range)).toBe("two|three");
    b.run(joinBackward, b.before("three"));
    a.merge(b);
    expect(textIn(a, range)).toBe("twothree");
    b.run(splitBlock, b.after("th"));
    a.merge(b);
    expect(textIn(a, range)).toBe("twoth|ree");
  });

  test("an end that is deleted gives way to what is left", () => {
    const [a, b] = two("one two three");
    const range = rangeAt(a.replica, a.doc, a.before("two"), a.after("two"));
    b.delete(b.after("on"), b.after("tw"));
    a.merge(b);
    expect(textIn(a, range)).toBe("o");
  });

  test("all of it deleted: it is empty, and where it was", () => {
    const [a, b] = two("one two three");
    const range = rangeAt(a.replica, a.doc, a.before("two"), a.after("two"));
    b.delete(b.before("two"), b.after("two "));
    a.merge(b);
    expect(rangeOf(a.replica, a.doc, range)).toEqual({ from: a.after("one "), to: a.after("one ") });
    b.type("new ", b.before("three"));
    a.merge(b);
    const found = rangeOf(a.replica, a.doc, range);
    expect(found && found.from <= found.to).toBe(true);
  });

  test("the whole document", () => {
    const [a, b] = two("one", "two");
    const range = rangeAt(a.replica, a.doc, 1, a.doc.content.size - 1);
    b.type("X", b.after("on"));
    a.merge(b);
    expect(textIn(a, range)).toBe("onXe|two");
  });
});

describe("cursors that say nothing here", () => {
  test("one of another document", () => {
    const other = Writer.start("77".repeat(16), "another text");
    const [a] = two("text");
    for (const side of [-1, 1] as const)
      expect(placeOf(a, cursorIn(other, other.after("anoth"), side))).toBeNull();
  });

  test("one of a change that has not come yet, and then it has", () => {
    const [a, b] = two("text");
    b.type("new", b.after("te"));
    const cursor = cursorIn(b, b.after("ne"), -1);
    const range = rangeAt(b.replica, b.doc, b.before("new"), b.after("new"));
    expect(placeOf(a, cursor)).toBeNull();
    expect(rangeOf(a.replica, a.doc, range)).toBeNull();
    a.merge(b);
    expect(placeOf(a, cursor)).toBe(a.after("ne"));
    expect(textIn(a, range)).toBe("new");
  });

  test.each(["", "nonsense", "s@", "-1", "99999999@" + "ab".repeat(16)])("no cursor at all: %j", (cursor) => {
    const [a] = two("text");
    expect(placeOf(a, { cursor, side: -1 })).toBeNull();
    expect(placeOf(a, { cursor, side: 1 })).toBeNull();
  });
});

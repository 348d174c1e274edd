/**
 * What two people get who edited one document apart from each other and then meet, written out.
 * Each scenario runs twice: once the one's actor id is the lower, once the other's. Where that decides
 * what comes out, both outcomes are there, with the reason.
 */
import * as A from "@automerge/automerge/slim";
import { joinBackward, lift, setBlockType, splitBlock, toggleMark, wrapIn } from "prosemirror-commands";
import type { Node } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import type { Command } from "prosemirror-state";
import {
  addColumnAfter,
  addColumnBefore,
  addRowAfter,
  addRowBefore,
  deleteColumn,
  deleteRow,
  deleteTable,
  mergeCells,
  setCellAttr,
  splitCell,
  toggleHeaderRow,
} from "prosemirror-tables";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { schema } from "./schema.ts";
import { cellsOf, item, list, node, nodesOf, paragraph, table, Writer } from "./writer.ts";

beforeAll(useAutomerge);

const { nodes, marks } = schema;
const low = "11".repeat(16);
const high = "ff".repeat(16);

/** Marks or unmarks whatever it lies over. */
const comment =
  (id: string): Command =>
  (state, dispatch) => {
    const { from, to } = state.selection;
    dispatch?.(state.tr.addMark(from, to, marks.comment.create({ id })));
    return true;
  };
const highlight =
  (color: string): Command =>
  (state, dispatch) => {
    const { from, to } = state.selection;
    dispatch?.(state.tr.addMark(from, to, marks.highlight.create({ color })));
    return true;
  };

/** The texts with a comment, by its id. */
function commented(doc: Node): Record<string, string> {
  const found: Record<string, string> = {};
  doc.descendants((one) => {
    for (const mark of one.marks)
      if (mark.type === marks.comment) {
        const id = mark.attrs["id"] as string;
        found[id] = (found[id] ?? "") + one.text;
      }
  });
  return found;
}

describe.each([
  ["the one with the lower actor id", low, high],
  ["the one with the higher actor id", high, low],
])("two people at once, A being %s", (_name, actorA, actorB) => {
  let people: Writer[] = [];
  /** Set where code hid marks, or what U+FFFC stands for: then the view cannot tell, and is made afresh. */
  let hides = false;
  const two = (...blocks: (Node | string)[]): [Writer, Writer] => {
    const both = Writer.two([actorA, actorB], ...blocks);
    people = both;
    hides = false;
    return both;
  };
  const isHigher = actorA > actorB;

  afterEach(() => {
    for (const { followed } of people) if (!hides) expect(followed.afresh).toBe(0);
  });

  describe("paragraphs", () => {
    test("A splits, B types in the tail: the letter goes with the tail", () => {
      const [a, b] = two("hello world");
      a.run(splitBlock, a.after("hello "));
      b.type("!", b.after("wor"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("hello "), paragraph("wor!ld"))');
    });

    test("A splits, B types at the very end", () => {
      const [a, b] = two("hello world", "next");
      a.run(splitBlock, a.after("hello "));
      b.type("!", b.after("world"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("hello "), paragraph("world!"), paragraph("next"))');
    });

    test("A splits, B types right there: the letter is at the end of the one or the start of the other", () => {
      const [a, b] = two("hello world");
      a.run(splitBlock, a.after("hello "));
      b.type("X", b.after("hello "));
      a.merge(b);
      // Two insertions at one place: Automerge puts that of the higher actor first.
      expect(a.shown).toBe(
        isHigher
          ? 'doc(paragraph("hello "), paragraph("Xworld"))'
          : 'doc(paragraph("hello X"), paragraph("world"))',
      );
    });

    test("both split at the same place: an empty paragraph between, no text lost", () => {
      const [a, b] = two("hello world");
      a.run(splitBlock, a.after("hello "));
      b.run(splitBlock, b.after("hello "));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("hello "), paragraph, paragraph("world"))');
    });

    test("A joins, B types in the second and at the end of the first", () => {
      const [a, b] = two("hello", "world");
      a.run(joinBackward, a.before("world"));
      b.type("!", b.after("world"));
      b.type("-", b.before("world"));
      b.type(",", b.after("hello"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("hello,-world!"))');
    });

    test("A joins, B splits the second", () => {
      const [a, b] = two("hello", "world");
      a.run(joinBackward, a.before("world"));
      b.run(splitBlock, b.after("wor"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("hellowor"), paragraph("ld"))');
    });

    test("A deletes across two paragraphs, B types inside both: what B typed stays", () => {
      const [a, b] = two("hello", "world");
      a.delete(a.after("he"), a.after("wor"));
      b.type("X", b.after("hell"));
      b.type("Y", b.after("wo"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("heXYld"))');
    });

    test("A deletes the paragraph B types in: B's words stay, with those before", () => {
      const [a, b] = two("one", "two", "three");
      a.delete(a.before("two") - 1, a.after("two") + 1);
      b.type("X", b.after("tw"));
      a.merge(b);
      // The text follows no marker of its own any more. (A window rescues them into a paragraph
      // where it can: `editor/rebase.ts`.)
      expect(a.shown).toBe('doc(paragraph("oneX"), paragraph("three"))');
    });

    test("both delete, and the stretches overlap", () => {
      const [a, b] = two("abcdef");
      a.delete(a.after("a"), a.after("d"));
      b.delete(b.after("b"), b.after("e"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("af"))');
    });

    test("both delete across paragraphs, and the stretches overlap", () => {
      const [a, b] = two("abc", "def", "ghi");
      a.delete(a.after("a"), a.after("d"));
      b.delete(b.after("b"), b.after("g"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("ahi"))');
    });

    test("both type at one place: each one's letters together", () => {
      const [a, b] = two("");
      a.type("aaa", 1);
      b.type("bbb", 1);
      a.merge(b);
      // The higher actor's first.
      expect(a.shown).toBe(isHigher ? 'doc(paragraph("aaabbb"))' : 'doc(paragraph("bbbaaa"))');
    });

    test("A drags a block away, B types in it: every letter stays, B's where the block was", () => {
      const [a, b] = two("one", "two", "three");
      // As ProseMirror's view drops: the block goes and comes again, in one transaction. No CRDT of
      // text knows moving: what B typed into the old text is not in the new.
      const block = a.doc.child(1);
      a.edit((tr) => tr.delete(a.before("two") - 1, a.after("two") + 1).insert(tr.doc.content.size, block));
      b.type("X", b.after("tw"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("oneX"), paragraph("three"), paragraph("two"))');
    });

    test("both drag one block: it is there twice", () => {
      const [a, b] = two("one", "two", "three");
      for (const writer of [a, b]) {
        const block = writer.doc.child(0);
        writer.edit((tr) => tr.delete(0, block.nodeSize).insert(tr.doc.content.size, block));
      }
      a.merge(b);
      // For the same reason: nothing is lost, but a block that both moved was put there by both.
      expect(a.shown).toBe('doc(paragraph("two"), paragraph("three"), paragraph("one"), paragraph("one"))');
    });

    test("A quotes a paragraph, B splits it: the tail has no quote, for B's had none", () => {
      const [a, b] = two("hello world");
      a.run(wrapIn(nodes.blockquote), 1);
      b.run(splitBlock, b.after("hello "));
      a.merge(b);
      expect(a.shown).toBe('doc(blockquote(paragraph("hello ")), paragraph("world"))');
    });
  });

  describe("kinds of block", () => {
    test("both turn one paragraph into different things: the higher actor's wins, nothing is doubled", () => {
      const [a, b] = two("title");
      hides = true;
      a.run(setBlockType(nodes.heading, { level: 2 }), 1);
      b.run(setBlockType(nodes.code_block, { language: "ts" }), 1);
      a.merge(b);
      expect(a.shown).toBe(isHigher ? 'doc(heading("title"))' : 'doc(code_block("title"))');
      // What the loser gave its kind is kept, too.
      expect(a.doc.child(0).attrs).toEqual(
        isHigher ? { level: 2, hidden: 0 } : { language: "ts", hidden: 0 },
      );
    });

    test("A makes it a heading, B types in it", () => {
      const [a, b] = two("title");
      a.run(setBlockType(nodes.heading, { level: 2 }), 1);
      b.type("s", b.after("title"));
      a.merge(b);
      expect(a.shown).toBe('doc(heading("titles"))');
    });

    test("A changes a heading's level, B its kind", () => {
      const [a, b] = two(node("heading", { level: 1 }, "title"));
      a.run(setBlockType(nodes.heading, { level: 3 }), 1);
      b.run(setBlockType(nodes.paragraph), 1);
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("title"))');
    });

    test("A makes a word bold, B the block code: the bold hides, and is back when it is text again", () => {
      const [a, b] = two("some text");
      hides = true;
      a.run(toggleMark(marks.strong), a.before("text"), a.after("text"));
      b.run(setBlockType(nodes.code_block), 1);
      a.merge(b);
      expect(a.shown).toBe('doc(code_block("some text"))');
      b.run(setBlockType(nodes.paragraph), 1);
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("some ", strong("text")))');
    });

    test("A makes it code, B adds an image in the line: it hides, and is back when it is text again", () => {
      const [a, b] = two("some text");
      hides = true;
      a.run(setBlockType(nodes.code_block), 1);
      b.edit((tr) => tr.insert(b.after("some"), nodes.image_inline.create({ alt: "x" })));
      a.merge(b);
      expect(a.shown).toBe('doc(code_block("some\ufffc text"))');
      a.run(setBlockType(nodes.paragraph), 1);
      expect(a.shown).toBe('doc(paragraph("some", image_inline, " text"))');
      expect(nodesOf(a.doc, "image_inline")[0]?.attrs).toMatchObject({ alt: "x" });
    });

    test("A changes an image's alternative text, B its width: both", () => {
      const [a, b] = two(node("image", { hash: "h", alt: "old" }, "caption"));
      a.edit((tr) => tr.setNodeAttribute(0, "alt", "new"));
      b.edit((tr) => tr.setNodeAttribute(0, "width", 300));
      b.type("!", b.after("caption"));
      a.merge(b);
      expect(a.shown).toBe('doc(image("caption!"))');
      expect(a.doc.child(0).attrs).toMatchObject({ hash: "h", alt: "new", width: 300 });
    });

    test("the same for an image in a line", () => {
      const [a, b] = two(paragraph("x", node("image_inline", { hash: "h", alt: "old" }), "y"));
      a.edit((tr) => tr.setNodeAttribute(2, "alt", "new"));
      b.edit((tr) => tr.setNodeAttribute(2, "width", 300));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("x", image_inline, "y"))');
      expect(nodesOf(a.doc, "image_inline")[0]?.attrs).toMatchObject({ hash: "h", alt: "new", width: 300 });
    });

    test("both change one attribute of an image in a line: one of them, whole", () => {
      const [a, b] = two(paragraph(node("image_inline", { hash: "h", alt: "old" })));
      a.edit((tr) => tr.setNodeAttribute(1, "alt", "of A"));
      b.edit((tr) => tr.setNodeAttribute(1, "alt", "of B"));
      a.merge(b);
      expect(nodesOf(a.doc, "image_inline")[0]?.attrs).toMatchObject({ alt: isHigher ? "of A" : "of B" });
    });
  });

  describe("lists and other containers", () => {
    test("both wrap it in a list: one list, not two within one another", () => {
      const [a, b] = two("item");
      a.run(wrapInList(nodes.bullet_list), 1);
      b.run(wrapInList(nodes.bullet_list), 1);
      a.merge(b);
      expect(a.shown).toBe('doc(bullet_list(list_item(paragraph("item"))))');
    });

    test("A wraps it in a bullet list, B in a numbered one: one of them", () => {
      const [a, b] = two("item");
      a.run(wrapInList(nodes.bullet_list), 1);
      b.run(wrapInList(nodes.ordered_list, { start: 3 }), 1);
      a.merge(b);
      // The path of the later write, by Automerge's count of operations; of the higher actor where that is equal.
      expect([
        'doc(bullet_list(list_item(paragraph("item"))))',
        'doc(ordered_list(list_item(paragraph("item"))))',
      ]).toContain(a.shown);
    });

    test("A wraps three in a list, B quotes the middle one: it is in the list or in the quote, not in both", () => {
      const [a, b] = two("one", "two", "three");
      a.run(wrapInList(nodes.bullet_list), a.before("one"), a.after("three"));
      b.run(wrapIn(nodes.blockquote), b.before("two"));
      a.merge(b);
      // A path is replaced whole, so that a merge makes none that nobody wrote: again the later one.
      expect([
        'doc(bullet_list(list_item(paragraph("one")), list_item(paragraph("two")), list_item(paragraph("three"))))',
        'doc(bullet_list(list_item(paragraph("one"))), blockquote(paragraph("two")), bullet_list(list_item(paragraph("three"))))',
      ]).toContain(a.shown);
    });

    test("A indents an item, B deletes the item it went under: the indented one stays, as far in", () => {
      const [a, b] = two(list("bullet_list", "one", "two", "three"));
      a.run(sinkListItem(nodes.list_item), a.before("two"));
      b.delete(b.before("one") - 2, b.after("one") + 2);
      a.merge(b);
      expect(a.shown).toBe(
        'doc(bullet_list(list_item(bullet_list(list_item(paragraph("two")))), list_item(paragraph("three"))))',
      );
    });

    test("A indents an item, B types in it and adds one after it", () => {
      const [a, b] = two(list("bullet_list", "one", "two"));
      a.run(sinkListItem(nodes.list_item), a.before("two"));
      b.type("!", b.after("two"));
      b.run(splitListItem(nodes.list_item), b.after("two!"));
      b.type("three", b.after("two!") + 4);
      a.merge(b);
      expect(a.shown).toBe(
        'doc(bullet_list(list_item(paragraph("one"), bullet_list(list_item(paragraph("two!")))), list_item(paragraph("three"))))',
      );
    });

    test("both indent the same item: once", () => {
      const [a, b] = two(list("bullet_list", "one", "two"));
      a.run(sinkListItem(nodes.list_item), a.before("two"));
      b.run(sinkListItem(nodes.list_item), b.before("two"));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(bullet_list(list_item(paragraph("one"), bullet_list(list_item(paragraph("two"))))))',
      );
    });

    test("A splits a list item, B types in its tail", () => {
      const [a, b] = two(list("bullet_list", "onetwo"));
      a.run(splitListItem(nodes.list_item), a.after("one"));
      b.type("!", b.after("two"));
      a.merge(b);
      expect(a.shown).toBe('doc(bullet_list(list_item(paragraph("one")), list_item(paragraph("two!"))))');
    });

    test("A lifts an item out of its list, B adds one before and one after", () => {
      const [a, b] = two(list("bullet_list", "one", "two", "three"));
      a.run(liftListItem(nodes.list_item), a.before("two"));
      b.run(splitListItem(nodes.list_item), b.after("one"));
      b.run(splitListItem(nodes.list_item), b.after("two"));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(bullet_list(list_item(paragraph("one")), list_item(paragraph)), paragraph("two"), bullet_list(list_item(paragraph), list_item(paragraph("three"))))',
      );
    });

    test("A changes where a numbered list starts, B adds an item at its end", () => {
      const [a, b] = two(list("ordered_list", "one", "two"));
      a.edit((tr) => tr.setNodeAttribute(0, "start", 5));
      b.run(splitListItem(nodes.list_item), b.after("two"));
      b.type("three", b.after("two") + 4);
      a.merge(b);
      expect(a.shown).toBe(
        'doc(ordered_list(list_item(paragraph("one")), list_item(paragraph("two")), list_item(paragraph("three"))))',
      );
      expect(a.doc.child(0).attrs).toMatchObject({ start: 5 });
    });

    test("A changes where a numbered list starts, B adds an item at its front", () => {
      const [a, b] = two(list("ordered_list", "one", "two"));
      a.edit((tr) => tr.setNodeAttribute(0, "start", 5));
      b.edit((tr) => tr.insert(1, item("zero")));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(ordered_list(list_item(paragraph("zero")), list_item(paragraph("one")), list_item(paragraph("two"))))',
      );
      expect(a.doc.child(0).attrs["start"]).toBe(5);
    });

    test("A changes the kind of a list, B adds an item: one list of the new kind", () => {
      const [a, b] = two(list("bullet_list", "one", "two"));
      a.edit((tr) => tr.setNodeMarkup(0, nodes.task_list, a.doc.child(0).attrs));
      b.run(splitListItem(nodes.list_item), b.after("one"));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(task_list(list_item(paragraph("one")), list_item(paragraph), list_item(paragraph("two"))))',
      );
    });

    test("A indents an item, B the one after it: each a level deeper, none without text", () => {
      const [a, b] = two(list("bullet_list", "one", "two", "three"));
      a.run(sinkListItem(nodes.list_item), a.before("two"));
      b.run(sinkListItem(nodes.list_item), b.before("three"));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(bullet_list(list_item(paragraph("one"), bullet_list(list_item(paragraph("two"), bullet_list(list_item(paragraph("three"))))))))',
      );
    });

    test("A ticks a task off, B edits its text and adds a paragraph to it", () => {
      const [a, b] = two(list("task_list", "milk", "bread"));
      a.edit((tr) => tr.setNodeAttribute(a.place("list_item"), "checked", true));
      b.type("oat ", b.before("milk"));
      b.edit((tr) => tr.insert(b.after("milk") + 1, paragraph("two litres")));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(task_list(list_item(paragraph("oat milk"), paragraph("two litres")), list_item(paragraph("bread"))))',
      );
      expect(nodesOf(a.doc, "list_item").map(({ attrs }) => attrs["checked"] as unknown)).toEqual([
        true,
        false,
      ]);
    });

    test("two lists next to each other stay two when both are written in", () => {
      const [a, b] = two(list("bullet_list", "one"), list("bullet_list", "two"));
      a.type("!", a.after("one"));
      a.run(splitListItem(nodes.list_item), a.after("tw"));
      b.run(splitListItem(nodes.list_item), b.after("o"));
      b.type("?", b.before("two"));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(bullet_list(list_item(paragraph("o")), list_item(paragraph("ne!"))), bullet_list(list_item(paragraph("?tw")), list_item(paragraph("o"))))',
      );
    });

    test("A adds an item at the end of a list, B one at the start of the next: two lists, or each torn", () => {
      const [a, b] = two(list("bullet_list", "one"), list("bullet_list", "two"));
      a.run(splitListItem(nodes.list_item), a.after("one"));
      a.type("A", a.after("one") + 4);
      b.edit((tr) => tr.insert(b.place("list_item", 1), item("B")));
      a.merge(b);
      // Both are inserted at one place, and the higher actor's comes first. Lists have no end of their
      // own in the CRDT (rows and cells have), so B's item may come to stand before A's.
      expect(a.shown).toBe(
        isHigher
          ? 'doc(bullet_list(list_item(paragraph("one")), list_item(paragraph("A"))), bullet_list(list_item(paragraph("B")), list_item(paragraph("two"))))'
          : 'doc(bullet_list(list_item(paragraph("one"))), bullet_list(list_item(paragraph("B"))), bullet_list(list_item(paragraph("A"))), bullet_list(list_item(paragraph("two"))))',
      );
    });

    test("two lists with a paragraph between: when it goes they are still two", () => {
      const [a, b] = two(list("bullet_list", "one"), "between", list("bullet_list", "two"));
      a.delete(a.before("between") - 1, a.after("between") + 1);
      b.type("!", b.after("two"));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(bullet_list(list_item(paragraph("one"))), bullet_list(list_item(paragraph("two!"))))',
      );
    });

    test("a list in a quote in a callout: A adds an item, B lifts the last paragraph out of the quote", () => {
      const [a, b] = two(
        node(
          "callout",
          { kind: "tip" },
          node("blockquote", null, list("bullet_list", "one", "two"), paragraph("end")),
        ),
      );
      a.run(splitListItem(nodes.list_item), a.after("one"));
      a.type("new", a.after("one") + 4);
      b.run(lift, b.before("end"));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(callout(blockquote(bullet_list(list_item(paragraph("one")), list_item(paragraph("new")), list_item(paragraph("two")))), paragraph("end")))',
      );
    });

    test("a list in a quote in a callout: A changes the callout's kind, B adds an item and quotes it once more", () => {
      const [a, b] = two(
        node("callout", { kind: "tip" }, node("blockquote", null, list("bullet_list", "one", "two"))),
      );
      a.edit((tr) => tr.setNodeAttribute(0, "kind", "warning"));
      b.run(splitListItem(nodes.list_item), b.after("two"));
      b.type("three", b.after("two") + 4);
      b.run(wrapIn(nodes.blockquote), b.before("three"));
      a.merge(b);
      expect(a.shown).toBe(
        'doc(callout(blockquote(bullet_list(list_item(paragraph("one")), list_item(paragraph("two")), list_item(blockquote(paragraph("three")))))))',
      );
      expect(a.doc.child(0).attrs).toMatchObject({ kind: "warning" });
    });
  });

  describe("marks", () => {
    test("both highlight a word, in two colours: one of them, the same for both", () => {
      const [a, b] = two("some text");
      a.run(highlight("red"), a.before("text"), a.after("text"));
      b.run(highlight("green"), b.before("text"), b.after("text"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("some ", highlight("text")))');
      expect(a.doc.child(0).child(1).marks[0]?.attrs).toEqual({ color: isHigher ? "red" : "green" });
    });

    test("A makes one stretch bold, B one that overlaps it italic", () => {
      const [a, b] = two("abcd");
      a.run(toggleMark(marks.strong), 1, 4);
      b.run(toggleMark(marks.em), 2, 5);
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph(strong("a"), em(strong("bc")), em("d")))');
    });

    test("A makes it bold, B types inside of it", () => {
      const [a, b] = two("bold word");
      a.run(toggleMark(marks.strong), a.before("bold"), a.after("bold"));
      b.type("XX", b.after("bo"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph(strong("boXXld"), " word"))');
    });

    test("A comments a stretch, B deletes it and undoes: the comment is back on it", () => {
      const [a, b] = two("some words here");
      a.run(comment("c"), a.before("words"), a.after("words"));
      a.merge(b);
      b.delete(b.before("words"), b.after("words"));
      a.type("!", a.after("here"));
      a.merge(b);
      expect(commented(a.doc)).toEqual({});
      b.undo();
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("some ", comment("words"), " here!"))');
      expect(commented(a.doc)).toEqual({ c: "words" });
    });

    test("A comments a stretch while B deletes it: nothing to show, and undo brings the text alone", () => {
      const [a, b] = two("some words here");
      a.run(comment("c"), a.before("words"), a.after("words"));
      b.delete(b.before("words"), b.after("words"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("some  here"))');
      b.undo();
      a.merge(b);
      // B's window never saw the comment. The thread still has the quoted text.
      expect(a.shown).toBe('doc(paragraph("some words here"))');
    });

    test("A and B comment stretches that overlap: both are whole", () => {
      const [a, b] = two("one two three");
      a.run(comment("a"), a.before("one"), a.after("two"));
      b.run(comment("b"), b.before("two"), b.after("three"));
      a.merge(b);
      expect(commented(a.doc)).toEqual({ a: "one two", b: "two three" });
      a.edit((tr) => tr.removeMark(0, tr.doc.content.size, marks.comment.create({ id: "a" })));
      b.merge(a);
      expect(commented(b.doc)).toEqual({ b: "two three" });
    });

    test("a comment over two paragraphs, which B splits and joins", () => {
      const [a, b] = two("one two", "three four");
      a.run(comment("c"), a.before("two"), a.after("three"));
      b.run(splitBlock, b.after("th"));
      b.run(joinBackward, b.before("th"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("one ", comment("twoth")), paragraph(comment("ree"), " four"))');
    });

    test("what is typed at the end of bold is bold, of a link or a comment is not", () => {
      const [a, b] = two("bold link note.");
      a.run(toggleMark(marks.strong), a.before("bold"), a.after("bold"));
      a.run(toggleMark(marks.link, { href: "https://example.org" }), a.before("link"), a.after("link"));
      a.run(comment("c"), a.before("note"), a.after("note"));
      a.merge(b);
      b.type("B", b.after("bold"));
      b.type("L", b.after("link"));
      b.type("N", b.after("note"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph(strong("boldB"), " ", link("link"), "L ", comment("note"), "N."))');
    });

    test("the same while the marks are being set, and for a program that says nothing of marks", () => {
      const [a, b] = two("bold link note.");
      a.run(toggleMark(marks.strong), a.before("bold"), a.after("bold"));
      a.run(toggleMark(marks.link, { href: "https://example.org" }), a.before("link"), a.after("link"));
      a.run(comment("c"), a.before("note"), a.after("note"));
      b.program("77".repeat(16), (draft) => {
        // Body offsets: the marker is the first unit.
        A.splice(draft, ["body"], 15, 0, "N");
        A.splice(draft, ["body"], 10, 0, "L");
        A.splice(draft, ["body"], 5, 0, "B");
      });
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph(strong("boldB"), " ", link("link"), "L ", comment("note"), "N."))');
    });
  });

  describe("undo", () => {
    test("A types, B types, A undoes: only A's is gone", () => {
      const [a, b] = two("text");
      a.type("A", a.after("te"));
      b.type("B", b.after("tex"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("teAxBt"))');
      a.undo();
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("texBt"))');
      a.redo();
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("teAxBt"))');
    });

    test("A deletes, B types within and around, A undoes: all of B's is there", () => {
      const [a, b] = two("one two three");
      a.delete(a.before("two"), a.after("two"));
      b.type("X", b.after("t"));
      b.type("Y", b.before("three"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("one X Ythree"))');
      a.undo();
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("one Xtwo Ythree"))');
    });

    test("A makes it bold, B types in it, A undoes: B's letters are not bold either", () => {
      const [a, b] = two("text");
      a.run(toggleMark(marks.strong), 1, 5);
      b.type("B", b.after("te"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph(strong("teBxt")))');
      a.undo();
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("teBxt"))');
    });

    test("A splits, B types in the tail, A undoes: one paragraph with it", () => {
      const [a, b] = two("hello world");
      a.run(splitBlock, a.after("hello "));
      b.type("!", b.after("world"));
      a.merge(b);
      a.undo();
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("hello world!"))');
    });

    test("both split in one word and both undo: one word again", () => {
      const [a, b] = two("hello");
      a.run(splitBlock, a.after("he"));
      b.run(splitBlock, b.after("hel"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("he"), paragraph("l"), paragraph("lo"))');
      a.undo();
      a.merge(b);
      b.undo();
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("hello"))');
    });

    test("A deletes a row, B types in it, A undoes: the row is back, B's letter where it was rescued to", () => {
      const [a, b] = two(table(["a1", "b1"], ["a2", "b2"], ["a3", "b3"]));
      a.runInCells(deleteRow, "a2");
      b.type("X", b.after("b2"));
      a.merge(b);
      a.undo();
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1", "b1"],
        ["a2", "b2"],
        ["X/a3", "b3"],
      ]);
    });

    test("A makes a list, B adds an item, A undoes: it stays a list", () => {
      const [a, b] = two("one");
      a.run(wrapInList(nodes.bullet_list), 1);
      a.merge(b);
      b.run(splitListItem(nodes.list_item), b.after("one"));
      b.type("two", b.after("one") + 4);
      a.merge(b);
      a.undo();
      a.merge(b);
      // ProseMirror drops the step that would take the list away from around B's item.
      expect(a.shown).toBe('doc(bullet_list(list_item(paragraph("one")), list_item(paragraph("two"))))');
    });
  });

  describe("tables", () => {
    const square = (): Node => table(["a1", "b1"], ["a2", "b2"]);

    test("A adds a row, B a column: a full rectangle, the corner empty", () => {
      const [a, b] = two(square());
      a.runInCells(addRowAfter, "a1");
      b.runInCells(addColumnAfter, "a1");
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1", "", "b1"],
        ["", "", ""],
        ["a2", "", "b2"],
      ]);
    });

    test("A adds a row at the end, B a column at the end, while both type in the last cell", () => {
      const [a, b] = two(square(), "after");
      a.runInCells(addRowAfter, "b2");
      a.type("A", a.after("b2"));
      b.runInCells(addColumnAfter, "b2");
      b.type("B", b.before("b2"));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1", "b1", ""],
        ["a2", "Bb2A", ""],
        ["", "", ""],
      ]);
      expect(a.doc.childCount).toBe(2);
    });

    test("the corner that nobody wrote is typed in by both: both texts in one cell, a paragraph each", () => {
      const [a, b] = two(square());
      a.runInCells(addRowAfter, "a2");
      b.runInCells(addColumnAfter, "b1");
      a.merge(b);
      const corner = (writer: Writer): number => {
        let last = 0;
        writer.doc.descendants((one, pos) => {
          if (one.type === nodes.table_cell) last = pos;
        });
        return last + 2;
      };
      a.type("A", corner(a));
      b.type("B", corner(b));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1", "b1", ""],
        ["a2", "b2", ""],
        ["", "", isHigher ? "A/B" : "B/A"],
      ]);
    });

    test("both add a column at one place, and write in it: two columns", () => {
      const [a, b] = two(square());
      const afterA1 = (writer: Writer): number => writer.after("a1") + 4;
      a.runInCells(addColumnAfter, "a1");
      a.type("A", afterA1(a));
      b.runInCells(addColumnAfter, "a1");
      b.type("B", afterA1(b));
      a.merge(b);
      // In the order of the actors, as text at one place.
      expect(cellsOf(a.doc)).toEqual(
        isHigher
          ? [
              ["a1", "A", "B", "b1"],
              ["a2", "", "", "b2"],
            ]
          : [
              ["a1", "B", "A", "b1"],
              ["a2", "", "", "b2"],
            ],
      );
    });

    test("both add a row at one place, and write in it: two rows", () => {
      const [a, b] = two(square());
      const below = (writer: Writer): number => writer.after("b1") + 6;
      a.runInCells(addRowAfter, "a1");
      a.type("A", below(a));
      b.runInCells(addRowAfter, "a1");
      b.type("B", below(b));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual(
        isHigher
          ? [["a1", "b1"], ["A", ""], ["B", ""], ["a2", "b2"]]
          : [["a1", "b1"], ["B", ""], ["A", ""], ["a2", "b2"]],
      ); // prettier-ignore
    });

    test("A deletes a row, B types in it: what B typed goes to the row that follows", () => {
      const [a, b] = two(table(["a1", "b1"], ["a2", "b2"], ["a3", "b3"]));
      a.runInCells(deleteRow, "a2");
      b.type("X", b.after("a2"));
      b.type("Y", b.after("b2"));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1", "b1"],
        ["XY/a3", "b3"],
      ]);
    });

    test("A deletes the last row, B types in it: what B typed stands after the table", () => {
      const [a, b] = two(square(), "after");
      a.runInCells(deleteRow, "a2");
      b.type("X", b.after("b2"));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([["a1", "b1"]]);
      expect(a.doc.children.slice(1).map((one) => one.toString())).toEqual([
        'paragraph("X")',
        'paragraph("after")',
      ]);
    });

    test("A deletes a column, B types in it: what B typed goes to the cell that follows in its row", () => {
      const [a, b] = two(table(["a1", "b1", "c1"], ["a2", "b2", "c2"]));
      a.runInCells(deleteColumn, "b1");
      b.type("X", b.after("b2"));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1", "c1"],
        ["a2", "X/c2"],
      ]);
    });

    test("A deletes the last column, B types in it: what B typed goes to the cell before", () => {
      const [a, b] = two(square());
      a.runInCells(deleteColumn, "b1");
      b.type("X", b.after("b2"));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([["a1"], ["a2/X"]]);
    });

    test("a cell that takes in what B typed in a deleted column stays a header, aligned", () => {
      const [a, b] = two(square());
      a.runInCells(toggleHeaderRow, "a1");
      a.runInCells(setCellAttr("align", "right"), "a1");
      a.merge(b);
      a.runInCells(deleteColumn, "b1");
      b.type("X", b.after("b1"));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([["#a1/X"], ["a2"]]);
      expect(nodesOf(a.doc, "table_header")[0]?.attrs["align"]).toBe("right");
    });

    test("A merges two cells and undoes, B types in the swallowed one meanwhile: nothing is there twice", () => {
      const [a, b] = two(square());
      a.runInCells(mergeCells, "a1", "b1");
      b.type("X", b.after("b1"));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([["a1/b1/X 2×1"], ["a2", "b2"]]);
      a.undo();
      a.merge(b);
      expect(a.doc.textContent.split("b1")).toHaveLength(2);
    });

    test("A deletes a row, B adds a column: the row is there, empty", () => {
      const [a, b] = two(table(["a1", "b1"], ["a2", "b2"], ["a3", "b3"]));
      a.runInCells(deleteRow, "a2");
      b.runInCells(addColumnAfter, "a1");
      a.merge(b);
      // B wrote a cell into that row, and a cell that somebody wrote is not thrown away.
      expect(cellsOf(a.doc)).toEqual([
        ["a1", "", "b1"],
        ["", "", ""],
        ["a3", "", "b3"],
      ]);
    });

    test("A deletes a column, B adds a row: the column is there, empty", () => {
      const [a, b] = two(table(["a1", "b1", "c1"], ["a2", "b2", "c2"]));
      a.runInCells(deleteColumn, "b1");
      b.runInCells(addRowAfter, "a1");
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1", "", "c1"],
        ["", "", ""],
        ["a2", "", "c2"],
      ]);
    });

    test("A deletes the table, B types in it: B's words stay, as text", () => {
      const [a, b] = two("before", square(), "after");
      a.runInCells(deleteTable, "a1");
      b.type("X", b.after("b1"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("beforeX"), paragraph("after"))');
    });

    test("A deletes the table that begins the document, B types in it", () => {
      const [a, b] = two(square(), "after");
      a.runInCells(deleteTable, "a1");
      b.type("X", b.after("b1"));
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("X"), paragraph("after"))');
    });

    test("A deletes the one row, B types in it and deletes the other: B's words stay, as text", () => {
      const [a, b] = two(square());
      a.runInCells(deleteRow, "a1");
      b.type("X", b.after("a1"));
      b.runInCells(deleteRow, "a2");
      a.merge(b);
      expect(a.shown).toBe('doc(paragraph("X"))');
    });

    test("A deletes the one column, B the other: rows without text, in one column", () => {
      const [a, b] = two("before", square());
      a.runInCells(deleteColumn, "a1");
      b.runInCells(deleteColumn, "b1");
      a.merge(b);
      // The rows' ends are still there.
      expect(cellsOf(a.doc)).toEqual([[""], [""]]);
    });

    test("two tables with a paragraph between that A deletes, while B adds a row and types: still two", () => {
      const [a, b] = two(table(["a1", "b1"]), "mid", table(["a2", "b2"]));
      a.delete(a.before("mid") - 1, a.after("mid") + 1);
      b.runInCells(addRowAfter, "a1");
      b.type("X", b.after("mi"));
      a.merge(b);
      expect(a.doc.children.map(({ type }) => type.name)).toEqual(["table", "paragraph", "table"]);
      expect(a.doc.textContent).toBe("a1b1Xa2b2");
    });

    test("A merges two cells, B types in the one that is swallowed: every letter is there", () => {
      const [a, b] = two(square());
      a.runInCells(mergeCells, "a1", "b1");
      expect(cellsOf(a.doc)).toEqual([["a1/b1 2×1"], ["a2", "b2"]]);
      b.type("X", b.after("b1"));
      a.merge(b);
      // Merging moves "b1", and what B typed is not in what was moved (as with a block that is dragged).
      expect(cellsOf(a.doc)[0]?.[0]).toMatch(/^a1\/b1\/X/);
      expect(a.doc.textContent).toBe("a1b1Xa2b2");
    });

    test("A merges two cells, B merges one of them with the one below", () => {
      const [a, b] = two(square());
      a.runInCells(mergeCells, "a1", "b1");
      b.runInCells(mergeCells, "b1", "b2");
      a.merge(b);
      // The cell that B made larger is there: A's gives way.
      expect(cellsOf(a.doc)).toEqual([["a1/b1", "b2 1×2"], ["a2"]]);
    });

    test("A merges two cells, B adds a row between them and a column: the span gives way to the new cell", () => {
      const [a, b] = two(table(["a1", "b1"], ["a2", "b2"], ["a3", "b3"]));
      a.runInCells(mergeCells, "a1", "a2");
      b.runInCells(addRowAfter, "a1");
      b.runInCells(addColumnBefore, "b1");
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1/a2", "", "b1"],
        ["", "", ""],
        ["", "", "b2"],
        ["a3", "", "b3"],
      ]);
    });

    test("A splits a cell that spans, B types in it", () => {
      const [a, b] = two(square());
      a.runInCells(mergeCells, "a1", "b1");
      a.merge(b);
      a.runInCells(splitCell, "a1");
      b.type("X", b.after("a1"));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1X/b1", ""],
        ["a2", "b2"],
      ]);
    });

    test("A makes the first row a header, B adds a row above it and one below", () => {
      const [a, b] = two(square());
      a.runInCells(toggleHeaderRow, "a1");
      b.runInCells(addRowBefore, "a1");
      b.runInCells(addRowAfter, "a1");
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["", ""],
        ["#a1", "#b1"],
        ["", ""],
        ["a2", "b2"],
      ]);
    });

    test("A makes the first row a header, B adds a column: B's cell in it is as B wrote it", () => {
      const [a, b] = two(square());
      a.runInCells(toggleHeaderRow, "a1");
      b.runInCells(addColumnAfter, "a1");
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["#a1", "", "#b1"],
        ["a2", "", "b2"],
      ]);
    });

    test("A aligns a column's cell, B types in it", () => {
      const [a, b] = two(square());
      a.runInCells(setCellAttr("align", "right"), "b1");
      b.type("X", b.after("b1"));
      a.merge(b);
      expect(cellsOf(a.doc)).toEqual([
        ["a1", "b1X"],
        ["a2", "b2"],
      ]);
      expect(nodesOf(a.doc, "table_cell").map(({ attrs }) => attrs["align"] as string)).toEqual([
        "",
        "right",
        "",
        "",
      ]);
    });

    test("a list in a cell: A indents, B adds a row", () => {
      const [a, b] = two(
        node(
          "table",
          null,
          node("table_row", null, node("table_cell", null, list("bullet_list", "one", "two"))),
        ),
      );
      a.run(sinkListItem(nodes.list_item), a.before("two"));
      b.runInCells(addRowAfter, "one");
      a.merge(b);
      expect(a.shown).toBe(
        'doc(table(table_row(table_cell(bullet_list(list_item(paragraph("one"), bullet_list(list_item(paragraph("two"))))))), table_row(table_cell(paragraph))))',
      );
    });
  });
});

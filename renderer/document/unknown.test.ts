/**
 * What a newer version wrote survives editing by this one: blocks, containers, inline objects, marks
 * and attributes that this version does not know are in the CRDT afterwards as they were, wherever
 * their text was not deleted. What is deleted and comes back by undo, or is cut and pasted, is back as
 * far as the view carries it: types, ids and all scalar values of what is unknown as a whole. Not
 * carried: unknown attributes of known blocks, and values that are no scalars (lists, maps, bytes).
 */
import * as A from "@automerge/automerge/slim";
import { joinBackward, lift, setBlockType, splitBlock, toggleMark, wrapIn } from "prosemirror-commands";
import { sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { addColumnAfter, addRowAfter } from "prosemirror-tables";
import { beforeAll, describe, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { bodySpans } from "./body.ts";
import type { DeckleDocument } from "./body.ts";
import { stringOf } from "./scalar.ts";
import { schema } from "./schema.ts";
import { list, table, Writer } from "./writer.ts";

beforeAll(useAutomerge);

const { nodes, marks } = schema;
const own = "11".repeat(16);
const newer = "77".repeat(16);
const peer = "ff".repeat(16);

type Draft = A.Doc<DeckleDocument>;

function bodyOf(draft: Draft): [ReturnType<typeof A.getBackend>, string] {
  const handle = A.getBackend(draft);
  const found = handle.getWithType("_root", "body");
  if (found?.[0] !== "text") throw new Error("no body");
  return [handle, found[1]];
}

/** Writes a marker as a newer version would; attributes may be anything that Automerge holds. */
function insertBlock(
  draft: Draft,
  at: number,
  type: string,
  parents: string[],
  attrs: Record<string, unknown>,
): void {
  const [handle, body] = bodyOf(draft);
  const marker = handle.insertObject(body, at, {});
  handle.put(marker, "type", type, "str");
  const path = handle.putObject(marker, "parents", []);
  for (const entry of parents) handle.push(path, entry, "str");
  const map = handle.putObject(marker, "attrs", {});
  for (const [name, value] of Object.entries(attrs)) putAttr(handle, map, name, value);
  handle.put(marker, "isEmbed", false);
}

function putAttr(handle: ReturnType<typeof A.getBackend>, map: string, name: string, value: unknown): void {
  if (typeof value === "object" && value !== null)
    handle.putObject(map, name, value as Record<string, string | number>);
  else if (typeof value === "string") handle.put(map, name, value, "str");
  else handle.put(map, name, value as number | boolean);
}

/** Sets an attribute of the marker at an offset. */
function setAttr(draft: Draft, at: number, name: string, value: unknown): void {
  const [handle, body] = bodyOf(draft);
  const marker = handle.getWithType(body, at);
  const attrs = marker?.[0] === "map" ? handle.getWithType(marker[1], "attrs") : undefined;
  if (attrs?.[0] !== "map") throw new Error(`no block at ${at}`);
  putAttr(handle, attrs[1], name, value);
}

function insertText(draft: Draft, at: number, text: string): void {
  const [handle, body] = bodyOf(draft);
  handle.splice(body, at, 0, text);
}

function setMark(
  draft: Draft,
  start: number,
  end: number,
  name: string,
  value: string | number | boolean,
): void {
  const [handle, body] = bodyOf(draft);
  handle.mark(body, { start, end, expand: "none" }, name, value);
}

const plain = (value: unknown): unknown => {
  const string = stringOf(value);
  if (string !== null) return string;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
  return value;
};

type Stored = { type: string; parents: string[]; attrs: Record<string, unknown>; text: string };

/** The blocks as the CRDT has them, each with its text. */
function stored(writer: Writer): Stored[] {
  const blocks: Stored[] = [];
  for (const span of bodySpans(writer.replica)) {
    if (span.type === "block") {
      const { type, parents, attrs } = plain(span.value) as Omit<Stored, "text">;
      blocks.push({ type, parents, attrs, text: "" });
    } else {
      const last = blocks.at(-1);
      if (last) last.text += span.value;
    }
  }
  return blocks;
}

/** The marks that the CRDT has on the stretch of text that contains `text`. */
function marksOn(writer: Writer, text: string): Record<string, unknown> {
  for (const span of bodySpans(writer.replica))
    if (span.type === "text" && span.value.includes(text))
      return plain(span.marks ?? {}) as Record<string, unknown>;
  throw new RangeError(`no stretch "${text}"`);
}

const blockWith = (writer: Writer, text: string): Stored => {
  const found = stored(writer).find((block) => block.text.includes(text));
  if (!found) throw new RangeError(`no block with "${text}"`);
  return found;
};

/** Scalars that the view carries. */
const scalars = { hue: "red", weight: 7, ratio: 0.5, open: true };
/** What it does not. */
const others = { steps: [1, 2], nested: { deep: "x" } };

describe("a block of an unknown type", () => {
  /** one | kanban "board" | two */
  const start = (attrs: Record<string, unknown> = { ...scalars, ...others }): Writer => {
    const writer = Writer.start(own, "one", "two");
    writer.program(newer, (draft) => {
      insertBlock(draft, 4, "kanban", [], attrs);
      insertText(draft, 5, "board");
    });
    expect(writer.shown).toBe('doc(paragraph("one"), unknown_block("board"), paragraph("two"))');
    return writer;
  };

  test.each<[string, (writer: Writer) => void]>([
    [
      "typing before, in and after it",
      (writer) => {
        writer.type("1", writer.after("on"));
        writer.type("2", writer.before("board"));
        writer.type("3", writer.after("board"));
        writer.type("4", writer.before("two"));
      },
    ],
    [
      "bold in it",
      (writer) => writer.run(toggleMark(marks.strong), writer.before("oar"), writer.after("oar")),
    ],
    ["a quote around it", (writer) => writer.run(wrapIn(nodes.blockquote), writer.before("board"))],
    [
      "a list around it and its neighbours",
      (writer) => writer.run(wrapInList(nodes.bullet_list), 1, writer.after("two")),
    ],
    [
      "a quote around it, and away again",
      (writer) => {
        writer.run(wrapIn(nodes.blockquote), writer.before("board"));
        writer.run(lift, writer.before("board"));
      },
    ],
    [
      "a quote around it, and undo",
      (writer) => {
        writer.run(wrapIn(nodes.blockquote), writer.before("board"));
        writer.undo();
      },
    ],
    ["the next one joined to it", (writer) => writer.run(joinBackward, writer.before("two"))],
    ["split at its end", (writer) => writer.run(splitBlock, writer.after("board"))],
    [
      "its text deleted but for a letter",
      (writer) => writer.delete(writer.after("b"), writer.after("board")),
    ],
    [
      "the paragraphs around it deleted",
      (writer) => {
        writer.delete(writer.before("two") - 1, writer.after("two") + 1);
        writer.delete(writer.before("one") - 1, writer.after("one") + 1);
      },
    ],
  ])("%s: the CRDT has all of it", (_name, edit) => {
    const writer = start();
    edit(writer);
    expect(stored(writer).filter(({ type }) => type === "kanban")).toMatchObject([
      { attrs: { ...scalars, ...others } },
    ]);
    expect(writer.doc.textContent.replaceAll(/\d/g, "")).toContain("b");
  });

  test("split in its middle: both parts are such blocks", () => {
    const writer = start();
    writer.run(splitBlock, writer.after("boa"));
    expect(stored(writer).slice(1, 3)).toEqual([
      { type: "kanban", parents: [], attrs: { ...scalars, ...others }, text: "boa" },
      { type: "kanban", parents: [], attrs: scalars, text: "rd" },
    ]);
  });

  test.each<[string, (writer: Writer) => void]>([
    [
      "deleted and undone",
      (writer) => {
        writer.delete(writer.before("board") - 1, writer.after("board") + 1);
        expect(writer.doc.textContent).toBe("onetwo");
        writer.undo();
      },
    ],
    [
      "joined to the one before and undone",
      (writer) => {
        writer.run(joinBackward, writer.before("board"));
        expect(writer.doc.textContent).toBe("oneboardtwo");
        writer.undo();
      },
    ],
    [
      "cut and pasted at the end",
      (writer) => {
        const [from, to] = [writer.before("board") - 1, writer.after("board") + 1];
        const slice = writer.doc.slice(from, to);
        writer.delete(from, to);
        writer.edit((tr) => tr.replace(tr.doc.content.size, tr.doc.content.size, slice));
      },
    ],
    [
      "dragged to the start",
      (writer) => {
        const from = writer.before("board") - 1;
        const block = writer.doc.child(1);
        writer.edit((tr) => tr.delete(from, from + block.nodeSize).insert(0, block));
      },
    ],
    [
      "made a paragraph and undone",
      (writer) => {
        writer.run(setBlockType(nodes.paragraph), writer.before("board"));
        expect(blockWith(writer, "board").type).toBe("paragraph");
        writer.undo();
      },
    ],
  ])("%s: it is back with its type and scalars", (_name, edit) => {
    const writer = start();
    edit(writer);
    expect(blockWith(writer, "board")).toMatchObject({ type: "kanban", attrs: scalars });
  });

  test("a peer with this version and one with a newer edit it at once", () => {
    const writer = start();
    const other = new Writer(writer.replica, peer);
    other.program(newer.replaceAll("7", "8"), (draft) => {
      setAttr(draft, 4, "hue", "green");
      setAttr(draft, 4, "late", 1);
    });
    writer.run(wrapIn(nodes.blockquote), writer.before("board"));
    writer.run(toggleMark(marks.strong), writer.before("board"), writer.after("board"));
    writer.merge(other);
    for (const one of [writer, other])
      expect(blockWith(one, "board")).toMatchObject({
        type: "kanban",
        parents: [expect.stringMatching(/^blockquote:./)],
        attrs: { ...scalars, ...others, hue: "green", late: 1 },
      });
    expect(writer.followed.afresh + other.followed.afresh).toBe(0);
  });
});

describe("an unknown container", () => {
  /** one | galaxy(two, heading three) | four, in whatever path it is to stand */
  const start = (outer: string[] = []): Writer => {
    const writer = Writer.start(own, "one", "four");
    const path = [...outer, "galaxy:g1"];
    writer.program(newer, (draft) => {
      insertBlock(draft, 4, "heading", path, { level: 2, "g1/hue": "red", "g1/steps": [1] });
      insertText(draft, 5, "three");
      insertBlock(draft, 4, "paragraph", path, { "g1/hue": "red", "g1/steps": [1] });
      insertText(draft, 5, "two");
    });
    return writer;
  };
  const inGalaxy = (writer: Writer): Stored[] =>
    stored(writer).filter(({ parents }) => parents.includes("galaxy:g1"));

  test.each<[string, string[], string]>([
    ["at the top", [], 'unknown_container(paragraph("two"), heading("three"))'],
    [
      "in a list",
      ["bullet_list:l1", "list_item:i1"],
      'bullet_list(list_item(unknown_container(paragraph("two"), heading("three"))))',
    ],
    [
      "in a cell",
      ["table:t1", "table_row:r1", "table_cell:c1"],
      'table(table_row(table_cell(unknown_container(paragraph("two"), heading("three")))))',
    ],
    ["in another", ["nebula:n1"], 'unknown_container(unknown_container(paragraph("two"), heading("three")))'],
  ])("%s: typing, splitting, bold, a quote inside leave it and what is said of it", (_name, outer, shown) => {
    const writer = start(outer);
    expect(writer.doc.child(1).toString()).toBe(shown);
    writer.type("X", writer.after("tw"));
    writer.run(splitBlock, writer.after("thr"));
    writer.run(toggleMark(marks.strong), writer.before("thr"), writer.after("thr"));
    writer.run(wrapIn(nodes.blockquote), writer.before("ee"));
    writer.type("Y", writer.after("one"));
    const path = [...outer, "galaxy:g1"];
    expect(inGalaxy(writer)).toEqual([
      { type: "paragraph", parents: path, attrs: { "g1/hue": "red", "g1/steps": [1] }, text: "twXo" },
      { type: "heading", parents: path, attrs: { level: 2, "g1/hue": "red", "g1/steps": [1] }, text: "thr" },
      {
        type: "heading",
        parents: [...path, expect.stringMatching(/^blockquote:./)],
        attrs: { level: 2, "g1/hue": "red" },
        text: "ee",
      },
    ]);
  });

  test("a list around all of it: it is in an item, as it was", () => {
    const writer = start();
    writer.run(wrapInList(nodes.bullet_list), writer.before("one"), writer.after("four"));
    expect(writer.shown).toBe(
      'doc(bullet_list(list_item(paragraph("one")), list_item(unknown_container(paragraph("two"), heading("three"))), list_item(paragraph("four"))))',
    );
    const path = [expect.anything(), expect.anything(), "galaxy:g1"];
    expect(inGalaxy(writer)).toMatchObject([
      { parents: path, attrs: { "g1/hue": "red", "g1/steps": [1] } },
      { parents: path, attrs: { level: 2, "g1/hue": "red", "g1/steps": [1] } },
    ]);
  });

  test("its first block deleted: the second still says what it is", () => {
    const writer = start();
    writer.delete(writer.before("two") - 1, writer.after("two") + 1);
    expect(inGalaxy(writer)).toMatchObject([{ text: "three", attrs: { "g1/hue": "red", "g1/steps": [1] } }]);
  });

  test("deleted and undone, cut and pasted: back with its id and scalars", () => {
    const writer = start();
    const from = writer.place("unknown_container");
    const container = writer.doc.child(1);
    writer.delete(from, from + container.nodeSize);
    expect(inGalaxy(writer)).toEqual([]);
    writer.undo();
    expect(inGalaxy(writer)).toMatchObject([
      { text: "two", parents: ["galaxy:g1"], attrs: { "g1/hue": "red" } },
      { text: "three", parents: ["galaxy:g1"], attrs: { "g1/hue": "red", level: 2 } },
    ]);
    writer.edit((tr) => tr.delete(from, from + container.nodeSize).insert(0, container));
    expect(inGalaxy(writer)).toMatchObject([
      { text: "two", attrs: { "g1/hue": "red" } },
      { text: "three", attrs: { "g1/hue": "red" } },
    ]);
    expect(writer.doc.textContent).toBe("twothreeonefour");
  });

  test("a newer peer says more of it while an item with it is indented and a row is added", () => {
    const writer = Writer.start(own, list("bullet_list", "one", "two"), table(["a1"], ["a2"]));
    const item = stored(writer)[1]?.parents ?? [];
    const cell = stored(writer)[2]?.parents ?? [];
    writer.program(newer, (draft) => {
      // From the end to the start: offsets before a change stand.
      insertBlock(draft, 12, "paragraph", [...cell, "galaxy:g2"], { "g2/hue": "blue" });
      insertText(draft, 13, "inner");
      insertBlock(draft, 8, "paragraph", [...item, "galaxy:g1"], { "g1/hue": "red" });
      insertText(draft, 9, "three");
    });
    expect(writer.shown).toBe(
      'doc(bullet_list(list_item(paragraph("one")), list_item(paragraph("two"), unknown_container(paragraph("three")))), table(table_row(table_cell(paragraph("a1"), unknown_container(paragraph("inner")))), table_row(table_cell(paragraph("a2")))))',
    );
    const other = new Writer(writer.replica, peer);
    other.program(newer.replaceAll("7", "8"), (draft) => setAttr(draft, 8, "g1/late", true));
    writer.run(sinkListItem(nodes.list_item), writer.before("two"));
    writer.runInCells(addRowAfter, "a1");
    writer.runInCells(addColumnAfter, "a1");
    writer.merge(other);
    expect(blockWith(writer, "three")).toMatchObject({ attrs: { "g1/hue": "red", "g1/late": true } });
    expect(blockWith(writer, "three").parents.at(-1)).toBe("galaxy:g1");
    expect(blockWith(writer, "three").parents).toHaveLength(5);
    expect(blockWith(writer, "inner")).toMatchObject({
      parents: [...cell, "galaxy:g2"],
      attrs: { "g2/hue": "blue" },
    });
  });
});

describe("an unknown inline object", () => {
  const object = { embed: "poll", "embed/question": "why", "embed/votes": 3, "embed/open": true };
  /** "ab" with the object between, which is also bold */
  const start = (): Writer => {
    const writer = Writer.start(own, "ab", "cd");
    writer.program(newer, (draft) => {
      insertText(draft, 2, "\ufffc");
      for (const [name, value] of Object.entries(object)) setMark(draft, 2, 3, name, value);
    });
    expect(writer.shown).toBe('doc(paragraph("a", unknown_inline, "b"), paragraph("cd"))');
    return writer;
  };

  test.each<[string, (writer: Writer) => void]>([
    [
      "typing on both sides",
      (writer) => {
        writer.type("1", 2);
        writer.type("2", 4);
      },
    ],
    [
      "bold over it, and off",
      (writer) => {
        writer.run(toggleMark(marks.strong), 1, 4);
        writer.run(toggleMark(marks.strong), 1, 4);
      },
    ],
    [
      "split before it and joined",
      (writer) => {
        writer.run(splitBlock, 2);
        writer.run(joinBackward, 4);
      },
    ],
    [
      "made a heading and text again",
      (writer) => {
        writer.run(setBlockType(nodes.heading), 1);
        writer.run(setBlockType(nodes.paragraph), 1);
      },
    ],
    [
      "deleted and undone",
      (writer) => {
        writer.delete(2, 3);
        writer.undo();
      },
    ],
    [
      "deleted with its paragraph and undone",
      (writer) => {
        writer.delete(0, 5);
        writer.undo();
      },
    ],
    [
      "cut and pasted elsewhere",
      (writer) => {
        const slice = writer.doc.slice(2, 3);
        writer.delete(2, 3);
        writer.edit((tr) => tr.replace(writer.after("c"), writer.after("c"), slice));
      },
    ],
    [
      "the text around it deleted",
      (writer) => {
        writer.delete(3, 4);
        writer.delete(1, 2);
      },
    ],
    [
      "a peer makes it bold while another types at its end",
      (writer) => {
        const other = new Writer(writer.replica, peer);
        writer.run(toggleMark(marks.em), 1, 4);
        other.type("X", 3);
        writer.merge(other);
        writer.run(toggleMark(marks.em), 1, 5);
      },
    ],
  ])("%s: all that is stored of it is there", (_name, edit) => {
    const writer = start();
    edit(writer);
    expect(marksOn(writer, "\ufffc")).toEqual(object);
    // And of nothing else: what was typed beside it is no object.
    const beside = bodySpans(writer.replica).flatMap((span) =>
      span.type === "text" && !span.value.includes("\ufffc") ? Object.keys(span.marks ?? {}) : [],
    );
    expect(beside.filter((name) => name.startsWith("embed"))).toEqual([]);
  });

  test("a peer made the block code at once: it is hidden, and all there when it is text again", () => {
    const other = Writer.start(peer, "ab", "cd");
    const writer = new Writer(other.replica, own);
    writer.program(newer, (draft) => {
      insertText(draft, 2, "\ufffc");
      for (const [name, value] of Object.entries(object)) setMark(draft, 2, 3, name, value);
    });
    other.run(setBlockType(nodes.code_block), 1);
    other.merge(writer);
    expect(other.shown).toBe('doc(code_block("a\ufffcb"), paragraph("cd"))');
    expect(marksOn(other, "\ufffc")).toEqual(object);
    writer.type("X", 1);
    writer.type("Y", 4);
    expect(marksOn(writer, "\ufffc")).toEqual(object);
    writer.run(setBlockType(nodes.paragraph), 1);
    expect(marksOn(writer, "\ufffc")).toEqual(object);
    expect(writer.shown).toBe('doc(paragraph("Xa", unknown_inline, "Yb"), paragraph("cd"))');
  });
});

describe("unknown marks", () => {
  const values = { glow: "blue", size: 12, ratio: 0.5, secret: true };
  const start = (): Writer => {
    const writer = Writer.start(own, "some marked text", "next");
    writer.program(newer, (draft) => {
      for (const [name, value] of Object.entries(values)) setMark(draft, 6, 12, name, value);
    });
    expect(marksOn(writer, "marked")).toEqual(values);
    return writer;
  };

  test.each<[string, (writer: Writer) => void]>([
    [
      "typing before and after it",
      (writer) => {
        writer.type("1", writer.before("marked"));
        writer.type("2", writer.after("marked"));
      },
    ],
    [
      "bold on and off",
      (writer) => {
        writer.run(toggleMark(marks.strong), 1, writer.after("marked"));
        writer.run(toggleMark(marks.strong), 1, writer.after("marked"));
      },
    ],
    [
      "a heading, a quote and a list around it",
      (writer) => {
        writer.run(setBlockType(nodes.heading), 1);
        writer.run(wrapIn(nodes.blockquote), 1);
        writer.run(wrapInList(nodes.bullet_list), 2);
      },
    ],
    [
      "split and joined",
      (writer) => {
        writer.run(splitBlock, writer.before("marked"));
        writer.run(joinBackward, writer.before("marked"));
      },
    ],
    [
      "deleted and undone",
      (writer) => {
        writer.delete(writer.before("marked"), writer.after("marked"));
        writer.undo();
      },
    ],
    [
      "deleted with its block and undone",
      (writer) => {
        writer.delete(0, writer.before("next") - 1);
        writer.undo();
      },
    ],
    [
      "cut and pasted",
      (writer) => {
        const slice = writer.doc.slice(writer.before("marked"), writer.after("marked"));
        writer.delete(writer.before("marked"), writer.after("marked"));
        writer.edit((tr) => tr.replace(writer.after("next"), writer.after("next"), slice));
      },
    ],
    [
      "dragged",
      (writer) => {
        const block = writer.doc.child(0);
        writer.edit((tr) => tr.delete(0, block.nodeSize).insert(tr.doc.content.size, block));
      },
    ],
    [
      "a peer's bold at once",
      (writer) => {
        const other = new Writer(writer.replica, peer);
        other.run(toggleMark(marks.strong), 1, 7);
        writer.run(splitBlock, writer.after("some"));
        writer.merge(other);
        writer.run(toggleMark(marks.strong), writer.before("m"), writer.after("m"));
        writer.run(toggleMark(marks.strong), writer.before("m"), writer.after("m"));
      },
    ],
  ])("%s: all of them are on it, and on nothing else", (_name, edit) => {
    const writer = start();
    edit(writer);
    const on: Record<string, Record<string, unknown>> = {};
    for (const span of bodySpans(writer.replica)) {
      if (span.type !== "text") continue;
      const unknown = Object.entries(span.marks ?? {}).filter(([name]) => name in values);
      if (unknown.length > 0) on[span.value] = plain(Object.fromEntries(unknown)) as typeof values;
    }
    expect(Object.keys(on).join("")).toBe("marked");
    for (const found of Object.values(on)) expect(found).toEqual(values);
  });

  test("a peer made the block code at once: they are hidden, and there when it is text again", () => {
    const other = Writer.start(peer, "some marked text");
    const writer = new Writer(other.replica, own);
    writer.program(newer, (draft) => setMark(draft, 6, 12, "glow", "blue"));
    other.run(setBlockType(nodes.code_block), 1);
    other.merge(writer);
    expect(other.shown).toBe('doc(code_block("some marked text"))');
    other.run(setBlockType(nodes.paragraph), 1);
    expect(other.shown).toBe('doc(paragraph("some ", unknown_mark("marked"), " text"))');
    expect(marksOn(other, "marked")).toEqual({ glow: "blue" });
  });

  test("what is typed inside gets them", () => {
    const writer = start();
    writer.type("X", writer.after("mar"));
    expect(marksOn(writer, "marXked")).toEqual(values);
  });
});

describe("unknown attributes of known blocks and containers", () => {
  /** A heading with an anchor, a paragraph with a hue, in a list that has an order. */
  const start = (): Writer => {
    const writer = Writer.start(own);
    writer.program(newer, (draft) => {
      const path = ["bullet_list:l1", "list_item:i1"];
      insertBlock(draft, 1, "paragraph", path, {
        hue: "red",
        "l1/order": "abc",
        "i1/done": 0.5,
        "l1/steps": [1],
      });
      insertText(draft, 2, "text");
      insertBlock(draft, 1, "heading", [], { level: 2, anchor: "top", nested: { deep: 1 } });
      insertText(draft, 2, "title");
    });
    expect(writer.shown).toBe('doc(paragraph, heading("title"), bullet_list(list_item(paragraph("text"))))');
    return writer;
  };
  const heading = { anchor: "top", nested: { deep: 1 } };
  const paragraph = { hue: "red", "l1/order": "abc", "i1/done": 0.5, "l1/steps": [1] };

  test.each<[string, (writer: Writer) => void]>([
    [
      "typing",
      (writer) => {
        writer.type("1", writer.after("title"));
        writer.type("2", writer.before("text"));
      },
    ],
    ["bold", (writer) => writer.run(toggleMark(marks.strong), writer.before("title"), writer.after("text"))],
    [
      "other kinds of block",
      (writer) => {
        writer.run(setBlockType(nodes.code_block, { language: "ts" }), writer.before("title"));
        writer.run(setBlockType(nodes.paragraph), writer.before("title"));
        writer.run(setBlockType(nodes.heading, { level: 3 }), writer.before("text"));
      },
    ],
    [
      "splits in the middle",
      (writer) => {
        writer.run(splitBlock, writer.after("tit"));
        writer.run(splitListItem(nodes.list_item), writer.after("te"));
      },
    ],
    [
      "quotes around",
      (writer) => writer.run(wrapIn(nodes.blockquote), writer.before("title"), writer.after("text")),
    ],
    [
      "quotes around, and undo",
      (writer) => {
        writer.run(wrapIn(nodes.blockquote), writer.before("title"), writer.after("text"));
        writer.undo();
      },
    ],
    [
      "the blocks around deleted, and undo",
      (writer) => {
        writer.delete(0, 2);
        writer.undo();
      },
    ],
    [
      "a peer that types and splits",
      (writer) => {
        const other = new Writer(writer.replica, peer);
        other.type("X", other.after("tit"));
        other.run(splitBlock, other.after("te"));
        writer.run(setBlockType(nodes.heading, { level: 5 }), writer.before("title"));
        writer.merge(other);
      },
    ],
  ])("%s: they are there", (_name, edit) => {
    const writer = start();
    edit(writer);
    expect(blockWith(writer, "t").attrs).toMatchObject(heading);
    expect(blockWith(writer, "te").attrs).toMatchObject(paragraph);
  });

  test("a peer who says them while this one makes it something else", () => {
    const writer = start();
    const other = new Writer(writer.replica, peer);
    other.program(newer.replaceAll("7", "8"), (draft) => setAttr(draft, 1, "late", "yes"));
    writer.run(setBlockType(nodes.heading, { level: 1 }), writer.before("title"));
    writer.merge(other);
    expect(blockWith(writer, "title").attrs).toMatchObject({ ...heading, late: "yes" });
  });

  test("deleted and undone: the block is back, what the view does not know of it is not", () => {
    const writer = start();
    writer.delete(writer.before("title") - 1, writer.after("title") + 1);
    writer.undo();
    // No attribute of the node carries them. What the CRDT lost by a deletion only its history has.
    expect(blockWith(writer, "title")).toEqual({
      type: "heading",
      parents: [],
      attrs: { level: 2 },
      text: "title",
    });
  });
});

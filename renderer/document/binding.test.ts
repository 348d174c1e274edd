import { readFile } from "node:fs/promises";
import * as A from "@automerge/automerge/slim";
import { EditorState, TextSelection } from "prosemirror-state";
import type { Command, Transaction } from "prosemirror-state";
import { setBlockType, splitBlock, toggleMark } from "prosemirror-commands";
import { wrapInList } from "prosemirror-schema-list";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { useAutomerge } from "../../scripts/automerge.ts";
import { Authority } from "./authority.ts";
import { bodySpans, commit, emptyDocument, firstBlock, runOperations } from "./body.ts";
import type { DeckleDocument } from "./body.ts";
import { fuzzRun } from "./fuzz.ts";
import { identify } from "./identify.ts";
import { operationsFor } from "./operations.ts";
import { render } from "./render.ts";
import { schema } from "./schema.ts";

beforeAll(useAutomerge);

/** A replica with an editor, written through at once. */
class Writer {
  replica: A.Doc<DeckleDocument>;
  private ids = 0;

  constructor(replica: A.Doc<DeckleDocument>) {
    this.replica = A.clone(replica);
  }

  static start(...paragraphs: string[]): Writer {
    let doc = A.from<DeckleDocument>(emptyDocument("test"));
    doc = A.change(doc, (draft) => runOperations(draft, [firstBlock]));
    const writer = new Writer(doc);
    paragraphs.forEach((text, i) => {
      writer.edit((state) => state.tr.insertText(text, state.doc.content.size - 1));
      if (i < paragraphs.length - 1) writer.command(splitBlock, writer.view.content.size - 1);
    });
    return writer;
  }

  get view() {
    return render(bodySpans(this.replica));
  }

  edit(make: (state: EditorState) => Transaction): void {
    const newId = (): string => `${A.getActorId(this.replica)}${this.ids++}`;
    const authority = new Authority(this.view, newId);
    let state = EditorState.create({ schema, doc: authority.doc });
    const tr = make(state);
    state = state.apply(tr);
    const named = identify([tr], state, newId);
    const received = authority.receive(
      0,
      [...tr.steps, ...(named?.steps ?? [])].map((step) => step.toJSON() as unknown),
    );
    expect(received).toMatchObject({ ok: true, repairs: [] });
    commit(
      this.replica,
      (run) => (this.replica = A.change(this.replica, run)),
      authority.takeOperations(),
      authority.doc,
    );
    if (!authority.mustFollow) expect(this.view.toString()).toBe(authority.doc.toString());
  }

  command(command: Command, from: number, to = from): void {
    this.edit((state) => {
      let made = state.tr.setSelection(TextSelection.create(state.doc, from, to));
      command(state.apply(made), (tr) => (made = tr));
      return made;
    });
  }

  merge(other: Writer): void {
    const mine = this.replica;
    this.replica = A.merge(A.clone(this.replica), other.replica);
    other.replica = A.merge(A.clone(other.replica), mine);
    expect(this.view.eq(other.view)).toBe(true);
  }
}

const two = (...paragraphs: string[]): [Writer, Writer] => {
  const one = Writer.start(...paragraphs);
  return [one, new Writer(one.replica)];
};

describe("two people at once", () => {
  test("one splits a paragraph, the other types in its tail", () => {
    const [a, b] = two("hello world");
    a.command(splitBlock, 7);
    b.edit((state) => state.tr.insertText("!", 12));
    a.merge(b);
    expect(a.view.toString()).toBe('doc(paragraph("hello "), paragraph("world!"))');
  });

  test("one deletes across two paragraphs, the other types inside", () => {
    const [a, b] = two("hello", "world");
    a.edit((state) => state.tr.delete(3, 11));
    b.edit((state) => state.tr.insertText("X", 5));
    a.merge(b);
    expect(a.view.toString()).toBe('doc(paragraph("heXld"))');
  });

  test("both turn one paragraph into different things: one of them wins, nothing is doubled", () => {
    const [a, b] = two("title");
    a.command(setBlockType(schema.nodes.heading, { level: 1 }), 1);
    b.command(setBlockType(schema.nodes.code_block), 1);
    a.merge(b);
    expect(['doc(heading("title"))', 'doc(code_block("title"))']).toContain(a.view.toString());
  });

  test("both wrap it in a list: it is one list", () => {
    const [a, b] = two("item");
    a.command(wrapInList(schema.nodes.bullet_list), 1);
    b.command(wrapInList(schema.nodes.bullet_list), 1);
    a.merge(b);
    expect(a.view.toString()).toBe('doc(bullet_list(list_item(paragraph("item"))))');
  });

  test("one makes it bold, the other code: the bold is hidden, and back when it is text again", () => {
    const [a, b] = two("text");
    a.command(toggleMark(schema.marks.strong), 1, 5);
    b.command(setBlockType(schema.nodes.code_block), 1);
    a.merge(b);
    expect(a.view.toString()).toBe('doc(code_block("text"))');
    a.command(setBlockType(schema.nodes.paragraph), 1);
    expect(a.view.toString()).toBe('doc(paragraph(strong("text")))');
  });

  test("both type at one place: every letter of both, each one's together", () => {
    const [a, b] = two("");
    a.edit((state) => state.tr.insertText("aaa", 1));
    b.edit((state) => state.tr.insertText("bbb", 1));
    a.merge(b);
    expect(["aaabbb", "bbbaaa"]).toContain(a.view.textContent);
  });
});

test("typing at the end of bold is bold, at the end of a link is not", () => {
  const writer = Writer.start("bold link");
  writer.command(toggleMark(schema.marks.strong), 1, 5);
  writer.command(toggleMark(schema.marks.link, { href: "https://example.org" }), 6, 10);
  const other = new Writer(writer.replica);
  // As another program would: plain insertions, no marks said.
  other.replica = A.change(other.replica, (draft) => {
    A.splice(draft, ["body"], 10, 0, "L");
    A.splice(draft, ["body"], 5, 0, "B");
  });
  expect(other.view.toString()).toBe('doc(paragraph(strong("boldB"), " ", link("link"), "L"))');
});

test("a local edit writes only what it touches", () => {
  const writer = Writer.start("one", "two", "three");
  const before = A.getHeads(writer.replica);
  writer.edit((state) => state.tr.insertText("!", 9));
  const [change] = A.getChangesSince(writer.replica, before).map((bytes) => A.decodeChange(bytes));
  expect(change?.ops.map(({ action }) => action)).toEqual(["set"]);
});

test("a whole document is written as it is", () => {
  const doc = schema.nodes.doc.create(null, [
    schema.nodes.heading.create({ level: 3 }, schema.text("Title", [schema.marks.em.create()])),
    schema.nodes.ordered_list.create({ id: "a", start: 4 }, [
      schema.nodes.list_item.create({ id: "b" }, [
        schema.nodes.paragraph.create(null, [
          schema.text("x"),
          schema.nodes.hard_break.create(),
          schema.text("y"),
        ]),
        schema.nodes.blockquote.create({ id: "c" }, schema.nodes.horizontal_rule.create()),
      ]),
    ]),
    schema.nodes.code_block.create({ language: "ts" }, schema.text("a\nb")),
  ]);
  let replica = A.from<DeckleDocument>(emptyDocument(""));
  replica = A.change(replica, (draft) => runOperations(draft, operationsFor(doc)));
  expect(render(bodySpans(replica)).toJSON()).toEqual(doc.toJSON());
});

test("seeds that once failed", async () => {
  const file = await readFile(new URL("regressions/binding.json", import.meta.url), "utf8");
  const seeds = z
    .array(z.object({ seed: z.number(), peers: z.number(), steps: z.number() }))
    .parse(JSON.parse(file));
  expect(seeds.length).toBeGreaterThan(0);
  for (const seed of seeds) fuzzRun(seed);
});

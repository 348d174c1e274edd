import { readFile } from "node:fs/promises";
import * as A from "@automerge/automerge/slim";
import { setBlockType, splitBlock, toggleMark, wrapIn } from "prosemirror-commands";
import { wrapInList } from "prosemirror-schema-list";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { useAutomerge } from "../../scripts/automerge.ts";
import { bodySpans, emptyDocument, runOperations } from "./body.ts";
import type { DeckleDocument } from "./body.ts";
import { fuzzRun } from "./fuzz.ts";
import { operationsFor } from "./operations.ts";
import { render } from "./render.ts";
import { schema } from "./schema.ts";
import { Writer } from "./writer.ts";

beforeAll(useAutomerge);

const { nodes, marks } = schema;

/** The operations of Automerge that an edit comes to: what it does, "+" for an insertion, and the field. */
function written(writer: Writer, edit: (writer: Writer) => void): string[] {
  const before = A.getHeads(writer.replica);
  edit(writer);
  return A.getChangesSince(writer.replica, before)
    .flatMap((bytes) => A.decodeChange(bytes).ops)
    .map((op) => `${op.action}${"insert" in op ? "+" : ""}${op.key === undefined ? "" : ` ${op.key}`}`);
}

const marker = ["makeMap+", "set type", "makeList parents", "makeMap attrs", "set isEmbed"];
test.each<[string, (writer: Writer) => void, string[]]>([
  ["typing a letter", (writer) => writer.type("!", writer.after("one")), ["set+"]],
  ["deleting two", (writer) => writer.delete(writer.after("o"), writer.after("one")), ["del", "del"]],
  ["splitting", (writer) => writer.run(splitBlock, writer.after("on")), marker],
  [
    "bold",
    (writer) => writer.run(toggleMark(marks.strong), writer.before("two"), writer.after("two")),
    ["markBegin+", "markEnd+"],
  ],
  [
    "a heading",
    (writer) => writer.run(setBlockType(nodes.heading, { level: 2 }), writer.before("two")),
    ["set type", "set level"],
  ],
  [
    "a quote",
    (writer) => writer.run(wrapIn(nodes.blockquote), writer.before("two")),
    ["makeList parents", "set+"],
  ],
  [
    "a list of two",
    (writer) => writer.run(wrapInList(nodes.bullet_list), writer.before("one"), writer.after("two")),
    ["makeList parents", "set+", "set+", "makeList parents", "set+", "set+"],
  ],
  [
    "dragging a block",
    (writer) => {
      const block = writer.doc.child(0);
      writer.edit((tr) => tr.delete(0, block.nodeSize).insert(tr.doc.content.size, block));
    },
    ["del", "del", "del", "del", ...marker, "set+", "set+", "set+"],
  ],
])("an edit writes only what it changes: %s", (_name, edit, expected) => {
  expect(written(Writer.start("11".repeat(16), "one", "two", "three"), edit)).toEqual(expected);
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

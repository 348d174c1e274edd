/** An imported document is one that the rest can work with: valid, its tables full, written and read back as it is. */
import { readFileSync } from "node:fs";
import * as A from "@automerge/automerge/slim";
import fc from "fast-check";
import type { Node } from "prosemirror-model";
import { TableMap } from "prosemirror-tables";
import { beforeAll, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { markdownFiles } from "../../scripts/corpus.ts";
import { bodySpans, emptyDocument, runOperations } from "./body.ts";
import type { DeckleDocument } from "./body.ts";
import { parseMarkdown } from "./markdown-parse.ts";
import { counter } from "./markdown-shown.ts";
import { operationsFor } from "./operations.ts";
import { render } from "./render.ts";
import { schema } from "./schema.ts";

beforeAll(useAutomerge);

/** The names of the nodes and marks that were seen, so that a test can tell that it tested them. */
type Seen = Set<string>;

function expectSound(doc: Node, seen: Seen): void {
  doc.check();
  const tables: Node[] = [];
  const footnotes: string[] = [];
  const references = new Set<string>();
  const ids: string[] = [];
  doc.descendants((node) => {
    seen.add(node.type.name);
    for (const { type } of node.marks) seen.add(type.name);
    if (node.type === schema.nodes.table) tables.push(node);
    if (node.type === schema.nodes.footnote) footnotes.push(node.attrs["id"] as string);
    if (node.type === schema.nodes.footnote_reference) references.add(node.attrs["footnote"] as string);
    // All cells of a column have its id.
    if ("id" in node.attrs && !node.type.name.startsWith("table_")) ids.push(node.attrs["id"] as string);
  });
  for (const table of tables) expect(TableMap.get(table).problems).toBeNull();
  expect(new Set(footnotes)).toEqual(references);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => id === "" || id.includes("/"))).toEqual([]);
  let replica = A.from<DeckleDocument>(emptyDocument(""));
  replica = A.change(replica, (draft) => runOperations(draft, operationsFor(doc)));
  expect(render(bodySpans(replica)).toJSON()).toEqual(doc.toJSON());
}

const constructs = [
  "# a\n",
  "b *c* **d** ~~e~~ `f` [g](h)  \ni\n",
  "> a\n",
  "> [!TIP]\n> a\n",
  "- a\n",
  "- [x] a\n- b\n",
  "* [ ] a\n",
  "3. a\n",
  "```ts\na\n```\n",
  "$$\na\n$$\n",
  "a $b$ ![c](d) [^1] [^2]\n",
  "![a](b)\n",
  "[^1]: a\n",
  "[^2]: a\n\n    | b |\n    |---|\n",
  "---\n",
  `a [b.pdf](files/${"0".repeat(64)}.pdf) c\n`,
  "| a | b |\n|---|:-:|\n| *c* | $d$ |\n| e |\n| f | ![g](h) | [^1] |\n",
  "<div>\n",
  "a <b>\n",
];
const prefixed = fc.tuple(
  fc.constantFrom("", "", "> ", "- ", "  ", "> - ", "1. ", "[^1]: ", "    "),
  fc.constantFrom(...constructs),
  fc.constantFrom("", "\n"),
);

test("any document of every construct, in containers of every kind", { timeout: 120_000 }, () => {
  const seen: Seen = new Set();
  fc.assert(
    fc.property(fc.array(prefixed, { minLength: 1, maxLength: 12 }), (parts) => {
      const source = parts.map(([prefix, text, end]) => `${text.replace(/^(?=.)/gm, prefix)}${end}`).join("");
      expectSound(parseMarkdown(source, counter()).doc, seen);
    }),
    { numRuns: 500 },
  );
  const unseen = [...Object.keys(schema.nodes), ...Object.keys(schema.marks)].filter(
    (name) => !seen.has(name),
  );
  // What Markdown has no form for.
  expect(unseen.sort()).toEqual([
    "comment",
    "doc",
    "document_link",
    "highlight",
    "subscript",
    "superscript",
    "underline",
    "unknown_block",
    "unknown_container",
    "unknown_inline",
    "unknown_mark",
  ]);
});

test("Markdown files of the installed packages", { timeout: 120_000 }, () => {
  const seen: Seen = new Set();
  const files = markdownFiles(/^readme\.md$/i).slice(0, 60);
  for (const file of files) expectSound(parseMarkdown(readFileSync(file, "utf8"), counter()).doc, seen);
  expect([...seen]).toEqual(expect.arrayContaining(["table", "image_inline", "list_item", "code_block"]));
});

/** Files in documents: stored and rendered, through Markdown and back, and from whatever somebody else wrote. */
import type { Node } from "prosemirror-model";
import { expect, test } from "vitest";
import { blobsIn } from "./blobs.ts";
import type { HTMLElementLike } from "./dom.ts";
import { parseMarkdown } from "./markdown-parse.ts";
import { writeMarkdown } from "./markdown-write.ts";
import { render } from "./render.ts";
import { schema } from "./schema.ts";

const hash = "a".repeat(64);
const file = (attrs: Record<string, unknown>): Node => schema.node("file", { hash, ...attrs });
const doc = (...content: Node[]): Node => schema.node("doc", null, [schema.node("paragraph", null, content)]);
const throughMarkdown = (made: Node): Node => {
  let id = 0;
  return parseMarkdown(writeMarkdown("", made), () => `id${id++}`).doc;
};

test.each([
  "report.pdf",
  "a *b* [c] (d) `e` _f_ | g.zip",
  "^1.txt",
  "www.example.com",
  "me@example.org.txt",
  "&amp; 1 < 2 #.csv",
  "x.exe",
  "",
])("called %j it goes through Markdown and back", (name) => {
  const read = throughMarkdown(doc(schema.text("x "), file({ name }), schema.text(" y")));
  expect(read.firstChild?.child(1).attrs).toMatchObject({ hash, name });
  expect(blobsIn(read)).toEqual(new Set([hash]));
  expect(read.textContent).toBe(`x ${name} y`);
});

test("in a table, in a heading, in strong text and in a link it is the same file", () => {
  const named = file({ name: "a|b.pdf" });
  const cell = (type: string, ...content: Node[]): Node =>
    schema.node(type, null, [schema.node("paragraph", null, content)]);
  const table = schema.node("table", null, [
    schema.node("table_row", null, [cell("table_header", schema.text("h"))]),
    schema.node("table_row", null, [cell("table_cell", named)]),
  ]);
  const heading = schema.node("heading", { level: 2 }, [schema.text("h "), named]);
  const marked = schema.node("paragraph", null, [
    named.mark([schema.marks.strong.create()]),
    schema.text(" and "),
    named.mark([schema.marks.link.create({ href: "https://example.org" })]),
  ]);
  const names: unknown[] = [];
  throughMarkdown(schema.node("doc", null, [heading, table, marked])).descendants(
    (node) => void (node.type.name === "file" && names.push(node.attrs["name"])),
  );
  expect(names).toEqual(Array(4).fill("a|b.pdf"));
});

test("without a blob it is its name", () => {
  expect(writeMarkdown("", doc(file({ hash: "", name: "lost.pdf" })))).toBe("lost.pdf\n");
});

test("attack: what another program wrote of a file is a name, a hash, a type and a size, or nothing", () => {
  const hostile = {
    "embed/hash": "../../settings.json",
    "embed/name": "annual\u202Efdp.exe",
    "embed/mediaType": "text/html\r\nX: y",
    "embed/size": -1,
  };
  const rendered = render([{ type: "text", value: "\ufffc", marks: { embed: "file", ...hostile } }]);
  expect(rendered.firstChild?.firstChild?.toJSON()).toEqual({
    type: "file",
    attrs: { hash: "", name: "", mediaType: "", size: 0 },
  });
  rendered.check();
});

test("attack: steps of a window that was taken over cannot bring such a file either", () => {
  for (const attrs of [
    { hash: "../x" },
    { name: "a/b" },
    { name: "a\u202Eb" },
    { mediaType: "x" },
    { size: 1.5 },
  ])
    expect(() => doc(file(attrs)).check()).toThrow(RangeError);
});

const rule = schema.nodes.file.spec.parseDOM?.[0];
const parsed = (attributes: Record<string, string>): unknown => {
  const dom: HTMLElementLike = { getAttribute: (name) => attributes[name] ?? null };
  return rule && "getAttrs" in rule ? rule.getAttrs?.(dom as never) : undefined;
};

test("the clipboard carries a file from one document to another", () => {
  const attrs = { hash, name: "a.pdf", mediaType: "application/pdf", size: 7 };
  const written = schema.nodes.file.spec.toDOM?.(file(attrs)) as
    | [string, Record<string, string>, string]
    | undefined;
  expect([written?.[0], written?.[2]]).toEqual(["span", "a.pdf"]);
  expect(parsed(written?.[1] ?? {})).toEqual(attrs);
});

test("attack: a page's own file markup is refused or cleaned", () => {
  expect(parsed({ "data-file": "../../x", "data-name": "a" })).toBe(false);
  expect(
    parsed({
      "data-file": hash,
      "data-name": "../x\u202E.exe",
      "data-media-type": "text/html;x",
      "data-size": "-4",
    }),
  ).toEqual({ hash, name: ".. x .exe", mediaType: "", size: 0 });
});

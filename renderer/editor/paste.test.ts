import { Slice } from "prosemirror-model";
import { expect, it } from "vitest";
import { schema } from "../document/schema.ts";
import { pasteAttributeCharsMax, pasteParagraphCharsMax } from "./limits.ts";
import { cleanedSlice } from "./paste.ts";

it("makes new containers of pasted ones", () => {
  const item = schema.node("list_item", { id: "i" }, [schema.node("paragraph", null, [schema.text("a")])]);
  const list = schema.node("ordered_list", { id: "l", start: 3 }, [item]);
  const cleaned = cleanedSlice(new Slice(schema.node("doc", null, [list]).content, 2, 2), null);
  expect([cleaned.openStart, cleaned.openEnd]).toEqual([2, 2]);
  expect(cleaned.content.firstChild?.attrs).toEqual({ id: "", start: 3 });
  expect(cleaned.content.firstChild?.firstChild?.attrs["id"]).toBe("");
});

it("paste of a javascript: link leaves its text", () => {
  const bad = schema.text("click", [schema.marks.link.create({ href: "javascript:alert(1)" })]);
  const good = schema.text("here", [schema.marks.link.create({ href: "https://a.b" })]);
  const doc = schema.node("doc", null, [schema.node("paragraph", null, [bad, good])]);
  const [first, second] = cleanedSlice(new Slice(doc.content, 1, 1), null).content.firstChild?.children ?? [];
  expect([first?.text, first?.marks.length]).toEqual(["click", 0]);
  expect([second?.text, second?.marks.length]).toEqual(["here", 1]);
});

it("what only rendering sets is not carried along", () => {
  const doc = schema.node("doc", null, [
    schema.node("table", { id: "t" }, [
      schema.node("table_row", { id: "r", tail: 3 }, [
        schema.node("table_cell", { id: "c", tail: 0 }, [
          schema.node("paragraph", { implicit: true, hidden: 2 }),
        ]),
      ]),
    ]),
  ]);
  const row = cleanedSlice(new Slice(doc.content, 0, 0), null).content.firstChild?.firstChild;
  expect(row?.attrs).toEqual({ id: "", tail: 1 });
  expect(row?.firstChild?.attrs).toMatchObject({ id: "", tail: 1 });
  expect(row?.firstChild?.firstChild?.attrs).toEqual({ implicit: false, hidden: 0 });
});

it("a footnote pasted beside its original is another one, with its own references", () => {
  const doc = schema.node("doc", null, [
    schema.node("paragraph", null, [schema.node("footnote_reference", { footnote: "f" })]),
    schema.node("footnote", { id: "f" }, [schema.node("paragraph")]),
  ]);
  const slice = new Slice(doc.content, 0, 0);
  const idsIn = (pasted: Slice): unknown[] => [
    pasted.content.child(0).firstChild?.attrs["footnote"],
    pasted.content.child(1).attrs["id"],
  ];
  const [reference, footnote] = idsIn(cleanedSlice(slice, doc));
  expect(reference).toBe(footnote);
  expect(footnote).not.toBe("f");
  // Cut and pasted elsewhere it is the same one.
  expect(idsIn(cleanedSlice(slice, schema.node("doc", null, [schema.node("paragraph")])))).toEqual([
    "f",
    "f",
  ]);
  expect(idsIn(cleanedSlice(slice, null))).toEqual(["f", "f"]);
});

it.each([
  ["https://example.org/a.png", "https://example.org/a.png"],
  ["file:///C:/Users/me/secret.png", ""],
  ["data:text/html,x", ""],
  ["data:image/png;base64,AAAA", "data:image/png;base64,AAAA"],
  [`https://example.org/${"a".repeat(2028)}`, `https://example.org/${"a".repeat(2028)}`],
  [`https://example.org/${"a".repeat(2029)}`, ""],
])("of where an image came from, an address is kept: %s", (source, kept) => {
  const image = schema.node("image_inline", { source });
  const doc = schema.node("doc", null, [schema.node("paragraph", null, [image])]);
  expect(
    cleanedSlice(new Slice(doc.content, 1, 1), null).content.firstChild?.firstChild?.attrs["source"],
  ).toBe(kept);
});

it("an attribute of words is as long as anybody writes one", () => {
  const altOf = (length: number): unknown => {
    const image = schema.node("image_inline", { alt: "x".repeat(length) });
    const doc = schema.node("doc", null, [schema.node("paragraph", null, [image])]);
    return cleanedSlice(new Slice(doc.content, 0, 0), null).content.firstChild?.firstChild?.attrs["alt"];
  };
  expect(altOf(pasteAttributeCharsMax)).toHaveLength(pasteAttributeCharsMax);
  expect(altOf(pasteAttributeCharsMax + 1)).toHaveLength(pasteAttributeCharsMax);
});

it("a block that goes by a name of ours is not taken for it", () => {
  const forged = schema.nodes.unknown_container.create(
    { type: "table", data: "{}" },
    schema.nodes.paragraph.create(),
  );
  const { content } = cleanedSlice(new Slice(schema.nodes.doc.create(null, [forged]).content, 0, 0), null);
  expect(content.firstChild?.type.name).toBe("blockquote");
});

it("letters that not every device can hold are left out", () => {
  const doc = schema.node("doc", null, [schema.node("paragraph", null, [schema.text("a\0\u0007b\ud800c")])]);
  expect(cleanedSlice(new Slice(doc.content, 0, 0), null).content.firstChild?.textContent).toBe("ab\ufffdc");
});

it("a paragraph at the bound is one, past it two, and nothing of it is lost", () => {
  const partsOf = (text: string): string[] => {
    const doc = schema.node("doc", null, [schema.node("paragraph", null, [schema.text(text)])]);
    return cleanedSlice(new Slice(doc.content, 0, 0), null).content.content.map((part) => part.textContent);
  };
  expect(partsOf("x".repeat(pasteParagraphCharsMax))).toHaveLength(1);
  const words = "one two 😀".repeat(pasteParagraphCharsMax / 5);
  const parts = partsOf(words);
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.join("")).toBe(words);
  expect(parts.every((part) => part.isWellFormed())).toBe(true);
});

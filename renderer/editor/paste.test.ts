import { Slice } from "prosemirror-model";
import { expect, it } from "vitest";
import { schema } from "../document/schema.ts";
import { cleanedSlice } from "./paste.ts";

it("makes new containers of pasted ones", () => {
  const item = schema.node("list_item", { id: "i" }, [schema.node("paragraph", null, [schema.text("a")])]);
  const list = schema.node("ordered_list", { id: "l", start: 3 }, [item]);
  const cleaned = cleanedSlice(new Slice(schema.node("doc", null, [list]).content, 2, 2));
  expect([cleaned.openStart, cleaned.openEnd]).toEqual([2, 2]);
  expect(cleaned.content.firstChild?.attrs).toEqual({ id: "", start: 3 });
  expect(cleaned.content.firstChild?.firstChild?.attrs["id"]).toBe("");
});

it("paste of a javascript: link leaves its text", () => {
  const bad = schema.text("click", [schema.marks.link.create({ href: "javascript:alert(1)" })]);
  const good = schema.text("here", [schema.marks.link.create({ href: "https://a.b" })]);
  const doc = schema.node("doc", null, [schema.node("paragraph", null, [bad, good])]);
  const [first, second] = cleanedSlice(new Slice(doc.content, 1, 1)).content.firstChild?.children ?? [];
  expect([first?.text, first?.marks.length]).toEqual(["click", 0]);
  expect([second?.text, second?.marks.length]).toEqual(["here", 1]);
});

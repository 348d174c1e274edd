import { expect, it } from "vitest";
import { schema } from "../document/schema.ts";
import { parseRendering } from "./renderings.ts";

const doc = schema.node("doc", null, [schema.node("paragraph", null, [schema.text("a")])]);
const whole = { rendering: "heads", title: "t", doc: doc.toJSON() };

it("reads what the engine wrote", () => {
  const parsed = parseRendering(structuredClone(whole));
  expect(parsed?.doc.eq(doc)).toBe(true);
  expect(parsed).toMatchObject({ rendering: "heads", title: "t" });
});

it.each([
  ["nothing", undefined],
  ["null", null],
  ["text", "x"],
  ["no name", { ...whole, rendering: 1 }],
  ["no title", { ...whole, title: null }],
  ["no document", { ...whole, doc: undefined }],
  ["an unknown node", { ...whole, doc: { type: "doc", content: [{ type: "video" }] } }],
  ["not a document", { ...whole, doc: { type: "paragraph" } }],
  ["an invalid document", { ...whole, doc: { type: "doc", content: [] } }],
  [
    "an attribute out of range",
    { ...whole, doc: { type: "doc", content: [{ type: "heading", attrs: { level: 9 } }] } },
  ],
])("takes %s as none", (_name, value) => {
  expect(parseRendering(value)).toBeNull();
});

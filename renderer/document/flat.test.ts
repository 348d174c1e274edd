import { expect, test } from "vitest";
import { flatLength, isBlock, isRun, itemsBetween, offsetAt, positionAt } from "./flat.ts";
import type { Item } from "./flat.ts";
import { render } from "./render.ts";
import type { Span } from "./render.ts";

const block = (type: string, parents: string[] = []): Span => ({ type: "block", value: { type, parents } });
const text = (value: string): Span => ({ type: "text", value });

const list = (item: string): string[] => ["bullet_list:l", `list_item:${item}`];
const doc = render([
  block("paragraph"),
  text("ab\nc"),
  block("horizontal_rule"),
  text("no marker"),
  block("paragraph", list("1")),
  text("x😀"),
  block("code_block", list("1")),
  block("paragraph", list("2")),
  text("y"),
]);

test("the flat length is the CRDT's", () => {
  expect(flatLength(doc)).toBe(1 + 4 + 1 + 9 + 1 + 3 + 1 + 1 + 1);
});

test("every position in text maps to its offset and back", () => {
  let checked = 0;
  doc.descendants((node, pos) => {
    if (!node.isTextblock) return;
    for (let at = pos + 1; at <= pos + 1 + node.content.size; at++) {
      expect(positionAt(doc, offsetAt(doc, at))).toBe(at);
      checked++;
    }
  });
  expect(checked).toBe(5 + 10 + 4 + 1 + 2);
});

test("every offset names the unit that starts there", () => {
  const unitsOf = (item: Item): string[] =>
    isRun(item) ? item.text.split("") : isBlock(item) ? [item.block.type] : ["hidden"];
  const units = itemsBetween(doc, 0, flatLength(doc)).flatMap(unitsOf);
  expect(units.length).toBe(flatLength(doc));
  for (let offset = 0; offset < units.length; offset++) {
    const [first] = itemsBetween(doc, offset, flatLength(doc));
    expect(first && unitsOf(first)[0]).toBe(units[offset]);
    expect(offsetAt(doc, positionAt(doc, offset))).toBeLessThanOrEqual(offset);
  }
});

test("outside the document is refused", () => {
  expect(() => positionAt(doc, flatLength(doc) + 1)).toThrow(RangeError);
  expect(() => offsetAt(doc, -1)).toThrow(RangeError);
});

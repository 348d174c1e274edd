import fc from "fast-check";
import { expect, test } from "vitest";
import { containerTypes } from "./block.ts";
import { render } from "./render.ts";
import type { Span } from "./render.ts";

const block = (type: string, parents: string[] = [], attrs: object = {}): Span => ({
  type: "block",
  value: { type, parents, attrs, isEmbed: false },
});
const text = (value: string, marks?: Record<string, unknown>): Span => ({
  type: "text",
  value,
  ...(marks && { marks }),
});
const shown = (...spans: Span[]): string => render(spans).toString();

test("nothing at all is one empty paragraph", () => {
  expect(shown()).toBe("doc(paragraph)");
});

test("blocks, marks and breaks", () => {
  expect(
    shown(
      block("heading", [], { level: 2 }),
      text("a"),
      text("b", { strong: true }),
      block("paragraph"),
      text("c\nd"),
    ),
  ).toBe('doc(heading("a", strong("b")), paragraph("c", hard_break, "d"))');
});

test("neighbours with one container id share the container, with two ids they do not", () => {
  const item = (list: string, id: string): Span =>
    block("paragraph", [`bullet_list:${list}`, `list_item:${id}`]);
  expect(shown(item("a", "1"), text("x"), item("a", "2"), text("y"), item("b", "3"), text("z"))).toBe(
    'doc(bullet_list(list_item(paragraph("x")), list_item(paragraph("y"))), bullet_list(list_item(paragraph("z"))))',
  );
});

test("text before any block and text after a rule get paragraphs of their own", () => {
  const doc = render([text("a"), block("horizontal_rule"), text("b"), block("paragraph"), text("c")]);
  expect(doc.toString()).toBe('doc(paragraph("a"), horizontal_rule, paragraph("b"), paragraph("c"))');
  expect(doc.children.map((node) => node.attrs["implicit"] as unknown)).toEqual([
    true,
    undefined,
    true,
    false,
  ]);
});

test("what a newer version wrote is shown as near as can be", () => {
  expect(shown(block("kanban", ["galaxy:1", "blockquote:2"]), text("a", { glow: "blue", em: true }))).toBe(
    'doc(unknown_container(blockquote(unknown_block(em(unknown_mark("a"))))))',
  );
});

test("attributes that cannot be are their defaults", () => {
  expect(render([block("heading", [], { level: 9 })]).firstChild?.attrs).toMatchObject({ level: 1 });
  expect(
    render([block("paragraph", ["ordered_list:a", "list_item:b"], { "a/start": -4 })]).firstChild?.attrs,
  ).toEqual({
    id: "a",
    start: 1,
  });
});

test("marks in code are hidden", () => {
  expect(shown(block("code_block"), text("a\n", { strong: true }), text("b"))).toBe(
    'doc(code_block("a\\nb"))',
  );
});

test("any spans give a valid document, the same each time", () => {
  const anything = fc.oneof(fc.jsonValue(), fc.string());
  const path = fc.array(
    fc.oneof(
      fc
        .tuple(fc.constantFrom(...containerTypes, "odd"), fc.constantFrom("a", "b", ""))
        .map(([type, id]) => `${type}:${id}`),
      anything,
    ),
  );
  const blocks = fc.record({
    type: fc.constant("block" as const),
    value: fc.record(
      {
        type: fc.oneof(
          fc.constantFrom("paragraph", "heading", "code_block", "horizontal_rule", "list_item", "doc"),
          anything,
        ),
        parents: fc.oneof(path, anything),
        attrs: fc.oneof(
          fc.dictionary(fc.constantFrom("level", "language", "a/start", "b/start", "implicit"), anything),
          anything,
        ),
      },
      { requiredKeys: [] },
    ),
  });
  const texts = fc.record({
    type: fc.constant("text" as const),
    value: fc.string({ unit: "binary" }).map((value) => value.toWellFormed()),
    marks: fc.dictionary(fc.constantFrom("strong", "link", "code", "odd"), anything),
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(blocks, texts)), (spans) => {
      const doc = render(spans as Span[]);
      doc.check();
      expect(render(spans as Span[]).eq(doc)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a path 10,000 deep is shown, not recursed into", () => {
  const deep = Array.from({ length: 10_000 }, (_, i) => `blockquote:${i}`);
  const doc = render([block("paragraph", deep), text("a")]);
  doc.check();
  expect(doc.textContent).toBe("a");
});

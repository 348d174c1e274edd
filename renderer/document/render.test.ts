import * as A from "@automerge/automerge/slim";
import fc from "fast-check";
import type { Node } from "prosemirror-model";
import { TableMap } from "prosemirror-tables";
import { describe, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { containerTypes } from "./block.ts";
import { bodySpans, emptyDocument, runOperations } from "./body.ts";
import type { DeckleDocument } from "./body.ts";
import { flatLength, isBlock, isRun, itemLength, itemsBetween } from "./flat.ts";
import { operationsFor } from "./operations.ts";
import { render } from "./render.ts";
import type { Span } from "./render.ts";
import { schema } from "./schema.ts";

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

describe("any spans at all, whoever wrote them", () => {
  /** Numbers that are one number in JavaScript, JSON and Automerge. */
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_name, one: unknown) =>
      typeof one === "number" && (Object.is(one, -0) || Math.abs(one) > 2 ** 52) ? 7 : one,
    ) as unknown;
  const anything = fc.oneof(fc.jsonValue().map(plain), fc.string());
  const ids = fc.constantFrom("a", "b", "c", "e", "f", "");
  const containers = fc.constantFrom(...containerTypes, "galaxy", "doc", "table_header", "unknown_container");
  const nonsense = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.tuple(containers, ids).map(([type, id]) => `${type}:${id}`) },
      { weight: 1, arbitrary: anything },
    ),
    { maxLength: 6 },
  );
  /** Paths of tables, so that they come to lie in one another's way: whole ones, and ones with a part missing. */
  const inTable = fc
    .tuple(
      fc.constantFrom("a", "b"),
      fc.constantFrom("c", "d"),
      fc.constantFrom("e", "f", "g", "h"),
      fc.nat(16),
    )
    .map(([table, row, cell, broken]) => {
      const path = [`table:${table}`, `table_row:${row}`, `table_cell:${cell}`];
      if (broken < 3) path.splice(broken, 1);
      if (broken === 3) path.pop();
      return path;
    });
  const inList = fc
    .tuple(fc.constantFrom("bullet_list", "ordered_list", "task_list"), ids, ids)
    .map(([type, list, item]) => [`${type}:${list}`, `list_item:${item}`]);
  const paths = fc.oneof(
    { weight: 8, arbitrary: inTable },
    { weight: 1, arbitrary: fc.tuple(inTable, inTable).map((both) => both.flat()) },
    { weight: 2, arbitrary: fc.tuple(inList, inTable).map((both) => both.flat()) },
    { weight: 2, arbitrary: fc.tuple(inTable, inList).map((both) => both.flat()) },
    { weight: 2, arbitrary: nonsense },
    { weight: 1, arbitrary: fc.constant([]) },
  );
  const spanning = fc.oneof(fc.integer({ min: -1, max: 6 }), fc.constant(1000));
  const attributes = fc.dictionary(
    fc.oneof(
      fc.constantFrom("level", "language", "alt", "width", "hash", "implicit", "hidden", "tail", "hue"),
      fc
        .tuple(
          ids,
          fc.constantFrom(
            "start",
            "checked",
            "kind",
            "header",
            "colspan",
            "rowspan",
            "align",
            "colwidth",
            "hue",
          ),
        )
        .map(([id, name]) => `${id}/${name}`),
      fc.constantFrom("constructor", "/", "a/"),
    ),
    fc.oneof(anything, spanning, fc.constantFrom(true, "right", "10,20", 3)),
    { maxKeys: 5 },
  );
  const types = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        "paragraph",
        "heading",
        "code_block",
        "math_block",
        "horizontal_rule",
        "image",
      ),
    },
    { weight: 4, arbitrary: fc.constant("end") },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "kanban",
        "list_item",
        "table",
        "table_cell",
        "doc",
        "text",
        "unknown_block",
        "",
      ),
    },
    { weight: 1, arbitrary: anything },
  );
  const blocks = fc.record({
    type: fc.constant("block" as const),
    value: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ type: types, parents: paths, attrs: attributes }),
      },
      {
        weight: 1,
        arbitrary: fc.record(
          { type: types, parents: fc.oneof(nonsense, anything), attrs: fc.oneof(attributes, anything) },
          { requiredKeys: [] },
        ),
      },
    ),
  });
  const texts = fc.record({
    type: fc.constant("text" as const),
    value: fc
      .oneof(
        fc.string({ unit: fc.constantFrom("a", "b", "😀", "\n", "\ufffc"), maxLength: 6 }),
        fc.string({ unit: "binary" }),
      )
      .map((value) => value.toWellFormed()),
    marks: fc.dictionary(
      fc.constantFrom(
        "strong",
        "link",
        "code",
        "highlight",
        "comment:a",
        "comment:",
        "embed",
        "embed/alt",
        "embed/x",
        "glow",
      ),
      fc.oneof(anything, fc.constantFrom(true, "image_inline", "poll", '{"href":"https://example.org"}')),
    ),
  });
  const spans = fc.array(fc.oneof({ weight: 3, arbitrary: blocks }, { weight: 2, arbitrary: texts }), {
    maxLength: 30,
    size: "max",
  }) as fc.Arbitrary<Span[]>;

  /** A unit of the CRDT: the type of a block, or a UTF-16 code unit. */
  type Unit = { block: string } | { text: string };
  const charactersOf = (text: string): Unit[] => text.split("").map((unit) => ({ text: unit }));
  const unitsOf = (list: readonly Span[]): Unit[] =>
    list.flatMap((span): Unit[] =>
      span.type === "text"
        ? charactersOf(span.value)
        : [
            {
              block: typeof span.value["type"] === "string" ? span.value["type"] || "paragraph" : "paragraph",
            },
          ],
    );

  const tablesIn = (doc: Node): Node[] => {
    const tables: Node[] = [];
    doc.descendants((node) => {
      if (node.type === schema.nodes.table) tables.push(node);
    });
    return tables;
  };

  const hidesUnits = (doc: Node): boolean => {
    let hides = false;
    doc.descendants(({ attrs }) => {
      if ((attrs["hidden"] ?? 0) !== 0) hides = true;
    });
    return hides;
  };

  const hasOwnIds = (node: Node, outer: readonly unknown[] = []): boolean => {
    const id: unknown = node.attrs["id"];
    if (id !== undefined && outer.includes(id)) return false;
    // Two of one id beside each other are one as soon as they are written.
    const isTwice = ({ attrs }: Node, i: number): boolean =>
      attrs["id"] !== undefined && attrs["id"] === node.maybeChild(i - 1)?.attrs["id"];
    if (node.children.some(isTwice)) return false;
    return node.children.every((child) => hasOwnIds(child, id === undefined ? outer : [...outer, id]));
  };

  test("give a valid document, the same each time", () => {
    fc.assert(
      fc.property(spans, (list) => {
        const doc = render(list);
        doc.check();
        expect(render(structuredClone(list)).eq(doc)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("give tables that are rectangles", () => {
    let tables = 0;
    fc.assert(
      fc.property(spans, (list) => {
        for (const table of tablesIn(render(list))) {
          expect(TableMap.get(table).problems).toBeNull();
          tables++;
        }
      }),
      { numRuns: 300 },
    );
    expect(tables).toBeGreaterThan(300);
  });

  test("are all there in the document, unit by unit", () => {
    let hidden = 0;
    fc.assert(
      fc.property(spans, (list) => {
        const units = unitsOf(list);
        const doc = render(list);
        expect(flatLength(doc)).toBe(units.length);
        let at = 0;
        const shown = itemsBetween(doc, 0, flatLength(doc)).flatMap((item): Unit[] => {
          const start = at;
          at += itemLength(item);
          if (isBlock(item)) return [{ block: item.block.type }];
          if (isRun(item)) return charactersOf(item.text);
          // Only the ends of rows and cells are hidden, never text.
          const ends = units.slice(start, at).filter((unit) => "block" in unit && unit.block === "end");
          hidden += ends.length;
          return ends;
        });
        expect(shown).toEqual(units);
      }),
      { numRuns: 300 },
    );
    expect(hidden).toBeGreaterThan(0);
  });

  test("written into a new document as they show, show the same", async () => {
    await useAutomerge();
    let written = 0;
    fc.assert(
      fc.property(spans, (list) => {
        // An end marker of ours says nothing but its path.
        const doc = render(
          list.map((span) =>
            span.type === "block" && span.value["type"] === "end"
              ? { type: "block", value: { type: "end", parents: span.value["parents"] } }
              : span,
          ),
        );
        // What is hidden is not written: an edit that copies it shows it first (identify.ts). And a
        // container within one of its own id has no attributes of its own.
        fc.pre(!hidesUnits(doc) && hasOwnIds(doc));
        const operations = operationsFor(doc);
        let replica = A.from<DeckleDocument>(emptyDocument(""));
        replica = A.change(replica, (draft) => runOperations(draft, operations));
        const again = render(bodySpans(replica));
        expect(again.toJSON()).toEqual(doc.toJSON());
        written++;
      }),
      { numRuns: 200 },
    );
    expect(written).toBeGreaterThan(20);
  });

  test("200 columns, in rows of every order: each cell's text is there", () => {
    const cells = fc.shuffledSubarray(Array.from({ length: 200 }, (_, i) => `c${i}`));
    fc.assert(
      fc.property(fc.array(cells, { minLength: 1, maxLength: 4 }), (rows) => {
        const list = rows.flatMap((row, i) =>
          row.flatMap((cell) => {
            const path = ["table:t", `table_row:${i}`, `table_cell:${cell}`];
            return [block("paragraph", path), text(`${cell};`), block("end", path)];
          }),
        );
        const doc = render(list);
        doc.check();
        expect(doc.textContent).toBe(
          rows
            .flat()
            .map((cell) => `${cell};`)
            .join(""),
        );
        expect(flatLength(doc)).toBe(unitsOf(list).length);
        for (const table of tablesIn(doc)) expect(TableMap.get(table).problems).toBeNull();
      }),
      { numRuns: 30 },
    );
  });
});

test("a path 10,000 deep is shown, not recursed into", () => {
  const deep = Array.from({ length: 10_000 }, (_, i) => `blockquote:${i}`);
  const doc = render([block("paragraph", deep), text("a")]);
  doc.check();
  expect(doc.textContent).toBe("a");
});

test("a column that is there twice, with more paragraphs than a call takes arguments", () => {
  const path = (column: string): string[] => ["table:t", "table_row:r", `table_cell:${column}`];
  const many = Array.from({ length: 150_000 }, () => block("paragraph", path("a")));
  const doc = render([block("paragraph", path("a")), block("paragraph", path("b")), ...many]);
  expect(doc.child(0).child(0).childCount).toBe(2);
  expect(flatLength(doc)).toBe(150_002);
});

test("a thousand comments on a letter, and thousands of names on a container nobody knows, in no time", () => {
  const comments = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`comment:${i}`, true]));
  const named = Array.from({ length: 4000 }, (_, i) => block("paragraph", ["galaxy:g"], { [`g/${i}`]: 1 }));
  const doc = render([block("paragraph"), text("a", comments), ...named]);
  doc.check();
  expect(doc.child(0).firstChild?.marks).toHaveLength(1000);
});

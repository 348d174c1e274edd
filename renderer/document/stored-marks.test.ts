import fc from "fast-check";
import type { Mark, Node } from "prosemirror-model";
import { describe, expect, test } from "vitest";
import { isFileName } from "./file-name.ts";
import { schema } from "./schema.ts";
import { addInline, embedCharacter, markExpands, storedMarksOf, storedText } from "./stored-marks.ts";

const { nodes, marks } = schema;

/** What text with these marks is in a textblock. */
function inlineOf(text: string, stored?: Record<string, unknown>): Node[] {
  const content: Node[] = [];
  addInline(content, text, stored);
  return content;
}

/** The one node that it is. */
function oneOf(text: string, stored?: Record<string, unknown>): Node {
  const content = inlineOf(text, stored);
  expect(content).toHaveLength(1);
  return content[0] as Node;
}

const anyText = fc
  .string({ minLength: 1, unit: "grapheme" })
  .map((text) => text.replaceAll(/[\n\ufffc]/g, "x"));
const anyMark: fc.Arbitrary<Mark> = fc.oneof(
  fc
    .constantFrom("em", "strong", "underline", "strike", "superscript", "subscript", "code", "math")
    .map((name) => schema.mark(name)),
  fc.record({ href: fc.string(), title: fc.string() }).map((attrs) => marks.link.create(attrs)),
  fc.string().map((color) => marks.highlight.create({ color })),
  fc.string().map((id) => marks.comment.create({ id })),
  fc
    .tuple(
      fc.string({ minLength: 1 }).map((name) => `x-${name}`),
      fc.oneof(
        fc.string(),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constant(true),
      ),
    )
    .map(([name, value]) => marks.unknown_mark.create({ name, value: JSON.stringify(value) })),
);
const anyObject: fc.Arbitrary<Node> = fc.oneof(
  fc
    .record({
      hash: fc.string(),
      mediaType: fc.string(),
      size: fc.nat(Number.MAX_SAFE_INTEGER),
      alt: fc.string(),
      title: fc.string(),
      width: fc.nat(100_000),
      source: fc.string(),
    })
    .map((attrs) => nodes.image_inline.create(attrs)),
  fc
    .record({
      hash: fc.constantFrom("", "a".repeat(64)),
      name: fc.string().filter(isFileName),
      mediaType: fc.constantFrom("", "application/pdf"),
      size: fc.nat(Number.MAX_SAFE_INTEGER),
    })
    .map((attrs) => nodes.file.create(attrs)),
  fc.string().map((footnote) => nodes.footnote_reference.create({ footnote })),
  fc.record({ document: fc.string(), title: fc.string() }).map((attrs) => nodes.document_link.create(attrs)),
  fc
    .tuple(
      fc.string().map((type) => `x-${type}`),
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
        fc.oneof(fc.string(), fc.integer(), fc.boolean()),
      ),
    )
    .map(([type, data]) => {
      const sorted = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
      return nodes.unknown_inline.create({ type, data: JSON.stringify(Object.fromEntries(sorted)) });
    }),
  fc.constant(nodes.hard_break.create()),
);

test("any text and any object with any marks: what is stored of it is it", () => {
  const plain = fc.oneof(
    anyText.map((text) => schema.text(text)),
    anyObject,
  );
  fc.assert(
    fc.property(plain, fc.array(anyMark, { maxLength: 4 }), (node, list) => {
      let set: readonly Mark[] = [];
      for (const mark of list) set = mark.addToSet(set);
      // Two unknown marks of one name are one mark to the CRDT.
      const names = set
        .filter(({ type }) => type === marks.unknown_mark)
        .map(({ attrs }) => attrs["name"] as string);
      fc.pre(new Set(names).size === names.length);
      const inline = node.mark(set);
      const text = storedText(inline);
      expect(text).toHaveLength(inline.nodeSize);
      const back = oneOf(text, storedMarksOf(inline));
      expect(back.toJSON()).toEqual(inline.toJSON());
      expect(back.eq(inline)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("any marks that a program may have set give a valid paragraph, the same each time", () => {
  const names = fc.oneof(
    fc.constantFrom(
      "embed",
      "embed/alt",
      "embed/size",
      "embed/",
      "comment",
      "comment:",
      "comment:a",
      "unknown_mark",
    ),
    fc.constantFrom("link", "highlight", "code", "__proto__", "constructor"),
    fc.string(),
  );
  const values = fc.oneof(
    fc.constantFrom("image_inline", "file", "document_link", "hard_break", "text", "paragraph", "poll", ""),
    fc.jsonValue(),
    fc.constant(undefined),
  );
  const texts = fc.string({ unit: fc.constantFrom("a", "😀", "\n", embedCharacter, "\t") });
  fc.assert(
    fc.property(texts, fc.dictionary(names, values), (text, stored) => {
      const paragraph = nodes.paragraph.create(null, inlineOf(text, stored));
      paragraph.check();
      expect(paragraph.content.size).toBe(text.length);
      expect(paragraph.eq(nodes.paragraph.create(null, inlineOf(text, stored)))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

describe("inline objects", () => {
  test("only U+FFFC with the mark is one, and each of several is", () => {
    const stored = { embed: "image_inline", "embed/alt": "x", strong: true };
    expect(inlineOf(`a${embedCharacter}\n${embedCharacter}`, stored).map(String)).toEqual([
      'strong("a")',
      "strong(image_inline)",
      "strong(hard_break)",
      "strong(image_inline)",
    ]);
    expect(oneOf(embedCharacter).isText).toBe(true);
    expect(oneOf(embedCharacter, { "embed/alt": "x" }).isText).toBe(true);
    expect(oneOf(embedCharacter, { embed: true }).isText).toBe(true);
    expect(oneOf(embedCharacter, { embed: null }).isText).toBe(true);
  });

  test("attributes that cannot be are their defaults, others are kept", () => {
    const stored = {
      embed: "image_inline",
      "embed/width": -1,
      "embed/size": "9",
      "embed/alt": "x",
      "embed/hue": "red",
    };
    expect(oneOf(embedCharacter, stored).attrs).toEqual({
      hash: "",
      mediaType: "",
      size: 0,
      alt: "x",
      title: "",
      width: 0,
      naturalWidth: 0,
      naturalHeight: 0,
      source: "",
    });
  });

  test.each(["text", "hard_break", "paragraph", "doc", "unknown_inline", "constructor", ""])(
    'a type "%s" is none that is known',
    (type) => {
      const node = oneOf(embedCharacter, { embed: type, "embed/hue": "red" });
      expect(node.type).toBe(nodes.unknown_inline);
      expect(node.attrs).toEqual({ type, data: '{"hue":"red"}' });
      expect(storedMarksOf(node)).toEqual({ embed: type, "embed/hue": "red" });
    },
  );

  test("what is not said is not stored, so a later default applies", () => {
    expect(storedMarksOf(nodes.image_inline.create({ alt: "x" }))).toEqual({
      embed: "image_inline",
      "embed/alt": "x",
    });
  });
});

describe("marks", () => {
  test.each([
    ["strong", true],
    ["highlight", true],
    ["code", true],
    ["glow", true], // of a newer version
    ["link", false],
    ["comment:a", false],
    ["embed", false],
    ["embed/alt", false],
  ])("text at the end of %s belongs to it: %s", (name, expands) => {
    expect(markExpands(name)).toBe(expands);
  });

  test("one that is off is none", () => {
    expect(oneOf("a", { strong: false, em: null, "comment:c": false, glow: null }).marks).toEqual([]);
  });

  test.each(["", "https://example.org", "{}", '{"href":1}', "[]", "null", 7, true])(
    "a link that says nothing to go to is none: %j",
    (value) => {
      expect(oneOf("a", { link: value }).marks).toEqual([]);
    },
  );

  test("a link's title that is no text is none", () => {
    expect(oneOf("a", { link: '{"href":"https://example.org","title":3}' }).marks[0]?.attrs).toEqual({
      href: "https://example.org",
      title: "",
    });
  });

  test("a highlight of no colour has the usual one", () => {
    expect(oneOf("a", { highlight: true }).marks[0]?.attrs).toEqual({ color: "yellow" });
  });

  test("the names that this schema uses in another way are no marks of a newer version's", () => {
    for (const name of ["comment", "unknown_mark"]) {
      const [mark] = oneOf("a", { [name]: "x" }).marks;
      expect(mark?.attrs).toEqual({ name, value: '"x"' });
      expect(storedMarksOf(oneOf("a", { [name]: "x" }))).toEqual({ [name]: "x" });
    }
  });

  test("any number of comments on one word, in whatever order they came", () => {
    const one = oneOf("a", { "comment:x": true, "comment:y": true, "comment:": true });
    const other = oneOf("a", { "comment:": true, "comment:y": true, "comment:x": true });
    expect(one.eq(other)).toBe(true);
    expect(one.marks.map(({ attrs }) => attrs["id"] as string)).toEqual(["", "x", "y"]);
  });
});

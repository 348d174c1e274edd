/** What is written is read as it was: by examples, and over random documents of characters that mean something. */
import type { Mark, Node } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import { describe, expect, test } from "vitest";
import { identifying, Letters, randomEdit } from "./fuzz-edits.ts";
import { parseMarkdown } from "./markdown-parse.ts";
import { counter, shownBlocks } from "./markdown-shown.ts";
import { writeMarkdown } from "./markdown-write.ts";
import { Random } from "./random.ts";
import { nodeType, schema } from "./schema.ts";

const { nodes, marks } = schema;

const read = (markdown: string): Node => parseMarkdown(markdown, counter()).doc;
const doc = (...blocks: Node[]): Node => nodes.doc.create(null, blocks);
const text = (words: string, ...set: Mark[]): Node => schema.text(words, set);
const p = (...content: (Node | string)[]): Node =>
  nodes.paragraph.create(
    null,
    content.map((one) => (typeof one === "string" ? text(one) : one)),
  );
const [strong, em, strike, code, math] = ["strong", "em", "strike", "code", "math"].map((name) =>
  schema.marks[name as "strong"].create(),
) as [Mark, Mark, Mark, Mark, Mark];
const br = nodes.hard_break.create();

describe("Markdown that is read", () => {
  test.each([
    ["paragraphs", "a\n\nb\n"],
    ["headings", "## a\n\n###### b\n"],
    ["marks", "_a_ **b** ~~c~~ `d` $e$ **_f_**\n"],
    ["em alone", "*a*b*c*\n"],
    ["links", '[a **b**](http://x "t") <https://example.org/a_b?c=d&e=f>\n'],
    ["a bare address", "See <https://example.org/a_b> and so on.\n"],
    ["hard breaks", "a\\\nb\\\n\\\nc\n"],
    ["lists", "- a\n- b\n  - c\n  - d\n\n1. e\n2. f\n"],
    ["a loose list", "- a\n\n  b\n\n- c\n"],
    ["two lists side by side", "- a\n\n* b\n\n1. c\n\n1) d\n"],
    ["tasks", "- [ ] a\n- [x] b\n  - [ ] c\n- [ ]\n"],
    ["quotes", "> a\n>\n> > b\n\n> c\n"],
    ["callouts", "> [!TIP]\n> a\n\n> [!NOTE]\n\n> [!CAUTION]\n>\n> - b\n"],
    ["code", "```ts\na\n\n  b\n```\n\n````\n```\n````\n\n```\n```\n"],
    ["formulas", "$$\na\n\n\\frac b c\n$$\n\n$$\n$$\n"],
    ["a rule", "a\n\n___\n\nb\n"],
    ["empty items in items", "- * -\n"],
    ["a rule in an item", "- ___\n\n* ___\n"],
    ["an image", '![a](http://x/y.png "t")\n\na ![b](z.png) c\n'],
    ["a table", "| a | b |\n| :-- | --: |\n| **c** | `d\\|e` |\n|  | \\| |\n"],
    ["footnotes", "a[^1] b[^2] c[^1]\n\n[^1]: d\n\n    - e\n\n[^2]: f\n"],
  ])("is written as it was: %s", (_, markdown) => {
    expect(writeMarkdown("", read(markdown))).toBe(markdown);
  });

  test("the title is the first heading", () => {
    const markdown = writeMarkdown(" A *b* ", doc(p("c")));
    expect(markdown).toBe("# A \\*b\\*\n\nc\n");
    expect(parseMarkdown(markdown, counter()).title).toBe("A *b*");
    expect(writeMarkdown("", doc(p()))).toBe("");
  });
});

describe("text that could be more", () => {
  test.each([
    "# a", "#", "#a", "## a ##", "> a", ">a", "- a", "-", "+ a", "* a", "1. a", "12) a", "1.", "---", "***", "___", "===",
    "```", "~~~", "    a", "\ta", "a  ", " ", "[a](b)", "![a](b)", "[a]: b", "[^1]", "[^1]: a", "[ ] a", "[x]", "[!NOTE]",
    "<div>", "<!-- a -->", "<b>a</b>", "<http://x>", "&amp; &#32; &c", "a\\", "\\", "\\*", "`a`", "``", "*a*", "**a**", "_a_",
    "__a__", "a_b_c", "_", "~a~", "~~a~~", "$a$", "$$", "$$a$$", "$5 and $10", "| a |", "a | b", "|-|", ":-", "a!", "!", "http://x",
    "http://x_y*z", "www.x.de", "www.x_y", "(http://x)", "a@b.c", "a_b@c.d_e", "HTTP://X*", "http://a&amp;b", "---\ntitle: a", "1986\\. b",
    "\u00a0a\u00a0", "😀*", "x\u2028y",
  ])("%j", (words) => {
    const plain = words.replace(/\n/g, " ");
    for (const block of [p(words), p("a", br, words, br, "b")]) {
      const found = read(writeMarkdown("t", doc(block)));
      expect([found.childCount, found.child(0).type.name]).toEqual([1, "paragraph"]);
      expect(found.textBetween(0, found.content.size, "|", "/")).toBe(
        block.childCount === 1 ? plain : `a/${plain}/b`,
      );
    }
    const nested = doc(
      nodes.heading.create({ level: 2 }, text(words)),
      nodes.task_list.create(null, nodes.list_item.create(null, p(words))),
      nodes.callout.create(null, p(words)),
      nodes.table.create(null, nodes.table_row.create(null, nodes.table_cell.create(null, p(words)))),
    );
    const found = read(writeMarkdown("t", nested));
    expect(found.children.map(({ type }) => type.name)).toEqual(["heading", "task_list", "callout", "table"]);
    expect(found.children.map(({ textContent }) => textContent)).toEqual([plain, plain, plain, plain]);
  });
}); // prettier-ignore

describe("what Markdown has no sign for", () => {
  test("goes as its text", () => {
    const set = [marks.underline.create(), marks.highlight.create(), marks.comment.create({ id: "c" })];
    expect(writeMarkdown("", doc(p("a", text("b", ...set), text("c", strong))))).toBe(
      "a&#98;**c**\n".replace("&#98;", "b"),
    );
  });

  test("unknown blocks are their text", () => {
    const unknown = nodes.unknown_container.create(
      { type: "x" },
      nodes.unknown_block.create({ type: "y" }, text("a")),
    );
    expect(writeMarkdown("", doc(unknown, p("b")))).toBe("a\n\nb\n");
  });

  test("a footnote that nothing names is its text, and a reference to none is nothing", () => {
    const note = nodes.footnote.create({ id: "f" }, p("a"));
    const reference = nodes.footnote_reference.create({ footnote: "g" });
    expect(writeMarkdown("", doc(p("b", reference), note))).toBe("b\n\na\n");
  });

  test("a footnote in a cell stands behind the table", () => {
    const reference = nodes.footnote_reference.create({ footnote: "f" });
    const cell = nodes.table_cell.create(null, [
      p("a", reference),
      nodes.footnote.create({ id: "f" }, p("b")),
    ]);
    const table = nodes.table.create(null, nodes.table_row.create(null, cell));
    expect(writeMarkdown("", doc(table, p("c")))).toBe("| a[^1] |\n| --- |\n\n[^1]: b\n\nc\n");
  });

  test("a cell over several rows and columns has empty ones beside it", () => {
    const cell = (words: string, attrs = {}): Node => nodes.table_cell.create(attrs, p(words));
    const table = nodes.table.create(null, [
      nodes.table_row.create(null, [cell("a", { colspan: 2, rowspan: 2 }), cell("b")]),
      nodes.table_row.create(null, [cell("c")]),
      nodes.table_row.create(null, [cell("d"), cell("e"), cell("f")]),
    ]);
    expect(writeMarkdown("", doc(table))).toBe(
      "| a |  | b |\n| --- | --- | --- |\n|  |  | c |\n| d | e | f |\n",
    );
  });

  test("an unsafe address is not written", () => {
    const link = marks.link.create({ href: "javascript:x" });
    expect(writeMarkdown("", doc(p(text("a", link))))).toBe("a\n");
  });
});

test("marks inside words and beside signs are read as they were", () => {
  const cases = [
    p("un", text("believ", em), "able"),
    p("a", text('"b"', strong), "c"),
    p("a", text(" b ", strong), "c"),
    p(text("a", strong), text("b", em), text("c", strong)),
    p(text("a", strong, em), text("b", strong), text("c", strong, em)),
    p(text("a", em), text("b", strike), "c"),
    p("$", text("x_2", math), "5"),
    p("H", text("_2", math), "O"),
    p(text("`", code), text("``", code, strong)),
    p("😀", text("(a)", em), "𝒳"),
    p("a", text("http://x", strong), "b"),
    p(text("(a)", strong), "b_c=", text("d", em, strong)),
    p("a_b", text("(c)", em), "d"),
  ];
  for (const block of cases) {
    const markdown = writeMarkdown("t", doc(block));
    expect([markdown, normal(read(markdown))]).toEqual([markdown, normal(doc(block))]);
  }
});

// Random documents

/** A document as Markdown can say it, in a line a block. */
function normal(node: Node): string {
  return blocksOf(node.children).join("\n");
}

function blocksOf(blocks: readonly Node[]): string[] {
  const shownOnes = blocks.flatMap((block) => {
    const name = block.type.name;
    if (name === "paragraph" && lineOf(block) === "") return [];
    if (block.isTextblock) return [`${name}${attrsOf(block)}: ${lineOf(block)}`];
    const inner = name.startsWith("table") ? cellsOf(block) : blocksOf(block.children);
    return [`${name}${attrsOf(block)}`, ...inner.map((line) => `  ${line}`)];
  });
  return shownOnes;
}

const cellsOf = (block: Node): string[] =>
  block.children.flatMap((row, i) =>
    row.children.map(
      (cell) => `${i === 0 ? "head" : "cell"} ${cell.children.map((one) => lineOf(one)).join(" ")}`,
    ),
  );

function attrsOf({ type, attrs }: Node): string {
  const { level, start, kind, language } = attrs as Record<string, unknown>;
  return type === nodes.footnote ? "" : JSON.stringify([level, start, kind, language]);
}

/** The text with the names of its marks, none on white space; of breaks, none at the end. */
function lineOf(block: Node): string {
  let line = "";
  block.forEach((node) => {
    if (node.type === nodes.hard_break) line += "⏎";
    else if (node.isText) {
      const names = new Set(node.marks.map(({ type }) => type.name));
      if (names.has("code")) names.delete("math");
      const set = ["link", "strong", "em", "strike", "code", "math"].filter((one) => names.has(one)).join();
      for (const character of node.text ?? "")
        line += /\s/.test(character) && !names.has("code") ? character : `${character}${set && `<${set}>`}`;
    } else if (node.type === nodes.footnote_reference) line += "[^]";
    else if (node.type === nodes.image_inline) line += `[${node.attrs["source"] as string}]`;
  });
  const parts = line.replace(/⏎+$/, "").split("⏎");
  return block.type === nodes.heading ? parts.filter((part) => part !== "").join(" ") : parts.join("⏎");
}

const alphabet = [..."ab1 *_~`$[]()<>!#|\\&;:.-+=\"'é。😀"];
const words = (random: Random, most: number, from = alphabet): string =>
  Array.from({ length: 1 + random.below(most) }, () => random.pick(from)).join("");

function inline(random: Random): Node[] {
  const content: Node[] = [];
  for (let left = random.below(6); left > 0; left--) {
    const kind = random.below(12);
    const set = [strong, em, strike].filter(() => random.chance(0.25));
    if (random.chance(0.15))
      set.push(marks.link.create({ href: random.pick(["http://x/(y)", "z", "a b<c>\\"]) }));
    if (kind === 0) content.push(br);
    else if (kind === 1) content.push(text(words(random, 5), ...set, code));
    else if (kind === 2) content.push(text(`x${words(random, 3, [..."ab^_{}\\ 1"])}y`, ...set, math));
    else content.push(text(words(random, 7), ...set));
  }
  return content;
}

function block(random: Random, depth: number): Node {
  const inner = (): Node[] => Array.from({ length: 1 + random.below(3) }, () => block(random, depth - 1));
  const items = (): Node[] =>
    Array.from({ length: 1 + random.below(3) }, () =>
      nodes.list_item.create({ checked: random.chance(0.5) }, inner()),
    );
  switch (depth > 0 ? random.below(14) : random.below(6)) {
    case 0:
      return nodes.heading.create({ level: 2 + random.below(5) }, inline(random));
    case 1:
      return nodes.code_block.create(
        { language: random.pick(["", "ts", "c`", "c&amp;"]) },
        random.chance(0.8) ? text(words(random, 9, [...alphabet, "\n", "\n", "`", "~", "\t"])) : null,
      );
    case 2:
      return nodes.horizontal_rule.create();
    case 6:
      return nodes.blockquote.create(null, inner());
    case 7:
      return nodes.callout.create({ kind: random.pick(["note", "warning"]) }, inner());
    case 8:
    case 9:
      return nodes.bullet_list.create(null, items());
    case 10:
      return nodes.ordered_list.create({ start: random.below(3) }, items());
    case 11:
      return nodes.task_list.create(null, items());
    case 12: {
      const [height, width] = [1 + random.below(3), 1 + random.below(3)];
      return nodes.table.create(
        null,
        Array.from({ length: height }, (_, row) =>
          nodes.table_row.create(
            null,
            Array.from({ length: width }, () =>
              nodeType(row === 0 ? "table_header" : "table_cell").create(null, p(...cellContent(random))),
            ),
          ),
        ),
      );
    }
    default:
      return nodes.paragraph.create(null, inline(random));
  }
}

/** What is not text in a cell is tried by the examples: a pipe changes what it is. */
const cellContent = (random: Random): Node[] =>
  inline(random).filter((node) => node.isText && !node.text?.includes("|"));

test("random documents are read as they were", () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = new Random(seed);
    const made = doc(...Array.from({ length: 1 + random.below(4) }, () => block(random, 3)));
    const markdown = writeMarkdown("t", made);
    const found = read(markdown);
    found.check();
    expect([seed, markdown, normal(found)]).toEqual([seed, markdown, normal(made)]);
  }
});

test("no letter of what people make is lost", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = new Random(seed);
    const letters = new Letters();
    let state = EditorState.create({ doc: doc(p("a")), plugins: [identifying(counter())] });
    for (let edits = 0; edits < 60; edits++) {
      const tr = randomEdit(state, random, letters);
      if (tr) state = state.apply(tr);
    }
    const markdown = writeMarkdown("t", state.doc);
    const isLetter = /[\u4e00-\u9fff]|[\ud840-\ud87f][\udc00-\udfff]/g;
    const seen = (node: Node): string[] =>
      (
        node
          .textBetween(0, node.content.size, "\n", ({ type, attrs }) =>
            type === nodes.document_link ? (attrs["title"] as string) : "",
          )
          .match(isLetter) ?? []
      ).toSorted();
    expect([seed, seen(read(markdown))]).toEqual([seed, seen(state.doc)]);
  }
});

test("a long document takes no longer than its length says", () => {
  const paragraph = p(
    "A sentence with ",
    text("some", strong),
    " marks, *signs* and [brackets]. ".repeat(12),
  );
  const list = nodes.bullet_list.create(
    null,
    [1, 2, 3].map(() => nodes.list_item.create(null, paragraph)),
  );
  const timed = (count: number): number => {
    const long = doc(...Array.from({ length: count }, (_, i) => (i % 2 ? paragraph : list)));
    const started = performance.now();
    writeMarkdown("t", long);
    return performance.now() - started;
  };
  // The quickest of some: what else the machine does only adds.
  const best = (count: number): number => Math.min(...[1, 2, 3].map(() => timed(count)));
  timed(200);
  // Four times as long: a writer that looks back over all of it would take sixteen times as long.
  expect(best(2_000)).toBeLessThan(9 * best(500));
});

test("paragraphs that are read in parts keep their text", () => {
  const line = "Words and *words*. ".repeat(900).trim();
  const long = doc(p(line, br, text(line, strong), br, line), p(text(`${line} ${line} ${line}`, em)));
  const found = read(writeMarkdown("t", long));
  const squeezed = (node: Node): string =>
    node.textBetween(0, node.content.size, " ", " ").replace(/\s+/g, " ");
  expect(squeezed(found)).toBe(squeezed(long));
});

test("what is too dense to be read with its marks is written without", () => {
  const dense = p(...Array.from({ length: 1_200 }, (_, i) => text(`a${i} `, ...(i % 2 ? [strong] : []))));
  const found = read(writeMarkdown("t", doc(dense)));
  expect(found.textContent).toBe(dense.textContent);
  expect(shownBlocks(found)).not.toContain("strong");
});

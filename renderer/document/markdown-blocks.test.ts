import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnsMax } from "./limits.ts";
import { parseMarkdown } from "./markdown-parse.ts";
import { counter, shownBlocks } from "./markdown-shown.ts";
import { mathCharsMax, pieceChars, splitMarkdown } from "./markdown-split.ts";
import { madeUpMax } from "./markdown-tables.ts";

function body(text: string): string {
  const { doc } = parseMarkdown(text, counter());
  doc.check();
  return shownBlocks(doc);
}

/** As many pieces of plain text as it takes to part two constructs. */
const filler = "Some words to fill the page.\n\n".repeat(pieceChars / 10);

describe("tables", () => {
  test.each([
    [
      "aligned, formatted",
      "x\n\n| a | *b* | `c` | d |\n|---|:-:|:--|--:|\n| 1 | 2 | \\| | |",
      `paragraph("x") table(` +
        `table_row(table_header(paragraph("a")) table_header:center(paragraph(em("b"))) table_header:left(paragraph(code("c"))) table_header:right(paragraph("d"))) ` +
        `table_row(table_cell(paragraph("1")) table_cell:center(paragraph("2")) table_cell:left(paragraph("|")) table_cell:right(paragraph())))`,
    ],
    [
      "a header alone",
      "a|b\n-|-",
      `table(table_row(table_header(paragraph("a")) table_header(paragraph("b"))))`,
    ],
    [
      "a row that says less, a row that says more",
      "|a|b|\n|-|-:|\n|1|\n|2|3|4|",
      `table(table_row(table_header(paragraph("a")) table_header:right(paragraph("b")) table_header(paragraph())) ` +
        `table_row(table_cell(paragraph("1")) table_cell:right(paragraph()) table_cell(paragraph())) ` +
        `table_row(table_cell(paragraph("2")) table_cell:right(paragraph("3")) table_cell(paragraph("4"))))`,
    ],
    ["in a quote", "> |a|\n> |-|", `blockquote(table(table_row(table_header(paragraph("a")))))`],
    [
      "in an item",
      "- |a|\n  |-|\n  |1|",
      `bullet_list(list_item(table(table_row(table_header(paragraph("a"))) table_row(table_cell(paragraph("1"))))))`,
    ],
    [
      "with all that a line may hold",
      "|[a] ![b](c) $d$ <br>[^1]|\n|-|\n\n[a]: x\n\n[^1]: e",
      `table(table_row(table_header(paragraph(link<x>("a") " " image_inline<c b>() " " math("d") " <br>" footnote_reference:id0())))) ` +
        `footnote:id0(paragraph("e"))`,
    ],
    [
      "an image alone in a cell stays in its line",
      "|![a](b)|\n|-|",
      `table(table_row(table_header(paragraph(image_inline<b a>()))))`,
    ],
  ])("%s", (_, source, expected) => expect(body(source)).toBe(expected));

  test("a table, its rows and its columns have ids; all cells of a column have one", () => {
    const { doc } = parseMarkdown("|a|b|\n|-|-|\n|1|2|", counter());
    const ids: string[] = [];
    doc.descendants((node) => void ("id" in node.attrs && ids.push(`${node.type.name} ${node.attrs["id"]}`)));
    expect(ids).toEqual([
      "table id0",
      "table_row id3",
      "table_header id1",
      "table_header id2",
      "table_row id4",
      "table_cell id1",
      "table_cell id2",
    ]);
  });

  test("columns, at the limit and one past it, where it stays source", () => {
    const wide = (count: number): string => `${"|a".repeat(count)}|\n${"|-".repeat(count)}|`;
    expect(body(wide(columnsMax))).toMatch(/^table\(/);
    expect(body(wide(columnsMax + 1))).toBe(`code_block:markdown(${JSON.stringify(wide(columnsMax + 1))})`);
  });

  test("cells that nobody wrote, at the limit and one past it, where it stays source", () => {
    // One cell a row, and a last row of `width`.
    const ragged = (rows: number, width: number): string =>
      `|a|\n|-|\n${"|b|\n".repeat(rows - 2)}${"|c".repeat(width)}|`;
    const madeUp = (rows: number, width: number): number => (rows - 1) * (width - 1);
    expect(madeUp(13, 13)).toBeLessThanOrEqual(madeUpMax(25));
    expect(madeUp(16, 16)).toBeGreaterThan(madeUpMax(31));
    expect(body(ragged(13, 13))).toMatch(/^table\(/);
    expect(body(ragged(16, 16))).toBe(`code_block:markdown(${JSON.stringify(ragged(16, 16))})`);
  });
});

describe("tasks", () => {
  test.each([
    ["tasks", "- [x] a\n- [ ] b", `task_list(list_item:done(paragraph("a")) list_item(paragraph("b")))`],
    [
      "tasks in tasks",
      "* [ ] a\n  * [X] b\n  * [ ] c",
      `task_list(list_item(paragraph("a") task_list(list_item:done(paragraph("b")) list_item(paragraph("c")))))`,
    ],
    [
      "tasks among other items: lists of their own",
      "- a\n- [ ] b\n- [x] c\n- d",
      `bullet_list(list_item(paragraph("a"))) task_list(list_item(paragraph("b")) list_item:done(paragraph("c"))) bullet_list(list_item(paragraph("d")))`,
    ],
    [
      "tasks without a word",
      "- [ ]\n- [x]\n\n  a",
      `task_list(list_item(paragraph()) list_item:done(paragraph() paragraph("a")))`,
    ],
    ["an escaped box", "- \\[ ]", `bullet_list(list_item(paragraph("[ ]")))`],
    ["a box that is a link", "- [x]\n\n[x]: y", `bullet_list(list_item(paragraph(link<y>("x"))))`],
    [
      "numbered: the box is text",
      "1. [x] a\n2. [ ] b",
      `ordered_list1(list_item(paragraph("[x] a")) list_item(paragraph("[ ] b")))`,
    ],
  ])("%s", (_, source, expected) => expect(body(source)).toBe(expected));
});

describe("callouts", () => {
  test.each([
    ["a note", "> [!NOTE]\n> a *b*", `callout:note(paragraph("a " em("b")))`],
    [
      "each kind",
      "> [!TIP]\n> a\n\n> [!Important]\n> b\n\n> [!warning]\n> c\n\n> [!CAUTION]\n> d",
      `callout:tip(paragraph("a")) callout:important(paragraph("b")) callout:warning(paragraph("c")) callout:caution(paragraph("d"))`,
    ],
    [
      "of several blocks",
      "> [!NOTE]\n>\n> a\n>\n> - b",
      `callout:note(paragraph("a") bullet_list(list_item(paragraph("b"))))`,
    ],
    ["a hard break after it", "> [!NOTE]  \n> a", `callout:note(paragraph("a"))`],
    ["formatting right after it", "> [!NOTE]\n> *a* b", `callout:note(paragraph(em("a") " b"))`],
    ["nothing in it", "> [!NOTE]", `callout:note(paragraph())`],
    ["in an item", "- > [!NOTE]\n  > a", `bullet_list(list_item(callout:note(paragraph("a"))))`],
    ["another kind", "> [!INFO]\n> a", `blockquote(paragraph("[!INFO] a"))`],
    ["text beside it", "> [!NOTE] a", `blockquote(paragraph("[!NOTE] a"))`],
    ["formatting beside it", "> [!NOTE]*a*", `blockquote(paragraph("[!NOTE]" em("a")))`],
    ["not in the first line", "> a\n> [!NOTE]", `blockquote(paragraph("a [!NOTE]"))`],
    ["escaped", "> \\[!NOTE]\n> a", `blockquote(paragraph("[!NOTE] a"))`],
    ["no quote", "[!NOTE]\na", `paragraph("[!NOTE] a")`],
  ])("%s", (_, source, expected) => expect(body(source)).toBe(expected));
});

describe("images", () => {
  test.each([
    ["alone in its paragraph", `![a *b*](http://x/y.png "t")`, `image<http://x/y.png "t" a b>()`],
    ["without alt", "![](y.png?z)", `image<y.png?z>()`],
    ["reference", "![a][b]\n\n[b]: y.png 't'", `image<y.png "t" a>()`],
    ["its own source", "![a](data:image/png;base64,AA==)", `image<data:image/png;base64,AA== a>()`],
    ["in a line", "a ![b](c 'd') e", `paragraph("a " image_inline<c "d" b>() " e")`],
    ["two", "![a](b)![a](b)", `paragraph(image_inline<b a>() image_inline<b a>())`],
    ["in a link", "[![a](y.png)](z)", `paragraph(link<z>(image_inline<y.png a>()))`],
    ["emphasised", "*![a](b)*", `paragraph(em(image_inline<b a>()))`],
    ["alone in an item", "- ![a](b)", `bullet_list(list_item(image<b a>()))`],
    ["address not allowed", "![a](javascript:x)", `paragraph("a (javascript:x)")`],
    ["address not allowed, no alt", "b ![](file:///x)", `paragraph("b (file:///x)")`],
    ["a document as its source", "![a](data:text/html,x)", `paragraph("a (data:text/html,x)")`],
    ["no address", "![a]()", `paragraph("a")`],
    ["nothing at all", "![]()", "paragraph()"],
    ["no definition", "![a][b]", `paragraph("![a][b]")`],
  ])("%s", (_, source, expected) => expect(body(source)).toBe(expected));
});

describe("footnotes", () => {
  test.each([
    [
      "named before and after",
      "a[^1] b[^1]\n\n[^1]: c *d*\n\n    e\n\nf[^1]",
      `paragraph("a" footnote_reference:id0() " b" footnote_reference:id0()) footnote:id0(paragraph("c " em("d")) paragraph("e")) paragraph("f" footnote_reference:id0())`,
    ],
    [
      "side by side",
      "a[^1][^two]\n\n[^1]: b\n[^two]: c",
      `paragraph("a" footnote_reference:id0() footnote_reference:id1()) footnote:id0(paragraph("b")) footnote:id1(paragraph("c"))`,
    ],
    [
      "labels of any text",
      "a[^x/y:z] b[^É]\n\n[^x/y:z]: c\n\n[^é]: d",
      `paragraph("a" footnote_reference:id0() " b" footnote_reference:id1()) footnote:id0(paragraph("c")) footnote:id1(paragraph("d"))`,
    ],
    ["empty", "a[^1]\n\n[^1]:", `paragraph("a" footnote_reference:id0()) footnote:id0(paragraph())`],
    [
      "in bold",
      "**a[^1]**\n\n[^1]: b",
      `paragraph(strong("a") strong(footnote_reference:id0())) footnote:id0(paragraph("b"))`,
    ],
    ["never named", "a\n\n[^1]: b", `paragraph("a") paragraph("[^1]: b")`],
    ["never defined", "a[^1]", `paragraph("a[^1]")`],
    [
      "defined twice: the second is text",
      "a[^1]\n\n[^1]: b\n\n[^1]: c",
      `paragraph("a" footnote_reference:id0()) footnote:id0(paragraph("b")) paragraph("[^1]: c")`,
    ],
    [
      "a footnote in a footnote is text",
      "a[^1] b[^2]\n\n[^1]: [^2]: c",
      `paragraph("a" footnote_reference:id0() " b[^2]") footnote:id0(paragraph("[^2]: c"))`,
    ],
    [
      "named in a footnote",
      "a[^1]\n\n[^1]: b[^2]\n\n[^2]: c",
      `paragraph("a" footnote_reference:id0()) footnote:id0(paragraph("b" footnote_reference:id1())) footnote:id1(paragraph("c"))`,
    ],
    [
      "in a quote",
      "> a[^1]\n>\n> [^1]: b",
      `blockquote(paragraph("a" footnote_reference:id0()) footnote:id0(paragraph("b")))`,
    ],
    ["a link of that name", "[^a b]\n\n[^a b]: x", `paragraph(link<x>("^a b"))`],
  ])("%s", (_, source, expected) => expect(body(source)).toBe(expected));

  test("are found across pieces, both ways, and take nothing with them", () => {
    const source = `a[^1] [b]\n\n${filler}\n[^1]: c\n\n[b]: x\n\n${filler}\n    d[^1]\n\ne[^1]\n`;
    expect(splitMarkdown(source).length).toBeGreaterThan(2);
    const result = body(source);
    expect(result).toContain(`paragraph("a" footnote_reference:id0() " " link<x>("b"))`);
    expect(result.match(/footnote:id0\(paragraph\("c"\)\)/g)).toHaveLength(1);
    expect(result).toContain(`code_block("d[^1]") paragraph("e" footnote_reference:id0())`);
  });
});

describe("formulas", () => {
  test.each([
    ["in a line", "a $x^2$, $$y$$ *$z$*", `paragraph("a " math("x^2") ", " math("y") " " em(math("z")))`],
    ["nothing in it is Markdown", "$a_b*c_d*[e](f)$", `paragraph(math("a_b*c_d*[e](f)"))`],
    ["over a line's end", "a $x +\ny$", `paragraph("a " math("x + y"))`],
    ["in code", "`$a$`", `paragraph(code("$a$"))`],
    ["a letter after it", "the $n$th", `paragraph("the " math("n") "th")`],
    ["between Han", "设$x$为", `paragraph("设" math("x") "为")`],
    ["money", "It costs $5 and $10, or US$3/US$4.", `paragraph("It costs $5 and $10, or US$3/US$4.")`],
    ["money, and what stands between", "$5 *a* $6", `paragraph("$5 " em("a") " $6")`],
    ["padded", "a $ b $ c", `paragraph("a $ b $ c")`],
    ["escaped", "\\$a$ and $b\\$", `paragraph("$a$ and $b$")`],
    ["an index", "H$_2$O, 10$^3$", `paragraph("H" math("_2") "O, 10" math("^3"))`],
    ["shell", "echo $HOME $PATH", `paragraph("echo $HOME $PATH")`],
    ["a letter before it", "a$b$c", `paragraph("a$b$c")`],
    [
      "a block",
      "a\n$$\n\\frac{1}{2}\n\n- b\n$$\nc",
      `paragraph("a") math_block("\\\\frac{1}{2}\\n\\n- b") paragraph("c")`,
    ],
    ["a block, indented", "  $$\n  a\n    b\n  $$", `math_block("a\\n  b")`],
    ["an empty block", "$$\n$$\n\na", `math_block() paragraph("a")`],
    ["in one line", "a\n\n$$ x $$\n\nb", `paragraph("a") math_block("x") paragraph("b")`],
    ["in a line of a paragraph", "a\n$$x$$\nb", `paragraph("a") math_block("x") paragraph("b")`],
    [
      "its dollars beside it",
      "$$\\begin{a}\nx\n- y\n\\end{a}$$\n*b*",
      `math_block("\\\\begin{a}\\nx\\n- y\\n\\\\end{a}") paragraph(em("b"))`,
    ],
    ["after an item", "- a\n$$\nb\n$$", `bullet_list(list_item(paragraph("a"))) math_block("b")`],
    [
      "in an item",
      "- $$\n  a\n  + b\n\n  $$\n- c",
      `bullet_list(list_item(math_block("a\\n+ b\\n")) list_item(paragraph("c")))`,
    ],
    [
      "in an item, beside it",
      "- $$a\n  b$$\n\n  c",
      `bullet_list(list_item(math_block("a\\nb") paragraph("c")))`,
    ],
    ["in a quote", "> $$\n> a\n> $$\n> b", `blockquote(math_block("a") paragraph("b"))`],
    ["in a callout", "> [!NOTE]\n> $$\n> a\n> $$", `callout:note(math_block("a"))`],
    ["left open", "$$\n*a*\n\nb", `paragraph("$$ " em("a")) paragraph("b")`],
    ["left open beside text", "$$ is *a*\n\nb $$", `paragraph("$$ is " em("a")) paragraph("b $$")`],
    [
      "left open in an item",
      "- $$\n  *a*\n\n  b\n- c",
      `bullet_list(list_item(paragraph("$$ " em("a")) paragraph("b")) list_item(paragraph("c")))`,
    ],
    [
      "left open in a quote, before a block",
      "> $$\n> a\n\n$$\nb\n$$",
      `blockquote(paragraph("$$ a")) math_block("b")`,
    ],
    ["in a fence", "```\n$$\n```\n\n$$\na\n$$", `code_block("$$") math_block("a")`],
  ])("%s", (_, source, expected) => expect(body(source)).toBe(expected));

  test("a block is never cut, and at the limit of its length it is one, past it text", () => {
    const block = (chars: number): string => `$$\n${"a\n".repeat(chars / 2)}$$\n`;
    const source = `${filler}${block(mathCharsMax - 4)}\n${filler}`;
    expect(splitMarkdown(source).filter(({ kind }) => kind === "math")).toEqual([
      { kind: "math", text: block(mathCharsMax - 4), seam: null },
    ]);
    expect(body(block(mathCharsMax - 4))).toMatch(/^math_block/);
    expect(body(block(mathCharsMax))).toMatch(/^paragraph\("\$\$ a a/);
  });

  test("no letter of any dollars is lost", () => {
    const scrap = fc.constantFrom(
      "$",
      "$$",
      "$$\n",
      "\n$$\n",
      "a",
      "b",
      " ",
      "\n",
      "\n\n",
      "- ",
      "> ",
      "\\",
      "1",
    );
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 40 }), (parts) => {
        const source = parts.join("");
        const { doc } = parseMarkdown(source, counter());
        doc.check();
        expect(doc.textContent.replace(/[^ab]/g, "")).toBe(source.replace(/[^ab]/g, ""));
      }),
      { numRuns: 3_000 },
    );
  });
});

/**
 * Markdown while typing, as the keys of a keyboard make it: what each shortcut gives, that Backspace
 * right after takes it back, and that all of it is the same after closing, after undo and redo, and in
 * front of somebody else.
 */
import { rm } from "node:fs/promises";
import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchApp, temporaryFolder } from "../app.ts";
import type { RunningApp } from "../app.ts";
import { htmlOf, newDocument, openDocument, status, titleField, type, whenHtml } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

const p = (inside: string): string => `<p>${inside}</p>`;
const ul = (...items: string[]): string => `<ul>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`;
const ol = (...items: string[]): string => `<ol>${items.map((item) => `<li>${item}</li>`).join("")}</ol>`;
const pre = (language: string, inside: string): string =>
  `<pre data-language="${language}" spellcheck="false"><code>${inside}</code></pre>`;
const a = (href: string, inside: string): string =>
  `<a href="${href}" rel="noopener noreferrer nofollow">${inside}</a>`;
const code = (inside: string): string => `<code spellcheck="false">${inside}</code>`;

/** Types where the caret is; "\n" is Enter, "⇧" Shift-Enter, "→" Tab, "←" Shift-Tab, "⌫" Backspace. */
async function keys(page: Page, words: string): Promise<void> {
  const named: Record<string, string> = {
    "\n": "Enter",
    "⇧": "Shift+Enter",
    "→": "Tab",
    "←": "Shift+Tab",
    "⌫": "Backspace",
  };
  for (const piece of words.split(/([\n⇧→←⌫])/)) {
    const key = named[piece];
    if (key !== undefined) await page.keyboard.press(key);
    else if (piece !== "") await page.keyboard.type(piece);
  }
}

describe("one shortcut at a time", () => {
  let deckle: RunningApp;
  let dataDir: string;
  let made = 0;
  beforeAll(async () => {
    dataDir = await temporaryFolder();
    deckle = await launchApp({ dataDir });
    // The page that lies ready at the first start.
    await deckle.page.getByRole("list", { name: "Documents" }).getByRole("button").waitFor();
  });
  afterAll(async () => {
    await deckle.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const blank = async (): Promise<Page> => {
    await newDocument(deckle.page, `Page ${++made}`);
    return deckle.page;
  };

  test.each([
    ["# One", "<h1>One</h1>"],
    ["## Two", "<h2>Two</h2>"],
    ["### Three", "<h3>Three</h3>"],
    ["#### Four", "<h4>Four</h4>"],
    ["##### Five", "<h5>Five</h5>"],
    ["###### Six", "<h6>Six</h6>"],
    ["####### seven", p("####### seven")],
    ["#hashtag", p("#hashtag")],
    ["> Said", `<blockquote>${p("Said")}</blockquote>`],
    ["- one", ul(p("one"))],
    ["* one", ul(p("one"))],
    ["+ one", ul(p("one"))],
    ["1. one", ol(p("one"))],
    ["1) one", ol(p("one"))],
    ["7. seven", `<ol start="7"><li>${p("seven")}</li></ol>`],
    ["0. zero", `<ol start="0"><li>${p("zero")}</li></ol>`],
    ["> - both", `<blockquote>${ul(p("both"))}</blockquote>`],
    ["- # both", ul("<h1>both</h1>")],
    ["``` code", pre("", "code")],
    ["```ts let x = **1**;", pre("ts", "let x = **1**;")],
    ["---after", `<hr>${p("after")}`],
    ["***after", `<hr>${p("after")}`],
    ["**bold** after", p("<strong>bold</strong> after")],
    ["__bold__ after", p("<strong>bold</strong> after")],
    ["*em* after", p("<em>em</em> after")],
    ["_em_ after", p("<em>em</em> after")],
    ["`code` after", p(`${code("code")} after`)],
    ["~~gone~~ after", p("<s>gone</s> after")],
    ["[text](https://example.org/a?b=c) after", p(`${a("https://example.org/a?b=c", "text")} after`)],
    ["[mail](mailto:a@example.org).", p(`${a("mailto:a@example.org", "mail")}.`)],
    ["so ***both*** after", p("so <em><strong>both</strong></em> after")],
    ["a **b** *c* `d` e", p(`a <strong>b</strong> <em>c</em> ${code("d")} e`)],
    [
      "**bold *both* bold** x",
      p("<strong>bold </strong><em><strong>both</strong></em><strong> bold</strong> x"),
    ],
    ["# A **bold** title", "<h1>A <strong>bold</strong> title</h1>"],
    // What only looks like Markdown stays what it is.
    ["snake_case_name", p("snake_case_name")],
    ["2 * 3 * 4", p("2 * 3 * 4")],
    ["** no **", p("** no **")],
    ["a - b", p("a - b")],
    ["In 1999. Yes", p("In 1999. Yes")],
    ["[x](javascript:alert)", p("[x](javascript:alert)")],
    ["![x](https://example.org/x.png)", p("![x](https://example.org/x.png)")],
  ])("%j", async (typed, html) => {
    const page = await blank();
    await keys(page, typed);
    await whenHtml(page, html);
  });

  // Each is waited for until it is saved: Backspace comes when the person has seen what happened.
  test.each([
    ["# ", "<h1></h1>", p("# ")],
    ["###### ", "<h6></h6>", p("###### ")],
    ["> ", `<blockquote>${p("")}</blockquote>`, p("&gt; ")],
    ["- ", ul(p("")), p("- ")],
    ["1. ", ol(p("")), p("1. ")],
    ["7. ", `<ol start="7"><li>${p("")}</li></ol>`, p("7. ")],
    ["``` ", pre("", ""), p("``` ")],
    ["---", `<hr>${p("")}`, p("---")],
    ["**bold**", p("<strong>bold</strong>"), p("**bold**")],
    ["*em*", p("<em>em</em>"), p("*em*")],
    ["`code`", p(code("code")), p("`code`")],
    ["~~gone~~", p("<s>gone</s>"), p("~~gone~~")],
    ["[text](https://example.org/)", p(a("https://example.org/", "text")), p("[text](https://example.org/)")],
  ])("%j, and Backspace right after gives back what was typed", async (typed, html, literal) => {
    const page = await blank();
    await keys(page, typed);
    await whenHtml(page, html);
    await status(page, /^Saved on this device/);
    await keys(page, "⌫");
    await whenHtml(page, literal);
    // From there it is text: what follows is added, and the next Backspace takes one letter.
    await keys(page, "x⌫");
    await whenHtml(page, literal);
    await status(page, /^Saved on this device/);
    await whenHtml(page, literal);
  });

  test.each([
    ["ControlOrMeta+b", "strong"],
    ["ControlOrMeta+i", "em"],
    ["ControlOrMeta+e", "code"],
  ])("%s marks what is selected, unmarks it, and marks what is typed next", async (key, tag) => {
    const page = await blank();
    const marked = (inside: string): string => (tag === "code" ? code(inside) : `<${tag}>${inside}</${tag}>`);
    await keys(page, "word");
    await page.keyboard.press("Shift+Home");
    await page.keyboard.press(key);
    await whenHtml(page, p(marked("word")));
    await page.keyboard.press(key);
    await whenHtml(page, p("word"));
    await page.keyboard.press("End");
    await keys(page, " plain ");
    await page.keyboard.press(key);
    await keys(page, "marked");
    await page.keyboard.press(key);
    await keys(page, " plain");
    await whenHtml(page, p(`word plain ${marked("marked")} plain`));
  });

  test("Tab and Shift-Tab nest a list; Enter twice leaves it, a level at a time", async () => {
    const page = await blank();
    await keys(page, "- one\n→two\n→three");
    await whenHtml(page, ul(p("one") + ul(p("two") + ul(p("three")))));
    await keys(page, "\n←four");
    await whenHtml(page, ul(p("one") + ul(p("two") + ul(p("three")), p("four"))));
    await keys(page, "\n\n");
    await keys(page, "five");
    await whenHtml(page, ul(p("one") + ul(p("two") + ul(p("three")), p("four")), p("five")));
    await keys(page, "\n\nout");
    await whenHtml(page, ul(p("one") + ul(p("two") + ul(p("three")), p("four")), p("five")) + p("out"));
  });

  test("Enter continues a numbered list, and twice leaves it; a quote too", async () => {
    const page = await blank();
    await keys(page, "7. seven\neight\n\n");
    await keys(page, "> quoted\nagain\n\nout");
    await whenHtml(
      page,
      `<ol start="7"><li>${p("seven")}</li><li>${p("eight")}</li></ol>` +
        `<blockquote>${p("quoted")}${p("again")}</blockquote>${p("out")}`,
    );
  });

  test("Shift-Enter breaks the line inside a paragraph, an item and a heading", async () => {
    const page = await blank();
    await keys(page, "one⇧two\n- a⇧b\n\n# c⇧d");
    await whenHtml(page, p("one<br>two") + ul(p("a<br>b")) + "<h1>c<br>d</h1>");
  });

  test("in a code block Enter and Tab type, and three Enters leave it", async () => {
    const page = await blank();
    await keys(page, "```js if (x) {\n→y();\n}");
    await whenHtml(page, pre("js", "if (x) {\n\ty();\n}"));
    await keys(page, "\n\n\nout");
    await whenHtml(page, pre("js", "if (x) {\n\ty();\n}") + p("out"));
  });

  test("three backticks and Enter open a code block", async () => {
    const page = await blank();
    await keys(page, "```\ncode");
    await whenHtml(page, pre("", "code"));
  });

  test("undo goes back through all of it to the empty page, redo comes back the same way", async () => {
    const page = await blank();
    await keys(
      page,
      "# Head\n> quote\n\n- one\n→two\n\n\n7. seven\n\n---**b** *i* `c` ~~s~~ [t](https://example.org/)⇧end",
    );
    const whole = await htmlOf(page);
    expect(whole).toBe(
      "<h1>Head</h1>" +
        `<blockquote>${p("quote")}</blockquote>` +
        ul(p("one") + ul(p("two"))) +
        `<ol start="7"><li>${p("seven")}</li></ol><hr>` +
        p(`<strong>b</strong> <em>i</em> ${code("c")} <s>s</s> ${a("https://example.org/", "t")}<br>end`),
    );
    const seen = [whole];
    const pressed = async (key: string): Promise<string> => {
      await page.keyboard.press(key);
      return htmlOf(page);
    };
    while (seen.at(-1) !== p("")) {
      const html = await pressed("ControlOrMeta+z");
      expect(html, `undo ${seen.length} changed nothing`).not.toBe(seen.at(-1));
      seen.push(html);
    }
    expect(await pressed("ControlOrMeta+z")).toBe(p(""));
    for (const html of seen.toReversed().slice(1)) expect(await pressed("ControlOrMeta+Shift+z")).toBe(html);
    await status(page, /^Saved on this device/);
    expect(await htmlOf(page)).toBe(whole);
  });

  test("nothing of it is an error to the window", () => {
    expect(deckle.problems).toEqual([]);
  });
});

/** One of everything, as typed from an empty page. */
const everything =
  "# Head **bold**\nPlain *em* and `code`⇧second line\n> quote\n\n- one\n→nested ~~struck~~\n→deep\n\n\n\n" +
  "7. seven\neight\n\n---after the rule [link](https://example.org/?a=1&b=2) end\n```ts a < b;\n\n\nlast";
const everythingHtml =
  "<h1>Head <strong>bold</strong></h1>" +
  p(`Plain <em>em</em> and ${code("code")}<br>second line`) +
  `<blockquote>${p("quote")}</blockquote>` +
  ul(p("one") + ul(p("nested <s>struck</s>") + ul(p("deep")))) +
  `<ol start="7"><li>${p("seven")}</li><li>${p("eight")}</li></ol><hr>` +
  p(`after the rule ${a("https://example.org/?a=1&amp;b=2", "link")} end`) +
  pre("ts", "a &lt; b;") +
  p("last");

test("everything typed is the same after closing and opening, and in front of somebody else", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  let one = await stage.launch(data, "one", relay);
  await type(one.page, "");
  await titleField(one.page).fill("Everything");
  await type(one.page, "");
  await keys(one.page, everything);
  await whenHtml(one.page, everythingHtml);
  await status(one.page, /^Saved on this device · On the relay$/);

  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Everything");
  await whenHtml(two.page, everythingHtml);

  // Live as well: one shortcut typed here, seen there, taken back there by Backspace here.
  await type(one.page, "\n## ");
  await whenHtml(two.page, `${everythingHtml}<h2></h2>`);
  await keys(one.page, "⌫");
  await whenHtml(two.page, everythingHtml + p("## "));
  await whenHtml(one.page, everythingHtml + p("## "));
  await keys(one.page, "⌫⌫⌫⌫");
  await whenHtml(two.page, everythingHtml);
  await status(one.page, /^Saved on this device · On the relay$/);

  await stage.end(one, "close");
  one = await stage.launch(data, "one", relay);
  await whenHtml(one.page, everythingHtml);
  await status(one.page, /^Saved on this device · On the relay$/);
  await whenHtml(one.page, everythingHtml);
  expect(two.problems).toEqual([]);
});

test("undone and redone in front of somebody else, both see the same at each step", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Undone");
  await type(one.page, "theirs");
  await status(one.page, /On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Undone");
  await whenHtml(two.page, p("theirs"));

  await type(two.page, "\n- one");
  await keys(two.page, "\n→two **bold**");
  const whole = p("theirs") + ul(p("one") + ul(p("two <strong>bold</strong>")));
  await whenHtml(two.page, whole);
  await whenHtml(one.page, whole);
  const seen = [whole];
  while (seen.at(-1) !== p("theirs")) {
    await two.page.keyboard.press("ControlOrMeta+z");
    const html = await htmlOf(two.page);
    expect(html).not.toBe(seen.at(-1));
    seen.push(html);
    await whenHtml(one.page, html);
    await whenHtml(two.page, html);
  }
  for (const html of seen.toReversed().slice(1)) {
    await two.page.keyboard.press("ControlOrMeta+Shift+z");
    await whenHtml(two.page, html);
    await whenHtml(one.page, html);
  }
  await status(two.page, /^Saved on this device · On the relay$/);
  await stage.end(two, "close");
  const again = await stage.launch(data, "two", relay);
  await whenHtml(again.page, whole);
});

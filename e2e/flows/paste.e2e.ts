/**
 * Paste: what other programs put on the clipboard, through the app's own, and the document that it becomes. Each file of
 * `renderer/editor/fixtures/paste` is written as that program writes; beside it is the document, without ids and defaults.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { schema } from "../../renderer/document/schema.ts";
import type { RunningApp } from "../app.ts";
import { documentJson } from "../document-json.ts";
import { beginPage, focusText, htmlOf, text, untilMs, whenAlert, whenHtml } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
const folder = join(import.meta.dirname, "../../renderer/editor/fixtures/paste");
const names = readdirSync(folder).flatMap((file) => /^(.*)\.html$/.exec(file)?.[1] ?? []);

interface Json {
  readonly type: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly content?: readonly Json[];
  readonly marks?: readonly Json[];
  readonly text?: string;
}

/** Without attributes that are default, and with footnotes numbered as they come. */
function plain(json: Json, footnotes = new Map<string, string>()): Json {
  const specs: Readonly<Record<string, { default?: unknown }>> =
    schema.nodes[json.type as keyof typeof schema.nodes]?.spec.attrs ?? {};
  const named = (id: string): string => {
    if (!footnotes.has(id)) footnotes.set(id, `note ${footnotes.size + 1}`);
    return footnotes.get(id) ?? "";
  };
  const attrs = Object.entries(json.attrs ?? {}).flatMap(([name, value]) => {
    if (name === "footnote" || (name === "id" && json.type === "footnote"))
      return [[name, named(String(value))]];
    return name === "id" || value === specs[name]?.default || value === "" ? [] : [[name, value]];
  });
  return {
    type: json.type,
    ...(attrs.length > 0 && { attrs: Object.fromEntries(attrs) as Record<string, unknown> }),
    ...(json.text !== undefined && { text: json.text }),
    ...(json.marks && { marks: json.marks.map((mark) => plain(mark)) }),
    ...(json.content && { content: json.content.map((each) => plain(each, footnotes)) }),
  };
}

const documentOf = async (page: Page): Promise<Json> => plain(JSON.parse(await documentJson(page)) as Json);

async function empty(page: Page): Promise<void> {
  await focusText(page);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("ControlOrMeta+Alt+0");
  await whenHtml(page, "<p></p>");
}

/** Puts it on the clipboard of the system; null is no HTML. */
async function putOnClipboard({ app }: RunningApp, html: string | null, words: string): Promise<void> {
  await app.evaluate(
    async ({ clipboard, ClipboardItem }, [given, plainWords]) => {
      if (typeof ClipboardItem === "function") {
        const items = { "text/plain": plainWords, ...(given !== null && { "text/html": given }) };
        return clipboard.write([new ClipboardItem(items)]);
      }
      // Before Electron had the clipboard of the web.
      const write = Reflect.get(clipboard, "write") as (data: object) => void;
      Reflect.apply(write, clipboard, [{ text: plainWords, ...(given !== null && { html: given }) }]);
    },
    [html, words] as const,
  );
}

/** The same, and pastes as the menu does. */
async function pasteFromSystem(deckle: RunningApp, html: string | null, words: string): Promise<void> {
  await putOnClipboard(deckle, html, words);
  await deckle.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.paste());
}

test("what programs put on the clipboard becomes the document that was meant", async () => {
  const deckle = await stage.launch(await stage.folder(), "writer");
  const { page, problems } = deckle;
  await beginPage(page, "Paste");
  for (const name of names) {
    await empty(page);
    const html = readFileSync(join(folder, `${name}.html`), "utf8");
    await pasteFromSystem(deckle, html, "in plain words");
    await expect.poll(() => htmlOf(page), { timeout: untilMs }).not.toBe("<p></p>");
    const file = join(folder, `${name}.json`);
    const found = await documentOf(page);
    if (process.env["DECKLE_WRITE_FIXTURES"]) writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
    const expected: unknown = JSON.parse(readFileSync(file, "utf8"));
    expect(found, name).toEqual(expected);
  }
  expect(problems).toEqual([]);
});

test("a clipboard that was changed just as it was read is read again", async () => {
  const deckle = await stage.launch(await stage.folder(), "writer");
  const { page, problems } = deckle;
  await beginPage(page, "Again");
  /** What Chromium gives then: what is there by name, and nothing of it. */
  const pasteNothing = (): Promise<boolean> =>
    text(page).evaluate((dom) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/html", "");
      clipboardData.setData("text/plain", "");
      return dom.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }),
      );
    });
  await putOnClipboard(deckle, "<p>with <b>all</b> of it</p>", "words");
  await pasteNothing();
  await whenHtml(page, "<p>with <strong>all</strong> of it</p>");

  // What is named and never comes is said.
  await deckle.app.evaluate(({ clipboard }) => clipboard.clear());
  for (let k = 0; k < 3; k++) await pasteNothing();
  await whenAlert(page, "Nothing was pasted");
  await whenHtml(page, "<p>with <strong>all</strong> of it</p>");
  expect(problems).toEqual([]);
});

test("plain text is paragraphs, Markdown where it is Markdown, and an address over words is where they lead", async () => {
  const deckle = await stage.launch(await stage.folder(), "writer");
  const { page, problems } = deckle;
  await beginPage(page, "Text");
  await pasteFromSystem(deckle, null, "one\ntwo - three\n\n2 * 3 * 4");
  await whenHtml(page, "<p>one</p><p>two - three</p><p>2 * 3 * 4</p>");
  await empty(page);
  const markdown = "# Felts\n\n- one\n  - two\n    - three\n\n**bold** and `code`";
  await pasteFromSystem(deckle, null, markdown);
  await whenHtml(
    page,
    "<h1>Felts</h1><ul><li><p>one</p><ul><li><p>two</p><ul><li><p>three</p></li></ul></li></ul></li></ul>" +
      '<p><strong>bold</strong> and <code spellcheck="false">code</code></p>',
  );
  await empty(page);
  await page.keyboard.type("here");
  await page.keyboard.press("Shift+Home");
  await pasteFromSystem(deckle, null, "https://example.org/a");
  await whenHtml(page, '<p><a href="https://example.org/a" rel="noopener noreferrer nofollow">here</a></p>');

  // As plain text, from the key: Markdown stays as it is written, and HTML is not asked for.
  await empty(page);
  await putOnClipboard(deckle, "<b>bold</b>", "**bold**");
  await page.keyboard.press("ControlOrMeta+Shift+V");
  await whenHtml(page, "<p>**bold**</p>");
  await empty(page);
  await pasteFromSystem(deckle, "<b>bold</b>", "**bold**");
  await whenHtml(page, "<p><strong>bold</strong></p>");
  expect(problems).toEqual([]);
});

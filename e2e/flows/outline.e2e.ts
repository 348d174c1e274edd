/** The outline: it has the headings, says where one is, and goes there; by pointer and by keys. */
import type { Locator, Page } from "playwright";
import { expect, test } from "vitest";
import { resize } from "../../scripts/screenshot-tools.ts";
import {
  beginPage,
  focusText,
  openDocument,
  status,
  text,
  textOf,
  titleField,
  type,
  untilMs,
} from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
const wide = { width: 1280, height: 800 };
const narrow = { width: 700, height: 700 };

const outline = (page: Page): Locator => page.getByRole("navigation", { name: "Outline" });
const tree = (page: Page): Locator => outline(page).getByRole("tree", { name: "Headings" });
const rows = (page: Page): Promise<string[]> =>
  tree(page)
    .getByRole("treeitem")
    .evaluateAll((all) => all.map((row) => `${row.getAttribute("aria-level")} ${row.textContent}`));
const whenRows = (page: Page, expected: readonly string[]): Promise<void> =>
  expect.poll(() => rows(page), { timeout: untilMs }).toEqual(expected);
const whenHere = (page: Page, heading: string): Promise<void> =>
  expect
    .poll(() => tree(page).locator("[aria-current]").allTextContents(), { timeout: untilMs })
    .toEqual([heading]);
const whenFocused = (page: Page, heading: string): Promise<void> =>
  expect
    .poll(
      () =>
        tree(page).evaluate((dom) => {
          const id = dom === document.activeElement ? dom.getAttribute("aria-activedescendant") : null;
          return id === null ? null : document.getElementById(id)?.textContent;
        }),
      { timeout: untilMs },
    )
    .toBe(heading);
const whenTextHasFocus = (page: Page): Promise<void> =>
  expect
    .poll(() => text(page).evaluate((dom) => dom === document.activeElement), { timeout: untilMs })
    .toBe(true);
const toggle = (page: Page): Promise<void> => page.keyboard.press("ControlOrMeta+Shift+O");

const paragraph = "Words to fill the page. ".repeat(40);
const book = ["One", "Two", "Three"].flatMap((name) => [
  `# ${name}`,
  paragraph,
  `### ${name} inside`,
  paragraph,
]);

/** Pastes Markdown's blocks as HTML, as a browser would bring them. */
async function paste(page: Page, blocks: readonly string[]): Promise<void> {
  const html = blocks
    .map((block) => {
      const [, marks = "", words = ""] = /^(#*) ?(.*)$/s.exec(block) ?? [];
      const tag = marks === "" ? "p" : `h${marks.length}`;
      return `<${tag}>${words}</${tag}>`;
    })
    .join("");
  await text(page).evaluate((dom, given) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", given);
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, html);
  // By then ProseMirror looks at the selection again, which it does not for a moment after a paste.
  await status(page, /^Saved on this device/);
}

/** Pixels from the top of the pane to this heading. */
const fromTop = (page: Page, heading: string): Promise<number> =>
  text(page)
    .getByRole("heading", { name: heading, exact: true })
    .evaluate((dom) => {
      let pane: Element | null = dom;
      while (pane && !/auto|scroll/.test(getComputedStyle(pane).overflowY)) pane = pane.parentElement;
      return dom.getBoundingClientRect().top - (pane?.getBoundingClientRect().top ?? 0);
    });

test("headings are there as they are written, and keys go to one of them", async () => {
  const app = await stage.launch(await stage.folder(), "writer");
  const { page, problems } = app;
  await resize(app, wide);
  await beginPage(page, "Book");
  await toggle(page);
  await outline(page)
    .getByText(/^No headings yet\./)
    .waitFor({ timeout: untilMs });
  await whenTextHasFocus(page);
  await type(page, "# Chapter\nText\n### Part\nText\n# ");
  await whenRows(page, ["1 Chapter", "2 Part", "1 Empty heading"]);
  await page.keyboard.type("End");
  await whenRows(page, ["1 Chapter", "2 Part", "1 End"]);
  await whenHere(page, "End");
  await page.keyboard.press("ControlOrMeta+Alt+2");
  await whenRows(page, ["1 Chapter", "2 Part", "2 End"]);
  await page.keyboard.press("ControlOrMeta+Alt+1");
  await whenRows(page, ["1 Chapter", "2 Part", "1 End"]);

  // Hidden and shown again the outline has the focus, where the caret is.
  await toggle(page);
  await outline(page).waitFor({ state: "detached", timeout: untilMs });
  await toggle(page);
  await whenFocused(page, "End");
  await page.keyboard.press("Home");
  await whenFocused(page, "Chapter");
  await page.keyboard.press("ArrowLeft");
  await whenRows(page, ["1 Chapter", "1 End"]);
  await page.keyboard.press("ArrowRight");
  await whenRows(page, ["1 Chapter", "2 Part", "1 End"]);
  await page.keyboard.press("p");
  await whenFocused(page, "Part");
  await page.keyboard.press("Enter");
  await whenTextHasFocus(page);
  await page.keyboard.type("First ");
  await whenRows(page, ["1 Chapter", "2 First Part", "1 End"]);
  await whenHere(page, "First Part");

  // Escape goes back to the text and changes nothing there.
  const written = await textOf(page);
  await toggle(page);
  await toggle(page);
  await whenFocused(page, "First Part");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Escape");
  await whenTextHasFocus(page);
  await outline(page).waitFor({ timeout: untilMs });
  expect(await textOf(page)).toBe(written);
  expect(problems).toEqual([]);
});

test("a click brings a heading to the top; scrolling says in whose section one is; the panel is remembered", async () => {
  const data = await stage.folder();
  let app = await stage.launch(data, "writer");
  await resize(app, wide);
  await beginPage(app.page, "Long");
  await paste(app.page, book);
  await app.page.keyboard.press("ControlOrMeta+Home");
  await expect.poll(() => fromTop(app.page, "One"), { timeout: untilMs }).toBeGreaterThan(0);
  await app.page.getByRole("button", { name: "Show outline" }).click();
  await whenHere(app.page, "One");
  await tree(app.page).getByText("Two", { exact: true }).click();
  await whenHere(app.page, "Two");
  await whenTextHasFocus(app.page);
  expect(await fromTop(app.page, "Two")).toBeGreaterThanOrEqual(0);
  expect(await fromTop(app.page, "Two")).toBeLessThan(80);
  await app.page.keyboard.type("Chapter ");
  await whenHere(app.page, "Chapter Two");

  // With the caret out of sight it is what one reads that counts; the caret counts again when it moves.
  await app.page.mouse.move(500, 400);
  await app.page.mouse.wheel(0, 20_000);
  await whenHere(app.page, "Three inside");
  await app.page.keyboard.press("ArrowRight");
  await whenHere(app.page, "Chapter Two");
  await status(app.page, /^Saved on this device/);
  await stage.end(app, "close");

  app = await stage.launch(data, "writer");
  await resize(app, wide);
  await whenRows(app.page, [
    "1 One",
    "2 One inside",
    "1 Chapter Two",
    "2 Two inside",
    "1 Three",
    "2 Three inside",
  ]);
  await app.page.getByRole("button", { name: "Hide outline" }).click();
  await outline(app.page).waitFor({ state: "detached", timeout: untilMs });
});

test("a heading moves with its section, dragged or by keys, and one undo takes it back", async () => {
  const app = await stage.launch(await stage.folder(), "writer");
  const { page, problems } = app;
  await resize(app, wide);
  await beginPage(page, "Moved");
  const written = "A\na\nB\nb\nC\nc";
  await paste(page, ["# A", "a", "## B", "b", "# C", "c"]);
  await toggle(page);
  await whenRows(page, ["1 A", "2 B", "1 C"]);
  await whenFocused(page, "C");
  await page.keyboard.press("Alt+ArrowUp");
  await whenRows(page, ["1 C", "1 A", "2 B"]);
  await whenFocused(page, "C");
  expect(await textOf(page)).toBe("C\nc\nA\na\nB\nb");
  await page.keyboard.press("Escape");
  await page.keyboard.press("ControlOrMeta+z");
  await expect.poll(() => textOf(page), { timeout: untilMs }).toBe(written);

  const row = (name: string): Locator => tree(page).getByRole("treeitem", { name });
  await row("A").dragTo(row("C"), { targetPosition: { x: 60, y: 26 } });
  await whenRows(page, ["1 C", "1 A", "2 B"]);
  expect(await textOf(page)).toBe("C\nc\nA\na\nB\nb");
  await row("B").dragTo(row("C"), { targetPosition: { x: 60, y: 2 } });
  await whenRows(page, ["1 B", "1 C", "1 A"]);
  await focusText(page);
  await page.keyboard.press("ControlOrMeta+z");
  await page.keyboard.press("ControlOrMeta+z");
  await expect.poll(() => textOf(page), { timeout: untilMs }).toBe(written);
  expect(problems).toEqual([]);
});

test("in a narrow window it opens over the page when asked, and goes when its work is done", async () => {
  const app = await stage.launch(await stage.folder(), "writer");
  const { page } = app;
  await resize(app, wide);
  await beginPage(page, "Long");
  await paste(page, book);
  await toggle(page);
  await outline(page).waitFor({ timeout: untilMs });
  await resize(app, narrow);
  await outline(page).waitFor({ state: "detached", timeout: untilMs });
  const column = await text(page).boundingBox();
  await toggle(page);
  await tree(page).getByText("Three", { exact: true }).click();
  await outline(page).waitFor({ state: "detached", timeout: untilMs });
  await whenTextHasFocus(page);
  await expect.poll(() => fromTop(page, "Three"), { timeout: untilMs }).toBeLessThan(80);
  expect((await text(page).boundingBox())?.width).toBe(column?.width);
  await toggle(page);
  await tree(page).waitFor({ timeout: untilMs });
  await page.keyboard.press("Escape");
  await outline(page).waitFor({ state: "detached", timeout: untilMs });
  await whenTextHasFocus(page);
  // With room again it is beside the page, as it was.
  await resize(app, wide);
  await outline(page).waitFor({ timeout: untilMs });
});

test("what others write is in it, and moves nobody", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await resize(one, wide);
  await titleField(one.page).fill("Shared");
  await type(one.page, "# Mine\nText");
  await status(one.page, /On the relay$/);
  await toggle(one.page);
  await whenRows(one.page, ["1 Mine"]);
  await whenFocused(one.page, "Mine");
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Shared");
  await type(two.page, "\n# Theirs\nText");
  await whenRows(one.page, ["1 Mine", "1 Theirs"]);
  await whenHere(one.page, "Mine");
  await whenFocused(one.page, "Mine");
  await one.page.keyboard.press("End");
  await one.page.keyboard.press("Enter");
  await whenTextHasFocus(one.page);
  await one.page.keyboard.type("Of ");
  await expect.poll(() => textOf(two.page), { timeout: untilMs }).toBe("Mine\nText\nOf Theirs\nText");
  await whenRows(one.page, ["1 Mine", "1 Of Theirs"]);
});

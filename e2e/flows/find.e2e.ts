/** Find and replace on the real app. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { bookMarkdown } from "../../scripts/corpus.ts";
import { beginPage, openDocument, status, text, textOf, type, untilMs, whenText } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

const bar = (page: Page) => page.getByRole("search", { name: "Find in this document" });
const tally = (page: Page, words: string | RegExp): Promise<void> =>
  expect
    .poll(() => bar(page).getByRole("status", { name: "Found" }).textContent(), { timeout: untilMs })
    .toMatch(words);
const whenSaid = (page: Page, words: string | RegExp): Promise<void> =>
  expect
    .poll(() => bar(page).getByRole("status", { name: "Search says" }).textContent(), { timeout: untilMs })
    .toMatch(words);
const selected = (page: Page): Promise<string> => page.evaluate(() => getSelection()?.toString() ?? "");
const marked = (page: Page): Promise<number> => text(page).locator(".found").count();

test("500 matches: counted, gone through, all replaced, and one undo brings all back", async () => {
  const data = await stage.folder();
  const file = join(data, "long.md");
  const lines = Array.from({ length: 250 }, (_, i) => `Line ${i}: a vat, and another Vat.`);
  await writeFile(file, `# Long\n\n${lines.join("\n\n")}\n`);
  const { page, problems } = await stage.launch(data, "writer", undefined, [`--import=${file}`]);
  await openDocument(page, "Long");
  await text(page).click();
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.press("ControlOrMeta+F");
  await bar(page).waitFor({ timeout: untilMs });
  await page.keyboard.type("vat");
  await tally(page, /^1 of 500$/);
  // What is far off the screen is counted, and drawn when somebody comes there.
  expect(await marked(page)).toBeGreaterThan(10);
  expect(await marked(page)).toBeLessThan(500);
  await page.keyboard.press("Enter");
  await tally(page, /^2 of 500$/);
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Shift+Enter");
  await tally(page, /^500 of 500$/);
  // What was gone to is in sight, and not under the bar.
  const [match, over] = [
    await text(page).locator(".found.is-gone-to").boundingBox(),
    await bar(page).boundingBox(),
  ];
  expect(match?.y).toBeGreaterThan((over?.y ?? 0) + (over?.height ?? 0));
  expect(match?.y).toBeLessThan(await page.evaluate(() => innerHeight));
  await expect
    .poll(() => text(page).locator("p").last().locator(".found").count(), { timeout: untilMs })
    .toBe(2);
  await bar(page).getByRole("button", { name: "Match case" }).click();
  await tally(page, /of 250$/);
  await bar(page).getByRole("button", { name: "Match case" }).click();
  await tally(page, /of 500$/);

  const before = await textOf(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("ControlOrMeta+H");
  await bar(page).getByRole("textbox", { name: "Replace with" }).fill("tub");
  await bar(page).getByRole("button", { name: "Replace all" }).click();
  await whenSaid(page, /^500 were replaced\.$/);
  await tally(page, /^Nothing found$/);
  expect(await textOf(page)).toBe(before.replaceAll(/vat/gi, "tub"));
  await page.keyboard.press("Escape");
  await page.keyboard.press("ControlOrMeta+Z");
  await whenText(page, before);
  expect(problems).toEqual([]);
});

test("patterns, whole words, one by one; a broken pattern is said in words", async () => {
  const { page } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Patterns");
  await page.keyboard.type("can 3-10, canned 4-11, a can");
  await page.keyboard.press("ControlOrMeta+F");
  await page.keyboard.type("can");
  await tally(page, /of 3$/);
  await bar(page).getByRole("button", { name: "Whole words" }).click();
  await tally(page, /of 2$/);
  await bar(page).getByRole("button", { name: "Whole words" }).click();
  await bar(page).getByRole("button", { name: "Regular expression" }).click();
  await bar(page).getByRole("textbox", { name: "Find" }).fill("(\\d+");
  await whenSaid(page, /^This is no pattern: missing/);
  await bar(page).getByRole("textbox", { name: "Find" }).fill("(\\d+)-(\\d+)");
  await tally(page, /of 2$/);
  await page.keyboard.press("Escape");
  // Into the text again, and the search goes on from where it was.
  await text(page).click({ position: { x: 2, y: 10 } });
  await expect.poll(() => selected(page), { timeout: untilMs }).toBe("");
  await page.keyboard.press("ControlOrMeta+H");
  const replacing = bar(page).getByRole("textbox", { name: "Replace with" });
  await replacing.fill("$2/$1");
  await replacing.press("Enter");
  await replacing.press("Enter");
  await whenText(page, "can 10/3, canned 4-11, a can");
  await replacing.press("Enter");
  await whenText(page, "can 10/3, canned 11/4, a can");
});

test("what is selected is looked for; typing on keeps what is marked right; Escape leaves the match selected", async () => {
  const { page } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Selected");
  await type(page, "one two one\ntwo one");
  await text(page)
    .getByText("one two one")
    .dblclick({ position: { x: 8, y: 10 } });
  await page.keyboard.press("ControlOrMeta+F");
  await tally(page, /^1 of 3$/);
  await page.keyboard.press("ControlOrMeta+G");
  await tally(page, /^2 of 3$/);
  await page.keyboard.press("Escape");
  await expect.poll(() => bar(page).count(), { timeout: untilMs }).toBe(0);
  expect(await selected(page)).toBe("one");
  await page.keyboard.press("ControlOrMeta+F");
  await tally(page, /^2 of 3$/);
  await type(page, " one");
  await tally(page, /^4$/);
  expect(await marked(page)).toBe(4);
});

test("a stretch that is selected is searched alone, and the keyboard alone does it all", async () => {
  const { page } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Stretch");
  await type(page, "one vat\nsecond vat\nthird vat");
  await page.keyboard.press("Shift+ArrowUp");
  await page.keyboard.press("Shift+Home");
  await page.keyboard.press("ControlOrMeta+F");
  await page.keyboard.type("vat");
  await tally(page, /^1 of 2$/);
  const toggle = bar(page).getByRole("button", { name: "In selection" });
  expect(await toggle.getAttribute("aria-pressed")).toBe("true");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await tally(page, /of 3$/);
  expect(await toggle.getAttribute("aria-pressed")).toBe("false");
  await page.keyboard.press("ControlOrMeta+H");
  await bar(page).getByRole("textbox", { name: "Replace with" }).waitFor({ timeout: untilMs });
  await page.keyboard.type("tub");
  await page.keyboard.press("Enter");
  await whenText(page, "one vat\nsecond tub\nthird vat");
  await page.keyboard.press("Escape");
  await expect.poll(() => bar(page).count(), { timeout: untilMs }).toBe(0);
  expect(await selected(page)).toBe("vat");
});

test("what somebody else writes meanwhile is found too, and another document is searched for the same", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await beginPage(one.page, "Shared");
  await one.page.keyboard.type("a vat");
  await status(one.page, /On the relay$/);
  await one.page.keyboard.press("ControlOrMeta+F");
  await one.page.keyboard.type("vat");
  await tally(one.page, /^1 of 1$/);
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Shared");
  await whenText(two.page, "a vat");
  await type(two.page, ", a second vat");
  await tally(one.page, /^1 of 2$/);
  await one.page.getByRole("button", { name: "New document" }).click({ timeout: untilMs });
  await tally(one.page, /^Nothing found$/);
  await openDocument(one.page, "Shared");
  await tally(one.page, /2$/);
});

test("a book of 100,000 words is searched while somebody writes in it", async () => {
  const data = await stage.folder();
  const file = join(data, "book.md");
  await writeFile(file, `# Book\n\n${bookMarkdown(100_000)}`);
  const { page } = await stage.launch(data, "writer", undefined, [`--import=${file}`]);
  // So much takes a while to import on a busy machine, and the search has no part in that.
  const entry = page.getByRole("navigation", { name: "Library" }).getByText("Book", { exact: true });
  await entry.waitFor({ timeout: 3 * untilMs });
  await openDocument(page, "Book");
  await text(page).click();
  await page.keyboard.press("ControlOrMeta+F");
  await page.keyboard.type("e");
  await tally(page, /^[\d,]+ of 10,000\+$/);
  await bar(page).getByRole("textbox", { name: "Find" }).fill("zebrafinch");
  await tally(page, /^Nothing found$/);
  await type(page, " A zebrafinch at last.");
  await tally(page, /^1$/);
});

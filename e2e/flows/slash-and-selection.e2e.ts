/** The slash menu, and what is shown beside selected text. */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { beginPage, htmlOf, text, untilMs, whenHtml } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

const menu = (page: Page) => page.getByRole("listbox", { name: "Insert" });
const choices = (page: Page): Promise<string[]> => menu(page).getByRole("option").allTextContents();
const whenFirst = (page: Page, name: string): Promise<void> =>
  expect.poll(async () => (await choices(page))[0], { timeout: untilMs }).toContain(name);
const whenClosed = (page: Page): Promise<void> =>
  expect.poll(() => menu(page).count(), { timeout: untilMs }).toBe(0);

test("what is typed after a slash finds a block, Enter makes it, and one undo gives the letters back", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Slash");
  await page.keyboard.type("Now: /");
  await menu(page).waitFor({ timeout: untilMs });
  expect((await choices(page)).length).toBeGreaterThan(8);
  await page.keyboard.type("head");
  await whenFirst(page, "Heading 1");
  await page.keyboard.press("ArrowDown");
  await expect
    .poll(() => menu(page).getByRole("option", { selected: true }).textContent(), { timeout: untilMs })
    .toContain("Heading 2");
  // The text names the choice, for whoever hears it.
  const named = await text(page).getAttribute("aria-activedescendant");
  expect(await menu(page).getByRole("option", { selected: true }).getAttribute("id")).toBe(named);
  await page.keyboard.press("Enter");
  await whenClosed(page);
  await whenHtml(page, "<h2>Now: </h2>");
  await page.keyboard.press("ControlOrMeta+Z");
  await whenHtml(page, "<p>Now: /head</p>");
  expect(problems).toEqual([]);
});

test("Escape leaves the words as they are; a slash inside a word, in code, or before words that go on is a slash", async () => {
  const { page } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Slashes");
  await page.keyboard.type("and/or");
  await whenClosed(page);
  await page.keyboard.type(" /ta");
  await menu(page).waitFor({ timeout: untilMs });
  await page.keyboard.press("Escape");
  await whenClosed(page);
  await page.keyboard.type("ble");
  await whenHtml(page, "<p>and/or /table</p>");
  await page.keyboard.press("Enter");
  await whenHtml(page, "<p>and/or /table</p><p></p>");
  await page.keyboard.type("1 /2 or so /");
  await menu(page).waitFor({ timeout: untilMs });
  await page.keyboard.type(" and");
  await whenClosed(page);
  await page.keyboard.press("Enter");
  await page.keyboard.press("ControlOrMeta+Alt+C");
  await page.keyboard.type("/");
  await whenClosed(page);
  expect(await htmlOf(page)).toContain("<code>/</code>");
});

test("a table and a list from the slash menu, with the mouse and with Tab", async () => {
  const { page } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Blocks");
  await page.keyboard.type("/todo");
  await whenFirst(page, "Task list");
  await page.keyboard.press("Tab");
  await page.keyboard.type("buy milk");
  await expect.poll(() => htmlOf(page), { timeout: untilMs }).toContain("data-tasks");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.keyboard.type("/grid");
  await menu(page).getByText("Table", { exact: true }).click({ timeout: untilMs });
  await page.keyboard.type("cell");
  await expect
    .poll(() => text(page).locator("table td, table th").first().textContent(), { timeout: untilMs })
    .toBe("cell");
  expect(await htmlOf(page)).not.toContain("/grid");
});

test("selected words have a bar beside them, which acts on them and goes when they are left", async () => {
  const { page } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Selection");
  await page.keyboard.type("one two three");
  const bar = page.getByRole("toolbar", { name: "Selection" });
  await expect.poll(() => bar.count(), { timeout: untilMs }).toBe(0);
  await text(page)
    .getByText("one two three")
    .dblclick({ position: { x: 8, y: 10 } });
  await bar.waitFor({ timeout: untilMs });
  // Beside the words, never over them.
  const [box, words] = [await bar.boundingBox(), await text(page).getByText("one two three").boundingBox()];
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(words?.y ?? 0);
  await bar.getByRole("button", { name: "Bold" }).click();
  await whenHtml(page, "<p><strong>one</strong> two three</p>");
  await page.keyboard.press("End");
  await expect.poll(() => bar.count(), { timeout: untilMs }).toBe(0);
  await page.keyboard.press("Shift+Home");
  await bar.waitFor({ timeout: untilMs });
  await page.keyboard.type("x");
  await expect.poll(() => bar.count(), { timeout: untilMs }).toBe(0);
});

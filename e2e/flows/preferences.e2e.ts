/** How it looks and how it is to write: chosen in the settings, the menu or the palette, kept, and in all windows. */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { chooseInMenu } from "../../scripts/menu.ts";
import { beginPage, htmlOf, text, type, untilMs, whenText } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

/** Of an element of the page, as it is drawn. */
const drawn = (page: Page, selector: string, property: string): Promise<string> =>
  page
    .locator(selector)
    .first()
    .evaluate((dom, name) => getComputedStyle(dom).getPropertyValue(name), property);
const whenDrawn = (page: Page, selector: string, property: string, value: RegExp | string): Promise<void> =>
  expect.poll(() => drawn(page, selector, property), { timeout: untilMs }).toMatch(value);
const widthOf = async (page: Page): Promise<number> => (await text(page).boundingBox())?.width ?? 0;

test("theme, contrast, font, size and width are chosen in the settings and are there after a relaunch, from the first paint", async () => {
  const data = await stage.folder();
  let app = await stage.launch(data, "writer");
  // As the system has it: tests fix the theme otherwise.
  await app.page.emulateMedia({ colorScheme: null });
  await beginPage(app.page, "Look");
  await type(app.page, "A page to look at.");
  const normal = await widthOf(app.page);
  await chooseInMenu(app, "settings");
  const settings = app.page.getByRole("dialog", { name: "Settings" });
  await settings.getByLabel("Theme").selectOption("Dark");
  await whenDrawn(app.page, "body", "background-color", "rgb(28, 27, 26)");
  await settings.getByLabel("Contrast").selectOption("High");
  await whenDrawn(app.page, "body", "background-color", "rgb(0, 0, 0)");
  await whenDrawn(app.page, "body", "color", "rgb(255, 255, 255)");
  await settings.getByLabel("Font of the text").selectOption("Monospace");
  await settings.getByLabel("Size of the text").selectOption("Larger");
  await whenDrawn(app.page, ".ProseMirror", "font-size", "26px");
  await whenDrawn(app.page, ".ProseMirror", "font-family", /mono/i);
  await settings.getByLabel("Size of the text").selectOption("Normal");
  await settings.getByLabel("Font of the text").selectOption("Serif");
  await settings.getByLabel("Width of the page").selectOption("Narrow");
  await expect.poll(() => widthOf(app.page), { timeout: untilMs }).toBeLessThan(normal);
  await stage.end(app, "close");

  app = await stage.launch(data, "writer");
  await app.page.emulateMedia({ colorScheme: null });
  await whenDrawn(app.page, "body", "background-color", "rgb(0, 0, 0)");
  await whenText(app.page, "A page to look at.");
  expect(await widthOf(app.page)).toBeLessThan(normal);
  const isChecked = await app.app.evaluate(
    ({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById("theme-dark")?.checked,
  );
  expect(isChecked).toBe(true);
  await chooseInMenu(app, "theme-light");
  await whenDrawn(app.page, "body", "background-color", "rgb(255, 255, 255)");
  expect(app.problems).toEqual([]);
});

test("focus lets the sentence or the paragraph stand out that the caret is in, and follows it", async () => {
  const app = await stage.launch(await stage.folder(), "writer");
  const { page } = app;
  await beginPage(page, "Focus");
  await type(page, "First one. Second one.\nAnother paragraph.");
  const focused = (): Promise<string[]> => text(page).locator(".in-focus").allTextContents();
  expect(await focused()).toEqual([]);
  await chooseInMenu(app, "focus-paragraph");
  await expect.poll(focused, { timeout: untilMs }).toEqual(["Another paragraph."]);
  const [dim, clear] = [
    await drawn(page, ".ProseMirror", "color"),
    await drawn(page, ".ProseMirror .in-focus", "color"),
  ];
  expect(dim).not.toBe(clear);
  await text(page)
    .getByText("First one")
    .click({ position: { x: 8, y: 10 } });
  await expect.poll(focused, { timeout: untilMs }).toEqual(["First one. Second one."]);
  await chooseInMenu(app, "focus-sentence");
  await expect.poll(focused, { timeout: untilMs }).toEqual(["First one. "]);
  await page.keyboard.press("End");
  await expect.poll(focused, { timeout: untilMs }).toEqual(["Second one."]);
  await chooseInMenu(app, "focus-sentence");
  await expect.poll(focused, { timeout: untilMs }).toEqual([]);
});

test("typewriter: the line that is written stays at its height, from the first to the last", async () => {
  const app = await stage.launch(await stage.folder(), "writer");
  const { page } = app;
  await beginPage(page, "Typewriter");
  await chooseInMenu(app, "typewriter");
  await expect
    .poll(() => page.evaluate(() => document.documentElement.dataset["typewriter"]), { timeout: untilMs })
    .toBe("on");
  const caret = (): Promise<number> =>
    page.evaluate(() => {
      const scroller = document.querySelector("[data-scroll]")?.getBoundingClientRect();
      const node = getSelection()?.focusNode;
      const line = (node instanceof Element ? node : node?.parentElement)?.getBoundingClientRect();
      if (!scroller || !line) return NaN;
      return ((line.top + line.bottom) / 2 - scroller.top) / scroller.height;
    });
  const heights: number[] = [];
  for (let i = 0; i < 30; i++) {
    await page.keyboard.type(`Line ${i}.`);
    await expect.poll(caret, { timeout: untilMs }).toBeGreaterThan(0.4);
    heights.push(await caret());
    await page.keyboard.press("Enter");
  }
  expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(0.06);
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowUp");
  await expect.poll(caret, { timeout: untilMs }).toBeGreaterThan(0.4);
  expect(await caret()).toBeLessThan(0.5);
});

test("quotes and dashes are printed as they should be, one undo gives the keys, and it can be off", async () => {
  const app = await stage.launch(await stage.folder(), "writer");
  const { page } = app;
  await beginPage(page, "Typography");
  await page.keyboard.type('"It\'s here" -- or so...');
  await whenText(page, "“It’s here” – or so…");
  await page.keyboard.press("ControlOrMeta+Z");
  await whenText(page, "“It’s here” – or so...");
  await chooseInMenu(app, "settings");
  const choice = page.getByRole("dialog", { name: "Settings" }).getByLabel("Smart typography");
  await choice.selectOption("Off");
  // What is shown is what the window has heard from main.
  await expect.poll(() => choice.inputValue(), { timeout: untilMs }).toBe("off");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("dialog").count(), { timeout: untilMs }).toBe(0);
  await type(page, "");
  await page.keyboard.press("Enter");
  await page.keyboard.type('"It\'s" --...');
  expect(await htmlOf(page)).toContain('<p>"It\'s" --...</p>');
});

test("zoomed in and out from the menu, and back to how it was", async () => {
  const { app, page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Near");
  const choose = (role: string): Promise<void> =>
    app.evaluate(({ Menu, BrowserWindow }, wanted) => {
      const items = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []) ?? [];
      const [window] = BrowserWindow.getAllWindows();
      const item = items.find((each) => each.role?.toLowerCase() === wanted);
      if (!item || !window) throw new Error(`no item of the menu is ${wanted}`);
      item.click(undefined, window, window.webContents);
    }, role);
  const widthPx = (): Promise<number> => page.evaluate(() => innerWidth);
  const normal = await widthPx();
  await choose("zoomin");
  await expect.poll(widthPx, { timeout: untilMs }).toBeLessThan(normal);
  await choose("resetzoom");
  await expect.poll(widthPx, { timeout: untilMs }).toBe(normal);
  await choose("zoomout");
  await expect.poll(widthPx, { timeout: untilMs }).toBeGreaterThan(normal);
  await choose("resetzoom");
  await expect.poll(widthPx, { timeout: untilMs }).toBe(normal);
  expect(problems).toEqual([]);
});

/** Commands: the palette, the list of shortcuts and other keys for them, the menu that shows them, and ways out of the text. */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import type { CommandId } from "../../electron/commands/table.ts";
import type { RunningApp } from "../app.ts";
import { beginPage, htmlOf, type, text, untilMs, whenHtml } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

const palette = (page: Page) => page.getByRole("dialog", { name: "All commands" });

async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press("ControlOrMeta+Shift+P");
  await palette(page).waitFor({ timeout: untilMs });
}

const hasFocus = (page: Page): Promise<boolean> =>
  text(page).evaluate((dom) => dom === document.activeElement);
const whenTextHasFocus = (page: Page): Promise<void> =>
  expect.poll(() => hasFocus(page), { timeout: untilMs }).toBe(true);

/** What the menu shows beside a command. */
const menuKey = ({ app }: RunningApp, command: CommandId): Promise<string | undefined> =>
  app.evaluate(
    ({ Menu }, id) => Menu.getApplicationMenu()?.getMenuItemById(id)?.accelerator?.toString(),
    command,
  );

test("the palette finds a command by a few letters, does it, and the text has the focus again", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Palette");
  await page.keyboard.type("A title");
  await openPalette(page);
  await page.keyboard.type("h2");
  await expect
    .poll(() => palette(page).getByRole("menuitem").first().textContent(), { timeout: untilMs })
    .toContain("Heading 2");
  await page.keyboard.press("Enter");
  await whenHtml(page, "<h2>A title</h2>");
  await whenTextHasFocus(page);
  await page.keyboard.type("!");
  await whenHtml(page, "<h2>A title!</h2>");

  // What cannot be done here is not offered.
  await openPalette(page);
  await page.keyboard.type("delete row");
  await palette(page).getByText("No command is called that.").waitFor({ timeout: untilMs });
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect.poll(() => palette(page).count(), { timeout: untilMs }).toBe(0);
  await whenTextHasFocus(page);
  expect(problems).toEqual([]);
});

test("a command gets other keys: they work at once, in the menu too, survive a relaunch, and a clash is said first", async () => {
  const data = await stage.folder();
  let app = await stage.launch(data, "writer");
  await beginPage(app.page, "Keys");
  await app.page.keyboard.press("ControlOrMeta+/");
  const list = app.page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await list.getByRole("button", { name: "Change the keys of Bold" }).click({ timeout: untilMs });
  const change = app.page.getByRole("dialog", { name: "Keys of “Bold”" });
  await change.getByRole("button", { name: "Press the new keys" }).waitFor({ timeout: untilMs });
  await app.page.keyboard.press("j");
  await change.getByText("This key types.").waitFor({ timeout: untilMs });
  await app.page.keyboard.press("ControlOrMeta+I");
  await change.getByText("“Italic” has these keys now.").waitFor({ timeout: untilMs });
  await app.page.keyboard.press("ControlOrMeta+Shift+K");
  await change.getByText("These keys are free.").waitFor({ timeout: untilMs });
  await change.getByRole("button", { name: "Use these keys" }).click();
  await expect.poll(() => change.count(), { timeout: untilMs }).toBe(0);
  await expect.poll(() => menuKey(app, "strong"), { timeout: untilMs }).toBe("CmdOrCtrl+Shift+K");
  await app.page.keyboard.press("Escape");
  await expect.poll(() => list.count(), { timeout: untilMs }).toBe(0);

  await type(app.page, "");
  await app.page.keyboard.press("ControlOrMeta+Shift+K");
  await app.page.keyboard.type("bold");
  await whenHtml(app.page, "<p><strong>bold</strong></p>");
  await stage.end(app, "close");

  app = await stage.launch(data, "writer");
  await whenHtml(app.page, "<p><strong>bold</strong></p>");
  await text(app.page).click();
  await app.page.keyboard.press("ControlOrMeta+A");
  await app.page.keyboard.press("ControlOrMeta+Shift+K");
  await whenHtml(app.page, "<p>bold</p>");
  // The old keys do nothing any more.
  await app.page.keyboard.press("ControlOrMeta+B");
  await app.page.keyboard.press("ControlOrMeta+I");
  await whenHtml(app.page, "<p><em>bold</em></p>");
});

test("keys that another command has go over to the new one, and only those", async () => {
  const app = await stage.launch(await stage.folder(), "writer");
  const { page } = app;
  await beginPage(page, "Clash");
  await page.keyboard.press("ControlOrMeta+/");
  await page.getByRole("button", { name: "Change the keys of Strikethrough" }).click({ timeout: untilMs });
  const change = page.getByRole("dialog", { name: "Keys of “Strikethrough”" });
  await change.getByRole("button", { name: "Press the new keys" }).waitFor({ timeout: untilMs });
  await page.keyboard.press("ControlOrMeta+I");
  await change.getByRole("button", { name: "Use these keys" }).click({ timeout: untilMs });
  await expect.poll(() => menuKey(app, "strike"), { timeout: untilMs }).toBe("CmdOrCtrl+I");
  expect(await menuKey(app, "em")).toBeUndefined();
  expect(await menuKey(app, "strong")).toBe("CmdOrCtrl+B");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("dialog").count(), { timeout: untilMs }).toBe(0);
  await type(page, "");
  await page.keyboard.press("ControlOrMeta+I");
  await page.keyboard.type("x");
  expect(await htmlOf(page)).toBe("<p><s>x</s></p>");
});

test("Escape leaves the text for the toolbar, where Tab goes on, and Escape comes back", async () => {
  const { page } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Escape");
  await page.keyboard.type("- one");
  await page.keyboard.press("Escape");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")), { timeout: untilMs })
    .toBe("Block type");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await whenTextHasFocus(page);
  await page.keyboard.type(" bold");
  await whenHtml(page, "<ul><li><p>one<strong> bold</strong></p></li></ul>");
  await page.keyboard.press("Alt+F10");
  await expect.poll(() => hasFocus(page), { timeout: untilMs }).toBe(false);
  await page.keyboard.press("Escape");
  await whenTextHasFocus(page);
});

/** Pictures of what comes up while somebody writes: palette, slash menu, the bar beside a selection, shortcuts. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright";
import { launchApp, type RunningApp } from "./app-process.ts";
import { chooseInMenu } from "./menu.ts";
import { picture, resize, rest, text, type, waitMs, whenOpen, whenStatus } from "./screenshot-tools.ts";

const page1 = `# Pulling a sheet

The mould goes in at arm's length, comes up level, and is shaken once each way while the water falls through. *That shake is the sheet.*

## What can go wrong

Too slow, and it lies in clouds. Too quick, and it has a thin corner, which nobody sees until it is dry.
`;

const schemes = ["light", "dark"] as const;

/** The same in both themes; what is open stays open. */
async function both(page: Page, name: string): Promise<void> {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `${name}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

async function commandPictures(folder: string, opened: RunningApp[]): Promise<void> {
  const file = join(folder, "sheet.md");
  await writeFile(file, page1);
  const app = await launchApp({ dataDir: folder, profile: "commands", args: [`--import=${file}`] });
  opened.push(app);
  const { page } = app;
  await resize(app, { width: 1240, height: 920 });
  await whenOpen(page, "Pulling a sheet");
  await whenStatus(page, /^Saved on this device/);
  await text(page).focus();

  await page.keyboard.press("ControlOrMeta+Shift+P");
  const palette = page.getByRole("dialog", { name: "All commands" });
  await palette.waitFor({ timeout: waitMs });
  await both(page, "palette");
  await page.keyboard.type("list");
  await palette.getByText("Bulleted list").waitFor({ timeout: waitMs });
  await picture(page, "palette-typed");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("qqq");
  await picture(page, "palette-empty");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await palette.waitFor({ state: "detached", timeout: waitMs });

  await text(page).getByText("That shake is").dblclick();
  await page.getByRole("toolbar", { name: "Selection" }).waitFor({ timeout: waitMs });
  await both(page, "selection");

  await type(page, "");
  await page.keyboard.press("Enter");
  await page.keyboard.type("/");
  await page.getByRole("listbox", { name: "Insert" }).waitFor({ timeout: waitMs });
  await both(page, "slash");
  await page.keyboard.type("tab");
  await picture(page, "slash-typed");
  await page.keyboard.press("Escape");
  for (const _ of "/tab") await page.keyboard.press("Backspace");

  await page.keyboard.press("ControlOrMeta+/");
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await list.waitFor({ timeout: waitMs });
  await both(page, "shortcuts");
  await list.getByRole("button", { name: "Change the keys of Bold" }).click();
  await page.getByRole("button", { name: "Press the new keys" }).waitFor({ timeout: waitMs });
  await page.keyboard.press("ControlOrMeta+I");
  await both(page, "shortcuts-clash");
  // Back to the list, and out of it.
  await page.keyboard.press("Escape");
  await list.waitFor({ timeout: waitMs });
  await page.keyboard.press("Escape");
  await list.waitFor({ state: "detached", timeout: waitMs });

  await text(page).focus();
  await page.keyboard.press("ControlOrMeta+H");
  await page.keyboard.type("sheet");
  await page.getByRole("status", { name: "Found" }).getByText("of").waitFor({ timeout: waitMs });
  await both(page, "find");
  await page.keyboard.press("Escape");
  await lookPictures(app);
}

/** How it looks as a person may choose it. The theme is the system's, and so is told by the test. */
async function lookPictures(app: RunningApp): Promise<void> {
  const { page } = app;
  await chooseInMenu(app, "toggle-outline");
  await page.getByRole("tree").waitFor({ timeout: waitMs });
  await rest(page);
  await both(page, "outline");
  await chooseInMenu(app, "counts");
  await page.getByRole("dialog").waitFor({ timeout: waitMs });
  await both(page, "counts");
  await page.keyboard.press("Escape");
  await chooseInMenu(app, "toggle-outline");
  await chooseInMenu(app, "focus-sentence");
  await text(page).getByText("Too slow").click();
  await both(page, "focus-mode");
  await chooseInMenu(app, "focus-sentence");
  await chooseInMenu(app, "high-contrast");
  await chooseInMenu(app, "settings");
  await page.getByRole("dialog", { name: "Settings" }).waitFor({ timeout: waitMs });
  await both(page, "high-contrast-settings");
  await page.keyboard.press("Escape");
  await rest(page);
  await both(page, "high-contrast");
  await chooseInMenu(app, "high-contrast");
  await rest(page);
}

export const pagePictures = { "page-commands": commandPictures };

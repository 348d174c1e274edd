/** What the screenshots need: waiting for what is to be seen, and taking the picture. */
import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Locator, Page } from "playwright";
import type { RunningApp } from "./app-process.ts";
import { cacheFolder, root } from "./paths.ts";

export const committedFolder = join(root, "docs", "images");
export const judgedFolder = join(cacheFolder, "screenshots");
const pictureBytesMax = 200_000;
/** A book takes its time to import; everything else is quick. */
export const waitMs = 30_000;

export const status = (page: Page): Locator => page.getByRole("status", { name: "Status" });
export const text = (page: Page): Locator => page.getByRole("textbox", { name: "Document text" });

export async function whenStatus(page: Page, words: RegExp): Promise<void> {
  const shown = status(page);
  try {
    await shown.filter({ hasText: words }).waitFor({ timeout: waitMs });
  } catch (error) {
    throw new Error(`The status line says “${await shown.textContent()}”.`, { cause: error });
  }
}

/** The document that was asked for is the one on screen. */
export async function whenOpen(page: Page, name: string): Promise<void> {
  await page.waitForFunction(
    (expected) =>
      document.querySelector<HTMLTextAreaElement>("textarea[aria-label='Title']")?.value === expected,
    name,
    { timeout: waitMs },
  );
  await text(page).waitFor({ timeout: waitMs });
}

/** At the document's end, and at once, so that it is one change however slow the machine is. */
export async function type(page: Page, words: string): Promise<void> {
  await text(page).press("ControlOrMeta+End");
  await page.keyboard.insertText(words);
}

export async function resize(
  { app, page }: RunningApp,
  size: { width: number; height: number },
): Promise<void> {
  await app.evaluate(({ BrowserWindow }, { width, height }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(width, height);
  }, size);
  await page.waitForFunction(({ width }) => innerWidth === width, size, { timeout: waitMs });
}

/** Nothing has the focus and no pointer is over anything, unless the picture is about that. */
export async function rest(page: Page): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate(() =>
    document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined,
  );
}

export async function toTop(page: Page): Promise<void> {
  await rest(page);
  await text(page).evaluate((dom) => dom.closest("[role=presentation]")?.scrollTo(0, 0));
}

export async function picture(page: Page, name: string, folder = judgedFolder): Promise<void> {
  const file = join(folder, `${name}.png`);
  // Fonts and the status line's last change have had their frame.
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((done) => setTimeout(done, 300));
  });
  await page.screenshot({ path: file, animations: "disabled" });
  const { size } = await stat(file);
  console.log(`${relative(root, file)}  ${Math.ceil(size / 1000)} kB`);
  if (folder === committedFolder && size > pictureBytesMax)
    throw new Error(`${name}.png has ${size} bytes, more than is worth committing (${pictureBytesMax}).`);
}

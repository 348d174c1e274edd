/** The page as a test reads and writes it: by role and name, as a person would find it. */
import type { Page } from "playwright";
import { expect } from "vitest";

const untilMs = 20_000;

const text = (page: Page) => page.getByRole("textbox", { name: "Document text" });

/** The document's text, a line a block. */
export async function textOf(page: Page): Promise<string> {
  return text(page).evaluate((dom) => {
    const lines: string[] = [];
    for (const block of dom.querySelectorAll("p, h1, h2, h3, h4, h5, h6, pre"))
      lines.push(block.textContent ?? "");
    return lines.join("\n");
  });
}

export async function whenText(page: Page, expected: string): Promise<void> {
  await text(page).waitFor({ timeout: untilMs });
  await expect.poll(() => textOf(page), { timeout: untilMs }).toBe(expected);
}

/** Types at the document's end; "\n" is Enter. */
export async function type(page: Page, words: string): Promise<void> {
  await text(page).waitFor({ timeout: untilMs });
  await text(page).focus();
  await page.keyboard.press("ControlOrMeta+End");
  for (const [i, line] of words.split("\n").entries()) {
    if (i > 0) await page.keyboard.press("Enter");
    await page.keyboard.type(line);
  }
}

/** Waits until the status line says it. */
export async function status(page: Page, words: RegExp): Promise<void> {
  await expect
    .poll(async () => (await page.getByRole("status", { name: "Status" }).textContent())?.trim(), {
      timeout: 40_000,
    })
    .toMatch(words);
}

export async function openDocument(page: Page, title: string): Promise<void> {
  const entry = page.getByRole("navigation", { name: "Library" }).getByText(title, { exact: true });
  await entry.click({ timeout: untilMs });
  await expect
    .poll(() => page.getByRole("textbox", { name: "Title" }).inputValue(), { timeout: untilMs })
    .toBe(title);
  await text(page).waitFor({ timeout: untilMs });
}

/**
 * A text of many blocks, of which only those around the window are laid out: whatever goes somewhere else in it, by
 * keys, by mouse, by search or by outline, gets there, and what is done there is done to what was meant.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import type { RunningApp } from "../app.ts";
import { focusText, newDocument, openDocument, status, text, textOf, untilMs } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
const savedMs = 90_000;
const parts = 12;
const paragraphsInPart = 100;

/** Of quite different heights, so that what was never seen is not as high as it was taken for. */
const paragraph = (part: number, index: number): string =>
  `Paragraph ${part * paragraphsInPart + index}. ${"More words. ".repeat((index * 7) % 24)}`.trim();

const blocks = Array.from({ length: parts }, (_, part) => [
  `Part ${part}`,
  ...Array.from({ length: paragraphsInPart }, (__, index) => paragraph(part, index)),
]).flat();

async function longDocument(): Promise<RunningApp> {
  const data = await stage.folder();
  const file = join(data, "long.md");
  await writeFile(
    file,
    blocks.map((block) => (block.startsWith("Part") ? `## ${block}` : block)).join("\n\n"),
  );
  const running = await stage.launch(data, "writer", undefined, [`--import=${file}`]);
  await openDocument(running.page, "long");
  await expect.poll(() => textOf(running.page), { timeout: untilMs }).toBe(blocks.join("\n"));
  await focusText(running.page);
  return running;
}

const laidOut = (page: Page): Promise<number> =>
  text(page).evaluate((dom) => [...dom.children].filter((block) => block.getClientRects().length > 0).length);

/** What stands in the middle of the page; null where nothing does. */
const inSight = (page: Page): Promise<string | null> =>
  page.evaluate(() => {
    const pane = document.querySelector("[data-scroll]")?.getBoundingClientRect() ?? new DOMRect();
    const dom = document.querySelector(".ProseMirror");
    const middle = (pane.top + pane.bottom) / 2;
    const block = [...(dom?.children ?? [])].find((each) => {
      const { top, bottom } = each.getBoundingClientRect();
      // The space below a block is its own.
      return top <= middle && bottom + 30 >= middle;
    });
    return /^(?:Paragraph|Part) \d+/.exec(block?.textContent ?? "")?.[0] ?? null;
  });

const numberInSight = async (page: Page): Promise<number> =>
  Number(/\d+$/.exec((await inSight(page)) ?? "")?.[0] ?? Number.NaN);

const isCaretInSight = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const selection = getSelection();
    const range = document.createRange();
    if (!selection?.focusNode) return false;
    range.setStart(selection.focusNode, selection.focusOffset);
    const pane = document.querySelector("[data-scroll]")?.getBoundingClientRect() ?? new DOMRect();
    const { top, bottom, height } = range.getBoundingClientRect();
    return height > 0 && top >= pane.top && bottom <= pane.bottom;
  });

const whenCaretInSight = (page: Page): Promise<void> =>
  expect.poll(() => isCaretInSight(page), { timeout: untilMs }).toBe(true);

const scrollTo = (page: Page, share: number): Promise<void> =>
  page.evaluate((part) => {
    const pane = document.querySelector("[data-scroll]");
    if (pane) pane.scrollTop = pane.scrollHeight * part;
  }, share);

const whenText = (page: Page, expected: readonly string[]): Promise<void> =>
  expect.poll(() => textOf(page), { timeout: untilMs }).toBe(expected.join("\n"));

test("keys go to the ends and on from the caret, wherever the page was scrolled to", async () => {
  const { page, problems } = await longDocument();
  const now = [...blocks];
  expect(await laidOut(page)).toBeLessThan(200);

  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type(" The end.");
  now[now.length - 1] += " The end.";
  await whenCaretInSight(page);
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.type("The ");
  now[0] = `The ${now[0] ?? ""}`;
  await whenCaretInSight(page);
  await whenText(page, now);

  // Scrolled elsewhere, and something is in the page there; then a key goes on where the caret is.
  await scrollTo(page, 0.6);
  await expect.poll(() => numberInSight(page), { timeout: untilMs }).toBeGreaterThan(300);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await page.keyboard.type(" Down.");
  await whenCaretInSight(page);
  now[1] += " Down.";
  await whenText(page, now);
  await scrollTo(page, 0.5);
  await expect.poll(() => numberInSight(page), { timeout: untilMs }).toBeGreaterThan(300);
  await page.keyboard.type(" Typed.");
  await whenCaretInSight(page);
  now[1] += " Typed.";
  await whenText(page, now);

  // Undo goes to where it undoes.
  await page.keyboard.press("ControlOrMeta+End");
  await whenCaretInSight(page);
  await page.keyboard.press("ControlOrMeta+Z");
  await whenCaretInSight(page);
  expect(await textOf(page)).not.toContain("Typed.");
  expect(await laidOut(page)).toBeLessThan(200);
  expect(problems).toEqual([]);
});

test("page by page down and up, every paragraph passes in its order", async () => {
  const { page, problems } = await longDocument();
  const box = await text(page).boundingBox();
  await page.mouse.move((box?.x ?? 0) + 50, 300);
  const seen: number[] = [];
  for (let k = 0; k < 40; k++) {
    await page.mouse.wheel(0, 400);
    await page.waitForTimeout(60);
    const sight = await inSight(page);
    if (sight?.startsWith("Paragraph")) seen.push(Number(/\d+/.exec(sight)?.[0]));
  }
  expect(seen.length).toBeGreaterThan(30);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen.at(-1)).toBeGreaterThan(100);
  const back: number[] = [];
  for (let k = 0; k < 40; k++) {
    await page.mouse.wheel(0, -400);
    await page.waitForTimeout(60);
    const sight = await inSight(page);
    if (sight?.startsWith("Paragraph")) back.push(Number(/\d+/.exec(sight)?.[0]));
  }
  expect(back).toEqual(back.toSorted((a, b) => b - a));
  // Each step up is as long as one down: what is seen again is where it was.
  expect(back.at(-1)).toBeLessThan(seen[2] ?? 0);
  // To the end by the scroll bar, where the last of it is at the bottom.
  await scrollTo(page, 1);
  await expect.poll(() => numberInSight(page), { timeout: untilMs }).toBeGreaterThan(1180);
  await scrollTo(page, 0);
  await expect.poll(() => numberInSight(page), { timeout: untilMs }).toBeLessThan(20);
  expect(problems).toEqual([]);
});

test("a selection over what is not laid out is all of it: deleted, copied, extended by mouse", async () => {
  const { page, app, problems } = await longDocument();
  await text(page)
    .getByText("Paragraph 2.", { exact: false })
    .first()
    .click({ position: { x: 2, y: 8 } });
  await page.keyboard.press("Home");
  await scrollTo(page, 0.7);
  await expect.poll(() => numberInSight(page), { timeout: untilMs }).toBeGreaterThan(400);
  const sight = (await inSight(page)) ?? "";
  const target = blocks.findIndex((block) => block === sight || block.startsWith(`${sight}.`));
  const chosen = text(page).locator(":scope > *").nth(target);
  await chosen.click({ position: { x: 1, y: 8 }, modifiers: ["Shift"] });
  await page.keyboard.press("ControlOrMeta+X");
  const from = blocks.findIndex((block) => block.startsWith("Paragraph 2."));
  await whenText(page, [...blocks.slice(0, from), ...blocks.slice(target)]);
  await whenCaretInSight(page);
  const cut = await app.evaluate(({ clipboard }) => clipboard.readText());
  expect(cut).toContain("Paragraph 300.");
  await page.keyboard.press("ControlOrMeta+V");
  await expect
    .poll(async () => (await textOf(page)).replaceAll("\n", " "), { timeout: untilMs })
    .toBe(blocks.join(" "));
  await page.keyboard.press("ControlOrMeta+Z");
  await page.keyboard.press("ControlOrMeta+Z");
  await whenText(page, blocks);

  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.press("ControlOrMeta+Shift+End");
  await page.keyboard.press("Delete");
  await whenText(page, [""]);
  await page.keyboard.press("ControlOrMeta+Z");
  await whenText(page, blocks);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("all");
  await whenText(page, ["all"]);
  // The engine is some seconds behind what was done here in one; a window that is closed before asks whether it may.
  await status(page, /^Saved on this device/, savedMs);
  expect(problems).toEqual([]);
});

test("of twelve thousand paragraphs all can be selected at once", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await newDocument(page, "Very long");
  await focusText(page);
  await text(page).evaluate((dom) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", "<p>a word</p>".repeat(12_000));
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  await status(page, /^Saved on this device/, savedMs);
  // Where the browser looks for what is laid out among so many blocks, it does so for minutes.
  page.setDefaultTimeout(untilMs);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("all");
  expect(await textOf(page)).toBe("all");
  await page.keyboard.press("ControlOrMeta+Z");
  await expect.poll(() => laidOut(page), { timeout: untilMs }).toBeGreaterThan(10);
  await status(page, /^Saved on this device/, savedMs);
  expect(problems).toEqual([]);
});

test("search and outline bring what they found into sight; paper and a screen reader have all of it", async () => {
  const { page, app, problems } = await longDocument();
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.press("ControlOrMeta+F");
  await page.keyboard.type("Paragraph 907.");
  await expect.poll(() => numberInSight(page), { timeout: untilMs }).toBeGreaterThan(900);
  expect(Math.abs((await numberInSight(page)) - 907)).toBeLessThan(8);
  expect(await text(page).locator(".found").count()).toBe(1);
  await page.keyboard.press("Escape");
  await page.keyboard.press("ControlOrMeta+Shift+O");
  const outline = page.getByRole("navigation", { name: "Outline" });
  await outline.getByRole("treeitem", { name: "Part 4", exact: true }).click();
  await expect
    .poll(
      () =>
        text(page)
          .getByRole("heading", { name: "Part 4", exact: true })
          .evaluate((dom) => dom.getBoundingClientRect().top),
      { timeout: untilMs },
    )
    .toBeLessThan(250);
  await scrollTo(page, 0.95);
  await expect
    .poll(() => outline.locator("[aria-current]").textContent(), { timeout: untilMs })
    .toMatch(/Part 1[01]/);

  // A screen reader reads what is laid out, and is given all of it. There is none here: Electron's event is made up.
  const reads = (isRead: boolean): Promise<boolean> =>
    app.evaluate((electron, on) => electron.app.emit("accessibility-support-changed", {}, on), isRead);
  await reads(true);
  await expect.poll(() => laidOut(page), { timeout: untilMs }).toBe(blocks.length);
  await reads(false);
  await expect.poll(() => laidOut(page), { timeout: untilMs }).toBeLessThan(200);

  await page.emulateMedia({ media: "print" });
  expect(await laidOut(page)).toBe(blocks.length);
  await page.emulateMedia({ media: null });
  await expect.poll(() => laidOut(page), { timeout: untilMs }).toBeLessThan(200);
  expect(problems).toEqual([]);
});

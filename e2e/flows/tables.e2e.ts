/** Tables by hand: cells that become one and several again, on which side their text stands, and how wide columns are. */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { beginPage, status, tableOf, text, untilMs, whenTable } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

test("cells are merged, aligned and split from the bar, and undo goes back through all of it", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Table");
  await page.keyboard.press("ControlOrMeta+Shift+T");
  for (const cell of ["a", "b", "c", "1"]) {
    await page.keyboard.type(cell);
    await page.keyboard.press("Tab");
  }
  await whenTable(page, "#a|#b|#c\n1||\n||");
  const bar = page.getByRole("toolbar", { name: "Table" });
  const merge = bar.getByRole("button", { name: "Merge cells" });
  expect(await merge.count()).toBe(0);

  await text(page).getByText("a", { exact: true }).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Shift+ArrowRight");
  await merge.click();
  await whenTable(page, "#ab|#c\n1||\n||");
  await bar.getByRole("button", { name: "Align cells: center" }).click();
  await expect
    .poll(() => text(page).locator("th").first().getAttribute("style"), { timeout: untilMs })
    .toContain("center");
  await bar.getByRole("button", { name: "Split cell" }).click();
  await whenTable(page, "#ab|#|#c\n1||\n||");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ControlOrMeta+z");
  await whenTable(page, "#a|#b|#c\n1||\n||");
  await status(page, /^Saved on this device/);
  expect(problems).toEqual([]);
});

test("an edge that is drawn makes its column so wide, here and after a restart", async () => {
  const folder = await stage.folder();
  const first = await stage.launch(folder, "writer");
  const { page } = first;
  await beginPage(page, "Table");
  await page.keyboard.press("ControlOrMeta+Shift+T");
  await page.keyboard.type("a");
  await whenTable(page, "#a|#|#\n||\n||");
  const cell = text(page).locator("th").first();
  const before = await cell.boundingBox();
  if (!before) throw new Error("no cell");
  const [x, y] = [before.x + before.width - 1, before.y + before.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 30, y, { steps: 3 });
  await page.mouse.move(x - 60, y, { steps: 3 });
  await page.mouse.up();
  const widthOf = async (): Promise<number> => Math.round((await cell.boundingBox())?.width ?? 0);
  await expect.poll(widthOf, { timeout: untilMs }).toBeLessThan(before.width - 30);
  const widthIn = (of: Page): Promise<string | null> => text(of).locator("col").first().getAttribute("style");
  const made = await widthIn(page);
  expect(made).toMatch(/^width: \d+px/);
  await status(page, /^Saved on this device/);
  await stage.end(first, "close");

  const again = await stage.launch(folder, "writer");
  await whenTable(again.page, "#a|#|#\n||\n||");
  expect(await widthIn(again.page)).toBe(made);
  expect(await tableOf(again.page)).toContain("#a");
});

test("the handles of a row and a column drag them, and have a menu; the headings stay above", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Handles");
  await page.keyboard.type("|h|i|");
  await page.keyboard.press("Enter");
  for (const cell of ["a", "b", "c", "d", "e"]) {
    await page.keyboard.type(cell);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type("f");
  await whenTable(page, "#h|#i\na|b\nc|d\ne|f");
  const row = page.getByRole("button", { name: /^Row: drag/ });
  const column = page.getByRole("button", { name: /^Column: drag/ });
  expect(await row.count()).toBe(0);

  const boxOf = async (words: string) => {
    const box = await text(page).getByText(words, { exact: true }).boundingBox();
    if (!box) throw new Error(`"${words}" is not drawn`);
    return { x: box.x + 3, y: box.y + box.height / 2 };
  };
  const over = async (words: string): Promise<void> => {
    const { x, y } = await boxOf(words);
    await page.mouse.move(x, y);
    await row.waitFor({ timeout: untilMs });
  };
  const dragged = async (handle: typeof row, to: { x: number; y: number }): Promise<void> => {
    await handle.hover();
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 8 });
    await page.mouse.up();
  };
  await over("e");
  const a = await boxOf("a");
  await dragged(row, { x: a.x, y: a.y - 8 });
  await whenTable(page, "#h|#i\ne|f\na|b\nc|d");
  await over("b");
  const h = await boxOf("h");
  await dragged(column, { x: h.x - 8, y: h.y });
  await whenTable(page, "#i|#h\nf|e\nb|a\nd|c");

  await over("b");
  await row.click();
  await page.getByRole("menuitem", { name: "Delete row" }).click();
  await whenTable(page, "#i|#h\nf|e\nd|c");
  await over("d");
  await column.click();
  await page.getByRole("menuitem", { name: "Add column after" }).click();
  await whenTable(page, "#i|#|#h\nf||e\nd||c");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ControlOrMeta+z");
  await whenTable(page, "#h|#i\na|b\nc|d\ne|f");
  expect(problems).toEqual([]);
});

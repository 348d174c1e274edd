/** Tables by hand: cells that become one and several again, on which side their text stands, and how wide columns are. */
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
  await page.keyboard.press("Shift+ArrowRight");
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
  const made = await cell.getAttribute("data-colwidth");
  expect(Number(made)).toBeGreaterThan(0);
  await status(page, /^Saved on this device/);
  await stage.end(first, "close");

  const again = await stage.launch(folder, "writer");
  await whenTable(again.page, "#a|#|#\n||\n||");
  expect(await text(again.page).locator("th").first().getAttribute("data-colwidth")).toBe(made);
  expect(await tableOf(again.page)).toContain("#a");
});

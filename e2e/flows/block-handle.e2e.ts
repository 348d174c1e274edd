/** A block as a whole: moved with the mouse by its handle, with keys, copied, deleted, turned into another. */
import { expect, test } from "vitest";
import { beginPage, focusText, text, type, untilMs, whenHtml, whenText } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

test("the handle beside a block drags it where it is let go, and has a menu of what can be done", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Blocks");
  await type(page, "first\nsecond\nthird");
  await whenHtml(page, "<p>first</p><p>second</p><p>third</p>");
  const handle = page.getByRole("button", { name: /^Block: drag/ });
  expect(await handle.count()).toBe(0);

  const third = await text(page).getByText("third").boundingBox();
  const first = await text(page).getByText("first").boundingBox();
  if (!third || !first) throw new Error("the text is not drawn");
  await page.mouse.move(third.x + 5, third.y + third.height / 2);
  await handle.waitFor({ timeout: untilMs });
  await handle.hover();
  await page.mouse.down();
  await page.mouse.move(first.x + 20, first.y + 10, { steps: 5 });
  await page.mouse.move(first.x + 20, first.y + 2, { steps: 3 });
  await page.mouse.up();
  await whenHtml(page, "<p>third</p><p>first</p><p>second</p>");
  await page.keyboard.press("ControlOrMeta+z");
  await whenHtml(page, "<p>first</p><p>second</p><p>third</p>");

  const second = await text(page).getByText("second").boundingBox();
  if (!second) throw new Error("the text is not drawn");
  await page.mouse.move(second.x + 5, second.y + second.height / 2);
  await handle.click();
  await page.getByRole("menuitem", { name: "Heading 2" }).click();
  await whenHtml(page, "<p>first</p><h2>second</h2><p>third</p>");
  await page.mouse.move(second.x + 6, second.y + second.height / 2);
  await handle.click();
  await page.getByRole("menuitem", { name: "Move block up" }).click();
  await whenHtml(page, "<h2>second</h2><p>first</p><p>third</p>");

  // Who writes sees none of it.
  await focusText(page);
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("!");
  await expect.poll(() => handle.count(), { timeout: untilMs }).toBe(0);
  expect(problems).toEqual([]);
});

test("held at the edge of the page, the page goes on under it, to where it is let go", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Far");
  const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`);
  await type(page, lines.join("\n"));
  await page.keyboard.press("ControlOrMeta+Home");
  await expect
    .poll(() => page.evaluate(() => document.querySelector("[data-scroll]")?.scrollTop), { timeout: untilMs })
    .toBeLessThan(100);
  const first = await text(page).getByText("line 0", { exact: true }).boundingBox();
  const pane = await page.locator("[data-scroll]").boundingBox();
  if (!first || !pane) throw new Error("the text is not drawn");
  await page.mouse.move(first.x + 5, first.y + first.height / 2);
  const handle = page.getByRole("button", { name: /^Block: drag/ });
  await handle.waitFor({ timeout: untilMs });
  await handle.hover();
  await page.mouse.down();
  await page.mouse.move(first.x, first.y + 60, { steps: 3 });
  await page.mouse.move(first.x, pane.y + pane.height - 5, { steps: 5 });
  await expect
    .poll(async () => (await text(page).getByText("line 49", { exact: true }).boundingBox())?.y ?? 1e9, {
      timeout: untilMs,
    })
    .toBeLessThan(pane.y + pane.height - 60);
  const last = await text(page).getByText("line 49", { exact: true }).boundingBox();
  if (!last) throw new Error("the last line is not drawn");
  await page.mouse.move(first.x, last.y + last.height - 2, { steps: 3 });
  await page.mouse.up();
  await whenText(page, [...lines.slice(1), "line 0"].join("\n"));
  expect(problems).toEqual([]);
});

test("by keys: up and down past the neighbour, with the caret, and a copy below", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Keys");
  await type(page, "one\ntwo\nthree");
  await page.keyboard.press("Alt+Shift+ArrowUp");
  await whenHtml(page, "<p>one</p><p>three</p><p>two</p>");
  await page.keyboard.press("Alt+Shift+ArrowUp");
  await page.keyboard.press("Alt+Shift+ArrowUp");
  await whenHtml(page, "<p>three</p><p>one</p><p>two</p>");
  await page.keyboard.type("!");
  await whenHtml(page, "<p>three!</p><p>one</p><p>two</p>");
  await page.keyboard.press("ControlOrMeta+Shift+d");
  await whenHtml(page, "<p>three!</p><p>three!</p><p>one</p><p>two</p>");
  await page.keyboard.press("Alt+Shift+ArrowDown");
  await page.keyboard.type("?");
  await whenHtml(page, "<p>three!</p><p>one</p><p>three!?</p><p>two</p>");
  expect(problems).toEqual([]);
});

/** Writing that is not from left to right, letter by letter: input methods, and scripts that run the other way. */
import type { CDPSession, Page } from "playwright";
import { expect, test } from "vitest";
import {
  beginPage,
  focusText,
  openDocument,
  status,
  text,
  type,
  untilMs,
  whenHtml,
  whenText,
} from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

/** As an input method does: each state of what is being composed, then the word that was chosen. */
async function compose(cdp: CDPSession, states: readonly string[], chosen: string | null): Promise<void> {
  for (const state of states)
    await cdp.send("Input.imeSetComposition", {
      text: state,
      selectionStart: state.length,
      selectionEnd: state.length,
    });
  if (chosen !== null) await cdp.send("Input.insertText", { text: chosen });
}

test("a word that is composed comes into the document once, whatever it was on the way; undo takes it back", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  const cdp = await page.context().newCDPSession(page);
  await beginPage(page, "Compose");
  await type(page, "Say ");
  await compose(cdp, ["n", "に", "にh", "にほ", "にほん"], "日本");
  await page.keyboard.type(" and ");
  await compose(cdp, ["ㅎ", "하", "한"], "한");
  await whenHtml(page, "<p>Say 日本 and 한</p>");
  // One that is given up leaves nothing.
  await compose(cdp, ["k", "か", ""], null);
  await whenHtml(page, "<p>Say 日本 and 한</p>");
  await page.keyboard.press("Enter");
  await page.keyboard.type("# ");
  await compose(cdp, ["か"], "課");
  await whenHtml(page, "<p>Say 日本 and 한</p><h1>課</h1>");
  await status(page, /^Saved on this device/);
  await page.keyboard.press("ControlOrMeta+z");
  await expect.poll(() => text(page).textContent(), { timeout: untilMs }).not.toContain("課");
  expect(problems).toEqual([]);
});

test("what others write meanwhile does not end a composition, and both have all of it", async () => {
  const folder = await stage.folder();
  const relay = await stage.serve(folder);
  const ann = await stage.launch(folder, "ann", relay);
  const ben = await stage.launch(folder, "ben", relay);
  await beginPage(ann.page, "Both");
  await type(ann.page, "one\ntwo");
  await status(ann.page, /On the relay$/);
  await openDocument(ben.page, "Both");
  await whenText(ben.page, "one\ntwo");
  const cdp = await ann.page.context().newCDPSession(ann.page);
  await compose(cdp, ["に", "にほ"], null);
  await text(ben.page).getByText("one").click();
  await ben.page.keyboard.press("Home");
  await ben.page.keyboard.type("Ben: ");
  await expect.poll(() => text(ann.page).textContent(), { timeout: untilMs }).toContain("Ben: one");
  await compose(cdp, ["にほん"], "日本");
  for (const { page } of [ann, ben]) await whenHtml(page, "<p>Ben: one</p><p>two日本</p>");
  expect([...ann.problems, ...ben.problems]).toEqual([]);
});

/** How far from the left edge of the text its first and last letters are, as parts of its width. */
const edges = (page: Page, words: string): Promise<{ first: number; last: number }> =>
  text(page)
    .getByText(words)
    .evaluate((block) => {
      const letters = document.createTreeWalker(block, NodeFilter.SHOW_TEXT).nextNode();
      if (!(letters instanceof Text)) throw new Error("no text");
      const { left, width } = block.getBoundingClientRect();
      const at = (index: number): number => {
        const range = document.createRange();
        range.setStart(letters, index);
        range.setEnd(letters, index + 1);
        return (range.getBoundingClientRect().left - left) / width;
      };
      return { first: at(0), last: at(letters.length - 1) };
    });

test("a list, a quote and a table begin at the side of the words in them", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Sides");
  const directionOf = (selector: string): Promise<string> =>
    text(page)
      .locator(selector)
      .last()
      .evaluate((dom) => getComputedStyle(dom).direction);
  await focusText(page);
  await page.keyboard.type("- one");
  expect(await directionOf("ul")).toBe("ltr");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.keyboard.type("1. ورق");
  await expect.poll(() => directionOf("ol"), { timeout: untilMs }).toBe("rtl");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.keyboard.type("> ورق");
  await expect.poll(() => directionOf("blockquote"), { timeout: untilMs }).toBe("rtl");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.keyboard.type("|ورق|ماء|");
  await page.keyboard.press("Enter");
  await expect.poll(() => directionOf("table"), { timeout: untilMs }).toBe("rtl");
  expect(await directionOf("ul")).toBe("ltr");
  expect(problems).toEqual([]);
});

test("a paragraph runs from the side of its own script, and so do the arrows in it", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Sides");
  await type(page, "Hello there\nשלום עולם\nمرحبا");
  const [english, hebrew, arabic] = [
    await edges(page, "Hello there"),
    await edges(page, "שלום עולם"),
    await edges(page, "مرحبا"),
  ];
  expect(english.first).toBeLessThan(0.01);
  for (const { first, last } of [hebrew, arabic]) {
    expect(first).toBeGreaterThan(0.9);
    expect(last).toBeLessThan(first);
  }
  await text(page).getByText("שלום עולם").click();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("ת");
  await whenHtml(page, "<p>Hello there</p><p>שתלום עולם</p><p>مرحبا</p>");
  await page.keyboard.press("Home");
  await page.keyboard.type("- ");
  await expect.poll(() => text(page).locator("ul li").textContent(), { timeout: untilMs }).toBe("שתלום עולם");
  await status(page, /^Saved on this device/);
  expect(problems).toEqual([]);
});

/** Counts and goals: the numbers are those of the text as it is, and only what this person writes is written today. */
import { writeFile } from "node:fs/promises";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import {
  beginPage,
  openDocument,
  status,
  text,
  textOf,
  titleField,
  type,
  untilMs,
  whenText,
} from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

const button = (page: Page) => page.getByRole("main").locator("button[aria-haspopup=dialog]").last();
const panel = (page: Page) => page.getByRole("dialog", { name: "Counts and goals" });
const said = (page: Page) => page.getByRole("status", { name: "Goals" });

const whenCounts = (page: Page, words: RegExp | string): Promise<void> =>
  expect.poll(() => button(page).textContent(), { timeout: untilMs }).toMatch(words);

/** The numbers of the panel, a line a row. */
const numbers = (page: Page): Promise<string[]> => panel(page).locator("tr").allInnerTexts();

async function choose(page: Page, command: string): Promise<void> {
  await page.keyboard.press("ControlOrMeta+Shift+P");
  const palette = page.getByRole("dialog", { name: "All commands" });
  await palette.waitFor({ timeout: untilMs });
  await page.keyboard.type(command);
  await palette.getByRole("menuitem").first().filter({ hasText: command }).waitFor({ timeout: untilMs });
  await page.keyboard.press("Enter");
}

async function setGoal(page: Page, name: RegExp, words: string): Promise<void> {
  await choose(page, "Writing goal");
  const field = panel(page).getByRole("textbox", { name });
  await field.fill(words, { timeout: untilMs });
  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "detached", timeout: untilMs });
}

/** What the browser's own segmentation says of the text that is shown. */
const segmented = (page: Page, granularity: "word" | "grapheme"): Promise<number> =>
  textOf(page).then((lines) =>
    page.evaluate(
      ([all, by]) => {
        let count = 0;
        for (const line of all.split("\n"))
          for (const { isWordLike } of new Intl.Segmenter("en", { granularity: by }).segment(line))
            if (by === "grapheme" || isWordLike === true) count++;
        return count;
      },
      [lines, granularity] as const,
    ),
  );

test("the counts follow what is written, selected and taken back, in every script", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "A title is not counted");
  await whenCounts(page, /^0 words$/);
  await type(page, "One two well-known\nfour");
  await whenCounts(page, /^4 words$/);
  await page.keyboard.press("ControlOrMeta+Shift+ArrowLeft");
  await whenCounts(page, /^1 of 4 words$/);
  await page.keyboard.press("ControlOrMeta+a");
  await whenCounts(page, /^4 of 4 words$/);

  await type(page, " ");
  await page.keyboard.insertText("我能吞下玻璃而不伤身体。日本語です ฉันกินกระจกได้ 안녕 세계 e\u0301👩‍👩‍👧🇩🇪");
  // The parts of a word with a hyphen are one here, and two there.
  const words = (await segmented(page, "word")) - 1;
  expect(words).toBeGreaterThan(15);
  await whenCounts(page, new RegExp(`^${words} words$`));
  const characters = await segmented(page, "grapheme");
  await page.keyboard.press("ControlOrMeta+Shift+Home");
  await choose(page, "Word count");
  await expect
    .poll(() => numbers(page), { timeout: untilMs })
    .toEqual([
      expect.stringMatching(/Selection\s+Document/),
      expect.stringMatching(new RegExp(`^Words\\s+${words}\\s+${words}$`)),
      expect.stringMatching(new RegExp(`^Characters\\s+${characters}\\s+${characters}$`)),
      expect.stringMatching(/^Without spaces\s+(\d+)\s+\1$/),
      expect.stringMatching(/^Reading time\s+< 1 min\s+< 1 min$/),
    ]);
  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "detached", timeout: untilMs });
  // The selection is where it was, and the text has the focus again.
  await expect.poll(() => text(page).evaluate((dom) => dom === document.activeElement)).toBe(true);
  await page.keyboard.press("Delete");
  await whenCounts(page, /^0 words$/);
  await page.keyboard.press("ControlOrMeta+z");
  await whenCounts(page, new RegExp(`^${words} words$|^${words} of ${words} words$`));
  expect(problems).toEqual([]);
});

test("a long document is counted, and counted again as it changes", async () => {
  const data = await stage.folder();
  const sentence = "It is a long text that somebody has brought along, and 1,204 words are nothing to it.";
  const paragraphs = Array.from({ length: 1_200 }, (_, i) => `Paragraph ${i}. ${sentence}`);
  await writeFile(`${data}/long.md`, `# Long\n\n${paragraphs.join("\n\n")}\n`);
  const { page } = await stage.launch(data, "writer", undefined, [`--import=${data}/long.md`]);
  await text(page).waitFor({ timeout: untilMs });
  await whenCounts(page, /^22,800 words$/);
  await type(page, " Two more");
  await whenCounts(page, /^22,802 words$/);
  await page.keyboard.press("ControlOrMeta+a");
  await whenCounts(page, /^22,802 of 22,802 words$/);
  expect(await segmented(page, "word")).toBe(22_802);
});

test("goals: how far it is, reached and said once, kept over a relaunch", async () => {
  const data = await stage.folder();
  let { page, ...app } = await stage.launch(data, "writer");
  await beginPage(page, "Goals");
  await setGoal(page, /for this document/, "4");
  await setGoal(page, /for each day/, "6");
  await type(page, "one two ");
  await whenCounts(page, /^2 today2 words$/);
  expect(await button(page).getAttribute("aria-label")).toBe("2 words. 2 words to go. Today: 4 words to go");
  expect(await said(page).textContent()).toBe("");
  await page.keyboard.type("three four");
  await expect.poll(() => said(page).textContent()).toBe("Goal reached: 4 words in this document.");
  // What is taken back was not written, and coming back to the goal is no news.
  await page.keyboard.press("ControlOrMeta+Backspace");
  await whenCounts(page, /^3 today3 words$/);
  await page.keyboard.type("four five six");
  await expect.poll(() => said(page).textContent()).toBe("Goal reached: 6 words today.");
  await status(page, /^Saved on this device/);
  await stage.end({ page, ...app }, "close");

  ({ page, ...app } = await stage.launch(data, "writer"));
  await whenCounts(page, /^6 today6 words$/);
  expect(await button(page).getAttribute("aria-label")).toBe(
    "6 words. Reached: 6 words. Today: Reached: 6 words",
  );
  await page.keyboard.press("ControlOrMeta+a");
  // Cutting takes back what was written, and pasting it again is no more than that.
  await page.keyboard.press("ControlOrMeta+x");
  await whenCounts(page, /^0 today0 words$/);
  await page.keyboard.press("ControlOrMeta+v");
  await whenCounts(page, /^6 today6 words$/);
  expect(await said(page).textContent()).toBe("");

  // No number is no goal, and is said so.
  await choose(page, "Writing goal");
  const field = panel(page).getByRole("textbox", { name: /for this document/ });
  await field.fill("many");
  await panel(page)
    .getByText(/^A number of words, from 1 to/)
    .waitFor({ timeout: untilMs });
  await field.fill("");
  await page.keyboard.press("Escape");
  await expect.poll(() => button(page).getAttribute("aria-label")).toBe("6 words. Today: Reached: 6 words");
});

test("what others write counts in the document, and not as written here", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Shared");
  await setGoal(one.page, /for each day/, "10");
  await type(one.page, "Mine. ");
  await whenCounts(one.page, /^1 today1 word$/);
  await status(one.page, /On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Shared");
  await setGoal(two.page, /for each day/, "10");
  await whenCounts(two.page, /^0 today1 word$/);
  await type(two.page, "Theirs are three.");
  await whenText(one.page, "Mine. Theirs are three.");
  await whenCounts(one.page, /^1 today4 words$/);
  await whenCounts(two.page, /^3 today4 words$/);
});

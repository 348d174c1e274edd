/** Code in the colours of its language, formulas as they are printed, and what of a block can be chosen. */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { beginPage, htmlOf, status, text, type, untilMs, whenHtml } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

/** What is coloured, as "kind text", in the order of the text. */
const coloured = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const pieces = [...CSS.highlights].flatMap(([name, ranges]) =>
      name.startsWith("code-")
        ? [...ranges].flatMap((range) => (range instanceof Range ? [{ kind: name.slice(5), range }] : []))
        : [],
    );
    return pieces
      .toSorted((a, b) => a.range.compareBoundaryPoints(Range.START_TO_START, b.range))
      .map(({ kind, range }) => `${kind} ${String(range)}`);
  });
const whenColoured = (page: Page, pieces: readonly string[]): Promise<void> =>
  expect.poll(() => coloured(page), { timeout: untilMs }).toEqual(pieces);

const pre = (language: string, code: string): string =>
  `<pre data-language="${language}" spellcheck="false"><code>${code}</code></pre>`;

/** The letters of the formulas that are printed, as a screen reader has them. */
const printed = (page: Page): Promise<string[]> =>
  text(page).evaluate((dom) =>
    [...dom.querySelectorAll(".formula")]
      .filter((formula) => formula.checkVisibility())
      .map(
        (formula) => formula.querySelector("annotation")?.textContent ?? `as it is: ${formula.textContent}`,
      ),
  );
const whenPrinted = (page: Page, formulas: readonly string[]): Promise<void> =>
  expect.poll(() => printed(page), { timeout: untilMs }).toEqual(formulas);

/** Whether the source of the formula is on the screen. */
const isSourceShown = (page: Page): Promise<boolean> =>
  text(page).evaluate((dom) =>
    [...dom.querySelectorAll("[data-math]")].some((source) => source.checkVisibility()),
  );
const whenSource = (page: Page, isShown: boolean): Promise<void> =>
  expect.poll(() => isSourceShown(page), { timeout: untilMs }).toBe(isShown);

test("code gets the colours of its language as it is typed, loses them with it, and the document holds text alone", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "coder");
  await beginPage(page, "Code");
  await page.keyboard.type("```ts ");
  await page.keyboard.type("let a = 1;");
  await whenColoured(page, ["keyword let", "number 1"]);
  await page.keyboard.type(" // one");
  await whenColoured(page, ["keyword let", "number 1", "comment // one"]);
  await whenHtml(page, pre("ts", "let a = 1; // one"));

  const language = page.getByRole("combobox", { name: "Language" });
  await language.waitFor({ timeout: untilMs });
  expect(await language.inputValue()).toBe("typescript");
  await language.selectOption({ label: "Python" });
  await whenHtml(page, pre("python", "let a = 1; // one"));
  await whenColoured(page, ["number 1"]);
  // The caret is in the code again.
  await page.keyboard.type(" # two");
  await whenColoured(page, ["number 1", "comment # two"]);
  await language.selectOption({ label: "Plain text" });
  await whenColoured(page, []);
  await page.keyboard.press("ControlOrMeta+z");
  await whenColoured(page, ["number 1", "comment # two"]);
  await status(page, /^Saved on this device/);
  expect(problems).toEqual([]);
});

test("a language that nobody knows stays as it was written", async () => {
  const { page } = await stage.launch(await stage.folder(), "coder");
  await beginPage(page, "Code");
  await page.keyboard.type("```klingon ");
  await page.keyboard.type("Qapla'");
  const language = page.getByRole("combobox", { name: "Language" });
  await expect.poll(() => language.inputValue(), { timeout: untilMs }).toBe("klingon");
  await whenHtml(page, pre("klingon", "Qapla'"));
  await whenColoured(page, []);
});

test("a callout is of the kind that is chosen", async () => {
  const { page } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Callout");
  await page.keyboard.type("> [!tip] Drink.");
  const kind = page.getByRole("combobox", { name: "Callout" });
  await expect.poll(() => kind.inputValue(), { timeout: untilMs }).toBe("tip");
  await kind.selectOption({ label: "Warning" });
  await whenHtml(page, '<aside data-kind="warning"><p>Drink.</p></aside>');
  await page.keyboard.type(" Now.");
  await whenHtml(page, '<aside data-kind="warning"><p>Drink. Now.</p></aside>');
  await page.keyboard.press("ControlOrMeta+z");
  await page.keyboard.press("ControlOrMeta+z");
  await expect.poll(() => htmlOf(page), { timeout: untilMs }).toContain('data-kind="tip"');
});

test("a formula in the text is printed, and its source is there while the caret is", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "mathematician");
  await beginPage(page, "Formulas");
  await type(page, "So ");
  await page.keyboard.press("ControlOrMeta+Shift+M");
  await page.keyboard.type("e^{i\\pi}");
  await whenSource(page, true);
  await page.keyboard.press("Home");
  await whenPrinted(page, ["e^{i\\pi}"]);
  await whenSource(page, false);
  // From its end, key by key: the source comes as the caret does.
  await page.keyboard.press("End");
  await whenSource(page, true);
  await page.keyboard.type("=-1");
  await page.keyboard.press("Home");
  await whenPrinted(page, ["e^{i\\pi}=-1"]);
  // A click on what is printed is a click into its source.
  const printedAt = await text(page).locator(".formula").boundingBox();
  if (!printedAt) throw new Error("the formula is not drawn");
  await page.mouse.click(printedAt.x + printedAt.width / 2, printedAt.y + printedAt.height / 2);
  await whenSource(page, true);
  await page.keyboard.press("Home");
  await whenSource(page, false);
  await status(page, /^Saved on this device/);
  expect(problems).toEqual([]);
});

test("dollars around letters are a formula, around amounts they are money", async () => {
  const { page } = await stage.launch(await stage.folder(), "mathematician");
  await beginPage(page, "Dollars");
  await type(page, "From $5-$10 to $x^2$, and ");
  await whenPrinted(page, ["x^2"]);
  await whenHtml(page, '<p>From $5-$10 to <span data-math="true" spellcheck="false">x^2</span>, and </p>');
});

test("a formula by itself: arrows go through it, and a wrong one says what is wrong", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "mathematician");
  await beginPage(page, "Formulas");
  await page.keyboard.type("Before");
  await page.keyboard.press("Enter");
  await page.keyboard.type("$$ ");
  await page.keyboard.type("\\sum_{i=1}^n i");
  await whenSource(page, true);
  await whenPrinted(page, ["\\sum_{i=1}^n i"]);
  await page.keyboard.press("ControlOrMeta+Enter");
  await page.keyboard.type("After");
  await whenSource(page, false);
  await page.keyboard.press("ArrowUp");
  await whenSource(page, true);
  await page.keyboard.press("End");
  await page.keyboard.type("\\frac{");
  await expect
    .poll(() => text(page).locator(".formula.is-wrong").getAttribute("title"), { timeout: untilMs })
    .toMatch(/expected '}'/i);
  await page.keyboard.type("1}{2}");
  await whenPrinted(page, ["\\sum_{i=1}^n i\\frac{1}{2}"]);
  await page.keyboard.press("ArrowUp");
  await whenSource(page, false);
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowRight");
  await whenSource(page, true);
  await page.keyboard.press("ArrowLeft");
  await whenSource(page, false);
  await page.keyboard.type("!");
  await expect.poll(() => htmlOf(page), { timeout: untilMs }).toMatch(/^<p>Before!<\/p>/);
  await status(page, /^Saved on this device/);
  expect(problems).toEqual([]);
});

/** Spelling: what is marked, what the menu at a word does, a person's own words, and that no network is needed. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ElectronApplication, Page } from "playwright";
import { expect, test } from "vitest";
import { beginPage, focusText, openDocument, titleField, untilMs, whenHtml, whenText } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

/** What is marked as misspelled, in the order of the text. */
const marked = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const ranges = [...(CSS.highlights.get("misspelled") ?? [])].filter((range) => range instanceof Range);
    const inOrder = ranges.toSorted((a, b) => a.compareBoundaryPoints(Range.START_TO_START, b));
    return inOrder.map(String).filter((word) => word !== "");
  });
const whenMarked = (page: Page, words: readonly string[]): Promise<void> =>
  expect.poll(() => marked(page), { timeout: untilMs }).toEqual(words);

/** Menus are the system's: what main would show is kept instead, and chosen from by its words. */
const watchMenus = (app: ElectronApplication): Promise<void> =>
  app.evaluate(({ Menu }) => {
    const shown: { menu: Electron.Menu | null } = { menu: null };
    Object.assign(globalThis, { shown });
    Menu.prototype.popup = function popup(this: Electron.Menu) {
      shown.menu = this;
    };
  });
const menuOf = (app: ElectronApplication): Promise<string[]> =>
  app.evaluate(() => {
    const { shown } = globalThis as unknown as { shown: { menu: Electron.Menu | null } };
    return (shown.menu?.items ?? []).filter(({ type }) => type !== "separator").map(({ label }) => label);
  });
const choose = (app: ElectronApplication, label: string): Promise<void> =>
  app.evaluate((_, wanted) => {
    const { shown } = globalThis as unknown as { shown: { menu: Electron.Menu | null } };
    const item = shown.menu?.items.find((each) => each.label === wanted);
    shown.menu = null;
    if (!item) throw new Error(`The menu has no ${wanted}.`);
    item.click();
  }, label);
/** Opens the menu at the first misspelled word that is marked. */
async function menuAt(app: ElectronApplication, page: Page, word: string): Promise<void> {
  const at = await page.evaluate((wanted) => {
    const ranges = [...(CSS.highlights.get("misspelled") ?? [])].filter((range) => range instanceof Range);
    const rect = ranges.find((range) => String(range) === wanted)?.getBoundingClientRect();
    return rect && { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
  }, word);
  if (!at) throw new Error(`${word} is not marked.`);
  await page.mouse.click(at.x, at.y, { button: "right" });
  await expect.poll(() => menuOf(app), { timeout: untilMs }).toContain("Add to dictionary");
}

test("a misspelled word is marked, a suggestion replaces it in its marks, and one undo brings it back", async () => {
  const folder = await stage.folder();
  const { app, page, problems } = await stage.launch(folder, "writer");
  await watchMenus(app);
  const asked = await app.evaluate(({ session }) => {
    const urls: string[] = [];
    Object.assign(globalThis, { urls });
    for (const event of [
      "spellcheck-dictionary-initialized",
      "spellcheck-dictionary-download-begin",
    ] as const)
      session.defaultSession.on(event as "spellcheck-dictionary-download-begin", () => urls.push(event));
    return urls;
  });
  expect(asked).toEqual([]);
  await beginPage(page, "Spelling");
  await page.keyboard.type(
    "It isn’t **wrng at all**, don’t worry; see www.exmple.org/qwrt and `cde fnction` ",
  );
  await page.keyboard.type("NASA iPhone x86 日本語 привет well-knwn naïve");
  await whenMarked(page, ["wrng", "knwn"]);
  const before =
    '<p>It isn’t <strong>wrng at all</strong>, don’t worry; see www.exmple.org/qwrt and <code spellcheck="false">cde fnction</code> NASA iPhone x86 日本語 привет well-knwn naïve</p>';
  await menuAt(app, page, "wrng");
  const items = await menuOf(app);
  expect(items.indexOf("wrong")).toBeLessThan(6);
  expect(items).toEqual(expect.arrayContaining(["wrong", "Ignore in this session", "Paste as plain text"]));
  await choose(app, "wrong");
  await whenHtml(page, before.replace("wrng", "wrong"));
  await whenMarked(page, ["knwn"]);
  await page.keyboard.press("ControlOrMeta+z");
  await whenMarked(page, ["wrng", "knwn"]);
  expect(await app.evaluate(() => (globalThis as unknown as { urls: string[] }).urls)).toEqual([]);
  // What Chromium downloads it keeps in the profile.
  const files = await readdir(folder, { recursive: true });
  expect(files.filter((name) => name.endsWith(".bdic"))).toEqual([]);
  expect(problems).toEqual([]);
});

test("of a long document what is on the screen is marked, wherever it is scrolled to", async () => {
  const folder = await stage.folder();
  const words = "A paragrph of a long document, with some more words in it than there are here.";
  const file = join(folder, "long.md");
  await writeFile(file, `${`${words}\n\n`.repeat(7_000)}The lastt paragraph.\n`);
  const { page, problems } = await stage.launch(folder, "writer", undefined, [`--import=${file}`]);
  await openDocument(page, "long");
  await expect
    .poll(async () => new Set(await marked(page)), { timeout: 60_000 })
    .toEqual(new Set(["paragrph"]));
  expect((await marked(page)).length).toBeLessThan(200);
  await focusText(page);
  await page.keyboard.press("ControlOrMeta+End");
  await expect.poll(() => marked(page), { timeout: 60_000 }).toContain("lastt");
  expect((await marked(page)).length).toBeLessThan(200);
  expect(problems).toEqual([]);
});

test("an own word is right at once and after a start; removed in the settings it is wrong again", async () => {
  const folder = await stage.folder();
  const first = await stage.launch(folder, "writer");
  await watchMenus(first.app);
  await beginPage(first.page, "Own words");
  await first.page.keyboard.type("Deckly writes zzyzx well. ");
  await whenMarked(first.page, ["Deckly", "zzyzx"]);
  await menuAt(first.app, first.page, "Deckly");
  await choose(first.app, "Add to dictionary");
  await whenMarked(first.page, ["zzyzx"]);
  await menuAt(first.app, first.page, "zzyzx");
  await choose(first.app, "Ignore in this session");
  await whenMarked(first.page, []);
  expect(await readFile(join(folder, "profiles", "writer", "dictionary.txt"), "utf8")).toBe("Deckly\n");
  await stage.end(first, "close");

  const second = await stage.launch(folder, "writer");
  await openDocument(second.page, "Own words");
  await whenMarked(second.page, ["zzyzx"]);
  await second.page.keyboard.press("ControlOrMeta+,");
  await second.page.getByRole("button", { name: "Remove Deckly from the dictionary" }).click();
  await whenMarked(second.page, ["Deckly", "zzyzx"]);
});

test("F7 goes from word to word and shows suggestions; the title is corrected as well", async () => {
  const { app, page } = await stage.launch(await stage.folder(), "writer");
  await watchMenus(app);
  await beginPage(page, "A titel");
  await page.keyboard.type("Frst and secnd.");
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.press("F7");
  await expect.poll(() => menuOf(app), { timeout: untilMs }).toContain("First");
  await choose(app, "First");
  await whenText(page, "First and secnd.");
  await page.keyboard.press("F7");
  await expect.poll(() => menuOf(app), { timeout: untilMs }).toContain("second");
  await choose(app, "second");
  await whenText(page, "First and second.");
  await page.keyboard.press("F7");
  await page.getByText("No misspelled word was found.").waitFor({ timeout: untilMs });
  await titleField(page).focus();
  await page.keyboard.press("End");
  await page.keyboard.press("F7");
  await expect.poll(() => menuOf(app), { timeout: untilMs }).toContain("title");
  await choose(app, "title");
  await expect.poll(() => titleField(page).inputValue(), { timeout: untilMs }).toBe("A title");
});

test("off is off; a dictionary of one's own is used, and a broken one says so", async () => {
  const folder = await stage.folder();
  const dictionaries = join(folder, "profiles", "writer", "dictionaries");
  await mkdir(dictionaries, { recursive: true });
  await writeFile(join(dictionaries, "xx.aff"), "SET UTF-8\n");
  await writeFile(join(dictionaries, "xx.dic"), "1\nqwrtz\n");
  await writeFile(join(dictionaries, "broken.dic"), "nothing");
  const { app, page } = await stage.launch(folder, "writer");
  await watchMenus(app);
  await beginPage(page, "Languages");
  await page.keyboard.type("Some qwrtz here. ");
  await whenMarked(page, ["qwrtz"]);
  await page.keyboard.press("ControlOrMeta+,");
  const settings = page.getByRole("region", { name: "Spelling" });
  await settings.getByRole("checkbox", { name: "xx" }).check();
  await whenMarked(page, []);
  await settings.getByRole("checkbox", { name: "broken" }).check();
  await settings.getByText(/two files that can be read/).waitFor({ timeout: untilMs });
  await settings.getByRole("checkbox", { name: "xx" }).uncheck();
  await whenMarked(page, ["qwrtz"]);
  await settings.getByRole("checkbox", { name: "Check spelling while writing" }).uncheck();
  await whenMarked(page, []);
});

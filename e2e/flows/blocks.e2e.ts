/**
 * Tables, tasks and the other blocks as two people use them: made with the toolbar and with keys, seen
 * over there, changed by both at once while the relay is away, and the same after closing and opening.
 */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import {
  htmlOf,
  newDocument,
  openDocument,
  pasteHtml,
  press,
  status,
  tableOf,
  titleField,
  type,
  whenHtml,
  whenTable,
  whenText,
} from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
const untilMs = 20_000;

/** Types where the caret is; "\n" is Enter, "→" Tab, "←" Shift-Tab, "⌫" Backspace. */
async function keys(page: Page, words: string): Promise<void> {
  const named: Record<string, string> = { "\n": "Enter", "→": "Tab", "←": "Shift+Tab", "⌫": "Backspace" };
  for (const piece of words.split(/([\n→←⌫])/)) {
    const key = named[piece];
    if (key !== undefined) await page.keyboard.press(key);
    else if (piece !== "") await page.keyboard.type(piece);
  }
}

const cell = (page: Page, words: string) => page.getByRole("cell", { name: words, exact: true });
const task = (page: Page, words: string) =>
  page.getByRole("listitem").filter({ hasText: words }).getByRole("checkbox", { name: "Done" });

/** Waits until the task is so on this screen. */
const whenTask = (page: Page, words: string, checked: boolean) =>
  expect
    .poll(() => task(page, words).getAttribute("aria-checked"), { timeout: untilMs })
    .toBe(String(checked));
const whenTasks = (page: Page, count: number) =>
  expect.poll(() => page.getByRole("checkbox").count(), { timeout: untilMs }).toBe(count);

/** Without what the browser said because the relay was away. */
const problemsOf = ({ problems }: { problems: readonly string[] }): string[] =>
  problems.filter((problem) => !/WebSocket connection/.test(problem));

test("a table: made, filled and grown by one; a row here and a column there meet in a full rectangle", async () => {
  const data = await stage.folder();
  let relay = await stage.serve(data);
  let one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Table");
  await type(one.page, "Before\n");
  await press(one.page, "Table");
  await keys(one.page, "Name→Colour→Size→Rag→white→1→Straw→yellow→2→Wood→grey→3");
  const filled = "#Name|#Colour|#Size\nRag|white|1\nStraw|yellow|2\nWood|grey|3";
  await whenTable(one.page, filled);
  await status(one.page, /^Saved on this device · On the relay$/);

  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Table");
  await whenTable(two.page, filled);

  const { port } = relay;
  await stage.end(relay, "kill");
  await status(one.page, /Relay unreachable/);
  await status(two.page, /Relay unreachable/);
  await cell(one.page, "Straw").click();
  await press(one.page, "Add row below");
  await keys(one.page, "→→");
  await cell(two.page, "white").click();
  await press(two.page, "Add column after");
  await keys(two.page, "→thick");
  await whenTable(one.page, "#Name|#Colour|#Size\nRag|white|1\nStraw|yellow|2\n||\nWood|grey|3");
  await whenTable(two.page, "#Name|#Colour|#|#Size\nRag|white|thick|1\nStraw|yellow||2\nWood|grey||3");

  relay = await stage.serve(data, port);
  const both = "#Name|#Colour|#|#Size\nRag|white|thick|1\nStraw|yellow||2\n|||\nWood|grey||3";
  await whenTable(one.page, both);
  await whenTable(two.page, both);
  // Where the new row and the new column meet nobody has written a cell: it can be typed in all the same.
  const meeting = one.page.getByRole("row").nth(3).getByRole("cell").nth(2);
  await meeting.click();
  await keys(one.page, "here");
  const typed = both.replace("|||", "||here|");
  await whenTable(one.page, typed);
  await whenTable(two.page, typed);
  await status(one.page, /^Saved on this device · On the relay$/);
  await status(two.page, /^Saved on this device · On the relay$/);

  await stage.end(one, "close");
  one = await stage.launch(data, "one", relay);
  await whenTable(one.page, typed);
  await status(one.page, /^Saved on this device · On the relay$/);
  expect(await tableOf(one.page)).toBe(typed);
  expect(await htmlOf(one.page)).toBe(await htmlOf(two.page));
  expect(problemsOf(one)).toEqual([]);
  expect(problemsOf(two)).toEqual([]);
});

test("rows, columns, the header and the table itself go with the bar that a table has", async () => {
  const data = await stage.folder();
  const { page, problems } = await stage.launch(data, "alone");
  await type(page, "");
  await press(page, "Table");
  await keys(page, "a→b→c→1→2→3→4→5→6");
  await cell(page, "2").click();
  await press(page, "Delete row");
  await whenTable(page, "#a|#b|#c\n4|5|6");
  await cell(page, "5").click();
  await press(page, "Delete column");
  await whenTable(page, "#a|#c\n4|6");
  await press(page, "Header row");
  await whenTable(page, "a|c\n4|6");
  await press(page, "Header row");
  await cell(page, "4").click();
  await press(page, "Add row above");
  await press(page, "Add column before");
  await cell(page, "4").click();
  await press(page, "Delete row");
  await page.keyboard.press("ControlOrMeta+z");
  await whenTable(page, "#|#a|#c\n||\n|4|6");

  // Selected across cells with the keyboard, and emptied.
  await cell(page, "4").click();
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowUp");
  expect(await page.locator(".selectedCell").count()).toBe(4);
  await page.keyboard.press("Delete");
  await whenTable(page, "#|#a|#c\n||\n||");
  await press(page, "Delete table");
  await expect.poll(() => page.getByRole("table").count()).toBe(0);
  await expect.poll(() => page.getByRole("toolbar", { name: "Table" }).count()).toBe(0);
  await keys(page, "after");
  await whenText(page, "after");
  expect(problems).toEqual([]);
});

test("arrow keys go through a table and out of it on both sides, though it is all there is", async () => {
  const data = await stage.folder();
  const { page } = await stage.launch(data, "alone");
  await type(page, "");
  await press(page, "Table");
  await keys(page, "a");
  // Down through the column, out into the paragraph after, and back up.
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowDown");
  await keys(page, "below");
  await whenText(page, "a\n\n\n\n\n\n\n\n\nbelow");
  await page.keyboard.press("ArrowUp");
  await keys(page, "x");
  await expect.poll(() => tableOf(page)).toContain("x");
  await page.getByRole("columnheader", { name: "a" }).click();
  await page.keyboard.press("ArrowUp");
  await keys(page, "above");
  await expect.poll(() => htmlOf(page)).toMatch(/^<p>above<\/p>/);
});

test("a task is checked with the mouse here and with a key there, and both see it", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Tasks");
  await type(one.page, "");
  await press(one.page, "Task list");
  await keys(one.page, "Beat the rag\nFill the vat\nPull\n\nout");
  await status(one.page, /^Saved on this device · On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Tasks");
  await whenText(two.page, "Beat the rag\nFill the vat\nPull\nout");
  await whenTasks(two.page, 3);

  await task(two.page, "Fill the vat").click();
  await whenTask(one.page, "Fill the vat", true);
  await one.page.getByText("Pull").click();
  await one.page.keyboard.press("ControlOrMeta+Enter");
  await whenTask(two.page, "Pull", true);
  await one.page.keyboard.press("End");
  await keys(one.page, "\nTilt");
  await whenTask(two.page, "Tilt", false);
  await task(one.page, "Fill the vat").click();
  await whenTask(two.page, "Fill the vat", false);

  // Another kind of list and back: what was done is still done.
  await press(one.page, "Bulleted list");
  await whenTasks(two.page, 0);
  await press(one.page, "Task list");
  await whenTasks(two.page, 4);
  expect(await task(two.page, "Pull").getAttribute("aria-checked")).toBe("true");
  expect(await htmlOf(one.page)).toBe(await htmlOf(two.page));

  await status(two.page, /^Saved on this device · On the relay$/);
  await stage.end(two, "close");
  const again = await stage.launch(data, "two", relay);
  await whenTask(again.page, "Pull", true);
  expect(await htmlOf(one.page)).toBe(await htmlOf(again.page));
  expect(problemsOf(one)).toEqual([]);
});

test("one of everything is the same on the other screen and after opening again", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  let one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Everything");
  await type(one.page, "");
  await keys(one.page, "> [!warning] Mind the vat\n\n[x] done\nopen\n\n$$ E = mc^2\n\n\n==marked== and ");
  await one.page.keyboard.press("ControlOrMeta+u");
  await keys(one.page, "underlined");
  await one.page.keyboard.press("ControlOrMeta+u");
  await keys(one.page, " and a note");
  await one.page.keyboard.press("ControlOrMeta+Alt+f");
  await keys(one.page, "Below the line");
  const shown = await htmlOf(one.page);
  expect(shown).toContain('<aside data-kind="warning"><p>Mind the vat</p></aside>');
  expect(shown).toContain('<pre data-math="true" spellcheck="false"><code>E = mc^2</code></pre>');
  expect(shown).toContain(
    '<mark data-color="yellow" style="--highlight: yellow;">marked</mark> and <u>underlined</u>',
  );
  expect(await one.page.getByRole("note", { name: "Footnote 1" }).textContent()).toBe("Below the line");
  await status(one.page, /^Saved on this device · On the relay$/);

  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Everything");
  await whenHtml(two.page, shown);
  await stage.end(one, "close");
  one = await stage.launch(data, "one", relay);
  await whenHtml(one.page, shown);
  expect(problemsOf(one)).toEqual([]);
  expect(problemsOf(two)).toEqual([]);
});

const li = (checked: boolean, words: string): string => `<li data-checked="${checked}"><p>${words}</p></li>`;

test("what is pasted from GitHub, Google Docs and Word comes in as what it was", async () => {
  const data = await stage.folder();
  const { page, problems } = await stage.launch(data, "alone");
  await page.getByRole("list", { name: "Documents" }).getByRole("button").waitFor();
  let made = 0;
  const pasted = async (html: string): Promise<string> => {
    await newDocument(page, `Paste ${++made}`);
    await pasteHtml(page, html);
    await expect.poll(() => htmlOf(page)).not.toBe("<p></p>");
    return htmlOf(page);
  };
  expect(
    await pasted(`<ul class="contains-task-list">
      <li class="task-list-item"><input type="checkbox" class="task-list-item-checkbox" disabled> open</li>
      <li class="task-list-item"><input type="checkbox" class="task-list-item-checkbox" disabled checked> done</li></ul>`),
  ).toBe(`<ul data-tasks="true">${li(false, "open")}${li(true, "done")}</ul>`);
  expect(
    await pasted(`<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><ul>
      <li dir="ltr" role="checkbox" aria-checked="true" aria-level="1"><img src="data:image/png;base64,iVBORw0KGgo=" alt="checked"><p dir="ltr" role="presentation"><span>done</span></p></li>
      <li dir="ltr" role="checkbox" aria-checked="false" aria-level="1"><img src="data:image/png;base64,iVBORw0KGgo=" alt="unchecked"><p dir="ltr" role="presentation"><span>open</span></p></li></ul></b>`),
  ).toBe(`<ul data-tasks="true">${li(true, "done")}${li(false, "open")}</ul>`);
  expect(
    await pasted(`<html xmlns:w="urn:schemas-microsoft-com:office:word"><body>
      <p class="MsoListParagraphCxSpFirst" style="text-indent:-.25in;mso-list:l0 level1 lfo1"><!--[if !supportLists]--><span style="font-family:Symbol"><span style="mso-list:Ignore">·<span style="font:7pt">&nbsp;&nbsp; </span></span></span><!--[endif]-->one</p>
      <p class="MsoListParagraphCxSpMiddle" style="text-indent:-.25in;mso-list:l0 level2 lfo1"><span style="mso-list:Ignore">1.<span>&nbsp;</span></span>inner</p>
      <p class="MsoListParagraphCxSpLast" style="text-indent:-.25in;mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">·<span>&nbsp;</span></span>two</p>
      <p class="MsoNormal">after</p></body></html>`),
  ).toBe("<ul><li><p>one</p><ol><li><p>inner</p></li></ol></li><li><p>two</p></li></ul><p>after</p>");
  const alert = await pasted(
    `<div class="markdown-alert markdown-alert-tip"><p class="markdown-alert-title">Tip</p><p>Warm water.</p></div><p>x</p>`,
  );
  expect(alert).toBe('<aside data-kind="tip"><p>Warm water.</p></aside><p>x</p>');

  await pasted(`<table><caption>Felts</caption><thead><tr><td>Kind</td><th>Price</th></tr></thead>
    <tbody><tr><td colspan="0">Rag</td><td align="right">1</td></tr><tr><td>Straw</td></tr></tbody></table>`);
  await whenTable(page, "#Kind|#Price\nRag|1\nStraw|");
  await whenText(page, "Felts\nKind\nPrice\nRag\n1\nStraw\n");
  // Into a table: cells go to cells.
  await cell(page, "1").click();
  await pasteHtml(page, "<table><tr><td>a</td><td>b</td></tr></table>");
  await whenTable(page, "#Kind|#Price|#\nRag|a|b\nStraw||");

  const image = await pasted(
    `<p>x</p><img src="https://example.org/pictures/vat%20one.png?size=2"><img src="file:///C:/Users/me/secret.png" alt="">`,
  );
  expect(image).not.toContain("example.org");
  expect(image).not.toContain("secret");
  expect(await page.getByRole("img", { name: "vat one.png" }).count()).toBe(1);
  await status(page, /^Saved on this device/);
  expect(problems).toEqual([]);
});

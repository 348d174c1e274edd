/** The page as a test reads and writes it: by role and name, as a person would find it. */
import type { Page } from "playwright";
import { expect } from "vitest";

export const untilMs = 20_000;

export const text = (page: Page) => page.getByRole("textbox", { name: "Document text" });

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

/**
 * Gives the text the focus, as long before the first key as a person would: 20 ms after it ProseMirror shows its own
 * selection again, and a caret that a key has moved by then, of which it has not heard yet, goes back.
 */
export async function focusText(page: Page): Promise<void> {
  await text(page).waitFor({ timeout: untilMs });
  const isNew = await text(page).evaluate((dom) => dom !== document.activeElement);
  await text(page).focus();
  if (isNew) await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 25)));
}

/** Types at the document's end; "\n" is Enter. */
export async function type(page: Page, words: string): Promise<void> {
  await focusText(page);
  await page.keyboard.press("ControlOrMeta+End");
  for (const [i, line] of words.split("\n").entries()) {
    if (i > 0) await page.keyboard.press("Enter");
    await page.keyboard.type(line);
  }
}

/** Waits until the status line says it. */
export async function status(page: Page, words: RegExp, timeout = 40_000): Promise<void> {
  await expect
    .poll(async () => (await page.getByRole("status", { name: "Status" }).textContent())?.trim(), {
      timeout,
    })
    .toMatch(words);
}

export async function openDocument(page: Page, title: string): Promise<void> {
  const entry = page.getByRole("navigation", { name: "Library" }).getByText(title, { exact: true });
  await entry.click({ timeout: untilMs });
  await expect
    .poll(() => page.getByRole("textbox", { name: "Title" }).inputValue(), { timeout: untilMs })
    .toBe(title);
  await text(page)
    .waitFor({ timeout: untilMs })
    .catch(async (error: unknown) => {
      const shown = await page.locator("body").innerText();
      throw new Error(`The text of "${title}" did not come; the window says:\n${shown}`, { cause: error });
    });
}

/** What the document text is made of, without what is there only for the caret. */
export async function htmlOf(page: Page): Promise<string> {
  return text(page).evaluate((dom) => {
    const copy = dom.cloneNode(true);
    if (!(copy instanceof Element)) return "";
    for (const artefact of copy.querySelectorAll(
      ".ProseMirror-trailingBreak, .ProseMirror-separator, .ProseMirror-gapcursor, .ProseMirror-widget",
    ))
      artefact.remove();
    // What is printed of a formula stands beside its source, which the document has.
    for (const printed of copy.querySelectorAll(".formula-block > .formula")) printed.remove();
    for (const shell of copy.querySelectorAll(".formula-block, .formula-source"))
      shell.replaceWith(...shell.childNodes);
    for (const node of copy.querySelectorAll("*")) {
      node.removeAttribute("class");
      node.removeAttribute("draggable");
      // Which side a list or a table begins at follows from its words.
      if (node.getAttribute("dir") === "auto") node.removeAttribute("dir");
      // What is far from the window, in a long text.
      node.removeAttribute("data-far");
      node.removeAttribute("contenteditable");
      // Of a list that is none of tasks it says nothing.
      if (node.getAttribute("data-checked") === "false" && !node.closest("[data-tasks]"))
        node.removeAttribute("data-checked");
    }
    return copy.innerHTML;
  });
}

export async function whenHtml(page: Page, expected: string): Promise<void> {
  await text(page).waitFor({ timeout: untilMs });
  await expect.poll(() => htmlOf(page), { timeout: untilMs }).toBe(expected);
}

/** Scrolls as a person does who looks for this block: of a long text only what is around the window can be scrolled to. */
export async function scrollToBlock(page: Page, index: number): Promise<void> {
  await text(page).evaluate(async (dom, wanted) => {
    const pane = dom.closest("[data-scroll]");
    const blocks = [...dom.children];
    const block = blocks[wanted];
    if (!pane || !block) throw new Error(`there is no block ${wanted}`);
    const isLaidOut = (each: Element): boolean => each.getClientRects().length > 0;
    const isNotAbove = (each: Element): boolean =>
      isLaidOut(each) && each.getBoundingClientRect().bottom > pane.getBoundingClientRect().top;
    pane.scrollTop = (pane.scrollHeight * wanted) / blocks.length;
    for (let tries = 0; tries < 200; tries++) {
      await new Promise((done) => requestAnimationFrame(done));
      if (isLaidOut(block)) return block.scrollIntoView({ block: "center" });
      pane.scrollTop += (wanted < blocks.findIndex(isNotAbove) ? -1 : 1) * pane.clientHeight;
    }
    throw new Error(`block ${wanted} did not come into sight`);
  }, index);
}

export const titleField = (page: Page) => page.getByRole("textbox", { name: "Title" });

export async function whenTitle(page: Page, expected: string): Promise<void> {
  await expect.poll(() => titleField(page).inputValue(), { timeout: untilMs }).toBe(expected);
}

/** The titles that the library lists, from the top. */
export async function libraryOf(page: Page): Promise<string[]> {
  return page.getByRole("list", { name: "Documents" }).getByRole("button").allTextContents();
}

/** Waits until the library lists exactly these titles, in whatever order. */
export async function whenLibrary(page: Page, titles: readonly string[]): Promise<void> {
  await expect
    .poll(async () => (await libraryOf(page)).toSorted(), { timeout: untilMs })
    .toEqual(titles.toSorted());
}

/** Makes a document as a person does: the button, the title, Enter, and the caret is in the text. */
export async function newDocument(page: Page, title: string): Promise<void> {
  const rows = await libraryOf(page);
  await page.getByRole("button", { name: "New document" }).click({ timeout: untilMs });
  await expect.poll(async () => (await libraryOf(page)).length, { timeout: untilMs }).toBe(rows.length + 1);
  await whenTitle(page, "");
  await expect
    .poll(() => titleField(page).evaluate((field) => field === document.activeElement), { timeout: untilMs })
    .toBe(true);
  await page.keyboard.type(title);
  await page.keyboard.press("Enter");
  await expect
    .poll(() => text(page).evaluate((dom) => dom === document.activeElement), { timeout: untilMs })
    .toBe(true);
}

/** The words of the status line as they stand. */
export async function statusOf(page: Page): Promise<string> {
  return (await page.getByRole("status", { name: "Status" }).textContent({ timeout: untilMs }))?.trim() ?? "";
}

/** Waits for a notice that says it. */
export async function whenAlert(page: Page, words: RegExp | string): Promise<void> {
  await page.getByRole("alert").filter({ hasText: words }).first().waitFor({ timeout: untilMs });
}

/** Presses a button of the toolbar, or of the one that a table has. */
export async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("toolbar").getByRole("button", { name, exact: true }).click({ timeout: untilMs });
}

/** The first table's text: a line a row, "|" between cells, "#" before a header. */
export async function tableOf(page: Page): Promise<string> {
  return text(page).evaluate((dom) => {
    const rows = dom.querySelector("table")?.querySelectorAll("tr") ?? [];
    return [...rows]
      .map((row) =>
        [...row.children].map((cell) => (cell.nodeName === "TH" ? "#" : "") + cell.textContent).join("|"),
      )
      .join("\n");
  });
}

export async function whenTable(page: Page, expected: string): Promise<void> {
  await text(page).waitFor({ timeout: untilMs });
  await expect.poll(() => tableOf(page), { timeout: untilMs }).toBe(expected);
}

/** Pastes HTML where the caret is, as another program would have put it on the clipboard. */
export async function pasteHtml(page: Page, html: string): Promise<void> {
  await text(page).evaluate((dom, given) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", given);
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, html);
}

/** At a profile's first start a page lies ready: it gets a title, and the caret goes into the text. */
export async function beginPage(page: Page, title: string): Promise<void> {
  await status(page, /^Saved on this device/);
  await titleField(page).fill(title);
  await whenLibrary(page, [title]);
  await type(page, "");
}

/** The id of the document that is shown. */
export async function documentOf(page: Page): Promise<string> {
  const id = await page.locator("[data-document]").getAttribute("data-document", { timeout: untilMs });
  if (id === null) throw new Error("no document is shown");
  return id;
}

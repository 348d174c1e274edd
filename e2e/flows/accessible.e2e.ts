/**
 * What axe finds on every screen, in both themes and with high contrast: nothing serious. And a document that is
 * written with the keyboard alone.
 */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import type { CommandId } from "../../electron/commands/table.ts";
import { chooseInMenu } from "../../scripts/menu.ts";
import type { RunningApp } from "../app.ts";
import {
  beginPage,
  htmlOf,
  newDocument,
  pasteHtml,
  tableOf,
  text,
  type,
  untilMs,
  whenHtml,
} from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

/** What is serious or worse, in a line each. */
async function serious(page: Page): Promise<string[]> {
  // An Electron window opens no other page, in which axe would put its findings together.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`),
    );
}

/** In both themes; a screen that has just come may still be fading in. */
async function mustBeClean(page: Page, screen: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect([screen, colorScheme, ...(await serious(page))]).toEqual([screen, colorScheme]);
  }
}

const blocks = `<h2>A heading</h2><p>Plain, <b>strong</b>, <i>slanted</i>, <u>under</u>, <mark>marked</mark>, <code>code</code>,
<a href="https://example.org/">a link</a>, H<sub>2</sub>O.</p><blockquote><p>A quote.</p></blockquote>
<ul data-tasks="true"><li data-checked="true"><p>done</p></li><li data-checked="false"><p>to do</p></li></ul>
<table><tbody><tr><th>Fibre</th><th>Sheets</th></tr><tr><td>Rag</td><td>62</td></tr></tbody></table>
<aside data-kind="warning"><p>Lime burns.</p></aside><pre><code>const a = 1;</code></pre>
<pre data-math="true"><code>a^2</code></pre><hr>
<figure data-image="true"><img alt="The vat" data-source="https://example.org/vat.jpg"><figcaption></figcaption></figure>
<p>A note<sup data-footnote="n"></sup>.</p><section data-footnote="n"><p>Its words.</p></section>`;

const dialogs: readonly (readonly [CommandId, string])[] = [
  ["settings", "Settings"],
  ["palette", "All commands"],
  ["shortcuts", "Keyboard shortcuts"],
  ["where", "Where is my text?"],
  ["check-storage", "Storage"],
  ["restore", "Restore from backup"],
  ["join", "Join a workspace"],
];

async function eachDialog(app: RunningApp): Promise<void> {
  for (const [command, name] of dialogs) {
    await chooseInMenu(app, command);
    const dialog = app.page.getByRole("dialog");
    await dialog.waitFor({ timeout: untilMs });
    await mustBeClean(app.page, name);
    // A menu or a field in it may take the first.
    for (let i = 0; i < 3 && (await dialog.count()) > 0; i++) await app.page.keyboard.press("Escape");
    await expect.poll(() => dialog.count(), { timeout: untilMs }).toBe(0);
  }
}

test("no screen has a serious violation, in either theme", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const app = await stage.launch(data, "writer", relay);
  const { page } = app;
  await beginPage(page, "One of each");
  await mustBeClean(page, "an empty page");
  await pasteHtml(page, blocks);
  await text(page).getByText("Lime burns.").waitFor({ timeout: untilMs });
  await mustBeClean(page, "a page with one of each");
  await text(page).getByText("Rag").click();
  await mustBeClean(page, "in a table");
  await text(page).locator("figure img, figure .picture").first().click();
  await mustBeClean(page, "at an image");
  await page.keyboard.press("ControlOrMeta+H");
  await page.keyboard.type("a");
  await page.getByRole("search").waitFor({ timeout: untilMs });
  await mustBeClean(page, "find and replace");
  await page.keyboard.press("Escape");
  await text(page).getByText("Plain").dblclick();
  await page.getByRole("toolbar", { name: "Selection" }).waitFor({ timeout: untilMs });
  await mustBeClean(page, "selected words");
  await page.keyboard.press("ControlOrMeta+K");
  await page.getByRole("dialog").waitFor({ timeout: untilMs });
  await mustBeClean(page, "a link's dialog");
  await page.keyboard.press("Escape");
  await type(page, "");
  await page.keyboard.press("Enter");
  await page.keyboard.type("/");
  await page.getByRole("listbox", { name: "Insert" }).waitFor({ timeout: untilMs });
  await mustBeClean(page, "the slash menu");
  await page.keyboard.press("Escape");
  await chooseInMenu(app, "focus-sentence");
  await expect
    .poll(() => page.evaluate(() => document.documentElement.dataset["focus"]), { timeout: untilMs })
    .toBe("sentence");
  await mustBeClean(page, "focus on a sentence");
  await chooseInMenu(app, "focus-sentence");
  await chooseInMenu(app, "toggle-outline");
  await page.getByRole("tree").waitFor({ timeout: untilMs });
  await mustBeClean(page, "the outline");
  await chooseInMenu(app, "toggle-outline");
  await chooseInMenu(app, "counts");
  await page.getByRole("dialog").waitFor({ timeout: untilMs });
  await mustBeClean(page, "the counts");
  await page.keyboard.press("Escape");
  await eachDialog(app);
  await page.getByRole("button", { name: "Document", exact: true }).click();
  await page.getByRole("menu").waitFor({ timeout: untilMs });
  await mustBeClean(page, "the document's menu");
  await page.keyboard.press("Escape");
});

test("nor with high contrast", async () => {
  const app = await stage.launch(await stage.folder(), "writer");
  const { page } = app;
  await beginPage(page, "Contrast");
  await pasteHtml(page, blocks);
  await text(page).getByText("Lime burns.").waitFor({ timeout: untilMs });
  await chooseInMenu(app, "high-contrast");
  await expect
    .poll(() => page.evaluate(() => document.documentElement.dataset["contrast"]), { timeout: untilMs })
    .toBe("more");
  await mustBeClean(page, "a page with one of each");
  await eachDialog(app);
});

test("with the keyboard alone: a document is made, written, formatted, gets a table, and is searched", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "First");
  await newDocument(page, "By hand");
  await page.keyboard.type("## Plan");
  await page.keyboard.press("Enter");
  await page.keyboard.type("A ");
  await page.keyboard.press("ControlOrMeta+B");
  await page.keyboard.type("strong");
  await page.keyboard.press("ControlOrMeta+B");
  await page.keyboard.type(" word.");
  await whenHtml(page, "<h2>Plan</h2><p>A <strong>strong</strong> word.</p>");
  // By way of the toolbar, and back.
  await page.keyboard.press("Shift+Home");
  await page.keyboard.press("Alt+F10");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect.poll(() => htmlOf(page), { timeout: untilMs }).toContain("<em>A <strong>");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("/table");
  await page.getByRole("listbox", { name: "Insert" }).waitFor({ timeout: untilMs });
  await page.keyboard.press("Enter");
  for (const cell of ["a", "b", "c", "1", "2", "3", "4", "5", "6"]) {
    await page.keyboard.type(cell);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type("7");
  await expect.poll(() => tableOf(page), { timeout: untilMs }).toBe("#a|#b|#c\n1|2|3\n4|5|6\n7||");
  await page.keyboard.press("ControlOrMeta+F");
  await page.keyboard.type("strong");
  await expect
    .poll(() => page.getByRole("status", { name: "Found" }).textContent(), { timeout: untilMs })
    .toBe("1 of 1");
  await page.keyboard.press("Escape");
  await expect
    .poll(() => page.evaluate(() => getSelection()?.toString()), { timeout: untilMs })
    .toBe("strong");
  expect(problems).toEqual([]);
});

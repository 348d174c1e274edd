/**
 * `npm run screenshots`: pictures of the real app with real content, to be looked at.
 *
 * A relay and two profiles are started, documents are imported and opened, and a PNG is made of each
 * state that a person meets. The two that the README shows go to docs/images/, the others, which are for
 * judging the interface, to .build/screenshots/. The same code gives the same pictures; nothing is left behind.
 * `npm run screenshots -- storage` takes one set only.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright";
import { launchApp, temporaryFolder, type RunningApp } from "./app-process.ts";
import { build } from "./build.ts";
import { bookMarkdown } from "./corpus.ts";
import { electronBinary } from "./electron-binary.ts";
import { startRelay } from "./relay-process.ts";
import {
  committedFolder,
  judgedFolder,
  picture,
  resize,
  rest,
  text,
  toTop,
  type,
  waitMs,
  whenOpen,
  whenStatus,
} from "./screenshot-tools.ts";
import { pagePictures } from "./screenshots-page.ts";
import { storagePictures } from "./screenshots-storage.ts";
import { writingSets } from "./screenshots-writing.ts";
import { ensureSystem } from "./system.ts";

const bookWords = 100_000;

const usual = { width: 1240, height: 920 };
const narrow = { width: 480, height: 720 };

const essay = `# The deckle edge

A deckle is the wooden frame that keeps pulp on the mould. A little always creeps **under** it, and so every sheet made by hand has an edge that no knife drew. Then machines learned to cut a perfect line, and the ragged edge became the mark of something that somebody had *made*.

## What the frame is for

The deckle decides nothing about the paper. It only keeps what was poured from running off before it has settled, which is [most of what a good tool does](https://example.org/tools).

> The vatman does not make the sheet. He lets it happen evenly.

## A day at the vat

1. Beat the rag until a handful, shaken in a jar, shows no threads.
2. Fill the vat, and keep it warm:
   - below twelve degrees the pulp sinks,
   - above twenty it spoils by the evening.
3. Pull, tilt, couch, and begin again. Write down every post:

\`\`\`
post 41   cotton rag, unbleached
couched   62 sheets, 3 torn
\`\`\`

What is torn goes back into the vat.
`;
/** Made on the other profile, and so seen only by way of the relay. */
const theirPage = "Ink from oak galls";

/** Oldest first; the library lists the newest first. */
const shelf = [
  "Letters to the printer",
  "Reading notes: Dard Hunter",
  "Workshop rules",
  "Budget for the autumn",
  "Who borrowed what",
  "A glossary of felts",
  "Minutes, 3 October",
  "Questions for the mill",
];

const longNames = [
  "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
  "An account of the several ways in which paper was sized, weighed, counted and sold between 1480 and 1830",
  "https://example.org/a/very/long/address/that/somebody/pasted/into/the/title/of/a/document?and=its&query=too",
  "紙漉きの技術についての長い題名を持つ文書、その歴史と現在と未来",
  "عن صناعة الورق في سمرقند وبغداد وكيف انتقلت إلى الغرب",
  "",
];

const title = (page: Page): Locator => page.getByRole("textbox", { name: "Title" });

/** Markdown files to import, in order; a title of "" gives a document without one. */
async function filesOf(folder: string, documents: readonly string[]): Promise<string[]> {
  await mkdir(folder);
  return Promise.all(
    documents.map(async (markdown, i) => {
      const file = join(folder, `${i}.md`);
      await writeFile(file, markdown);
      return file;
    }),
  );
}

const imports = (files: readonly string[]): string[] => files.map((file) => `--import=${file}`);

/** The essay on both profiles, the relay there and gone. */
async function essayPictures(folder: string, opened: RunningApp[]): Promise<void> {
  const relay = await startRelay({ dataDir: join(folder, "relay") });
  try {
    const pages = shelf.map((name) => `# ${name}\n\nNothing here yet.\n`);
    const files = await filesOf(join(folder, "essay"), [...pages, essay]);
    const ours = await launchApp({ dataDir: folder, profile: "one", relay: relay.url, args: imports(files) });
    opened.push(ours);
    const { page } = ours;
    await resize(ours, usual);
    await whenOpen(page, "The deckle edge");
    await type(page, " Nothing is lost by it except the hour.");
    await whenStatus(page, /^Saved on this device · On the relay$/);

    // Somebody else writes a word: what is seen has been through the relay and both engines.
    const [theirFile = ""] = await filesOf(join(folder, "theirs"), [`# ${theirPage}\n\nNothing here yet.\n`]);
    const theirs = await launchApp({
      dataDir: folder,
      profile: "two",
      relay: relay.url,
      args: imports([theirFile]),
    });
    opened.push(theirs);
    await theirs.page
      .getByRole("navigation", { name: "Library" })
      .getByText("The deckle edge")
      .click({ timeout: waitMs });
    await whenOpen(theirs.page, "The deckle edge");
    await type(theirs.page, " By Friday even the hour shows in the sheets.");
    await text(page).filter({ hasText: "By Friday" }).waitFor({ timeout: waitMs });
    await page.getByRole("list", { name: "Documents" }).getByText(theirPage).waitFor({ timeout: waitMs });
    await whenStatus(page, /^Saved on this device · On the relay$/);

    await toTop(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await picture(page, colorScheme, committedFolder);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await text(page).evaluate((dom) => dom.lastElementChild?.scrollIntoView({ block: "end" }));
    await picture(page, "scrolled");
    await keyboardPictures(page);

    await page.getByRole("button", { name: "Hide library" }).click();
    await resize(ours, narrow);
    await toTop(page);
    await picture(page, "narrow");
    await page.getByRole("button", { name: "Show library" }).click();
    await rest(page);
    await picture(page, "narrow-library");
    await page.getByRole("button", { name: "Hide library" }).click();

    await relay.stop();
    await whenStatus(page, /Relay unreachable/);
    await type(page, " Written while the relay was away.");
    await whenStatus(page, /^Saved on this device · Relay unreachable · 1 change not yet on the relay$/);
    await rest(page);
    await picture(page, "narrow-offline");
    await resize(ours, usual);
    await page.getByRole("button", { name: "Show library" }).click();
    await rest(page);
    await picture(page, "offline");
  } finally {
    await relay.stop();
  }
}

/** What somebody sees who uses the keyboard only, and the two dialogs. */
async function keyboardPictures(page: Page): Promise<void> {
  await page.getByRole("toolbar", { name: "Formatting" }).getByRole("button", { name: "Bold" }).focus();
  await page.keyboard.press("ArrowRight");
  await picture(page, "focus");
  await text(page).press("ControlOrMeta+k");
  await page.getByRole("dialog", { name: "Link" }).waitFor();
  await picture(page, "link");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Settings" }).click();
  // The relay's port is another one each time.
  await page.getByRole("textbox", { name: "Relay URL" }).fill("wss://relay.example.org/sync");
  await picture(page, "settings");
  await page.keyboard.press("Escape");
  await rest(page);
}

/** One profile without a relay: nothing yet, names that do not fit, a whole book. */
async function alonePictures(folder: string, opened: RunningApp[]): Promise<void> {
  const files = await filesOf(
    join(folder, "long"),
    longNames.map((name) => `${name && `# ${name}\n\n`}A short page.\n`),
  );
  const app = await launchApp({ dataDir: folder, profile: "long", args: imports(files) });
  opened.push(app);
  const { page } = app;
  await resize(app, usual);
  const rows = page.getByRole("list", { name: "Documents" }).getByRole("button");
  await rows.nth(longNames.length - 1).waitFor({ timeout: waitMs });
  await rows.filter({ hasText: "An account" }).click();
  await whenOpen(page, longNames[1] ?? "");
  await whenStatus(page, /^Saved on this device · No relay$/);
  await rest(page);
  await picture(page, "long-names");
  await rows.filter({ hasText: "Donau" }).click();
  await whenOpen(page, longNames[0] ?? "");
  await rest(page);
  await picture(page, "long-word");
  await rows.filter({ hasText: "سمرقند" }).click();
  await whenOpen(page, longNames[4] ?? "");
  await rest(page);
  await picture(page, "right-to-left");

  await page.getByRole("button", { name: "New document" }).click();
  await whenOpen(page, "");
  await whenStatus(page, /^Saved on this device/);
  await rest(page);
  await title(page).focus();
  await picture(page, "empty");
}

/** One of each block, put there as a paste is: the clipboard carries all that a document can hold. */
const blocks = `
<p>A sheet is <b>laid</b> or <i>wove</i>, <u>sized</u> or not, and <mark data-color="yellow">never quite white</mark>. Its weight goes with the area, so a sheet of <span data-math="true">a \\times b</span> metres weighs <span data-math="true">w = abg</span> grams<sup data-footnote="weight"></sup>; water is H<sub>2</sub>O at 20<sup>th</sup> of its volume. See <a data-document="x" data-title="Workshop rules">Workshop rules</a>, and <span data-comment="c">ask the printer</span> first.</p>
<ul data-tasks="true">
  <li data-checked="true"><p>Beat the rag until a jar of it shows no threads</p></li>
  <li data-checked="false"><p>Fill the vat, and keep it between twelve degrees, below which the pulp sinks, and twenty, above which it spoils by the evening</p>
    <ul data-tasks="true"><li data-checked="true"><p>felts</p></li><li data-checked="false"><p>lime</p></li></ul></li>
</ul>
<table><tbody>
  <tr><th>Fibre</th><th>Beaten</th><th align="right">Sheets</th></tr>
  <tr><td>Cotton rag</td><td>six hours</td><td align="right">62</td></tr>
  <tr><td>Straw, cooked in lime</td><td>two hours, and again the next day</td><td align="right">118</td></tr>
</tbody></table>
<aside data-kind="note"><p>The deckle decides nothing about the paper.</p></aside>
<aside data-kind="tip"><p>Warm water parts the fibres.</p></aside>
<aside data-kind="important"><p>Write down every post.</p></aside>
<aside data-kind="warning"><p>Lime burns. <b>Gloves.</b></p><ul><li><p>on the shelf</p></li><li><p>by the door</p></li></ul></aside>
<aside data-kind="caution"><p>Never leave the beater running.</p></aside>
<pre data-math="true"><code>m = \\frac{n \\cdot a \\cdot b \\cdot g}{1000}</code></pre>
<figure data-image="true"><img alt="The vat, seen from the window" data-source="https://example.org/vat.jpg"><figcaption>The vat on the morning of the first post</figcaption></figure>
<p>A small one <img data-source="https://example.org/felt.png"> stands in its line<sup data-footnote="small"></sup>.</p>
<table><tbody><tr>${"<th>Monday</th><th>Tuesday</th><th>Wednesday</th>".repeat(4)}</tr>
  <tr>${"<td>twelve sheets</td><td>forty</td><td>none</td>".repeat(4)}</tr></tbody></table>
<blockquote><p>He lets it happen evenly.</p></blockquote>
<section data-footnote="weight"><p>In grams for the square metre, as mills have it, and never in the printer's pounds, of which there are four kinds.</p></section>
<section data-footnote="small"><p>Its name is all there is of it yet.</p></section>`;

async function blocksPictures(folder: string, opened: RunningApp[]): Promise<void> {
  const app = await launchApp({ dataDir: folder, profile: "blocks" });
  opened.push(app);
  const { page } = app;
  await resize(app, { ...usual, height: 1250 });
  await whenStatus(page, /^Saved on this device/);
  await title(page).fill("One of each");
  await text(page).focus();
  await text(page).evaluate((dom, html) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", html);
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, blocks);
  await page.getByRole("cell", { name: "118" }).waitFor({ timeout: waitMs });
  await whenStatus(page, /^Saved on this device · No relay$/);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.getByRole("cell", { name: "118" }).click();
    await toTop(page);
    await picture(page, `blocks-${colorScheme}`);
    await page.getByRole("cell", { name: "62" }).click();
    await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.press("Shift+ArrowDown");
    await text(page).evaluate((dom) => dom.lastElementChild?.scrollIntoView({ block: "end" }));
    await picture(page, `blocks-${colorScheme}-end`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "Hide library" }).click();
  await resize(app, narrow);
  await text(page).locator("table").first().scrollIntoViewIfNeeded();
  await picture(page, "blocks-narrow");
}

async function bookPicture(folder: string, opened: RunningApp[]): Promise<void> {
  const [file = ""] = await filesOf(join(folder, "book"), [
    `# One hundred thousand words\n\n${bookMarkdown(bookWords)}`,
  ]);
  const app = await launchApp({ dataDir: folder, profile: "book", args: imports([file]) });
  opened.push(app);
  const { page } = app;
  await resize(app, usual);
  await whenOpen(page, "One hundred thousand words");
  await whenStatus(page, /^Saved on this device/);
  await text(page).evaluate((dom) => {
    const pane = dom.closest("[data-scroll]");
    if (pane) pane.scrollTop = pane.scrollHeight / 2;
  });
  await rest(page);
  await picture(page, "import-100k");
}

const sets = {
  essay: essayPictures,
  alone: alonePictures,
  blocks: blocksPictures,
  book: bookPicture,
  ...pagePictures,
  ...writingSets,
  ...storagePictures,
};
const wanted = process.argv.slice(2);
const made = Object.entries(sets).flatMap(([name, make]) =>
  wanted.length === 0 || wanted.some((each) => name.startsWith(each)) ? [make] : [],
);
if (made.length === 0) {
  console.error(`There are these: ${Object.keys(sets).join(", ")}.`);
  process.exit(2);
}
const system = ensureSystem({ needsVirtualDisplay: true });
if (!system.ok) {
  console.error(system.message);
  process.exit(1);
}
console.log((await electronBinary()).note);
await build();
await mkdir(committedFolder, { recursive: true });
// Those that are not taken anew stay.
if (wanted.length === 0) await rm(judgedFolder, { recursive: true, force: true });
await mkdir(judgedFolder, { recursive: true });
for (const make of made) {
  const folder = await temporaryFolder();
  const opened: RunningApp[] = [];
  try {
    await make(folder, opened);
  } finally {
    for (const app of opened.toReversed()) await app.close();
    await rm(folder, { recursive: true, force: true });
  }
}

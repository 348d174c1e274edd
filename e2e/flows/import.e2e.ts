/**
 * Files that come in: from the command line and dropped on the window. What can be read becomes a
 * document; what cannot is said in words, and neither the library nor anything written before changes.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright";
import { afterAll, expect, test } from "vitest";
import { bookMarkdown } from "../../scripts/corpus.ts";
import { temporaryFolder, type RunningApp } from "../app.ts";
import {
  scrollToBlock,
  htmlOf,
  libraryOf,
  openDocument,
  status,
  textOf,
  titleField,
  type,
  whenAlert,
  whenHtml,
  whenLibrary,
  whenText,
  whenTitle,
} from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
const bytesMax = 8 * 1024 * 1024;
/** Far beyond what a book takes; only a hang gets here. */
const hangMs = 60_000;

const small = `# A small one

Some **bold**, *em*, ~~struck~~ and \`code\`, with [a link](https://example.org/a?b=c "Titled").\\
A second line.

## Lists

- one
  - nested
    1. deep
    2. deeper
- two

7. seven
8. eight

> Quoted
>
> twice

\`\`\`ts
const a = "<b>";
\`\`\`

| a | b |
|---|---|
| 1 | 2 |

![A cat](https://example.org/cat.png)

---

[bad](javascript:alert)
`;
const rel = 'rel="noopener noreferrer nofollow"';
const smallHtml =
  `<p>Some <strong>bold</strong>, <em>em</em>, <s>struck</s> and <code spellcheck="false">code</code>, with <a href="https://example.org/a?b=c" title="Titled" ${rel}>a link</a>.<br>A second line.</p>` +
  "<h2>Lists</h2>" +
  "<ul><li><p>one</p><ul><li><p>nested</p><ol><li><p>deep</p></li><li><p>deeper</p></li></ol></li></ul></li><li><p>two</p></li></ul>" +
  '<ol start="7"><li><p>seven</p></li><li><p>eight</p></li></ol>' +
  "<blockquote><p>Quoted</p><p>twice</p></blockquote>" +
  '<pre data-language="ts" spellcheck="false"><code>const a = "&lt;b&gt;";</code></pre>' +
  '<div><table style="--default-cell-min-width: 88px; min-width: 176px;"><colgroup><col><col></colgroup><tbody><tr><th><p>a</p></th><th><p>b</p></th></tr><tr><td><p>1</p></td><td><p>2</p></td></tr></tbody></table></div>' +
  '<figure><span role="img" aria-label="A cat" title="">A cat</span><figcaption></figcaption></figure>' +
  "<hr><p>bad (javascript:alert)</p>";

/** Files as a person lets go of them over the window; `fill` makes a large one of one byte. */
async function drop(
  page: Page,
  files: readonly { name: string; bytes?: readonly number[]; text?: string; fill?: number }[],
): Promise<void> {
  await page.evaluate((dropped) => {
    const transfer = new DataTransfer();
    for (const { name, bytes, text, fill } of dropped)
      transfer.items.add(
        new File(
          [fill === undefined ? (text ?? new Uint8Array(bytes ?? [])) : new Uint8Array(fill).fill(97)],
          name,
        ),
      );
    const target = document.querySelector("[aria-label='Document text']") ?? document.body;
    for (const kind of ["dragenter", "dragover", "drop"])
      target.dispatchEvent(
        new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true }),
      );
  }, files);
}

let earlier: string | null = null;
afterAll(async () => {
  if (earlier !== null) await rm(earlier, { recursive: true, force: true });
});

/** A profile in which something was written before: made once, closed, and copied for each test. */
async function writtenBefore(data: string): Promise<void> {
  if (earlier === null) {
    const made = await temporaryFolder();
    const app = await stage.launch(made, "importer");
    await type(app.page, "Written before.");
    await titleField(app.page).fill("Earlier");
    await status(app.page, /^Saved on this device/);
    await whenLibrary(app.page, ["Earlier"]);
    await stage.end(app, "close");
    earlier = made;
  }
  await cp(earlier, data, { recursive: true, verbatimSymlinks: true });
}

/** Nothing came in, nothing went, and writing goes on and is kept. */
async function goesOn(data: string, app: RunningApp): Promise<void> {
  await whenLibrary(app.page, ["Earlier"]);
  await whenTitle(app.page, "Earlier");
  await whenText(app.page, "Written before.");
  await type(app.page, " And after.");
  await status(app.page, /^Saved on this device/);
  expect(app.problems).toEqual([]);
  await stage.end(app, "close");
  const again = await stage.launch(data, "importer");
  await whenText(again.page, "Written before. And after.");
  await whenLibrary(again.page, ["Earlier"]);
}

test("a Markdown file named on the command line is there as a document, and stays", async () => {
  const data = await stage.folder();
  const file = join(data, "small.md");
  await writeFile(file, small);
  let app = await stage.launch(data, "importer", undefined, [`--import=${file}`]);
  await whenTitle(app.page, "A small one");
  await whenHtml(app.page, smallHtml);
  await whenLibrary(app.page, ["A small one"]);
  await status(app.page, /^Saved on this device/);
  expect(app.problems).toEqual([]);
  await stage.end(app, "close");

  app = await stage.launch(data, "importer");
  await whenTitle(app.page, "A small one");
  await whenHtml(app.page, smallHtml);
  await whenLibrary(app.page, ["A small one"]);
});

test("an imported document reaches somebody else as it is", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const file = join(data, "small.md");
  await writeFile(file, small);
  const one = await stage.launch(data, "one", relay, [`--import=${file}`]);
  await whenHtml(one.page, smallHtml);
  await status(one.page, /^Saved on this device · On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "A small one");
  await whenHtml(two.page, smallHtml);
});

test("several files at once: each is a document, the last one is shown, one that is no text is named", async () => {
  const data = await stage.folder();
  await writtenBefore(data);
  const files = ["first.md", "second.txt", "broken.md"].map((name) => join(data, name));
  await writeFile(files[0] ?? "", "# First\n\nOne.\n");
  await writeFile(files[1] ?? "", "Only text: its name is its title.\r\nA second line.\r\n");
  await writeFile(files[2] ?? "", Uint8Array.of(0x23, 0x20, 0xe9, 0xff));
  const app = await stage.launch(
    data,
    "importer",
    undefined,
    files.map((file) => `--import=${file}`),
  );
  await whenAlert(app.page, /broken\.md.*is not a text file/);
  await whenLibrary(app.page, ["Earlier", "First", "second"]);
  await whenTitle(app.page, "second");
  await whenText(app.page, "Only text: its name is its title. A second line.");
  await openDocument(app.page, "First");
  await whenText(app.page, "One.");
  await openDocument(app.page, "Earlier");
  await whenText(app.page, "Written before.");
});

test("a book of 100,000 words: it is shown, sixty letters typed in its middle arrive in order and survive", async () => {
  const data = await stage.folder();
  const file = join(data, "book.md");
  await writeFile(file, bookMarkdown(100_000));
  let app = await stage.launch(data, "importer", undefined, [`--import=${file}`]);
  await app.page.getByRole("textbox", { name: "Document text" }).waitFor({ timeout: hangMs });
  await expect
    .poll(async () => (await textOf(app.page)).length, { timeout: hangMs })
    .toBeGreaterThan(400_000);
  await status(app.page, /^Saved on this device/);

  // A paragraph of words in the middle, found by its place in the document and clicked.
  const middle = await app.page.getByRole("textbox", { name: "Document text" }).evaluate((dom) => {
    const blocks = [...dom.children];
    for (let at = Math.floor(blocks.length / 2); at < blocks.length; at++)
      if (blocks[at]?.tagName === "P" && /^[\w ,.']{20,300}$/.test(blocks[at]?.textContent ?? "")) return at;
    return -1;
  });
  expect(middle).toBeGreaterThan(100);
  const paragraph = app.page.locator(`[aria-label='Document text'] > :nth-child(${middle + 1})`);
  await scrollToBlock(app.page, middle);
  const before = (await paragraph.textContent()) ?? "";
  await paragraph.click({ position: { x: 3, y: 5 } });
  await app.page.keyboard.press("Home");
  const sixty = "Sixty letters typed in a row, each after the one before, so.";
  expect(sixty).toHaveLength(60);
  await app.page.keyboard.type(sixty);
  await expect.poll(() => paragraph.textContent(), { timeout: hangMs }).toBe(sixty + before);
  await status(app.page, /^Saved on this device/);
  const written = await htmlOf(app.page);
  expect(app.problems).toEqual([]);
  await stage.end(app, "close");

  app = await stage.launch(data, "importer");
  await expect
    .poll(async () => (await textOf(app.page)).length, { timeout: hangMs })
    .toBeGreaterThan(400_000);
  await status(app.page, /^Saved on this device/);
  expect(await paragraphAt(app.page, middle)).toBe(sixty + before);
  expect((await htmlOf(app.page)) === written).toBe(true);
});

const paragraphAt = (page: Page, index: number): Promise<string | null> =>
  page.locator(`[aria-label='Document text'] > :nth-child(${index + 1})`).textContent();

test("a file dropped on the window becomes a document; what was open is as it was", async () => {
  const data = await stage.folder();
  await writtenBefore(data);
  const app = await stage.launch(data, "importer");
  await whenText(app.page, "Written before.");
  await drop(app.page, [{ name: "dropped.md", text: small }]);
  await whenTitle(app.page, "A small one");
  await whenHtml(app.page, smallHtml);
  await whenLibrary(app.page, ["Earlier", "A small one"]);
  await openDocument(app.page, "Earlier");
  await whenText(app.page, "Written before.");
  await stage.end(app, "close");
  const again = await stage.launch(data, "importer");
  await openDocument(again.page, "A small one");
  await whenHtml(again.page, smallHtml);
});

const bad: [string, RegExp, (folder: string) => Promise<string>][] = [
  [
    "bytes that are not UTF-8",
    /latin\.md.*not a text file/,
    (folder) => written(folder, "latin.md", Buffer.from("caf\xe9 ol\xe9", "latin1")),
  ],
  [
    "UTF-16 with its mark",
    /wide\.md.*not a text file/,
    (folder) => written(folder, "wide.md", Buffer.from("\ufeff# Wide", "utf16le")),
  ],
  ["a NUL byte", /nul\.md.*not a text file/, (folder) => written(folder, "nul.md", Buffer.from("a\0b"))],
  ["an empty file", /empty\.md.*empty/i, (folder) => written(folder, "empty.md", Buffer.alloc(0))],
  [
    "a folder",
    /folder\.md.*is a folder/,
    async (folder) => {
      await mkdir(join(folder, "folder.md"));
      return join(folder, "folder.md");
    },
  ],
  ["a path where nothing is", /missing\.md.*is not there/, async (folder) => join(folder, "missing.md")],
  [
    "a path through a file",
    /y\.md.*is not there/,
    async (folder) => join(await written(folder, "x.md", Buffer.from("x")), "y.md"),
  ],
  [
    "a pipe that nobody writes to",
    /pipe\.md.*not an ordinary file/,
    async (folder) => {
      await promisify(execFile)("mkfifo", [join(folder, "pipe.md")]);
      return join(folder, "pipe.md");
    },
  ],
  ["a device that never ends", /zero.*not an ordinary file/, async () => "/dev/zero"],
  [
    "a file past the limit",
    /large\.md.*larger than 8 MB/,
    (folder) => written(folder, "large.md", Buffer.alloc(bytesMax + 1, "a")),
  ],
];

async function written(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

test.each(bad)("--import of %s is refused in words, and nothing else happens", async (_, words, make) => {
  const data = await stage.folder();
  await writtenBefore(data);
  const file = await make(data);
  const app = await stage.launch(data, "importer", undefined, [`--import=${file}`]);
  await whenAlert(app.page, words);
  await goesOn(data, app);
});

test("--import of something unreadable in a new profile: a page lies ready all the same", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "importer", undefined, [`--import=${join(data, "missing.md")}`]);
  await whenAlert(app.page, /missing\.md.*is not there/);
  await type(app.page, "Written.");
  await status(app.page, /^Saved on this device/);
  expect(await libraryOf(app.page)).toEqual(["Untitled"]);
});

test.each([
  ["bytes that are not UTF-8", { name: "latin.md", bytes: [0x63, 0xe9] }, /latin\.md.*not/],
  ["a NUL byte", { name: "nul.md", bytes: [0x61, 0, 0x62] }, /nul\.md.*not/],
  ["an empty file", { name: "empty.md", bytes: [] }, /empty\.md.*empty/i],
  ["a file past the limit", { name: "large.md", fill: bytesMax + 1 }, /large\.md.*larger than 8 MB/],
])("a drop of %s is refused in words, and nothing else happens", async (_, file, words) => {
  const data = await stage.folder();
  await writtenBefore(data);
  const app = await stage.launch(data, "importer");
  await whenText(app.page, "Written before.");
  await type(app.page, " While it fell.");
  await drop(app.page, [file]);
  await whenAlert(app.page, words);
  await whenLibrary(app.page, ["Earlier"]);
  await type(app.page, " And after.");
  await whenText(app.page, "Written before. While it fell. And after.");
  await status(app.page, /^Saved on this device/);
  expect(app.problems).toEqual([]);
});

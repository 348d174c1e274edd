/**
 * The browser's storage is deleted, or lies, while the app is not running: what is there is found out, what is damaged is
 * never taken for text, everything comes back from the second copy, and what is not there from the relay. Nothing is
 * removed as long as a document is not whole.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunningApp } from "../app.ts";
import { beginPage, documentOf, openDocument, status, statusOf, textOf, type, whenText } from "../page.ts";
import { useStage } from "../stage.ts";
import {
  chunksInBrowser,
  damageChunks,
  inBrowser,
  inCopy,
  inRelay,
  truthOf,
  type DamageKind,
  type StoredChunk,
} from "../truth.ts";

const stage = useStage();
const untilMs = 20_000;

const folderOf = (data: string, profile: string): string => join(data, "profiles", profile);

/** Until the second copy holds what the browser does: it is written behind. */
async function copied(app: RunningApp, data: string, profile: string, document: string): Promise<void> {
  await expect
    .poll(async () => (await inCopy(folderOf(data, profile), document))?.heads, { timeout: untilMs })
    .toEqual((await inBrowser(app.page, document))?.heads);
}

/** So much that no compaction makes one chunk of all that follows, and no compression makes it small. */
const much = Array.from({ length: 400 }, (_, at) => ((at * 7919 + 13) ** 3 % 99991).toString(36)).join(" ");

async function write(app: RunningApp, title: string, rounds: number): Promise<string> {
  await beginPage(app.page, title);
  await app.page.keyboard.insertText(much);
  await status(app.page, /^Saved on this device/);
  let words = much;
  for (let round = 0; round < rounds; round++) {
    const line = `Line ${round} of ${title}. `;
    await type(app.page, line);
    words += line;
    // A change of its own, so that there are several chunks.
    await status(app.page, /^Saved on this device/);
  }
  return words;
}

test("the browser's storage is deleted between runs: the library comes back from the second copy, with history", async () => {
  const data = await stage.folder();
  let app = await stage.launch(data, "deleted");
  const words = await write(app, "Deleted", 4);
  const document = await documentOf(app.page);
  const before = await inBrowser(app.page, document);
  expect(before?.heads).toHaveLength(1);
  await copied(app, data, "deleted", document);
  await stage.end(app, "close");

  const database = join(folderOf(data, "deleted"), "IndexedDB");
  expect(existsSync(database)).toBe(true);
  await rm(database, { recursive: true });
  app = await stage.launch(data, "deleted");
  await openDocument(app.page, "Deleted");
  await whenText(app.page, words);
  await status(app.page, /^Saved on this device · No relay$/);
  await expect
    .poll(async () => (await inBrowser(app.page, document))?.heads, { timeout: untilMs })
    .toEqual(before?.heads);
  // It is one to go on with, and it is in the browser's storage again.
  await type(app.page, "On.");
  await status(app.page, /^Saved on this device/);
  await copied(app, data, "deleted", document);
  await stage.end(app, "kill");
  app = await stage.launch(data, "deleted");
  await whenText(app.page, `${words}On.`);
});

const kinds: readonly DamageKind[] = ["flipped", "truncated", "zeroed"];

test.each(kinds)(
  "a chunk is %s in the browser's storage: it comes back from the second copy",
  async (kind) => {
    const data = await stage.folder();
    let app = await stage.launch(data, "damaged");
    const words = await write(app, "Damaged", 3);
    const document = await documentOf(app.page);
    const heads = (await inBrowser(app.page, document))?.heads;
    await copied(app, data, "damaged", document);
    const [chunk] = await chunksInBrowser(app.page, document);
    await damageChunks(app.page, chunk ? [chunk.key] : [], kind);
    await stage.end(app, "kill");

    app = await stage.launch(data, "damaged");
    await openDocument(app.page, "Damaged");
    await whenText(app.page, words);
    await status(app.page, /^Saved on this device · No relay$/);
    await expect
      .poll(async () => (await inBrowser(app.page, document))?.heads, { timeout: untilMs })
      .toEqual(heads);
  },
);

test("all chunks are damaged and there is no second copy: the document comes back from the relay", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  let app = await stage.launch(data, "relayed", relay);
  const words = await write(app, "Relayed", 3);
  await status(app.page, /On the relay$/);
  const document = await documentOf(app.page);
  const chunks = await chunksInBrowser(app.page, document);
  await damageChunks(
    app.page,
    chunks.map(({ key }) => key),
    "flipped",
  );
  await stage.end(app, "kill");
  await rm(join(folderOf(data, "relayed"), "copy"), { recursive: true });

  app = await stage.launch(data, "relayed", relay);
  await openDocument(app.page, "Relayed");
  await whenText(app.page, words);
  await status(app.page, /^Saved on this device · On the relay$/);
  await expect
    .poll(async () => (await inBrowser(app.page, document))?.heads, { timeout: untilMs })
    .toEqual(inRelay(`${data}/relay`, document)?.heads);
});

/** The chunk without which the others are the document as it was before the last change. */
function lastOf(chunks: readonly StoredChunk[]): string {
  const whole = truthOf(chunks.map(({ bytes }) => bytes));
  const last = chunks.find(({ key }) => {
    const others = truthOf(chunks.flatMap((each) => (each.key === key ? [] : [each.bytes])));
    return others && others.heads.length === 1 && others.text !== whole?.text && others.text.includes(much);
  });
  if (!last) throw new Error("no chunk holds the last change alone");
  return last.key;
}

test("a chunk is damaged and is nowhere else: the rest opens, it is said in words, and nothing is removed", async () => {
  const data = await stage.folder();
  let app = await stage.launch(data, "alone");
  await write(app, "Alone", 4);
  const document = await documentOf(app.page);
  const chunks = await chunksInBrowser(app.page, document);
  const keys = chunks.map(({ key }) => key);
  const last = lastOf(chunks);
  await damageChunks(app.page, [last], "flipped");
  await stage.end(app, "kill");
  await rm(join(folderOf(data, "alone"), "copy"), { recursive: true });

  app = await stage.launch(data, "alone");
  await openDocument(app.page, "Alone");
  await expect.poll(() => textOf(app.page), { timeout: untilMs }).toContain(much);
  await expect.poll(() => statusOf(app.page), { timeout: untilMs }).toMatch(/damaged/i);
  // Written in, left, and opened again: all chunks that there were are still there, the damaged one too.
  await type(app.page, "Written after.");
  await status(app.page, /Saved on this device/);
  await stage.end(app, "close");
  app = await stage.launch(data, "alone");
  await expect.poll(() => textOf(app.page), { timeout: untilMs }).toMatch(/Written after\.$/);
  const now = await chunksInBrowser(app.page, document);
  expect(now.map(({ key }) => key)).toEqual(expect.arrayContaining(keys));
});

test("all chunks are damaged and nowhere else: the page says that it is damaged, and not that it is not here", async () => {
  const data = await stage.folder();
  let app = await stage.launch(data, "nothing");
  await write(app, "Nothing", 1);
  const chunks = await chunksInBrowser(app.page, await documentOf(app.page));
  await damageChunks(
    app.page,
    chunks.map(({ key }) => key),
    "flipped",
  );
  await stage.end(app, "kill");
  await rm(join(folderOf(data, "nothing"), "copy"), { recursive: true });

  app = await stage.launch(data, "nothing");
  await app.page
    .getByRole("alert")
    .filter({ hasText: /is damaged and cannot be shown\. Nothing was removed/ })
    .waitFor({ timeout: untilMs });
});

/** Opening the app after a year of writing: 1,000 documents, 2 million keystrokes. And what of memory stays in use. */
import type { Page } from "playwright";
import { figures } from "../../report.ts";
import { keystrokesPerChange, Typist, type Written } from "../documents.ts";
import { benchPage, openDocument } from "../page.ts";
import { inApp, inFolder, makeProfile } from "../profiles.ts";
import { mebibytes, once, type Measure } from "../row.ts";

const keystrokesPerDocument = 2_000;
/** Of each document the last fifth was typed since its snapshot, a chunk a change. */
const sinceSnapshotShare = 0.2;
const atRestMs = 120_000;
const memoryMbMax = 150;

function writtenInAYear(documents: number): Written[] {
  const changes = keystrokesPerDocument / keystrokesPerChange;
  return Array.from({ length: documents }, (_, i) => {
    const typist = new Typist(`Note ${i}`, i);
    const written = typist.written(changes, changes * sinceSnapshotShare, 1);
    typist.free();
    return written;
  });
}

type Times = { library: number; text: number; ready: number };

export const year: Measure = async ({ quick }) => {
  const documents = quick ? 100 : 1_000;
  const starts = quick ? 2 : 5;
  const opened = quick ? 20 : 200;
  return inFolder(async (dataDir) => {
    const written = writtenInAYear(documents);
    await makeProfile(dataDir, written);
    const [first] = written;
    if (!first) throw new RangeError("a year of no documents");
    // What a person has: the window was on a document when it was closed, and all have been looked at since the import.
    await inApp({ dataDir }, async (app) => {
      await benchPage(app.page);
      await openDocument(app.page, first.title);
      await app.atRest(atRestMs);
    });
    const times: Times[] = [];
    for (let i = 0; i < starts; i++)
      times.push(
        await inApp({ dataDir }, async (app) => {
          const at = await startTimes(app.page, documents);
          await app.atRest(atRestMs);
          const { library, text, ready } = at;
          const since = app.startedAtMs;
          return { library: library - since, text: text - since, ready: ready - since };
        }),
      );
    const { freshBytes, afterBytes } = await inApp({ dataDir }, async (app) => {
      await benchPage(app.page);
      await app.atRest(atRestMs);
      const freshBytes = app.rendererBytes();
      for (const { title } of written.slice(1, 1 + opened)) await openDocument(app.page, title);
      await openDocument(app.page, first.title);
      await app.atRest(atRestMs);
      return { freshBytes, afterBytes: app.rendererBytes() };
    });
    const size = `${documents} documents, ${documents * keystrokesPerDocument} keystrokes`;
    const row = { name: "a year's profile", size, unit: "ms" };
    const more = mebibytes(afterBytes - freshBytes);
    const what = `renderer processes, ${opened} documents opened and closed`;
    return {
      rows: [
        { ...row, operation: "start to library", ...figures(times.map(({ library }) => library)) },
        { ...row, operation: "start to first text", ...figures(times.map(({ text }) => text)) },
        { ...row, operation: "start to engine ready", ...figures(times.map(({ ready }) => ready)) },
        { name: "fresh", operation: what, unit: "MiB", ...once(mebibytes(freshBytes)) },
        { name: "afterwards", operation: what, unit: "MiB", ...once(mebibytes(afterBytes)) },
      ],
      wanted: [{ what: `${what}: more than fresh`, unit: "MiB", most: memoryMbMax, measured: more }],
    };
  });
};

/** When each was first so, by the page's clock, in milliseconds since the epoch. */
async function startTimes(page: Page, documents: number): Promise<Times> {
  await page.waitForFunction(
    (count) => {
      const times = ((globalThis as { benchTimes?: Partial<Times> }).benchTimes ??= {});
      const now = performance.timeOrigin + performance.now();
      if (document.querySelectorAll("[aria-label=Documents] button").length >= count) times.library ??= now;
      if ((document.querySelector("[contenteditable]")?.textContent?.length ?? 0) > 0) times.text ??= now;
      if (document.querySelector("[aria-label=Status]")?.textContent?.trim().startsWith("Saved") === true)
        times.ready ??= now;
      return times.library !== undefined && times.text !== undefined && times.ready !== undefined;
    },
    documents,
    { timeout: 120_000 },
  );
  return page.evaluate(() => (globalThis as unknown as { benchTimes: Times }).benchTimes);
}

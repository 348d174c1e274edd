/**
 * A month offline: a library of 10,000 documents, all of them here, of which 300 were written on at the relay
 * meanwhile. From the connection until those are on this disk, and what it takes of memory. And before that, the same
 * library for a profile that has nothing of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright";
import { join } from "node:path";
import { benchPage, chunkCounts } from "../page.ts";
import { inApp, inFolder, RelayLibrary } from "../profiles.ts";
import { mebibytes, once, rounded, type Measure } from "../row.ts";

const lookEveryMs = 200;
const firstWithinMs = 15 * 60_000;
const againWithinMs = 5 * 60_000;
const atRestMs = 5 * 60_000;
const secondsMax = 10;
const memoryMbMax = 100;

export const catchUp: Measure = ({ quick }) =>
  inFolder(async (folder) => {
    const documents = quick ? 500 : 10_000;
    const changed = quick ? 30 : 300;
    const dataDir = join(folder, "profiles");
    const library = await RelayLibrary.make(join(folder, "relay"), documents, changed);
    let relay = await library.serve();
    const { port, url } = relay;
    try {
      const first = await inApp({ dataDir, relay: url }, async (app) => {
        await benchPage(app.page);
        const from = Date.now();
        await until(firstWithinMs, async () => (await documentsHere(app.page)) >= documents);
        const tookMs = Date.now() - from;
        await app.atRest(atRestMs);
        return { tookMs, bytes: app.rendererBytes() };
      });
      await relay.stop();
      await library.writeOn();
      const again = await inApp({ dataDir, relay: url }, async (app) => {
        await benchPage(app.page);
        await app.atRest(atRestMs);
        const beforeBytes = app.rendererBytes();
        const before = await chunkCounts(app.page, library.changed);
        relay = await library.serve(port);
        const connectedAt = await connected(app.page);
        let mostBytes = beforeBytes;
        await until(againWithinMs, async () => {
          mostBytes = Math.max(mostBytes, app.rendererBytes());
          const now = await chunkCounts(app.page, library.changed);
          return now.every((count, i) => count > (before[i] ?? 0));
        });
        const tookMs = Date.now() - connectedAt;
        await app.atRest(atRestMs);
        return { tookMs, beforeBytes, mostBytes, afterBytes: app.rendererBytes() };
      });
      const size = `${documents} documents`;
      const what = `catch-up of ${changed} documents that changed`;
      const seconds = rounded(again.tookMs / 1_000, 2);
      const more = mebibytes(again.mostBytes - again.beforeBytes);
      return {
        rows: [
          {
            name: "nothing here",
            operation: "catch-up of all",
            size,
            unit: "s",
            ...once(rounded(first.tookMs / 1_000)),
          },
          {
            name: "nothing here",
            operation: "renderer processes afterwards",
            size,
            unit: "MiB",
            ...once(mebibytes(first.bytes)),
          },
          { name: "a month offline", operation: what, size, unit: "s", ...once(seconds) },
          {
            name: "a month offline",
            operation: "renderer processes before",
            size,
            unit: "MiB",
            ...once(mebibytes(again.beforeBytes)),
          },
          {
            name: "a month offline",
            operation: "renderer processes, most",
            size,
            unit: "MiB",
            ...once(mebibytes(again.mostBytes)),
          },
          {
            name: "a month offline",
            operation: "renderer processes afterwards",
            size,
            unit: "MiB",
            ...once(mebibytes(again.afterBytes)),
          },
        ],
        wanted: [
          { what: `${what}, of ${documents}`, unit: "s", most: secondsMax, measured: seconds },
          { what: `${what}: memory above before`, unit: "MiB", most: memoryMbMax, measured: more },
        ],
        notes: ["catch-up: memory is the PSS of the processes of window and engine, looked at every 200 ms"],
      };
    } finally {
      await relay.stop();
    }
  });

async function until(withinMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it was not so within ${withinMs / 1_000} s`);
    await sleep(lookEveryMs);
  }
}

/** When the status line first spoke of a relay that is there, in milliseconds since the epoch. */
async function connected(page: Page): Promise<number> {
  const at = await page.waitForFunction(
    () =>
      /On the relay|Connected to the relay|Receiving|Sending/.test(
        document.querySelector("[aria-label=Status]")?.textContent ?? "",
      )
        ? performance.timeOrigin + performance.now()
        : false,
    undefined,
    { timeout: 120_000 },
  );
  return Number(await at.jsonValue());
}

/** Of how many documents there is anything in the browser's storage. */
function documentsHere(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open("automerge");
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => reject(new Error("the documents' database did not open")));
    });
    const keys = await new Promise<IDBValidKey[]>((resolve) => {
      const request = database.transaction("documents").objectStore("documents").getAllKeys();
      request.addEventListener("success", () => resolve(request.result));
    });
    database.close();
    return new Set(keys.map((key) => (Array.isArray(key) ? key[0] : undefined))).size;
  });
}

/** What a hostile page puts on the clipboard, pasted into the app: nothing runs, nothing leaves, and one can go on writing. */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:http";
import { rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../scripts/faults/link.ts";
import { launchApp, temporaryFolder, type RunningApp } from "../app.ts";
import { documentJson } from "../document-json.ts";
import { beginPage, focusText, newDocument, status, text, untilMs } from "../page.ts";
import { strangeIn, wrongWith } from "./harm.ts";
import { hostileHtml, type Hostile } from "./hostile-html.ts";

/** From the paste to what is typed after it being on screen, on a machine that other tests share. */
const usableAfterMsMax = 4_000;
/** Of the paste itself, during which the window answers nobody. */
const blockedMsMax = 3_000;

let dataDir: string;
let deckle: RunningApp;
let stranger: Server;
let strangerUrl: string;
const heard: string[] = [];

beforeAll(async () => {
  dataDir = await temporaryFolder();
  stranger = createServer((request, response) => {
    heard.push(request.url ?? "");
    response.end("hello");
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  deckle = await launchApp({ dataDir });
  await deckle.app.evaluate(({ session }) => {
    const asked: string[] = [];
    Object.assign(globalThis, { deckleAsked: asked });
    session.defaultSession.webRequest.onBeforeSendHeaders((details, answer) => {
      if (!/^(?:app|devtools|blob|data):/.test(details.url)) asked.push(details.url);
      answer({});
    });
  });
});

afterAll(async () => {
  await deckle.close();
  await new Promise((resolve) => stranger.close(resolve));
  await rm(dataDir, { recursive: true, force: true });
});

interface Outcome {
  readonly blockedMs: number;
  readonly usableMs: number;
  readonly isHurt: boolean;
  readonly isTyped: boolean;
  /** What of the page's text no text of ours is made of. */
  readonly strange: string;
}

/** Empties the document, pastes, and types a word. */
async function pasted(page: Page, html: string): Promise<Outcome> {
  await focusText(page);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.press("Backspace");
  const blockedMs = await text(page).evaluate((dom, given) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", given);
    clipboardData.setData("text/plain", "in plain words");
    const before = performance.now();
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    return performance.now() - before;
  }, html);
  const before = performance.now();
  await page.keyboard.insertText("zebra");
  const isTyped = await page
    .waitForFunction(
      () => document.querySelector("[aria-label='Document text']")?.textContent?.includes("zebra"),
      null,
      {
        timeout: untilMs,
      },
    )
    .then(
      () => true,
      () => false,
    );
  const usableMs = performance.now() - before;
  const { isHurt, strange } = await strangeIn(page);
  return { blockedMs, usableMs, isHurt, isTyped, strange };
}

/** @param settled is waited for after each @returns what went wrong, in words */
async function pastedAll(cases: readonly Hostile[], settled: () => Promise<void>): Promise<string[]> {
  const { page, problems } = deckle;
  const wrong: string[] = [];
  for (const { name, html } of cases) {
    const { blockedMs, usableMs, isHurt, isTyped, strange } = await pasted(page, html);
    await settled();
    if (isHurt) wrong.push(`${name}: a script ran`);
    if (!isTyped) wrong.push(`${name}: nothing could be typed`);
    if (strange !== "") wrong.push(`${name}: in the page is ${strange}`);
    if (blockedMs > blockedMsMax) wrong.push(`${name}: pasting took ${blockedMs.toFixed()} ms`);
    if (usableMs > usableAfterMsMax) wrong.push(`${name}: typing took ${usableMs.toFixed()} ms`);
    const invalid = wrongWith(JSON.parse(await documentJson(page)), true);
    if (invalid !== "") wrong.push(`${name}: ${invalid}`);
    if (!html.includes("ours:") && problems.length > 0) {
      const relevant = problems.filter((one) => !one.includes("Content Security Policy"));
      if (relevant.length > 0) wrong.push(`${name}: ${relevant.join("; ").slice(0, 300)}`);
      (problems as string[]).length = 0;
    }
    if (page.url() !== "app://deckle/") wrong.push(`${name}: the window went to ${page.url()}`);
  }
  return wrong;
}

async function mustBeUnheard(): Promise<void> {
  expect(deckle.app.windows()).toHaveLength(1);
  expect(heard).toEqual([]);
  const asked = await deckle.app.evaluate(() => (globalThis as { deckleAsked?: string[] }).deckleAsked);
  expect(asked).toEqual([]);
}

/** Characters of HTML: what is more takes the engine seconds. */
const largeFrom = 50_000;
/** Of those, how many are pasted: each takes half a minute to be kept. All of them in the long run. */
const largeCases = Number(process.env["HOSTILE_LARGE"] ?? 4);

test("no script runs, no request leaves, and the page stays usable, whatever is pasted", async () => {
  const cases = hostileHtml(strangerUrl).filter(({ html }) => html.length < largeFrom);
  expect(cases.length).toBeGreaterThan(200);
  await beginPage(deckle.page, "Hostile");
  expect(await pastedAll(cases, () => Promise.resolve())).toEqual([]);
  await mustBeUnheard();
  await status(deckle.page, /^Saved on this device/, 90_000);
});

function drawn<T>(all: readonly T[], count: number, seed: number): T[] {
  const random = seededRandom(seed);
  const keyed = all.map((one) => ({ one, at: random() }));
  return keyed
    .toSorted((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ one }) => one);
}

test("nor when it is too much: one can go on writing at once, and all of it is kept", async () => {
  const all = hostileHtml(strangerUrl).filter(({ html }) => html.length >= largeFrom);
  expect(all.length).toBeGreaterThan(10);
  const seed = randomInt(2 ** 31);
  const cases = drawn(all, largeCases, seed);
  await newDocument(deckle.page, "Too much");
  const kept = (): Promise<void> => status(deckle.page, /^Saved on this device/, 90_000);
  const bySize = cases.toSorted((one, other) => one.html.length - other.html.length);
  expect(await pastedAll(bySize, kept), `seed ${seed}`).toEqual([]);
  await mustBeUnheard();
}, 400_000);

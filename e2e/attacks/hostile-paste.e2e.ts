/** What a hostile page puts on the clipboard, pasted into the app: nothing runs, nothing leaves, and one can go on writing. */
import { createServer, type Server } from "node:http";
import { rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchApp, temporaryFolder, type RunningApp } from "../app.ts";
import { documentJson } from "../document-json.ts";
import { beginPage, status, text, untilMs } from "../page.ts";
import { strangeIn, wrongWith } from "./harm.ts";
import { hostileHtml } from "./hostile-html.ts";

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
  await text(page).focus();
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

test(
  "no script runs, no request leaves, and the page stays usable, whatever is pasted",
  { timeout: 400_000 },
  async () => {
    const { page, app, problems } = deckle;
    await beginPage(page, "Hostile");
    const cases = hostileHtml(strangerUrl);
    expect(cases.length).toBeGreaterThan(200);
    const wrong: string[] = [];
    let slowest = { name: "", ms: 0 };
    for (const { name, html } of cases) {
      const { blockedMs, usableMs, isHurt, isTyped, strange } = await pasted(page, html);
      if (isHurt) wrong.push(`${name}: a script ran`);
      if (!isTyped) wrong.push(`${name}: nothing could be typed`);
      if (strange !== "") wrong.push(`${name}: in the page is ${strange}`);
      if (blockedMs > blockedMsMax) wrong.push(`${name}: pasting took ${blockedMs.toFixed()} ms`);
      if (usableMs > usableAfterMsMax) wrong.push(`${name}: typing took ${usableMs.toFixed()} ms`);
      if (blockedMs + usableMs > slowest.ms) slowest = { name, ms: blockedMs + usableMs };
      const invalid = wrongWith(JSON.parse(await documentJson(page)), true);
      if (invalid !== "") wrong.push(`${name}: ${invalid}`);
      if (!html.includes("ours:") && problems.length > 0) {
        const relevant = problems.filter((one) => !one.includes("Content Security Policy"));
        if (relevant.length > 0) wrong.push(`${name}: ${relevant.join("; ").slice(0, 300)}`);
        (problems as string[]).length = 0;
      }
      if (page.url() !== "app://deckle/") wrong.push(`${name}: the window went to ${page.url()}`);
    }
    expect(wrong).toEqual([]);
    expect(app.windows()).toHaveLength(1);
    expect(heard).toEqual([]);
    const asked = await app.evaluate(() => (globalThis as { deckleAsked?: string[] }).deckleAsked);
    expect(asked).toEqual([]);
    // A million letters pasted and deleted: Automerge writes them for the better part of a minute.
    await status(page, /^Saved on this device/, 180_000);
  },
);

/**
 * What dies beside the main process: the page's process, the engine, the GPU's. The window comes back by itself, with
 * the caret where it was and the words that were on screen.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Page } from "playwright";
import { expect, test } from "vitest";
import type { RunningApp } from "../app.ts";
import { beginPage, documentOf, status, textOf, type, whenText } from "../page.ts";
import { Recorder } from "../recorder.ts";
import { useStage } from "../stage.ts";
import { Hands, lossMsMax, pause } from "./hands.ts";

const stage = useStage();
const untilMs = 20_000;

/** Playwright gives up a page that crashed: another connection sees the one that came after. */
async function pageAfterCrash(data: string, profile: string): Promise<Page> {
  const [port] = readFileSync(join(data, "profiles", profile, "DevToolsActivePort"), "utf8").split("\n");
  let page: Page | undefined;
  // Who connects while the page's process is dead never hears of the next one, so each try connects anew.
  const isThere = async (): Promise<boolean> => {
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    const pages = browser.contexts().flatMap((context) => context.pages());
    page = pages.find((each) => each.url() === "app://deckle/");
    if (page) stage.also(() => browser.close());
    else await browser.close();
    return page !== undefined;
  };
  await expect.poll(isThere, { timeout: untilMs, interval: 250 }).toBe(true);
  if (!page) throw new Error("no page");
  await page.getByRole("textbox", { name: "Document text" }).waitFor({ timeout: untilMs });
  return page;
}

const crash = (app: RunningApp): Promise<void> =>
  app.app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
  });

/** What is typed now goes where the caret was. */
async function caretLine(page: Page): Promise<string> {
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")), { timeout: untilMs })
    .toBe("Document text");
  return page.evaluate(() => {
    const selection = document.getSelection();
    const block = selection?.anchorNode?.parentElement?.closest("p");
    return `${block?.textContent?.slice(0, selection?.anchorOffset)}|${block?.textContent?.slice(selection?.anchorOffset)}`;
  });
}

test("the page's process crashes: it is loaded again, with the caret and the scroll where they were", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "crash");
  await beginPage(app.page, "Crashed");
  const lines = Array.from({ length: 60 }, (_, at) => `Line ${at}.`).join("\n");
  await type(app.page, lines);
  for (let at = 0; at < 20; at++) await app.page.keyboard.press("ArrowUp");
  await app.page.keyboard.press("Home");
  for (let at = 0; at < 4; at++) await app.page.keyboard.press("ArrowRight");
  await status(app.page, /^Saved on this device/);
  await pause(300);
  await crash(app);

  const page = await pageAfterCrash(data, "crash");
  await whenText(page, lines);
  await expect.poll(() => caretLine(page), { timeout: untilMs }).toBe("Line| 39.");
  await page.keyboard.type("!");
  await whenText(page, lines.replace("Line 39.", "Line! 39."));
  await status(page, /^Saved on this device/);
});

test("the page's process crashes while somebody types: no more is lost than is promised, nothing that was saved", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "typing");
  await beginPage(app.page, "Crashed");
  const recorder = new Recorder();
  await recorder.watch(app.page);
  await status(app.page, /^Saved on this device/);
  await type(app.page, "");
  const hands = new Hands("c");
  hands.start(app.page);
  await pause(2_300);
  const crashedAtMs = performance.now();
  await crash(app);
  await hands.rest();

  const page = await pageAfterCrash(data, "typing");
  await status(page, /^Saved on this device/);
  const text = await textOf(page);
  expect(hands.text.slice(0, text.length)).toBe(text);
  recorder.survived(await documentOf(page), text, "Crashed", "what was there after the crash");
  const [first, ...rest] = hands.begunAgainWith(text);
  const lostMs = first ? Math.max(0, crashedAtMs - first.atMs) : 0;
  console.log(
    `a crash of the page lost ${lostMs.toFixed(0)} ms of typing, ${first ? rest.length + 1 : 0} letters`,
  );
  expect(lostMs).toBeLessThanOrEqual(lossMsMax);
  await page.keyboard.type("on.");
  await whenText(page, `${text}on.`);
  recorder.check("a crash while typing");
});

test("a page that goes on crashing is not loaded for ever: the person is asked", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "often");
  await type(app.page, "Often.");
  await status(app.page, /^Saved on this device/);
  await app.app.evaluate(({ BrowserWindow, dialog }) => {
    const seen = { loads: 0, words: "" };
    Object.assign(globalThis, { deckleSeen: seen });
    dialog.showMessageBox = (...given: unknown[]) => {
      seen.words = JSON.stringify(given.at(-1));
      return Promise.resolve({ response: 0, checkboxChecked: false });
    };
    BrowserWindow.getAllWindows()[0]?.webContents.on("did-finish-load", () => void seen.loads++);
  });
  const seen = (): Promise<{ loads: number; words: string }> =>
    app.app.evaluate(
      () => (globalThis as unknown as { deckleSeen: { loads: number; words: string } }).deckleSeen,
    );
  for (let round = 1; round <= 3; round++) {
    await crash(app);
    await expect.poll(async () => (await seen()).loads, { timeout: untilMs }).toBe(round);
    expect((await seen()).words).toBe("");
  }
  await crash(app);
  await expect.poll(async () => (await seen()).words, { timeout: untilMs }).toMatch(/keeps crashing/);
  // "Try again" was answered.
  await expect.poll(async () => (await seen()).loads, { timeout: untilMs }).toBe(4);
  await whenText(await pageAfterCrash(data, "often"), "Often.");
});

test("the GPU's process is killed while somebody types: nothing is lost, the window goes on", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "gpu");
  await beginPage(app.page, "Painted");
  const recorder = new Recorder();
  await recorder.watch(app.page);
  await type(app.page, "");
  const hands = new Hands("g");
  hands.start(app.page, 10);
  await pause(500);
  const gpu = await app.app.evaluate(
    ({ app: electron }) => electron.getAppMetrics().find((each) => each.type === "GPU")?.pid ?? null,
  );
  if (gpu === null) throw new Error("this Electron has no process for the GPU");
  process.kill(gpu, "SIGKILL");
  await pause(1_500);
  await hands.rest();
  await whenText(app.page, hands.text);
  await status(app.page, /^Saved on this device/);
  // A window that does not paint gives no picture.
  expect((await app.page.screenshot({ timeout: untilMs })).length).toBeGreaterThan(1000);
  await recorder.settle(app.page);
  await stage.end(app, "kill");
  const next = await stage.launch(data, "gpu");
  await whenText(next.page, hands.text);
  recorder.survived(await documentOf(next.page), hands.text, "Painted", "what was there after the kill");
  recorder.check("the GPU's process killed");
});

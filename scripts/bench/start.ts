/**
 * `bench start`: from the start of the process until the caret is in an editable document. Cold is a
 * profile that has never been; warm is one with 1,000 documents and a page of text open.
 *
 * The app is started as the system would start it and only watched: over the debugging port, whose
 * connection is made while the app is starting. What is read is the page's own clock.
 */
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { chromium } from "playwright";
import type { Page } from "playwright";
import { launchApp, temporaryFolder } from "../app-process.ts";
import { electronBinary } from "../electron-binary.ts";
import { startVirtualDisplay } from "../system.ts";
import { figures, machine } from "./report.ts";
import type { Report } from "./report.ts";

const coldRuns = 5;
const warmRuns = 9;
const documents = 1000;

export async function start(): Promise<Report> {
  const folders: string[] = [];
  const made = async (): Promise<string> => {
    const folder = await temporaryFolder();
    folders.push(folder);
    return folder;
  };
  try {
    const cold: number[] = [];
    // The first start of all also fills the system's file cache; it is not one of the runs.
    await timedStart(await made());
    for (let i = 0; i < coldRuns; i++) cold.push(await timedStart(await made()));
    const profile = await made();
    await fill(profile);
    const warm: number[] = [];
    for (let i = 0; i < warmRuns; i++) warm.push(await timedStart(profile));
    return {
      name: "start",
      machine: machine(),
      rows: [
        { name: "cold profile", operation: "process start to caret", unit: "ms", ...figures(cold) },
        {
          name: "warm profile",
          operation: "process start to caret",
          size: `${documents} documents`,
          unit: "ms",
          ...figures(warm),
        },
      ],
    };
  } finally {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}

/** Makes the documents through the engine, as New does, and writes a page in the last one. */
async function fill(dataDir: string): Promise<void> {
  const app = await launchApp({ dataDir });
  try {
    const { page } = app;
    await page.goto("app://deckle/index.html?bench");
    await page.getByRole("textbox", { name: "Document text" }).waitFor();
    await page.waitForFunction(() => "deckleBench" in globalThis);
    await page.evaluate(async (count) => {
      type Bench = {
        deckleBench: { ask(question: { type: "create"; title: string }): Promise<{ type: string }> };
      };
      const { deckleBench } = globalThis as unknown as Bench;
      for (let i = 0; i < count; i++) {
        const answer = await deckleBench.ask({ type: "create", title: `Document ${i}` });
        if (answer.type !== "created") throw new Error("a document was not made");
      }
    }, documents - 1);
    await page.getByRole("textbox", { name: "Document text" }).click();
    for (let i = 0; i < 10; i++) {
      await page.keyboard.insertText("A page of text to open with, long enough to be read. ".repeat(4));
      await page.keyboard.press("Enter");
    }
    // The cached rendering is written a moment after the last change.
    await page.waitForTimeout(4000);
  } finally {
    await app.close();
  }
}

/** Milliseconds from spawning the process until the caret is in the text. */
async function timedStart(dataDir: string): Promise<number> {
  const binary = await electronBinary();
  const display = await startVirtualDisplay();
  const startedAt = Date.now();
  const app = spawn(
    binary.path,
    [
      ...binary.appArguments,
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--remote-debugging-port=0",
      "--profile=default",
    ],
    {
      env: { ...process.env, DECKLE_DATA: dataDir, DISPLAY: display.display },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const exited = new Promise<void>((resolve) => app.once("exit", () => resolve()));
  try {
    const endpoint = await new Promise<string>((resolve, reject) => {
      createInterface({ input: app.stderr }).on("line", (line) => {
        const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
        if (found) resolve(found);
      });
      void exited.then(() => reject(new Error("the app ended before it opened its debugging port")));
    });
    const browser = await chromium.connectOverCDP(endpoint);
    const readyAt = await caretAt(await firstPage(browser.contexts()[0]?.pages() ?? [], browser));
    await browser.close();
    return readyAt - startedAt;
  } finally {
    app.kill("SIGTERM");
    await exited;
    await display.stop();
  }
}

async function firstPage(
  pages: Page[],
  browser: Awaited<ReturnType<typeof chromium.connectOverCDP>>,
): Promise<Page> {
  const page = pages.find((one) => one.url().startsWith("app://"));
  if (page) return page;
  const context = browser.contexts()[0];
  if (!context) throw new Error("the app has no browser context");
  return context.waitForEvent("page");
}

/** When the caret was in an editable text, in milliseconds since the epoch, by the page's clock. */
async function caretAt(page: Page): Promise<number> {
  await page.waitForFunction(() => {
    const active = document.activeElement;
    const inText = active instanceof HTMLElement && active.isContentEditable && document.hasFocus();
    const title = active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement;
    const ready = inText || (title && document.querySelector("[contenteditable='true']") !== null);
    if (ready) (globalThis as { caretAt?: number }).caretAt ??= performance.timeOrigin + performance.now();
    return ready;
  });
  return page.evaluate(() => (globalThis as unknown as { caretAt: number }).caretAt);
}

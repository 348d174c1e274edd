/**
 * The engine is a worker of the page's process and dies without a word: the window starts another, and goes on with what
 * it has. Two windows on one document are two clients of one engine.
 */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import type { RunningApp } from "../app.ts";
import { beginPage, documentOf, openDocument, status, textOf, type, whenText } from "../page.ts";
import { Recorder } from "../recorder.ts";
import { useStage } from "../stage.ts";
import { Hands, pause } from "./hands.ts";
import { inEngine } from "./worker.ts";

const stage = useStage();
const untilMs = 20_000;

/** Ends the worker, as running out of memory would: nothing of it runs again. @returns the targets that it ended */
const killEngine = (app: RunningApp): Promise<string[]> => inEngine(app, "self.close()");

test("the engine is killed three times while somebody types: the caret stays, no word is lost or there twice", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "engine");
  await beginPage(app.page, "Engine");
  const recorder = new Recorder();
  await recorder.watch(app.page);
  const hands = new Hands("e");
  const killed = new Set<string>();
  for (let round = 0; round < 3; round++) {
    hands.start(app.page, 20);
    await pause(400 + 300 * round);
    for (const engine of await killEngine(app)) killed.add(engine);
    // What is typed while there is no engine.
    await pause(1_500);
    await hands.rest();
    await whenText(app.page, hands.text);
    await status(app.page, /^Saved on this device/);
    expect(await textOf(app.page)).toBe(hands.text);
  }
  // One each time, and never the same again.
  expect(killed.size).toBe(3);
  await app.page.keyboard.type("here");
  await whenText(app.page, `${hands.text}here`);
  await status(app.page, /^Saved on this device/);
  await recorder.settle(app.page);
  await stage.end(app, "kill");
  const next = await stage.launch(data, "engine");
  await whenText(next.page, `${hands.text}here`);
  await status(next.page, /^Saved on this device/);
  recorder.survived(
    await documentOf(next.page),
    await textOf(next.page),
    "Engine",
    "what was there after the kill",
  );
  recorder.check("the engine killed");
});

/** A second window of the same process. People have no way to open one; the engine has to stand it all the same. */
async function secondWindow(app: RunningApp): Promise<Page> {
  const opened = app.app.waitForEvent("window");
  await app.app.evaluate(({ app: electron, BrowserWindow }) => {
    const path = process.getBuiltinModule("node:path");
    const browser = new BrowserWindow({
      width: 900,
      height: 700,
      webPreferences: {
        preload: path.join(electron.getAppPath(), "electron", "preload.cjs"),
        sandbox: true,
        contextIsolation: true,
      },
    });
    void browser.loadURL("app://deckle/");
  });
  const page = await opened;
  await page.waitForLoadState("load");
  return page;
}

test("two windows type in one document at once, and are killed: both have all words, once, and so has the disk", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "windows");
  await beginPage(app.page, "Windows");
  await type(app.page, "Begin.\n");
  await status(app.page, /^Saved on this device/);
  const second = await secondWindow(app);
  await openDocument(second, "Windows");
  await whenText(second, "Begin.\n");
  const recorders = [new Recorder(), new Recorder()] as const;
  await recorders[0].watch(app.page);
  await recorders[1].watch(second);
  await app.page.keyboard.press("ControlOrMeta+Home");
  await app.page.keyboard.press("End");
  await type(second, "");
  const hands = [new Hands("A"), new Hands("b")] as const;
  for (let round = 0; round < 2; round++) {
    hands[0].start(app.page, 5);
    hands[1].start(second, 5);
    await pause(2_000);
    for (const each of hands) await each.rest();
    const words = `Begin.${hands[0].text}\n${hands[1].text}`;
    for (const page of [app.page, second]) {
      await whenText(page, words);
      await status(page, /^Saved on this device/);
    }
  }
  const words = `Begin.${hands[0].text}\n${hands[1].text}`;
  await stage.end(app, "kill");
  const next = await stage.launch(data, "windows");
  await expect.poll(() => textOf(next.page), { timeout: untilMs }).toBe(words);
  await status(next.page, /^Saved on this device/);
  for (const [who, recorder] of recorders.entries()) {
    recorder.survived(await documentOf(next.page), words, "Windows", "what was there after the kill");
    recorder.check(`two windows, ${who + 1}`);
  }
});

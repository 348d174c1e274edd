/**
 * A laptop that sleeps for a month: its processes are stopped, its connection is cut, and when they go on the wall clock
 * says a month later. What is not as in life: the month itself passes in seconds, and only Deckle's own code is told
 * the new time, not Chromium's (`clock.ts`).
 */
import { expect, test } from "vitest";
import type { RunningApp } from "../app.ts";
import { FaultProxy } from "../../scripts/faults/proxy.ts";
import { openDocument, status, textOf, titleField, type, whenText } from "../page.ts";
import { Recorder } from "../recorder.ts";
import { useStage } from "../stage.ts";
import { jumpClock } from "./clock.ts";
import { pause } from "./hands.ts";

const stage = useStage();
const dayMs = 24 * 60 * 60 * 1000;

/** Of the page, in days from the true time. */
async function daysAhead(app: RunningApp): Promise<number> {
  const now = await app.page.evaluate(() => Date.now());
  return Math.round((now - Date.now()) / dayMs);
}

/** All processes of the app, as a suspended machine would stop them. */
async function processesOf(app: RunningApp): Promise<number[]> {
  return app.app.evaluate(({ app: electron }) => electron.getAppMetrics().map(({ pid }) => pid));
}

test("a laptop sleeps for a month, both sides were edited, and later its clock is a year behind: all is merged", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const proxy = await FaultProxy.listen({ to: { port: relay.port } });
  stage.also(() => proxy.stop());
  const laptop = await stage.launch(data, "laptop", `ws://127.0.0.1:${proxy.port}/sync`);
  await titleField(laptop.page).fill("Asleep");
  await type(laptop.page, "Begin.\nEnd.");
  await status(laptop.page, /^Saved on this device · On the relay$/);
  const other = await stage.launch(data, "other", relay);
  await openDocument(other.page, "Asleep");
  await whenText(other.page, "Begin.\nEnd.");
  const recorder = new Recorder(`${data}/relay`);
  await recorder.watch(laptop.page);

  // Its own last words never leave before the lid is shut.
  proxy.halfOpen();
  await laptop.page.keyboard.type(" On the train.");
  await status(laptop.page, /^Saved on this device · .*not yet on the relay$/);
  const pids = await processesOf(laptop);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  proxy.cut();
  await other.page.getByRole("textbox", { name: "Document text" }).focus();
  await other.page.keyboard.press("ControlOrMeta+Home");
  await other.page.keyboard.type("In the office. ");
  await status(other.page, /^Saved on this device · On the relay$/);
  await pause(3_000);
  for (const pid of pids) process.kill(pid, "SIGCONT");
  await jumpClock(laptop, 31);
  // Only now: it has not heard of anything before its clock jumped.
  proxy.heal();
  await expect.poll(() => daysAhead(laptop), { timeout: 20_000 }).toBe(31);
  const words = "In the office. Begin.\nEnd. On the train.";
  for (const { page } of [laptop, other]) {
    await expect.poll(() => textOf(page), { timeout: 60_000 }).toBe(words);
    await status(page, /^Saved on this device · On the relay$/);
  }

  await laptop.page.keyboard.type(" Awake.");
  await whenText(other.page, `${words} Awake.`);

  // A battery that ran empty: the clock begins long ago.
  await jumpClock(laptop, -400);
  await expect.poll(() => daysAhead(laptop), { timeout: 20_000 }).toBe(-400);
  await laptop.page.keyboard.type(" Home.");
  await whenText(laptop.page, `${words} Awake. Home.`);
  await whenText(other.page, `${words} Awake. Home.`);
  await status(laptop.page, /^Saved on this device · On the relay$/);
  await recorder.settle(laptop.page);
  recorder.check("a month asleep");
});

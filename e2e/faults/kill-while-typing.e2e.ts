/**
 * SIGKILL in the middle of a word, again and again: what is lost is no more than the journal’s window, far less than the coalescing one,
 * nothing that was shown as saved, nothing twice, nothing out of order. FAULT_KILLS sets the rounds.
 */
import { randomInt } from "node:crypto";
import { expect, test, vi } from "vitest";
import { coalesceAloneMs, journalEveryMs } from "../../renderer/engine/limits.ts";
import { seededRandom } from "../../scripts/faults/link.ts";
import type { RunningApp } from "../app.ts";
import { beginPage, documentOf, openDocument, status, textOf, titleField, type } from "../page.ts";
import { Recorder } from "../recorder.ts";
import { useStage } from "../stage.ts";
import { Hands, lossMsMax, median, pause } from "./hands.ts";

const stage = useStage();
const rounds = Number(process.env["FAULT_KILLS"] ?? 5);
const seed = Number(process.env["FAULT_SEED"] ?? randomInt(2 ** 31));
const random = seededRandom(seed);

/** While letters come as fast as they can; every third time the moment after "Saved" was said in a pause of theirs. */
async function killedWhile(
  hands: Hands,
  app: RunningApp,
  recorder: Recorder,
  round: number,
): Promise<number> {
  hands.start(app.page);
  await pause(300 + 2000 * random());
  if (round % 3 === 2) {
    await hands.rest();
    const said = recorder.claims.length;
    await vi.waitUntil(() => recorder.claims.length > said, { timeout: 20_000, interval: 2 });
    hands.start(app.page);
    await pause(20 * random());
  }
  const killedAtMs = performance.now();
  await stage.end(app, "kill");
  await hands.rest();
  return killedAtMs;
}

test(
  `killed ${rounds} times while typing at speed (seed ${seed}): no more is lost than the journal’s window`,
  async () => {
    const data = await stage.folder();
    const recorder = new Recorder();
    const hands = new Hands("w");
    const lostMs: number[] = [];
    const lostLetters: number[] = [];
    let app = await stage.launch(data, "killed");
    await recorder.watch(app.page);
    await beginPage(app.page, "Killed");
    await status(app.page, /^Saved on this device/);
    for (let round = 0; round < rounds; round++) {
      await type(app.page, "");
      const killedAtMs = await killedWhile(hands, app, recorder, round);

      app = await stage.launch(data, "killed");
      await openDocument(app.page, "Killed");
      await expect.poll(() => titleField(app.page).inputValue()).toBe("Killed");
      // Said of a document that the engine has opened: what is shown before may be a cached rendering.
      await status(app.page, /^Saved on this device/);
      const text = await textOf(app.page);
      // What is there is what was typed, up to a letter: nothing twice, nothing out of order.
      expect(hands.text.slice(0, text.length)).toBe(text);
      recorder.survived(await documentOf(app.page), text, "Killed", `what was there after kill ${round + 1}`);
      await recorder.watch(app.page);
      const [first, ...rest] = hands.begunAgainWith(text);
      lostMs.push(first ? Math.max(0, killedAtMs - first.atMs) : 0);
      lostLetters.push(first ? rest.length + 1 : 0);
    }
    console.log(
      `${rounds} kills; lost at the median ${median(lostMs).toFixed(0)} ms and ${median(lostLetters)} letters, at most ` +
        `${Math.max(...lostMs).toFixed(0)} ms and ${Math.max(...lostLetters)} letters; typing becomes a change within ${coalesceAloneMs} ms and is in the journal within ${journalEveryMs} ms`,
    );
    expect(Math.max(...lostMs)).toBeLessThanOrEqual(lossMsMax);
    recorder.check("kills while typing");
  },
  60_000 + rounds * 20_000,
);

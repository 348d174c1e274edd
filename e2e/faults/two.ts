/** Two people in one document, each at the end of a line of their own, so that what each typed can be read off. */
import { expect } from "vitest";
import type { RunningApp } from "../app.ts";
import { openDocument, status, textOf, titleField, type, whenText } from "../page.ts";
import { Recorder } from "../recorder.ts";
import type { useStage } from "../stage.ts";
import { Hands } from "./hands.ts";

export interface Two {
  readonly people: readonly [RunningApp, RunningApp];
  readonly hands: readonly [Hands, Hands];
  readonly recorders: readonly [Recorder, Recorder];
  /** What both must show in the end. */
  words(): string;
}

/** @param urls by which each reaches the relay whose store is in `data` */
export async function twoPeople(
  stage: ReturnType<typeof useStage>,
  data: string,
  title: string,
  urls: readonly [string, string],
): Promise<Two> {
  const one = await stage.launch(data, "one", urls[0]);
  await titleField(one.page).fill(title);
  await type(one.page, "Begin.\n");
  await status(one.page, /On the relay$/);
  const two = await stage.launch(data, "two", urls[1]);
  await openDocument(two.page, title);
  await whenText(two.page, "Begin.\n");
  const recorders = [new Recorder(`${data}/relay`), new Recorder(`${data}/relay`)] as const;
  await recorders[0].watch(one.page);
  await recorders[1].watch(two.page);
  await one.page.keyboard.press("ControlOrMeta+Home");
  await one.page.keyboard.press("End");
  await type(two.page, "");
  const hands = [new Hands("A"), new Hands("b")] as const;
  return {
    people: [one, two],
    hands,
    recorders,
    words: () => `Begin.${hands[0].text}\n${hands[1].text}`,
  };
}

/** Both show all words, once and in order, and say that they are on the relay; which is so. */
export async function bothHave(two: Two, withinMs: number, name: string): Promise<void> {
  const words = two.words();
  for (const { page } of two.people) {
    await expect.poll(() => textOf(page), { timeout: withinMs }).toBe(words);
    await status(page, /^Saved on this device · On the relay$/);
  }
  for (const [who, recorder] of two.recorders.entries()) {
    const { page } = two.people[who === 0 ? 0 : 1];
    await recorder.settle(page);
    recorder.check(`${name}, person ${who + 1}`);
  }
}

/**
 * No room: the disk is full (a small tmpfs) that the browser's storage is on, the app's whole profile, or the relay. It is said at once and in words, never "Saved"; the words are kept where there is room; and all
 * goes on when there is room again.
 */
import { execFileSync } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { beginPage, documentOf, openDocument, status, statusOf, textOf, type, whenText } from "../page.ts";
import { Recorder } from "../recorder.ts";
import { useStage } from "../stage.ts";
import { inCopy } from "../truth.ts";

const stage = useStage();
const untilMs = 30_000;

/** A disk of its own; only root may mount one, and where it cannot be mounted this fails. */
async function smallDisk(megabytes: number): Promise<string> {
  const folder = await stage.folder();
  mountDisk(folder, megabytes);
  return folder;
}

function mountDisk(folder: string, megabytes: number): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
  stage.also(() => Promise.resolve(void execFileSync("umount", ["--lazy", folder])));
}

/** Only the browser's storage of a profile is on it. */
async function databaseDisk(data: string, profile: string): Promise<string> {
  const folder = join(data, "profiles", profile, "IndexedDB");
  await mkdir(folder, { recursive: true });
  mountDisk(folder, 32);
  return folder;
}

/** Takes all the room that is left, as another program would. @returns what gives it back */
async function fill(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, "another-program");
  try {
    execFileSync("dd", ["if=/dev/zero", `of=${file}`, "bs=4k"], { stdio: "ignore" });
  } catch {
    // It ends by having no room.
  }
  return () => rm(file);
}

const large = (seed: number, length: number): string => {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state.toString(36);
  }).join(" ");
};

test("the browser's storage takes no more: it is said and never Saved; the second copy has it, and it is saved when there is room", async () => {
  const data = await stage.folder();
  // Of the browser's storage alone: its quota cannot run out in Electron, which gives every origin all there is.
  const folders = await Promise.all(["killed", "lifted"].map((profile) => databaseDisk(data, profile)));
  let killed = await stage.launch(data, "killed");
  const lifted = await stage.launch(data, "lifted");
  const recorders = [new Recorder(), new Recorder()] as const;
  const makeRoom: (() => Promise<void>)[] = [];
  for (const [at, app] of [killed, lifted].entries()) {
    await beginPage(app.page, "Quota");
    await type(app.page, "Before.");
    await status(app.page, /^Saved on this device/);
    await recorders[at === 0 ? 0 : 1].watch(app.page);
    makeRoom.push(await fill(folders[at] ?? ""));
  }
  const document = await documentOf(killed.page);
  const refused = ` Refused: ${large(1, 2000)}.`;
  for (const app of [killed, lifted]) {
    await app.page.keyboard.insertText(refused);
    await status(app.page, /^Could not save on this device/);
    // It is said for as long as it is so, whatever is typed.
    for (let at = 0; at < 5; at++) {
      await type(app.page, ` still${at}`);
      expect(await statusOf(app.page)).not.toMatch(/^Saved/);
    }
  }
  const words = `Before.${refused} still0 still1 still2 still3 still4`;
  await whenText(killed.page, words);
  await expect
    .poll(async () => (await inCopy(join(data, "profiles", "killed"), document))?.text.includes("still4"), {
      timeout: untilMs,
    })
    .toBe(true);
  await stage.end(killed, "kill");
  await makeRoom[0]?.();
  killed = await stage.launch(data, "killed");
  await openDocument(killed.page, "Quota");
  await whenText(killed.page, words);
  await status(killed.page, /^Saved on this device/);
  recorders[0].survived(document, await textOf(killed.page), "Quota", "what was there after the kill");
  recorders[0].check("quota exceeded");

  await makeRoom[1]?.();
  await status(lifted.page, /^Saved on this device/);
  await recorders[1].settle(lifted.page);
  await stage.end(lifted, "kill");
  const next = await stage.launch(data, "lifted");
  await openDocument(next.page, "Quota");
  await whenText(next.page, words);
  await status(next.page, /^Saved on this device/);
  recorders[1].survived(await documentOf(next.page), words, "Quota", "what was there after the kill");
  recorders[1].check("quota lifted");
});

test("the app's disk is full: it is said and never Saved, the words stay on screen, and are saved when there is room", async () => {
  const data = await smallDisk(48);
  const app = await stage.launch(data, "full");
  await beginPage(app.page, "Full");
  await type(app.page, "Before.");
  await status(app.page, /^Saved on this device/);
  const recorder = new Recorder();
  await recorder.watch(app.page);
  const makeRoom = await fill(data);
  const more = ` ${large(3, 4_000)}`;
  await app.page.keyboard.insertText(more);
  await status(app.page, /^Could not save on this device/);
  await type(app.page, " Typed on.");
  expect(await statusOf(app.page)).not.toMatch(/^Saved/);
  await whenText(app.page, `Before.${more} Typed on.`);
  await makeRoom();
  await expect.poll(() => statusOf(app.page), { timeout: 90_000 }).toMatch(/^Saved on this device/);
  await recorder.settle(app.page);
  await stage.end(app, "kill");
  const next = await stage.launch(data, "full");
  await openDocument(next.page, "Full");
  await whenText(next.page, `Before.${more} Typed on.`);
  await status(next.page, /^Saved on this device/);
  recorder.survived(
    await documentOf(next.page),
    await textOf(next.page),
    "Full",
    "what was there after the kill",
  );
  recorder.check("the app's disk full");
});

test("the relay's disk is full: what it did not take is not said to be on it, and reaches it when there is room", async () => {
  const data = await stage.folder();
  const disk = await smallDisk(16);
  const relay = await stage.serve(disk);
  const app = await stage.launch(data, "sender", relay);
  await beginPage(app.page, "Sent");
  await type(app.page, "Before.");
  await status(app.page, /^Saved on this device · On the relay$/);
  const recorder = new Recorder(`${disk}/relay`);
  await recorder.watch(app.page);
  const makeRoom = await fill(disk);
  const more = ` ${large(4, 4_000)}`;
  await app.page.keyboard.insertText(more);
  await status(app.page, /^Saved on this device · .*not yet on the relay$/);
  expect(await statusOf(app.page)).not.toMatch(/On the relay/);
  await makeRoom();
  await expect
    .poll(() => statusOf(app.page), { timeout: 90_000 })
    .toMatch(/^Saved on this device · On the relay$/);
  await recorder.settle(app.page);
  const reader = await stage.launch(data, "reader", relay);
  await openDocument(reader.page, "Sent");
  await whenText(reader.page, `Before.${more}`);
  recorder.check("the relay's disk full");
});

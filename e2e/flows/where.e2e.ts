/** "Where is my text?": what the panel says of a document is so, and it follows what happens. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright";
import { expect, test } from "vitest";
import { chooseInMenu } from "../../scripts/menu.ts";
import {
  newDocument,
  openDocument,
  status,
  titleField,
  type,
  whenAlert,
  whenText,
  whenTitle,
} from "../page.ts";
import { pastePicture, picture, shownPictures } from "../pictures.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

/** What the panel says of one station. */
const station = (page: Page, name: string) =>
  page.getByRole("list", { name: "The way of its words" }).getByRole("listitem").filter({ hasText: name });

const whenStation = (page: Page, name: string, words: RegExp): Promise<void> =>
  expect.poll(() => station(page, name).textContent(), { timeout: 40_000 }).toMatch(words);

test("pressing the status line shows where the words are, and typing goes on where it was", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const { page, problems } = await stage.launch(data, "writer", relay);
  await newDocument(page, "Field notes");
  await type(page, "The vat is warm.");
  await status(page, /On the relay$/);
  await page.getByRole("status", { name: "Status" }).getByRole("button").click();
  const dialog = page.getByRole("dialog", { name: "Where is my text?" });
  await dialog.getByText("Field notes").first().waitFor();
  await whenStation(page, "Typed", /Done/);
  await whenStation(page, "In Deckle's engine", /Done/);
  await whenStation(page, "On this disk", /Done: All of it is saved on this device/);
  await whenStation(page, "On the relay", /Done: The relay has all of it on its disk/);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  const text = page.getByRole("textbox", { name: "Document text" });
  await expect.poll(() => text.evaluate((dom) => dom.contains(document.activeElement))).toBe(true);
  await page.keyboard.type(" It smells of flax.");
  await whenText(page, "The vat is warm. It smells of flax.");
  expect(problems).toEqual([]);
});

test("the panel follows the relay as it goes and comes back", async () => {
  const data = await stage.folder();
  let relay = await stage.serve(data);
  const port = relay.port;
  const app = await stage.launch(data, "writer", relay);
  const { page } = app;
  await type(page, "Before.");
  await status(page, /On the relay$/);
  await stage.end(relay, "kill");
  await status(page, /Relay unreachable/);
  await type(page, " Meanwhile.");
  await status(page, /1 change not yet on the relay$/);
  await chooseInMenu(app, "where");
  await whenStation(page, "On this disk", /Done/);
  await whenStation(page, "On the relay", /Waiting: 1 change is not there yet\. The relay cannot be reached/);
  relay = await stage.serve(data, port);
  await whenStation(page, "On the relay", /Done/);
});

test("alone, nothing is claimed of a relay, nor of other people", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "alone");
  await type(app.page, "Only here.");
  await status(app.page, /^Saved on this device · No relay$/);
  await chooseInMenu(app, "where");
  await whenStation(app.page, "On the relay", /None: There is no relay/);
  await whenStation(app.page, "On other devices", /None/);
});

test("the storage is checked on request, and the panel leads there", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "alone");
  const { page } = app;
  await type(page, "Words.");
  await status(page, /^Saved on this device · No relay$/);
  await chooseInMenu(app, "where");
  await whenStation(page, "Second copy", /Done/);
  await page.getByRole("button", { name: "Check storage…" }).click();
  const dialog = page.getByRole("dialog", { name: "Check storage" });
  await dialog.getByText("Everything is whole").waitFor({ timeout: 40_000 });
  await dialog.getByText(/^1 document on this device/).waitFor();
  await dialog.getByText(/^Second copy: \d+ pieces?/).waitFor();
  await dialog.getByText("No images or files are here.").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "detached" });
});

test("a check reads pictures too: a damaged one is found, named with its document, and whole when it is put in again", async () => {
  const data = await stage.folder();
  const vat = picture("vat.png", 320, 200, (line) => [200, line, 40]);
  let app = await stage.launch(data, "alone");
  await titleField(app.page).fill("The vat");
  await type(app.page, "Words.");
  await pastePicture(app.page, vat);
  await expect.poll(() => shownPictures(app.page), { timeout: 20_000 }).toEqual([vat.sha256]);
  await status(app.page, /^Saved on this device · No relay$/);
  const check = async (title: string): Promise<Locator> => {
    await chooseInMenu(app, "check-storage");
    const dialog = app.page.getByRole("dialog", { name: "Check storage" });
    await dialog.getByText(title, { exact: true }).waitFor({ timeout: 40_000 });
    return dialog;
  };
  const well = await check("Everything is whole");
  await well.getByText(/^1 image or file: .* compared with its hash/).waitFor();
  await app.page.keyboard.press("Escape");
  await stage.end(app, "close");

  const file = join(data, "profiles", "alone", "blobs", vat.sha256.slice(0, 2), vat.sha256);
  await writeFile(
    file,
    vat.bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)),
  );
  app = await stage.launch(data, "alone");
  await openDocument(app.page, "The vat");
  await status(app.page, /^Saved on this device/);
  const bad = await check("The documents are whole, 1 image or file is not here");
  await bad.getByRole("list", { name: "Not on this device" }).getByText("The vat: 1 image or file").waitFor();
  await bad.getByRole("button", { name: "Restore from backup…" }).waitFor();
  await app.page.keyboard.press("Escape");
  await bad.waitFor({ state: "detached" });
  await type(app.page, "");
  await pastePicture(app.page, vat);
  await expect.poll(() => shownPictures(app.page), { timeout: 20_000 }).toContain(vat.sha256);
  await check("Everything is whole");
});

test("with the keyboard alone: Tab stays in the panel, and Escape gives the focus back to where it was", async () => {
  const data = await stage.folder();
  const { page } = await stage.launch(data, "alone");
  await type(page, "Words.");
  await status(page, /^Saved on this device · No relay$/);
  const line = page.getByRole("status", { name: "Status" }).getByRole("button");
  await line.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Where is my text?" });
  await dialog.getByText(/in your library/).waitFor({ timeout: 20_000 });
  const names: string[] = [];
  for (let press = 0; press < 4; press++) {
    await page.keyboard.press("Tab");
    names.push(await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? ""));
  }
  expect(names).toEqual(["Restore from backup…", "Check storage…", "Close", "Restore from backup…"]);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => line.evaluate((button) => button === document.activeElement)).toBe(true);

  // The same where one dialog has led to another.
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Check storage…" }).focus();
  await page.keyboard.press("Enter");
  const check = page.getByRole("dialog", { name: "Check storage" });
  await check.getByText("Everything is whole").waitFor({ timeout: 40_000 });
  await page.keyboard.press("Escape");
  await check.waitFor({ state: "detached" });
  await expect.poll(() => line.evaluate((button) => button === document.activeElement)).toBe(true);
});

test("a backup is made, opened as a copy, and brought back; nothing that is here changes", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "alone");
  const { page } = app;
  await titleField(page).fill("Field notes");
  await type(page, "The vat is warm.");
  await status(page, /^Saved on this device · No relay$/);
  await chooseInMenu(app, "where");
  await whenStation(page, "Second copy", /Done/);
  await page.getByRole("button", { name: "Restore from backup…" }).click();
  const dialog = page.getByRole("dialog", { name: "Restore from backup" });
  await dialog.getByText(/There is no backup yet/).waitFor();
  await dialog.getByRole("button", { name: "Back up now" }).click();
  await dialog.getByText("A backup was made just now.").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await type(page, " And now it is cold.");
  await status(page, /^Saved on this device · No relay$/);

  await chooseInMenu(app, "restore");
  const first = page.getByRole("list", { name: "Backups" }).getByRole("button").first();
  await first.click();
  await dialog.getByRole("button", { name: "Open Field notes as a copy" }).click();
  await dialog.waitFor({ state: "detached" });
  await whenTitle(page, "Field notes (from a backup)");
  await whenText(page, "The vat is warm.");
  await openDocument(page, "Field notes");
  await whenText(page, "The vat is warm. And now it is cold.");

  await chooseInMenu(app, "restore");
  await first.click();
  for (let press = 0; press < 2; press++)
    await dialog.getByRole("button", { name: /^Bring back what is missing/ }).click();
  await whenAlert(page, /What the backup has of .* is here again/);
  await whenText(page, "The vat is warm. And now it is cold.");
  await status(page, /^Saved on this device · No relay$/);
});

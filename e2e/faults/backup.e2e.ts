/**
 * A profile is destroyed, all of it: it comes back from the folder of backups, which lies beside the profiles, and in
 * another life from the relay alone. Everything is as it was, by heads.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { chooseInMenu } from "../../scripts/menu.ts";
import { documentOf, libraryOf, newDocument, openDocument, status, titleField, type } from "../page.ts";
import { useStage } from "../stage.ts";
import { inBrowser, inRelay } from "../truth.ts";

const stage = useStage();
const untilMs = 20_000;
const titles = ["First", "Second", "Third"];

/** Writes three documents. @returns by id, their heads */
async function written(page: Page, words: RegExp): Promise<Map<string, readonly string[]>> {
  const heads = new Map<string, readonly string[]>();
  await status(page, /^Saved on this device/);
  for (const [at, title] of titles.entries()) {
    if (at === 0) await titleField(page).fill(title);
    else await newDocument(page, title);
    for (let line = 0; line < 3; line++) {
      await type(page, `Line ${line} of ${title}. `);
      await status(page, words);
    }
    const document = await documentOf(page);
    heads.set(document, (await inBrowser(page, document))?.heads ?? []);
  }
  return heads;
}

async function same(page: Page, heads: ReadonlyMap<string, readonly string[]>): Promise<void> {
  // Beside the page that lay ready at the first start.
  await expect
    .poll(async () => (await libraryOf(page)).toSorted(), { timeout: untilMs })
    .toEqual(expect.arrayContaining(titles));
  for (const title of titles) {
    await openDocument(page, title);
    const document = await documentOf(page);
    await expect
      .poll(async () => (await inBrowser(page, document))?.heads, { timeout: untilMs })
      .toEqual(heads.get(document));
  }
}

test("a profile is destroyed completely: all of it comes back from the folder of backups", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "destroyed");
  const heads = await written(app.page, /^Saved on this device · No relay$/);
  await chooseInMenu(app, "restore");
  const dialog = app.page.getByRole("dialog", { name: "Restore from backup" });
  await dialog.getByRole("button", { name: "Back up now" }).click({ timeout: untilMs });
  await dialog.getByText("A backup was made just now.").waitFor({ timeout: untilMs });
  await stage.end(app, "close");
  await rm(join(data, "profiles", "destroyed"), { recursive: true });

  const next = await stage.launch(data, "destroyed");
  await status(next.page, /^Saved on this device/);
  await chooseInMenu(next, "restore");
  const again = next.page.getByRole("dialog", { name: "Restore from backup" });
  await again.getByRole("list", { name: "Backups" }).getByRole("button").first().click({ timeout: untilMs });
  await again.getByRole("button", { name: /^Bring back what is missing/ }).click({ timeout: untilMs });
  // Asked once more.
  await again.getByRole("button", { name: /^Bring back what is missing/ }).click({ timeout: untilMs });
  await same(next.page, heads);
});

test("a profile is destroyed completely, backups and all: all of it comes back from the relay", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const app = await stage.launch(data, "relayed", relay);
  const heads = await written(app.page, /^Saved on this device · On the relay$/);
  await stage.end(app, "kill");
  for (const [document, its] of heads) expect(inRelay(`${data}/relay`, document)?.heads).toEqual(its);
  await rm(join(data, "profiles"), { recursive: true });

  const next = await stage.launch(data, "relayed", relay);
  await same(next.page, heads);
  await status(next.page, /^Saved on this device · On the relay$/);
});

/** The readable copy: each document as a Markdown file in a folder of the person's, current within seconds. */
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseInMenu } from "../../scripts/menu.ts";
import type { RunningApp } from "../app.ts";
import { newDocument, status, titleField, type, whenAlert, whenText } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
/** From the last letter to the file: two seconds of quiet and the writing, on a machine that does other things too. */
const currentMs = 15_000;

const files = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => !name.startsWith(".")).toSorted();
const whenFile = (file: string, text: string): Promise<void> =>
  expect.poll(() => readFile(file, "utf8").catch(() => null), { timeout: currentMs }).toBe(text);

/** As a person does it, but for the system's own dialog. */
async function keepCopyIn(running: RunningApp, folder: string): Promise<void> {
  const { app, page } = running;
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
  }, folder);
  await chooseInMenu(running, "settings");
  await page.getByRole("button", { name: "Keep a readable copy…" }).click();
  await page.getByRole("region", { name: "Readable copy" }).getByText(folder).waitFor();
  await page.keyboard.press("Escape");
}

test("what there is comes into the folder, and what is typed follows within seconds, title and all", async () => {
  const data = await stage.folder();
  const folder = join(data, "copy");
  await mkdir(folder);
  let app = await stage.launch(data, "writer");
  await titleField(app.page).fill("Before");
  await type(app.page, "Written before there was a copy.");
  await status(app.page, /^Saved/);
  await newDocument(app.page, "Field notes");
  await keepCopyIn(app, folder);
  await whenFile(join(folder, "Before.md"), "# Before\n\nWritten before there was a copy.\n");
  await type(app.page, "The vat is warm.");
  await whenFile(join(folder, "Field notes.md"), "# Field notes\n\nThe vat is warm.\n");
  await titleField(app.page).fill("Vat notes");
  await whenFile(join(folder, "Vat notes.md"), "# Vat notes\n\nThe vat is warm.\n");
  expect(await files(folder)).toEqual(["Before.md", "Vat notes.md"]);

  // What changed while nobody wrote the copy is found at the next start.
  await stage.end(app, "close");
  await rename(join(folder, ".deckle-mirror.json"), join(data, "index"));
  app = await stage.launch(data, "writer");
  await type(app.page, " And now it is cold.");
  await whenFile(join(folder, "Vat notes.md"), "# Vat notes\n\nThe vat is warm. And now it is cold.\n");
  expect(await files(folder)).toEqual(["Before.md", "Vat notes.md"]);
  expect(app.problems).toEqual([]);
});

test("a file that a person wrote in is set aside, never overwritten, and said", async () => {
  const data = await stage.folder();
  const folder = join(data, "copy");
  await mkdir(folder);
  const app = await stage.launch(data, "writer");
  await titleField(app.page).fill("Notes");
  await type(app.page, "Ours.");
  await keepCopyIn(app, folder);
  await whenFile(join(folder, "Notes.md"), "# Notes\n\nOurs.\n");
  await writeFile(join(folder, "Notes.md"), "A person's.");
  await type(app.page, " More.");
  await whenFile(join(folder, "Notes.md"), "# Notes\n\nOurs. More.\n");
  expect(await readFile(join(folder, "Notes (edited outside Deckle).md"), "utf8")).toBe("A person's.");
  await whenAlert(app.page, /was edited outside Deckle/);
});

test("a folder that is gone is said once, and the status line claims what it did", async () => {
  const data = await stage.folder();
  const folder = join(data, "copy");
  await mkdir(folder);
  const app = await stage.launch(data, "writer");
  await titleField(app.page).fill("Notes");
  await type(app.page, "One.");
  await keepCopyIn(app, folder);
  await whenFile(join(folder, "Notes.md"), "# Notes\n\nOne.\n");
  await rename(folder, join(data, "unplugged"));
  await type(app.page, " Two.");
  await whenAlert(app.page, /its folder .* is not there/);
  await status(app.page, /^Saved on this device/);
  await app.page.getByRole("status", { name: "Status" }).getByRole("button").click();
  await app.page
    .getByRole("region", { name: "Readable copy" })
    .getByText(/is not there/)
    .waitFor();
  await rename(join(data, "unplugged"), folder);
  await app.page.keyboard.press("Escape");
  await app.page.getByRole("dialog").waitFor({ state: "detached" });
  const text = app.page.getByRole("textbox", { name: "Document text" });
  await expect.poll(() => text.evaluate((dom) => dom.contains(document.activeElement))).toBe(true);
  await type(app.page, " Three.");
  await whenText(app.page, "One. Two. Three.");
  await whenFile(join(folder, "Notes.md"), "# Notes\n\nOne. Two. Three.\n");
});

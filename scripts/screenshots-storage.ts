/**
 * Pictures of what the app says about where words are: the status line, the panel, the check, backups, damage, a full
 * disk, a page that keeps dying. Each in a usual window and in a narrow one, in light and in dark.
 *
 * The faults are real ones: a relay that is stopped, a disk of its own that is full, bytes that are
 * turned over in the browser's storage and in pictures. `forcefullyCrashRenderer` is a hook of Electron.
 */
import { execFileSync } from "node:child_process";
import { appendFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright";
import { launchApp, type RunningApp } from "./app-process.ts";
import { chooseInMenu } from "./menu.ts";
import { startRelay } from "./relay-process.ts";
import {
  judgedFolder,
  picture,
  resize,
  rest,
  status,
  text,
  type,
  waitMs,
  whenOpen,
  whenStatus,
} from "./screenshot-tools.ts";

const usual = { width: 1100, height: 760 };
const narrow = { width: 520, height: 760 };
const crashes = 4;
const longTitle =
  "An account of the several ways in which paper was sized, weighed, counted and sold, 1480 to 1830";
const longWord = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

/** So many that no compression makes them few. */
const words = (count: number): string =>
  Array.from({ length: count }, (_, at) => ((at * 7919 + 13) ** 3 % 99991).toString(36)).join(" ");

/** As it is now, in both sizes and both colours. */
async function everyLook(app: RunningApp, name: string): Promise<void> {
  const { page } = app;
  for (const [size, suffix] of [
    [usual, ""],
    [narrow, "-narrow"],
  ] as const) {
    await resize(app, size);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await picture(page, `storage-${name}${suffix}-${colorScheme}`);
    }
  }
  await resize(app, usual);
  await page.emulateMedia({ colorScheme: "light" });
}

const dialog = (page: Page, name: string) => page.getByRole("dialog", { name });

async function closeDialog(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached", timeout: waitMs });
}

async function where(app: RunningApp, name: string, words: RegExp): Promise<void> {
  await chooseInMenu(app, "where");
  await dialog(app.page, "Where is my text?").getByText(words).first().waitFor({ timeout: waitMs });
  await dialog(app.page, "Where is my text?")
    .getByText(/in your library/)
    .waitFor({ timeout: waitMs });
  await everyLook(app, name);
  await closeDialog(app.page);
}

async function checked(app: RunningApp, name: string): Promise<void> {
  await chooseInMenu(app, "check-storage");
  await dialog(app.page, "Check storage")
    .getByText(/^Second copy/)
    .waitFor({ timeout: waitMs });
  await everyLook(app, name);
  await closeDialog(app.page);
}

/** A few documents, the last one open. */
async function library(
  folder: string,
  titles: readonly string[],
  body = "The vat is warm, and it smells of flax.",
): Promise<string[]> {
  const files = join(folder, `files-${titles.length}`);
  await mkdir(files);
  return Promise.all(
    titles.map(async (title, at) => {
      const file = join(files, `${at}.md`);
      await writeFile(file, `# ${title}\n\n${body}\n`);
      return `--import=${file}`;
    }),
  );
}

/** With a relay and another device: on the relay, seen there, unreachable. */
async function sharedPictures(folder: string, opened: RunningApp[]): Promise<void> {
  const relay = await startRelay({ dataDir: join(folder, "relay") });
  try {
    const args = await library(folder, ["Workshop rules", longWord, longTitle]);
    const ours = await launchApp({ dataDir: folder, profile: "ours", relay: relay.url, args });
    opened.push(ours);
    const { page } = ours;
    await resize(ours, usual);
    await whenOpen(page, longTitle);
    await whenStatus(page, /On the relay$/);
    const theirs = await launchApp({ dataDir: folder, profile: "theirs", relay: relay.url });
    opened.push(theirs);
    await theirs.page
      .getByRole("navigation", { name: "Library" })
      .getByText(longTitle)
      .click({ timeout: waitMs });
    await whenOpen(theirs.page, longTitle);
    await type(page, " Both have it.");
    await text(theirs.page).filter({ hasText: "Both have it." }).waitFor({ timeout: waitMs });
    await whenStatus(page, /^Saved on this device · On the relay$/);
    await where(ours, "where-all-well", /1 other device/);
    await rest(page);
    await everyLook(ours, "status-on-relay");
    await status(page).getByRole("button").focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    await picture(page, "storage-status-focus");

    await relay.stop();
    await whenStatus(page, /Relay unreachable/);
    await type(page, " Written while the relay was away.");
    await whenStatus(page, /1 change not yet on the relay$/);
    await rest(page);
    await everyLook(ours, "status-offline");
    await where(ours, "where-offline", /cannot be reached/);
  } finally {
    await relay.stop();
  }
}

/** A picture as a camera makes one, drawn by the page itself. */
async function pastePicture(page: Page): Promise<void> {
  await text(page).press("ControlOrMeta+End");
  await text(page).evaluate(async (dom) => {
    const canvas = new OffscreenCanvas(900, 420);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    const sky = context.createLinearGradient(0, 0, 0, 420);
    sky.addColorStop(0, "#d9c7a8");
    sky.addColorStop(1, "#7d8f86");
    context.fillStyle = sky;
    context.fillRect(0, 0, 900, 420);
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([await canvas.convertToBlob()], "vat.png", { type: "image/png" }));
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  await page.locator("figure img").waitFor({ timeout: waitMs });
}

/** Images, the check and backups, on a device that writes alone. */
async function alonePictures(folder: string, opened: RunningApp[]): Promise<void> {
  const args = await library(folder, ["Workshop rules", longWord, "The vat"]);
  let app = await launchApp({ dataDir: folder, profile: "alone", args });
  opened.push(app);
  await resize(app, usual);
  await whenOpen(app.page, "The vat");
  await whenStatus(app.page, /^Saved on this device · No relay$/);
  await pastePicture(app.page);
  await whenStatus(app.page, /^Saved on this device · No relay$/);
  await app.page.locator("figure img").click();
  await app.page.getByRole("toolbar", { name: "Image" }).waitFor({ timeout: waitMs });
  await everyLook(app, "image-selected");
  await app.page.getByRole("toolbar", { name: "Image" }).getByRole("button").first().click();
  await dialog(app.page, "Describe the image").waitFor({ timeout: waitMs });
  await everyLook(app, "alt-text");
  await closeDialog(app.page);
  await where(app, "where-alone", /There is no relay/);
  await checked(app, "check-well");

  await chooseInMenu(app, "restore");
  const backups = dialog(app.page, "Restore from backup");
  await backups.getByText(/There is no backup yet/).waitFor({ timeout: waitMs });
  await everyLook(app, "restore-empty");
  await backups.getByRole("button", { name: "Back up now" }).click();
  await backups.getByText("A backup was made just now.").waitFor({ timeout: waitMs });
  await app.page.getByRole("list", { name: "Backups" }).getByRole("button").first().click();
  await backups.getByRole("button", { name: "Open The vat as a copy" }).waitFor({ timeout: waitMs });
  await everyLook(app, "restore-chosen");
  await backups.getByRole("button", { name: /^Bring back what is missing/ }).click();
  await everyLook(app, "restore-asked");
  await closeDialog(app.page);

  await app.close();
  opened.splice(opened.indexOf(app), 1);
  const blobs = join(folder, "profiles", "alone", "blobs");
  for (const file of await readdir(blobs, { recursive: true, withFileTypes: true }))
    if (file.isFile() && /^[0-9a-f]{64}$/.test(file.name) && /^[0-9a-f]{2}$/.test(file.parentPath.slice(-2)))
      await appendFile(join(file.parentPath, file.name), "?");
  app = await launchApp({ dataDir: folder, profile: "alone" });
  opened.push(app);
  await resize(app, usual);
  await whenOpen(app.page, "The vat");
  await whenStatus(app.page, /^Saved on this device · No relay$/);
  await rest(app.page);
  await everyLook(app, "image-missing");
  await checked(app, "check-picture-damaged");
}

/** Turns a bit over in what the browser's storage has of the open document: in all of it, or in what was added to what it began as. */
async function damage(page: Page, which: "all" | "last"): Promise<void> {
  await page.evaluate(async (wanted) => {
    const id = document.querySelector("[data-document]")?.getAttribute("data-document") ?? "";
    const settled = <Value>(request: IDBRequest<Value>): Promise<Value> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const db = await settled(indexedDB.open("automerge"));
    const chunks = db
      .transaction("documents", "readwrite", { durability: "strict" })
      .objectStore("documents");
    const keys = await settled(chunks.getAllKeys(IDBKeyRange.bound([id], [id, "\uffff"])));
    const values = await Promise.all(keys.map((key) => settled<{ binary: Uint8Array }>(chunks.get(key))));
    const largest = Math.max(...values.map(({ binary }) => binary.length));
    for (const [at, value] of values.entries()) {
      if (wanted === "last" && value.binary.length === largest) continue;
      const binary = value.binary.slice();
      const middle = Math.floor(binary.length / 2);
      binary[middle] = (binary[middle] ?? 0) ^ 4;
      await settled(chunks.put({ ...value, binary }, keys[at]));
    }
    db.close();
  }, which);
}

async function damagedPictures(folder: string, opened: RunningApp[]): Promise<void> {
  for (const which of ["last", "all"] as const) {
    const args = await library(folder, which === "last" ? ["The vat"] : ["The vat", longTitle], words(2_000));
    const before = await launchApp({ dataDir: folder, profile: which, args });
    opened.push(before);
    await resize(before, usual);
    await whenOpen(before.page, which === "last" ? "The vat" : longTitle);
    await whenStatus(before.page, /^Saved on this device · No relay$/);
    await type(before.page, " And a last word.");
    await whenStatus(before.page, /^Saved on this device · No relay$/);
    await damage(before.page, which);
    await before.kill();
    opened.splice(opened.indexOf(before), 1);
    const profile = join(folder, "profiles", which);
    await rm(join(profile, "copy"), { recursive: true });
    const app = await launchApp({ dataDir: folder, profile: which });
    opened.push(app);
    await resize(app, usual);
    if (which === "all")
      await app.page.getByRole("list", { name: "Documents" }).getByText(longTitle).click({ timeout: waitMs });
    await (which === "last"
      ? whenStatus(app.page, /damaged/)
      : app.page.getByText(/is damaged and cannot be shown/).waitFor({ timeout: waitMs }));
    await rest(app.page);
    await everyLook(app, which === "last" ? "status-damaged" : "page-damaged");
    await where(app, which === "last" ? "where-damaged" : "where-page-damaged", /damaged/);
    if (which === "last") await checked(app, "check-damaged");
  }
}

/** A disk of its own; only root may mount one. */
function smallDisk(folder: string, megabytes: number): () => void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
  return () => void execFileSync("umount", ["--lazy", folder]);
}

/** The browser's storage alone is full, then all that the app has. */
async function fullDiskPictures(folder: string, opened: RunningApp[]): Promise<void> {
  for (const which of ["browser", "everything"] as const) {
    const data = join(folder, which);
    const disk = which === "browser" ? join(data, "profiles", "full", "IndexedDB") : data;
    await mkdir(disk, { recursive: true });
    const unmount = smallDisk(disk, which === "browser" ? 32 : 48);
    try {
      const app = await launchApp({ dataDir: data, profile: "full" });
      try {
        await resize(app, usual);
        await whenStatus(app.page, /^Saved on this device/);
        await app.page.getByRole("textbox", { name: "Title" }).fill("The vat");
        await type(app.page, "Before the disk was full.");
        await whenStatus(app.page, /^Saved on this device/);
        try {
          execFileSync("dd", ["if=/dev/zero", `of=${join(disk, "another-program")}`, "bs=4k"], {
            stdio: "ignore",
          });
        } catch {
          // It ends by having no room.
        }
        await type(app.page, ` ${words(4_000)}`);
        await whenStatus(app.page, /^Could not save on this device/);
        await app.page
          .getByText(which === "browser" ? /in memory and in the second copy/ : /in memory only/)
          .first()
          .waitFor({ timeout: waitMs });
        await rest(app.page);
        await everyLook(app, `disk-full-${which}`);
        await where(app, `where-disk-full-${which}`, /could not be saved/);
      } finally {
        await app.kill();
      }
    } finally {
      unmount();
    }
  }
  opened.length = 0;
}

/** The page's process dies until the person is asked: a dialog of the system, so the picture is of the screen. */
async function crashPictures(folder: string, opened: RunningApp[]): Promise<void> {
  const app = await launchApp({ dataDir: folder, profile: "crash" });
  opened.push(app);
  await whenStatus(app.page, /^Saved on this device/);
  for (let crash = 0; crash < crashes; crash++)
    await app.app.evaluate(
      async ({ BrowserWindow }, isLast) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        const loaded = isLast
          ? null
          : new Promise<void>((done) => contents?.once("did-finish-load", () => done()));
        contents?.forcefullyCrashRenderer();
        await loaded;
      },
      crash === crashes - 1,
    );
  const png = await app.app.evaluate(async ({ desktopCapturer }) => {
    await new Promise((done) => setTimeout(done, 1500));
    const [screen] = await desktopCapturer.getSources({
      types: ["screen"],
      thumbnailSize: { width: 1600, height: 1000 },
    });
    return screen?.thumbnail.toPNG().toString("base64") ?? "";
  });
  await writeFile(join(judgedFolder, "storage-crash-loop.png"), Buffer.from(png, "base64"));
  await app.kill();
  opened.splice(opened.indexOf(app), 1);
}

export const storagePictures = {
  "storage-shared": sharedPictures,
  "storage-alone": alonePictures,
  "storage-damaged": damagedPictures,
  "storage-full-disk": fullDiskPictures,
  "storage-crash": crashPictures,
};

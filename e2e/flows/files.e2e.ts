/** Files that are no pictures, as a person brings them: dropped, pasted, picked; told of, saved elsewhere, refused. */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { answerSaveDialog, invite, join as joinWith, whenAt } from "../people.ts";
import {
  focusText,
  newDocument,
  openDocument,
  press,
  status,
  titleField,
  type,
  whenAlert,
  whenText,
} from "../page.ts";
import { blobBelow, dropFile } from "../pictures.ts";
import type { Picture } from "../pictures.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
const untilMs = 30_000;

const made = (name: string, bytes: Buffer): Picture => ({
  name,
  bytes,
  sha256: createHash("sha256").update(bytes).digest("hex"),
});
const binary = made("survey.bin", randomBytes(3_000_000));
const page1 = made(
  "page.html",
  Buffer.from("<!doctype html><script>document.title = 'ran'; window.ran = true</script><h1>hello</h1>"),
);

const text = (page: Page) => page.getByRole("textbox", { name: "Document text" });
/** What is read out of each file, from the top. */
const filesOf = (page: Page): Promise<(string | null)[]> =>
  text(page).evaluate((dom) =>
    [...dom.querySelectorAll(".file")].map((one) => one.getAttribute("aria-label")),
  );
const whenFiles = (page: Page, ...labels: string[]) =>
  expect.poll(() => filesOf(page), { timeout: untilMs }).toEqual(labels);

const binaryHere = "File, survey.bin, 2.9 MB";
const htmlHere = `File, page.html, ${page1.bytes.length} bytes`;

/** Saves the file of this name as a person does: selected, and the toolbar's button. */
async function saveAs(app: Parameters<typeof answerSaveDialog>[0], page: Page, name: string, path: string) {
  await answerSaveDialog(app, path);
  await text(page).getByText(name, { exact: true }).click();
  await press(page, "Save file as");
}

const savedBytes = (path: string): Promise<Buffer | null> => readFile(path).catch(() => null);

test("dropped with no relay they are here at once, survive kill -9, and are saved with the very same bytes", async () => {
  const data = await stage.folder();
  const out = join(data, "out");
  await mkdir(out);
  const first = await stage.launch(data, "one");
  await titleField(first.page).fill("With files");
  await type(first.page, "Words\nLast");
  await dropFile(first.page, "Words", binary, "application/octet-stream");
  await whenFiles(first.page, binaryHere);
  await dropFile(first.page, "Last", page1, "text/html");
  await whenFiles(first.page, binaryHere, htmlHere);
  await status(first.page, /^Saved on this device/);
  for (const { sha256, bytes } of [binary, page1]) expect(await blobBelow(data, sha256)).toEqual(bytes);
  expect(first.problems).toEqual([]);
  await stage.end(first, "kill");

  const again = await stage.launch(data, "one");
  await whenFiles(again.page, binaryHere, htmlHere);
  await saveAs(again.app, again.page, "survey.bin", join(out, "my.bin"));
  await expect.poll(() => savedBytes(join(out, "my.bin")), { timeout: untilMs }).toEqual(binary.bytes);
  await saveAs(again.app, again.page, "page.html", join(out, "my.html"));
  await expect.poll(() => savedBytes(join(out, "my.html")), { timeout: untilMs }).toEqual(page1.bytes);
  expect((await readdir(out)).toSorted()).toEqual(["my.bin", "my.html"]);
  await text(again.page).getByText("page.html", { exact: true }).click();
  await press(again.page, "Delete file");
  await whenFiles(again.page, binaryHere);
  await again.page.keyboard.press("ControlOrMeta+z");
  await whenFiles(again.page, binaryHere, htmlHere);
  expect(again.problems).toEqual([]);
});

test("a file reaches somebody else, who is told that it is on its way, and saves the very same bytes", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Shared");
  await type(one.page, "Words");
  await status(one.page, /^Saved on this device · On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Shared");
  await whenText(two.page, "Words");
  // What it says of the file, from when it is first in the text.
  await text(two.page).evaluate((dom) => {
    const seen: string[] = [];
    Object.assign(globalThis, { seenOfFiles: seen });
    new MutationObserver(() => {
      for (const file of dom.querySelectorAll(".file")) seen.push(file.className + file.textContent);
    }).observe(dom, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  await dropFile(one.page, "Words", binary, "application/octet-stream");
  await whenFiles(one.page, binaryHere);
  await whenFiles(two.page, binaryHere);
  const seen = await two.page.evaluate(
    () => (globalThis as unknown as { seenOfFiles: string[] }).seenOfFiles,
  );
  expect(seen.some((each) => /relay/.test(each))).toBe(true);
  const path = join(data, "theirs.bin");
  await saveAs(two.app, two.page, "survey.bin", path);
  await expect.poll(() => savedBytes(path), { timeout: untilMs }).toEqual(binary.bytes);
  expect([...one.problems, ...two.problems]).toEqual([]);
});

test("whoever may only read may save a file, and not delete it", async () => {
  const data = await stage.folder();
  const relay = await stage.serveMembers(data);
  const owner = await stage.launch(data, "owner");
  await whenAt(owner.page, "Private");
  await joinWith(owner.page, relay.ownerInvite() ?? "", "Ada");
  await whenAt(owner.page, "Workspace");
  const reader = await stage.launch(data, "reader");
  await joinWith(reader.page, await invite(owner.page, "Viewer"), "Ben");
  await whenAt(reader.page, "Workspace");
  await newDocument(owner.page, "With a file");
  await type(owner.page, "Words");
  await dropFile(owner.page, "Words", page1, "text/html");
  await whenFiles(owner.page, htmlHere);
  await openDocument(reader.page, "With a file");
  await whenFiles(reader.page, htmlHere);
  const path = join(data, "read.html");
  await saveAs(reader.app, reader.page, "page.html", path);
  await expect.poll(() => savedBytes(path), { timeout: untilMs }).toEqual(page1.bytes);
  expect(await reader.page.getByRole("button", { name: "Delete file" }).count()).toBe(0);
});

test("attack: a page and a script among the files are bytes to the window, and never run", async () => {
  const data = await stage.folder();
  const { app, page, problems } = await stage.launch(data, "one");
  await type(page, "Words");
  const script = made("a.js", Buffer.from("globalThis.ran = true"));
  await dropFile(page, "Words", page1, "text/html");
  await dropFile(page, "Words", script, "text/javascript");
  await expect.poll(async () => (await filesOf(page)).length, { timeout: untilMs }).toBe(2);
  for (const one of [page1, script]) {
    const headers = await page.evaluate(async (hash) => {
      const answer = await fetch(`/blob/${hash}`);
      return ["content-type", "content-disposition", "x-content-type-options", "content-security-policy"].map(
        (name) => answer.headers.get(name),
      );
    }, one.sha256);
    expect(headers).toEqual([
      "application/octet-stream",
      "attachment",
      "nosniff",
      "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    ]);
  }
  const ran = await page.evaluate(async (hash) => {
    const frame = document.createElement("iframe");
    frame.src = `/blob/${hash}`;
    // One that is blocked loads an empty page.
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
    document.body.append(frame);
    await loaded;
    frame.remove();
    return "ran" in globalThis;
  }, page1.sha256);
  expect(ran).toBe(false);
  // Nor is anything downloaded that nobody asked for.
  await app.evaluate(({ session }) => {
    const prevented: boolean[] = [];
    Object.assign(globalThis, { prevented });
    session.defaultSession.on("will-download", (event) => prevented.push(event.defaultPrevented));
  });
  await page.evaluate((hash) => {
    const link = document.createElement("a");
    Object.assign(link, { href: `/blob/${hash}`, download: "run.exe" });
    link.click();
  }, page1.sha256);
  await expect
    .poll(() => app.evaluate(() => (globalThis as unknown as { prevented: boolean[] }).prevented), {
      timeout: untilMs,
    })
    .toEqual([true]);
  // Nor by a name that leads elsewhere: main refuses what is no hash and no name.
  const refused = await page.evaluate(() =>
    window.deckle.saveFile({ sha256: "../../settings", name: "x" }).then(
      () => "answered",
      (error: unknown) => String(error),
    ),
  );
  expect(refused).toMatch(/the arguments do not fit/);
  expect(problems.filter((each) => !/frame|Content Security|blocked/i.test(each))).toEqual([]);
});

test("picked and pasted they go where the caret is; an empty one and one too large are refused in words", async () => {
  const data = await stage.folder();
  const { app, page } = await stage.launch(data, "one");
  await type(page, "Words ");
  const chooser = page.waitForEvent("filechooser");
  await press(page, "File");
  await (await chooser).setFiles({ name: page1.name, mimeType: "text/html", buffer: page1.bytes });
  await whenFiles(page, htmlHere);
  // With keys alone: the caret is behind it, and one step back selects it.
  await focusText(page);
  await answerSaveDialog(app, join(data, "by-keys.html"));
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("toolbar", { name: "File" }).waitFor({ timeout: untilMs });
  await page.keyboard.press("ControlOrMeta+Alt+s");
  await expect.poll(() => savedBytes(join(data, "by-keys.html")), { timeout: untilMs }).toEqual(page1.bytes);
  await page.keyboard.press("ArrowRight");
  const paste = (name: string, bytes: number): Promise<void> =>
    text(page).evaluate(
      (dom, given) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([new Uint8Array(given.bytes)], given.name, { type: "" }));
        dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
      },
      { name, bytes },
    );
  await paste("notes.zip", 2048);
  await whenFiles(page, htmlHere, "File, notes.zip, 2 KB");
  await paste("nothing.zip", 0);
  await whenAlert(page, "nothing.zip was not added: it is empty.");
  await paste("large.zip", 100 * 1024 * 1024 + 1);
  await whenAlert(page, "large.zip was not added: it is larger than 100 MB.");
  await whenFiles(page, htmlHere, "File, notes.zip, 2 KB");
});

test("a file that is not on this device says so, and saving it says so too", async () => {
  const data = await stage.folder();
  const { app, page } = await stage.launch(data, "one");
  await type(page, "Words");
  await text(page).evaluate((dom, hash) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData(
      "text/html",
      `<p data-pm-slice="1 1 []">x <span data-file="${hash}" data-name="lost.pdf" data-size="5">lost.pdf</span></p>`,
    );
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, "c".repeat(64));
  await whenFiles(page, "File, lost.pdf, 5 bytes, The file is not on this device");
  await saveAs(app, page, "lost.pdf", join(data, "lost.pdf"));
  await whenAlert(page, '"lost.pdf" was not saved: it is not on this device yet.');
  expect(await savedBytes(join(data, "lost.pdf"))).toBeNull();
});

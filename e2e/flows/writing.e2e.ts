/**
 * The main job, as two people do it: real windows, a real relay process, real files and a real
 * SIGKILL. Each test has folders of its own.
 */
import { rm, writeFile } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { launchApp, startRelay, temporaryFolder } from "../app.ts";
import type { RelayProcess, RunningApp } from "../app.ts";
import { openDocument, status, textOf, type, whenText } from "../page.ts";

const open: { close(): Promise<void> }[] = [];
const folders: string[] = [];

async function folder(): Promise<string> {
  const made = await temporaryFolder();
  folders.push(made);
  return made;
}

async function launch(dataDir: string, profile: string, relay?: RelayProcess | string): Promise<RunningApp> {
  const url = typeof relay === "string" ? relay : relay?.url;
  const app = await launchApp({ dataDir, profile, ...(url !== undefined && { relay: url }) });
  open.push(app);
  return app;
}

async function serve(dataDir: string, port = 0): Promise<RelayProcess> {
  const relay = await startRelay({ dataDir: `${dataDir}/relay`, port });
  open.push({ close: () => relay.stop() });
  return relay;
}

/** Ends one now rather than after the test. */
async function end(app: RunningApp, how: "close" | "kill"): Promise<void> {
  open.splice(open.indexOf(app), 1);
  await app[how]();
}

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  for (const one of folders.splice(0)) await rm(one, { recursive: true, force: true });
});

test("what was written is there after closing and opening again, with no relay at all", async () => {
  const data = await folder();
  let app = await launch(data, "alone");
  await app.page.getByRole("textbox", { name: "Title" }).fill("Morning pages");
  await type(app.page, "# Heading\nSome **bold** words.\n- one\ntwo");
  await status(app.page, /^Saved on this device · No relay$/);
  const written = await textOf(app.page);
  expect(written).toContain("bold words");
  await end(app, "close");

  app = await launch(data, "alone");
  await whenText(app.page, written);
  await expect
    .poll(() => app.page.getByRole("textbox", { name: "Title" }).inputValue())
    .toBe("Morning pages");
  expect(await app.page.locator("[aria-label='Document text'] h1").textContent()).toBe("Heading");
  expect(await app.page.locator("[aria-label='Document text'] li").allTextContents()).toEqual(["one", "two"]);
});

test("SIGKILL right after “Saved on this device”: nothing is missing", async () => {
  const data = await folder();
  let app = await launch(data, "killed");
  await type(app.page, "Every word of this sentence was on the disk.");
  await status(app.page, /^Saved on this device/);
  const written = await textOf(app.page);
  await end(app, "kill");

  app = await launch(data, "killed");
  await whenText(app.page, written);
});

test("a relay that is down from the start hinders nobody, and gets everything when it comes", async () => {
  const data = await folder();
  const first = await serve(data);
  const { url, port } = first;
  open.pop();
  await first.stop();
  const app = await launch(data, "early", url);
  await type(app.page, "Written before the relay was there.");
  await status(app.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet on the relay$/);
  await serve(data, port);
  await status(app.page, /^Saved on this device · On the relay$/);
});

test("two people see each other's typing; apart they go on in one paragraph; together again they have every letter of both", async () => {
  const data = await folder();
  let relay = await serve(data);
  const one = await launch(data, "one", relay);
  await type(one.page, "Together. ");
  await one.page.getByRole("textbox", { name: "Title" }).fill("Shared");
  await status(one.page, /On the relay$/);

  const two = await launch(data, "two", relay);
  await openDocument(two.page, "Shared");
  await whenText(two.page, "Together. ");
  await type(two.page, "Two says hello. ");
  await whenText(one.page, "Together. Two says hello. ");

  const { port } = relay;
  open.splice(
    open.findIndex((each) => each !== one && each !== two),
    1,
  );
  await relay.kill9();
  await status(one.page, /Relay unreachable/);
  await status(two.page, /Relay unreachable/);
  await type(one.page, "ONE WAS HERE. ");
  await one.page.keyboard.press("Home");
  await one.page.keyboard.type("Begin: ");
  await type(two.page, "two was there. ");
  await status(one.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet on the relay$/);
  await status(two.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet on the relay$/);

  relay = await serve(data, port);
  await expect.poll(() => textOf(one.page), { timeout: 40_000 }).toContain("two was there. ");
  await expect.poll(() => textOf(two.page), { timeout: 40_000 }).toContain("ONE WAS HERE. ");
  const merged = await textOf(one.page);
  await whenText(two.page, merged);
  const letters = (text: string): string => [...text].sort().join("");
  expect(letters(merged)).toBe(letters("Begin: Together. Two says hello. ONE WAS HERE. two was there. "));
  expect(await one.page.getByRole("dialog").count()).toBe(0);
  expect(await two.page.getByRole("dialog").count()).toBe(0);
  await status(one.page, /^Saved on this device · On the relay$/);
  await status(two.page, /^Saved on this device · On the relay$/);
  expect(one.problems.filter((problem) => !/WebSocket connection/.test(problem))).toEqual([]);
});

test("a relay restarted from its file gives a fresh profile the whole document", async () => {
  const data = await folder();
  let relay = await serve(data);
  const one = await launch(data, "one", relay);
  await one.page.getByRole("textbox", { name: "Title" }).fill("Kept");
  await type(one.page, "## Kept by the relay\nA paragraph\n1. first\nsecond");
  await status(one.page, /^Saved on this device · On the relay$/);
  const written = await textOf(one.page);
  await end(one, "close");
  open.pop();
  await relay.kill9();

  relay = await serve(data, relay.port);
  const three = await launch(data, "three", relay);
  await openDocument(three.page, "Kept");
  await whenText(three.page, written);
  expect(await three.page.locator("[aria-label='Document text'] ol li").count()).toBe(2);
});

test("undo takes back own edits only", async () => {
  const data = await folder();
  const relay = await serve(data);
  const one = await launch(data, "one", relay);
  await one.page.getByRole("textbox", { name: "Title" }).fill("Undo");
  await type(one.page, "mine ");
  await status(one.page, /On the relay$/);
  const two = await launch(data, "two", relay);
  await openDocument(two.page, "Undo");
  await whenText(two.page, "mine ");
  await type(two.page, "theirs");
  await whenText(one.page, "mine theirs");
  await one.page.getByRole("textbox", { name: "Document text" }).focus();
  await one.page.keyboard.press("ControlOrMeta+z");
  await whenText(one.page, "theirs");
  await whenText(two.page, "theirs");
  await one.page.keyboard.press("ControlOrMeta+Shift+z");
  await whenText(two.page, "mine theirs");
});

test("documents that are imported and not opened reach the relay, and the status says so", async () => {
  const data = await folder();
  const relay = await serve(data);
  const files: string[] = [];
  for (const name of ["One", "Two", "Three"]) {
    const file = `${data}/${name}.md`;
    await writeFile(file, `# ${name}\n\nText of ${name}.\n`);
    files.push(`--import=${file}`);
  }
  const app = await launchApp({ dataDir: data, profile: "importer", relay: relay.url, args: files });
  open.push(app);
  // The last one imported is opened when all are there.
  await expect.poll(() => app.page.getByRole("textbox", { name: "Title" }).inputValue()).toBe("Three");
  await openDocument(app.page, "One");
  await status(app.page, /^Saved on this device · On the relay$/);
  await openDocument(app.page, "Three");
  await status(app.page, /^Saved on this device · On the relay$/);

  const other = await launch(data, "other", relay);
  await openDocument(other.page, "Two");
  await whenText(other.page, "Text of Two.");
  // The empty page of the other's first start is not in everyone's library.
  expect(
    await app.page.getByRole("list", { name: "Documents" }).getByRole("button").allTextContents(),
  ).not.toContain("Untitled");
});

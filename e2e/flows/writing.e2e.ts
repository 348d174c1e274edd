/**
 * The main job, as two people do it: real windows, a real relay process, real files and a real
 * SIGKILL. Each test has folders of its own.
 */
import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { beginPage, focusText, openDocument, status, textOf, type, whenText, whenTitle } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

test("what was written is there after closing and opening again, with no relay at all", async () => {
  const data = await stage.folder();
  let app = await stage.launch(data, "alone");
  await app.page.getByRole("textbox", { name: "Title" }).fill("Morning pages");
  await type(app.page, "# Heading\nSome **bold** words.\n- one\ntwo");
  await status(app.page, /^Saved on this device · No relay$/);
  const written = await textOf(app.page);
  expect(written).toContain("bold words");
  await stage.end(app, "close");

  app = await stage.launch(data, "alone");
  await whenText(app.page, written);
  await expect
    .poll(() => app.page.getByRole("textbox", { name: "Title" }).inputValue())
    .toBe("Morning pages");
  expect(await app.page.locator("[aria-label='Document text'] h1").textContent()).toBe("Heading");
  expect(await app.page.locator("[aria-label='Document text'] li").allTextContents()).toEqual(["one", "two"]);
});

test("SIGKILL right after “Saved on this device”: nothing is missing", async () => {
  const data = await stage.folder();
  let app = await stage.launch(data, "killed");
  await type(app.page, "Every word of this sentence was on the disk.");
  await status(app.page, /^Saved on this device/);
  const written = await textOf(app.page);
  await stage.end(app, "kill");

  app = await stage.launch(data, "killed");
  await whenText(app.page, written);
});

test("a relay that is down from the start hinders nobody, and gets everything when it comes", async () => {
  const data = await stage.folder();
  const first = await stage.serve(data);
  const { url, port } = first;
  await stage.end(first, "close");
  const app = await stage.launch(data, "early", url);
  await type(app.page, "Written before the relay was there.");
  await status(app.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet on the relay$/);
  await stage.serve(data, port);
  await status(app.page, /^Saved on this device · On the relay$/);
});

test("two people see each other's typing; apart they go on in one paragraph; together again they have every letter of both", async () => {
  const data = await stage.folder();
  let relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await type(one.page, "Together. ");
  await one.page.getByRole("textbox", { name: "Title" }).fill("Shared");
  await status(one.page, /On the relay$/);

  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Shared");
  await whenText(two.page, "Together. ");
  await type(two.page, "Two says hello. ");
  await whenText(one.page, "Together. Two says hello. ");

  const { port } = relay;
  await stage.end(relay, "kill");
  await status(one.page, /Relay unreachable/);
  await status(two.page, /Relay unreachable/);
  await type(one.page, "ONE WAS HERE. ");
  await one.page.keyboard.press("Home");
  await one.page.keyboard.type("Begin: ");
  await type(two.page, "two was there. ");
  await status(one.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet on the relay$/);
  await status(two.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet on the relay$/);

  relay = await stage.serve(data, port);
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
  const data = await stage.folder();
  let relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await one.page.getByRole("textbox", { name: "Title" }).fill("Kept");
  await type(one.page, "## Kept by the relay\nA paragraph\n1. first\nsecond");
  await status(one.page, /^Saved on this device · On the relay$/);
  const written = await textOf(one.page);
  await stage.end(one, "close");
  await stage.end(relay, "kill");

  relay = await stage.serve(data, relay.port);
  const three = await stage.launch(data, "three", relay);
  await openDocument(three.page, "Kept");
  await whenText(three.page, written);
  expect(await three.page.locator("[aria-label='Document text'] ol li").count()).toBe(2);
});

test("undo takes back own edits only", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await one.page.getByRole("textbox", { name: "Title" }).fill("Undo");
  await type(one.page, "mine ");
  await status(one.page, /On the relay$/);
  const two = await stage.launch(data, "two", relay);
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
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const files: string[] = [];
  for (const name of ["One", "Two", "Three"]) {
    const file = `${data}/${name}.md`;
    await writeFile(file, `# ${name}\n\nText of ${name}.\n`);
    files.push(`--import=${file}`);
  }
  const app = await stage.launch(data, "importer", relay, files);
  // The last one imported is opened when all are there.
  await whenTitle(app.page, "Three");
  await openDocument(app.page, "One");
  await status(app.page, /^Saved on this device · On the relay$/);
  await openDocument(app.page, "Three");
  await status(app.page, /^Saved on this device · On the relay$/);

  const other = await stage.launch(data, "other", relay);
  await openDocument(other.page, "Two");
  await whenText(other.page, "Text of Two.");
  // The empty page of the other's first start is not in everyone's library.
  expect(
    await app.page.getByRole("list", { name: "Documents" }).getByRole("button").allTextContents(),
  ).not.toContain("Untitled");
});

test("keys that waited for a busy window are done where the ones before them left the caret", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Busy");
  await focusText(page);
  await page.keyboard.type("middle");
  await whenText(page, "middle");
  const cdp = await page.context().newCDPSession(page);
  const key = (name: string, code: number, text?: string) => [
    cdp.send("Input.dispatchKeyEvent", {
      type: text === undefined ? "rawKeyDown" : "keyDown",
      key: name,
      code: name,
      windowsVirtualKeyCode: code,
      ...(text !== undefined && { text }),
    }),
    cdp.send("Input.dispatchKeyEvent", { type: "keyUp", key: name, code: name, windowsVirtualKeyCode: code }),
  ];
  // As soon after the focus as keys can come.
  await page.getByRole("textbox", { name: "Title" }).focus();
  await focusText(page);
  for (let round = 0; round < 10; round++) {
    const busy = page.evaluate(() => {
      const endsAt = performance.now() + 150;
      while (performance.now() < endsAt);
    });
    await Promise.all([
      busy,
      ...key("Home", 36),
      ...key("a", 65, "a"),
      ...key("End", 35),
      ...key("b", 66, "b"),
      ...key("Enter", 13, "\r"),
      ...key("Backspace", 8),
    ]);
  }
  await whenText(page, `${"a".repeat(10)}middle${"b".repeat(10)}`);
  expect(problems).toEqual([]);
});

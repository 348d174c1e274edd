/** Pictures as a person brings them: pasted, dropped, picked; shown, kept, described, sized, and refused. */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import {
  openDocument,
  pasteHtml,
  press,
  status,
  textOf,
  titleField,
  type,
  whenAlert,
  whenText,
} from "../page.ts";
import { blobBelow, dropFile, pastePicture, picture, shownPictures } from "../pictures.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
const untilMs = 20_000;

const red = picture("red.png", 320, 200, (line) => [200, line, 40]);
const blue = picture("blue.png", 200, 300, (line) => [40, line % 256, 200]);
const green = picture("green.png", 64, 64, () => [40, 160, 60]);

const text = (page: Page) => page.getByRole("textbox", { name: "Document text" });
const whenPictures = (page: Page, ...shown: { sha256: string }[]) =>
  expect.poll(() => shownPictures(page), { timeout: untilMs }).toEqual(shown.map(({ sha256 }) => sha256));

/** The blocks of the text, with a picture's caption as one. */
const blocksOf = (page: Page): Promise<string[]> =>
  text(page).evaluate((dom) =>
    [...dom.children].map((block) =>
      block.nodeName === "FIGURE" ? "image" : `${block.nodeName.toLowerCase()} ${block.textContent ?? ""}`,
    ),
  );

test("pasted, dropped and picked: each is in its place, on the disk by its hash, and there after a restart", async () => {
  const data = await stage.folder();
  const first = await stage.launch(data, "one");
  await titleField(first.page).fill("Pictures");
  await type(first.page, "Above\nBelow\nLast");
  await text(first.page).getByText("Above").click();
  await first.page.keyboard.press("End");
  await pastePicture(first.page, red);
  await whenPictures(first.page, red);
  await dropFile(first.page, "Last", blue);
  await whenPictures(first.page, red, blue);
  await text(first.page).getByText("Last").click();
  await first.page.keyboard.press("End");
  const chooser = first.page.waitForEvent("filechooser");
  await press(first.page, "Image");
  await (await chooser).setFiles({ name: green.name, mimeType: "image/png", buffer: green.bytes });
  await whenPictures(first.page, red, blue, green);
  expect(await blocksOf(first.page)).toEqual(["p Above", "image", "p Below", "image", "p Last", "image"]);
  await status(first.page, /^Saved on this device/);
  for (const { sha256, bytes } of [red, blue, green]) expect(await blobBelow(data, sha256)).toEqual(bytes);
  expect(first.problems).toEqual([]);

  await stage.end(first, "close");
  const again = await stage.launch(data, "one");
  await whenPictures(again.page, red, blue, green);
  expect(again.problems).toEqual([]);
});

test("undone and done again, cut and pasted: it is the same picture", async () => {
  const data = await stage.folder();
  const { page, problems } = await stage.launch(data, "one");
  await type(page, "Words");
  await pastePicture(page, red);
  await whenPictures(page, red);
  await page.keyboard.press("ControlOrMeta+z");
  await whenPictures(page);
  await whenText(page, "Words");
  await page.keyboard.press("ControlOrMeta+Shift+z");
  await whenPictures(page, red);
  // A click selects it, and the words that follow are not run into.
  await page.locator("figure img").click();
  await page.keyboard.press("ControlOrMeta+x");
  await whenPictures(page);
  await page.keyboard.press("ControlOrMeta+v");
  await whenPictures(page, red);
  await page.locator("figure img").click();
  await page.keyboard.press("Delete");
  await whenPictures(page);
  expect(await textOf(page)).toContain("Words");
  expect(problems).toEqual([]);
});

test("somebody who pastes a picture and types on is not disturbed, whenever it comes", async () => {
  const data = await stage.folder();
  const { page } = await stage.launch(data, "one");
  await type(page, "One");
  await pastePicture(page, red);
  await page.keyboard.type(" and more");
  await page.keyboard.press("Enter");
  await page.keyboard.type("Two");
  await whenPictures(page, red);
  await expect.poll(() => textOf(page), { timeout: untilMs }).toBe("One and more\nTwo");
});

test("text pasted with a picture written out in it: both come, the picture as a blob", async () => {
  const data = await stage.folder();
  const { page, problems } = await stage.launch(data, "one");
  await type(page, "Start ");
  const source = `data:image/png;base64,${green.bytes.toString("base64")}`;
  await pasteHtml(page, `<p>before <img src="${source}" alt="a leaf"> after</p>`);
  const image = page.getByRole("img", { name: "a leaf" });
  await expect
    .poll(() => image.evaluate((dom) => dom.getAttribute("src")), { timeout: untilMs })
    .toBe(`/blob/${green.sha256}`);
  await expect
    .poll(() => image.evaluate((dom) => (dom instanceof HTMLImageElement ? dom.naturalWidth : 0)))
    .toBe(64);
  expect(await blobBelow(data, green.sha256)).toEqual(green.bytes);
  await pasteHtml(page, `<p><img src="https://example.org/x.png" alt="elsewhere"></p>`);
  await page.getByRole("img", { name: "elsewhere" }).waitFor({ timeout: untilMs });
  expect(problems).toEqual([]);
});

test("it is described in words, and made narrower with the toolbar and by its edge", async () => {
  const data = await stage.folder();
  const { page } = await stage.launch(data, "one");
  await type(page, "Words");
  await pastePicture(page, red);
  await whenPictures(page, red);
  const img = page.locator("figure img");
  const width = async (): Promise<number> => Math.round((await img.boundingBox())?.width ?? 0);
  expect(await width()).toBe(320);
  await img.click();
  await press(page, "Describe image");
  await page.getByRole("textbox", { name: "Description" }).fill("A red field");
  await page.keyboard.press("Enter");
  await page.getByRole("img", { name: "A red field" }).waitFor({ timeout: untilMs });
  await press(page, "Image: narrower");
  await expect.poll(width, { timeout: untilMs }).toBe(256);
  await img.hover();
  const box = await page.locator(".picture-handle").boundingBox();
  if (!box) throw new Error("there is no edge to take hold of");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 20, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect.poll(width, { timeout: untilMs }).toBe(216);
  // One step a drag: one undo takes it back.
  await page.keyboard.press("ControlOrMeta+z");
  await expect.poll(width, { timeout: untilMs }).toBe(256);
  await press(page, "Image: its own width");
  await expect.poll(width, { timeout: untilMs }).toBe(320);
});

test("too large, no picture: refused in words, and the text is as it was", async () => {
  const data = await stage.folder();
  const { page, problems } = await stage.launch(data, "one");
  await type(page, "Words");
  await text(page).evaluate((dom) => {
    const large = new File([new Uint8Array(100 * 1024 * 1024 + 1)], "large.png", { type: "image/png" });
    const clipboardData = new DataTransfer();
    clipboardData.items.add(large);
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  await whenAlert(page, "large.png was not added: it is larger than 100 MB.");
  await pastePicture(page, { ...red, name: "broken.png", bytes: Buffer.from("not a picture") });
  await whenAlert(page, "broken.png was not added: it is no picture that Deckle can show.");
  await whenText(page, "Words");
  await whenPictures(page);
  expect(problems).toEqual([]);
});

test("a picture that is not on this device has its place kept, and says so", async () => {
  const data = await stage.folder();
  const { page } = await stage.launch(data, "one");
  await type(page, "Words");
  const attributes = `data-hash="${blue.sha256}" data-natural-width="200" data-natural-height="300"`;
  await pasteHtml(
    page,
    `<figure data-image="true" data-pm-slice="0 0 []"><img ${attributes} alt="a mill"><figcaption></figcaption></figure><p>after</p>`,
  );
  const box = page.getByRole("img", { name: "a mill. The picture is not on this device" });
  await box.waitFor({ timeout: untilMs });
  expect((await box.boundingBox())?.height).toBeGreaterThanOrEqual(300);
  // Its bytes come by another way, and are shown as soon as they are looked for again.
  await pastePicture(page, blue);
  await whenPictures(page, blue, blue);
});

test("a picture reaches somebody else without a reload, and one that was pasted while the relay was away follows", async () => {
  const data = await stage.folder();
  let relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Shared");
  await type(one.page, "Words");
  await status(one.page, /^Saved on this device · On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Shared");
  await whenText(two.page, "Words");
  await pastePicture(one.page, red);
  await whenPictures(two.page, red);

  const { port } = relay;
  await stage.end(relay, "kill");
  await status(one.page, /Relay unreachable/);
  await text(one.page).getByText("Words").click();
  await one.page.keyboard.press("Home");
  await pastePicture(one.page, blue);
  await whenPictures(one.page, blue, red);
  relay = await stage.serve(data, port);
  await status(one.page, /On the relay$/);
  await expect.poll(() => shownPictures(two.page), { timeout: 60_000 }).toEqual([blue.sha256, red.sha256]);
  // The very bytes: checked by their hash, and in the file that the other has.
  expect(await blobBelow(`${data}/profiles/two`, blue.sha256)).toEqual(blue.bytes);
});

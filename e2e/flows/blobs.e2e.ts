/** Images and files between two people in a workspace: kept by main, brought by the relay, shown in the window. */
import { join as inFolder } from "node:path";
import type { Page } from "playwright";
import { expect, it } from "vitest";
import { sha256, type BlobPlace } from "../../electron/keep.ts";
import { invite, join, whenAt } from "../people.ts";
import { newDocument, titleField, whenTitle } from "../page.ts";
import { blobBelow, pastePicture, picture } from "../pictures.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
const untilMs = 20_000;
const document = "2nGkVeQScJEXQtq9R22UrhThLdU9";

/** Kept as a window would after a paste. */
const keep = async (page: Page, text: string): Promise<string> =>
  sha256.parse(
    await page.evaluate(async (content) => {
      const headers = { "x-deckle-keep": "1" };
      const answer = await fetch("/keep/blob", { method: "POST", headers, body: content });
      return ((await answer.json()) as { sha256: string }).sha256;
    }, text),
  );

/** As the engine tells. */
const name = (page: Page, blobs: readonly string[], place: BlobPlace | null): Promise<number> =>
  page.evaluate(
    async ({ of, names }) => {
      const headers = { "x-deckle-keep": "1" };
      return (await fetch(`/keep/named/${of}`, { method: "POST", headers, body: names })).status;
    },
    { of: document, names: JSON.stringify({ blobs, place }) },
  );

/** How wide the picture is; 0 where there is none. */
const widthOf = (page: Page, blob: string): Promise<number> =>
  page.evaluate(
    (hash) =>
      new Promise<number>((resolve) => {
        const image = new Image();
        image.addEventListener("load", () => resolve(image.naturalWidth));
        image.addEventListener("error", () => resolve(0));
        // Another address each time: a window does not ask again for what was not there.
        image.src = `/blob/${hash}?${Math.random()}`;
      }),
    blob,
  );

const state = (page: Page, blob: string): Promise<unknown> =>
  page.evaluate(async (hash) => (await window.deckle.blobStates([hash]))[0], blob);

it("a picture of one is shown to the other as soon as it has come", { timeout: 120_000 }, async () => {
  const dataDir = await stage.folder();
  const relay = await stage.serveMembers(dataDir);
  const owner = await stage.launch(dataDir, "owner");
  await whenAt(owner.page, "Private");
  await join(owner.page, relay.ownerInvite() ?? "", "Ada");
  await whenAt(owner.page, "Workspace");
  const reader = await stage.launch(dataDir, "reader");
  await join(reader.page, await invite(owner.page, "Viewer"), "Ben");
  await whenAt(reader.page, "Workspace");
  const place = await reader.page.evaluate(async () => {
    const { place: at } = await window.deckle.configuration();
    return at.kind === "workspace" ? { relay: at.relay, workspace: at.workspace } : null;
  });
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="37" height="9"><script>alert(1)</script></svg>';
  const blob = await keep(owner.page, svg);
  expect(await widthOf(owner.page, blob)).toBe(37);
  expect(await widthOf(reader.page, blob)).toBe(0);
  expect(await state(owner.page, blob)).toEqual({ here: "here", relay: null });

  const came = reader.page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        window.deckle.onNotice((notice) => {
          if (notice.type === "blob") resolve(notice.sha256);
        });
      }),
  );
  expect(await name(reader.page, [blob], place)).toBe(204);
  expect(await name(owner.page, [blob], place)).toBe(204);
  expect(await came).toBe(blob);
  expect(await widthOf(reader.page, blob)).toBe(37);
  expect(await state(reader.page, blob)).toEqual({ here: "here", relay: "on-relay" });
  await expect
    .poll(() => state(owner.page, blob), { timeout: untilMs })
    .toEqual({ here: "here", relay: "on-relay" });
  // A long one, in many pieces.
  const long = await owner.page.evaluate(async () => {
    const body = new Uint8Array(9_000_000).map((_, at) => (at * 2_654_435_761) >>> 24);
    const answer = await fetch("/keep/blob", { method: "POST", headers: { "x-deckle-keep": "1" }, body });
    return ((await answer.json()) as { sha256: string }).sha256;
  });
  for (const { page } of [owner, reader]) expect(await name(page, [long], place)).toBe(204);
  await expect
    .poll(() => state(reader.page, long), { timeout: untilMs })
    .toEqual({ here: "here", relay: "on-relay" });
  // A document that the reader never opens: its picture is here for when there is no network.
  await newDocument(owner.page, "The first");
  await whenTitle(reader.page, "The first");
  await newDocument(owner.page, "With a picture");
  const red = picture("red.png", 32, 20, (line) => [200, line, 40]);
  await pastePicture(owner.page, red);
  const readersFolder = inFolder(dataDir, "profiles", "reader");
  await expect.poll(() => blobBelow(readersFolder, red.sha256), { timeout: untilMs }).toEqual(red.bytes);
  expect(await titleField(reader.page).inputValue()).toBe("The first");
  // By itself it is a document that may do nothing.
  const policy = await owner.page.evaluate(
    async (hash) => (await fetch(`/blob/${hash}`)).headers.get("content-security-policy"),
    blob,
  );
  expect(policy).toMatch(/^default-src 'none';.* sandbox$/);
  const unasked = await owner.page.evaluate(
    async () => (await fetch("/keep/blob", { method: "POST", body: "x" })).status,
  );
  expect(unasked).toBe(403);
});

/** A document is on screen, and can be written in, before the engine has loaded it. */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { status, textOf, type, whenText } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

/** What the engine has put aside for the first moment of the next opening. */
const renderings = (page: Page): Promise<string> =>
  page.evaluate(
    () =>
      new Promise<string>((resolve, reject) => {
        const opening = indexedDB.open("deckle-renderings");
        opening.addEventListener("error", () => reject(new Error("no renderings")));
        opening.addEventListener("success", () => {
          const database = opening.result;
          if (!database.objectStoreNames.contains("renderings")) return resolve("");
          const all = database.transaction("renderings").objectStore("renderings").getAll();
          all.addEventListener("success", () => {
            database.close();
            resolve(JSON.stringify(all.result));
          });
        });
      }),
  );

test("the text is there and takes typing while the engine does not even run; then it is saved", async () => {
  const { page } = await stage.launch(await stage.folder(), "first-paint");
  await type(page, "written before");
  await status(page, /Saved on this device/);
  await expect.poll(() => renderings(page), { timeout: 20_000 }).toContain("written before");

  // An engine waits for this lock before it does anything. The window holds it now.
  await page.addInitScript(() => {
    const held = new Promise<void>((release) => Object.assign(globalThis, { release }));
    void navigator.locks.request("deckle-engine", { steal: true }, () => held);
  });
  await page.reload();
  await whenText(page, "written before");
  await type(page, " and meanwhile");
  await whenText(page, "written before and meanwhile");
  const waiting = (): Promise<number> =>
    page.evaluate(async () => (await navigator.locks.query()).pending?.length ?? 0);
  // It is started beside the window, and may come to the lock a little later than the first words.
  await expect.poll(waiting, { timeout: 20_000 }).toBeGreaterThan(0);
  await status(page, /Saving/);

  await page.evaluate(() => (globalThis as unknown as { release: () => void }).release());
  await status(page, /Saved on this device/);
  expect(await textOf(page)).toBe("written before and meanwhile");
});

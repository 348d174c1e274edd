/** Links and footnotes: what is shown of them beside the caret, and what can be done there. */
import type { ElectronApplication } from "playwright";
import { expect, test } from "vitest";
import { beginPage, status, text, untilMs, whenHtml } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

const anchor = (href: string, words: string): string =>
  `<a href="${href}" rel="noopener noreferrer nofollow">${words}</a>`;

/** The system's browser is not started: what it would have been given is kept. */
const watchBrowser = (app: ElectronApplication): Promise<void> =>
  app.evaluate(({ shell }) => {
    const opened: string[] = [];
    Object.assign(globalThis, { opened });
    shell.openExternal = (url) => {
      opened.push(url);
      return Promise.resolve();
    };
  });
const openedOf = (app: ElectronApplication): Promise<string[]> =>
  app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened);

test("the address is shown where the caret is, and the link is opened, changed and removed there", async () => {
  const { app, page, problems } = await stage.launch(await stage.folder(), "writer");
  await watchBrowser(app);
  await beginPage(page, "Links");
  await page.keyboard.type("See [the site](https://example.org/a%20b) now");
  const bar = page.getByRole("toolbar", { name: "Link" });
  await expect.poll(() => bar.count(), { timeout: untilMs }).toBe(0);
  await text(page).getByText("the site").click();
  await bar.waitFor({ timeout: untilMs });
  expect(await bar.textContent()).toContain("example.org/a b");

  await bar.getByRole("button", { name: "Open link" }).click();
  await expect.poll(() => openedOf(app), { timeout: untilMs }).toEqual(["https://example.org/a%20b"]);
  await page.keyboard.press("Alt+Enter");
  await expect.poll(async () => (await openedOf(app)).length, { timeout: untilMs }).toBe(2);

  await page.keyboard.press("ControlOrMeta+K");
  const address = page.getByRole("dialog", { name: "Link" }).getByRole("textbox", { name: "Address" });
  await address.fill("example.net");
  await page.keyboard.press("Enter");
  await whenHtml(page, `<p>See ${anchor("https://example.net", "the site")} now</p>`);
  await expect.poll(() => bar.textContent(), { timeout: untilMs }).toContain("example.net");

  await bar.getByRole("button", { name: "Remove link" }).click();
  await whenHtml(page, "<p>See the site now</p>");
  await expect.poll(() => bar.count(), { timeout: untilMs }).toBe(0);
  await page.keyboard.press("ControlOrMeta+z");
  await whenHtml(page, `<p>See ${anchor("https://example.net", "the site")} now</p>`);
  await status(page, /^Saved on this device/);
  expect(problems).toEqual([]);
});

test("a footnote is read beside its reference, and keys go there and back", async () => {
  const { page, problems } = await stage.launch(await stage.folder(), "writer");
  await beginPage(page, "Notes");
  await page.keyboard.type("One");
  await page.keyboard.press("ControlOrMeta+Alt+f");
  const bar = page.getByRole("toolbar", { name: "Footnote" });
  await page.keyboard.type("What it says.");
  expect(await bar.count()).toBe(0);
  await page.keyboard.press("ControlOrMeta+Alt+Enter");
  await bar.waitFor({ timeout: untilMs });
  expect(await bar.textContent()).toContain("What it says.");
  await page.keyboard.type(" two");
  await expect.poll(() => bar.count(), { timeout: untilMs }).toBe(0);
  await expect
    .poll(() => text(page).locator("p").first().textContent(), { timeout: untilMs })
    .toBe("One two");
  await text(page).locator("sup").click();
  await bar.getByRole("button", { name: "Footnote: there and back" }).click();
  await page.keyboard.type(" All.");
  await expect
    .poll(() => text(page).locator("section p").textContent(), { timeout: untilMs })
    .toBe("What it says. All.");
  await status(page, /^Saved on this device/);
  expect(problems).toEqual([]);
});

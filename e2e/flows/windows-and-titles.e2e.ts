/**
 * Titles, the library and going from document to document: two profiles with one relay see the same
 * names; whoever hurries through documents, or whose window dies, keeps what was typed.
 */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import {
  libraryOf,
  newDocument,
  openDocument,
  status,
  statusOf,
  textOf,
  titleField,
  type,
  whenLibrary,
  whenText,
  whenTitle,
} from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
/** The most of a person's typing that a crash may take: a change is written after a second, then saved. */
const lostMsMax = 1_500;

const row = (page: Page, title: string) =>
  page.getByRole("list", { name: "Documents" }).getByRole("button", { name: title, exact: true });

async function typeTitle(page: Page, words: string, at: "Home" | "End"): Promise<void> {
  await titleField(page).focus();
  await page.keyboard.press(at);
  await page.keyboard.type(words);
}

test("a title typed on both sides while the relay is away has the words of both, in the library too", async () => {
  const data = await stage.folder();
  let relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Plan");
  await type(one.page, "Text.");
  await status(one.page, /^Saved on this device · On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await titleField(two.page).fill("Own");
  await whenLibrary(one.page, ["Plan", "Own"]);
  await openDocument(two.page, "Plan");

  const { port } = relay;
  await stage.end(relay, "kill");
  await status(one.page, /Relay unreachable/);
  await status(two.page, /Relay unreachable/);
  await typeTitle(one.page, "Our ", "Home");
  await typeTitle(two.page, " for May", "End");
  await status(one.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet/);
  await status(two.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet/);
  await whenLibrary(one.page, ["Our Plan", "Own"]);
  await whenLibrary(two.page, ["Plan for May", "Own"]);

  relay = await stage.serve(data, port);
  for (const { page } of [one, two]) {
    await whenTitle(page, "Our Plan for May");
    await whenLibrary(page, ["Our Plan for May", "Own"]);
    await status(page, /^Saved on this device · On the relay$/);
  }
  // Who was not there, and has not opened it, finds it under the same name.
  const three = await stage.launch(data, "three", relay);
  await openDocument(three.page, "Our Plan for May");
  await whenText(three.page, "Text.");
  // Nor does it matter to those who were there whether it is open: the library says it by itself.
  await newDocument(one.page, "Another");
  await expect.poll(() => libraryOf(one.page), { timeout: 20_000 }).toContain("Our Plan for May");
});

test("a title typed at the same place on both sides: every letter of both, and both see the same", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Plan");
  await type(one.page, "Text.");
  await status(one.page, /^Saved on this device · On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Plan");
  const { port } = relay;
  await stage.end(relay, "kill");
  await status(one.page, /Relay unreachable/);
  await status(two.page, /Relay unreachable/);
  await typeTitle(one.page, " ABC", "End");
  await typeTitle(two.page, " xyz", "End");
  await status(one.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet/);
  await status(two.page, /^Saved on this device · Relay unreachable · \d+ changes? not yet/);
  await stage.serve(data, port);
  await status(one.page, /^Saved on this device · On the relay$/);
  await status(two.page, /^Saved on this device · On the relay$/);
  const merged = /^Plan(?: ABC xyz| xyz ABC)$/;
  await expect.poll(() => titleField(one.page).inputValue(), { timeout: 20_000 }).toMatch(merged);
  await whenTitle(two.page, await titleField(one.page).inputValue());
});

test("what one makes and renames is in the other's library, live; and is opened there", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  const two = await stage.launch(data, "two", relay);
  await status(one.page, /On the relay$/);
  await status(two.page, /On the relay$/);
  await titleField(one.page).fill("Of one");
  await titleField(two.page).fill("Of two");
  for (const { page } of [one, two]) await whenLibrary(page, ["Of one", "Of two"]);

  await newDocument(one.page, "Minutes");
  await one.page.keyboard.type("We met.");
  await whenLibrary(two.page, ["Of one", "Of two", "Minutes"]);
  await openDocument(two.page, "Minutes");
  await whenText(two.page, "We met.");

  // Renamed here: there in the field of the open document and in the list.
  await titleField(one.page).fill("Minutes of May");
  await whenTitle(two.page, "Minutes of May");
  await whenLibrary(two.page, ["Of one", "Of two", "Minutes of May"]);
  // Renamed here while it is not open there.
  await openDocument(two.page, "Of two");
  await titleField(one.page).fill("Minutes of June");
  await whenLibrary(two.page, ["Of one", "Of two", "Minutes of June"]);
  await whenTitle(two.page, "Of two");
  // A title that is taken away again is "Untitled".
  await titleField(one.page).fill("");
  await whenLibrary(two.page, ["Of one", "Of two", "Untitled"]);

  await status(one.page, /^Saved on this device · On the relay$/);
  await stage.end(one, "close");
  await stage.end(two, "close");
  for (const profile of ["one", "two"]) {
    const again = await stage.launch(data, profile, relay);
    await whenLibrary(again.page, ["Of one", "Of two", "Untitled"]);
  }
});

test("a document that is not here yet says so, and opens when the relay brings it", async () => {
  const data = await stage.folder();
  let relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Far away");
  await type(one.page, "Words from afar.");
  await status(one.page, /^Saved on this device · On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await titleField(two.page).fill("Own");
  await whenLibrary(two.page, ["Far away", "Own"]);
  await status(two.page, /On the relay$/);
  const { port } = relay;
  await stage.end(relay, "kill");
  await status(two.page, /Relay unreachable/);
  await row(two.page, "Far away").click();
  await two.page
    .getByText(/^This document is not on this device/)
    .or(two.page.getByText("Words from afar."))
    .first()
    .waitFor();
  relay = await stage.serve(data, port);
  await whenText(two.page, "Words from afar.");
  await type(two.page, " Answered.");
  await whenText(one.page, "Words from afar. Answered.");
});

test("hurrying through five documents while typing: every letter is where it was typed", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  let one = await stage.launch(data, "one", relay);
  const titles = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"];
  await titleField(one.page).fill("Alpha");
  for (const title of titles.slice(1)) await newDocument(one.page, title);
  await whenLibrary(one.page, titles);

  const { page } = one;
  const typed = new Map(titles.map((title) => [title, ""]));
  for (let round = 0; round < 8; round++)
    for (const [at, title] of titles.entries()) {
      await row(page, title).click();
      // What a person waits for: its title is there and the caret stands in its text.
      await expect
        .poll(
          async () =>
            (await titleField(page).inputValue()) === title &&
            (await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))),
          { timeout: 20_000, interval: 1 },
        )
        .toBe("Document text");
      await page.keyboard.press("ControlOrMeta+End");
      const words = `${title[0]}${round}${"abcdefgh".slice(0, (at + round) % 8)} `;
      await page.keyboard.type(words);
      typed.set(title, (typed.get(title) ?? "") + words);
    }
  for (const title of titles) {
    await openDocument(page, title);
    await whenText(page, typed.get(title) ?? "");
    await status(page, /^Saved on this device · On the relay$/);
  }
  expect(one.problems).toEqual([]);
  await stage.end(one, "close");

  one = await stage.launch(data, "one", relay);
  const two = await stage.launch(data, "two", relay);
  for (const app of [one, two])
    for (const title of titles) {
      await openDocument(app.page, title);
      await whenText(app.page, typed.get(title) ?? "");
    }
});

test("typing, going to another document and closing at once: nothing is missing", async () => {
  const data = await stage.folder();
  let app = await stage.launch(data, "hasty");
  await titleField(app.page).fill("Left");
  await newDocument(app.page, "Arrived");
  await openDocument(app.page, "Left");
  await type(app.page, "The last words before going");
  await row(app.page, "Arrived").click();
  await whenTitle(app.page, "Arrived");
  await type(app.page, "The last words before closing");
  await stage.end(app, "close");

  app = await stage.launch(data, "hasty");
  await openDocument(app.page, "Left");
  await whenText(app.page, "The last words before going");
  await openDocument(app.page, "Arrived");
  await whenText(app.page, "The last words before closing");
});

test("SIGKILL in the middle of typing: what was called saved is there, and all but the last moment", async () => {
  const data = await stage.folder();
  const report: string[] = [];
  let written = "";
  for (const typingMs of [300, 1_400, 2_600]) {
    const app = await stage.launch(data, "killed");
    await whenText(app.page, written);
    await type(app.page, `Saved before round ${typingMs}. `);
    await status(app.page, /^Saved on this device/);

    // One hand types without a pause; an eye looks at text and status in one glance, all the time.
    let alive = true;
    const glances: { at: number; text: string; saved: boolean }[] = [];
    const look = async (): Promise<void> => {
      while (alive) {
        const glance = await app.page
          .evaluate(() => ({
            text: document.querySelector("[aria-label='Document text']")?.textContent ?? "",
            saved: (document.querySelector("[aria-label='Status']")?.textContent ?? "").startsWith("Saved"),
          }))
          .catch(() => null);
        if (glance === null) return;
        glances.push({ at: performance.now(), ...glance });
      }
    };
    const hand = async (): Promise<void> => {
      for (let at = 0; alive; at++) {
        const done = await app.page.keyboard.type(`w${at} `).then(
          () => true,
          () => false,
        );
        if (!done) return;
      }
    };
    const looking = look();
    const typing = hand();
    const started = performance.now();
    await expect
      .poll(() => performance.now() - started > typingMs && glances.length > 20, {
        timeout: 20_000,
        interval: 10,
      })
      .toBe(true);
    const killedAt = performance.now();
    await stage.end(app, "kill");
    alive = false;
    await Promise.all([looking, typing]);

    const again = await stage.launch(data, "killed");
    await again.page.getByRole("textbox", { name: "Document text" }).waitFor();
    await status(again.page, /^Saved on this device/);
    written = await textOf(again.page);
    const lastSaved = glances.findLast(({ saved }) => saved)?.text ?? "";
    expect(written.startsWith(lastSaved), `"${lastSaved.slice(-40)}" in "${written.slice(-40)}"`).toBe(true);
    const last = glances.at(-1)?.text ?? "";
    expect(last.startsWith(written) || written.startsWith(last)).toBe(true);
    // The first glance that saw more than what is there now.
    const firstLost = glances.find(({ text }) => text.length > written.length);
    const lostMs = firstLost === undefined ? 0 : killedAt - firstLost.at;
    const lost = Math.max(0, last.length - written.length);
    report.push(
      `${lost} of ${last.length} letters, the last ${lostMs.toFixed(0)} ms (${glances.length} glances)`,
    );
    expect(lostMs).toBeLessThan(lostMsMax);
    await stage.end(again, "close");
  }
  console.log(`lost by SIGKILL while typing:\n  ${report.join("\n  ")}`);
});

test("a window opened again shows what its status says", async () => {
  const data = await stage.folder();
  const app = await stage.launch(data, "one");
  await type(app.page, "Words.");
  await status(app.page, /^Saved on this device · No relay$/);
  await app.page.reload();
  await whenText(app.page, "Words.");
  await expect.poll(() => statusOf(app.page)).toBe("Saved on this device · No relay");
});

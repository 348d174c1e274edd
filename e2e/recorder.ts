/**
 * Notes what the status line claims, moment by moment, and holds it against what is so.
 *
 * In the page: when the status line changes, and after every task in which the page did, its words are taken together
 * with the document that they stand beside, in one piece of script. Outside: "On the relay" is held against the relay's
 * file at once, "Saved on this device" against what the browser's storage and the second copy hold, and against what is
 * still there after a kill. What a kill swallowed before it was told is not counted: it is no claim that was checked.
 *
 * For documents to which is only added: each letter that stood beside a claim must be in what is kept, in its order.
 */
import type { Page } from "playwright";
import { expect } from "vitest";
import { inRelay, isWithin, lettersOf } from "./truth.ts";

export interface Claim {
  readonly atMs: number;
  readonly words: string;
  readonly document: string;
  readonly title: string;
  readonly text: string;
  /** What stood there before it, for whoever looks into a lie: when, the words, the end of the text. */
  readonly trail: readonly string[];
}

const saved = /^Saved on this device/;
const onTheRelay = /On the relay/;
const binding = "deckleClaimed";

export class Recorder {
  readonly claims: Claim[] = [];
  /** Each in words; none is what must be. */
  readonly lies: string[] = [];
  #checked = { saved: 0, onTheRelay: 0, afterKills: 0 };
  /** Claims that no kill has proved yet. */
  #unproved: Claim[] = [];
  readonly #relayData: string | null;

  /** @param relayData the folder of the relay's store, where there is one */
  constructor(relayData: string | null = null) {
    this.#relayData = relayData;
  }

  /** From now on, and after each loading of the page. */
  async watch(page: Page): Promise<void> {
    await page.exposeFunction(binding, (claim: Claim) => this.#take(claim));
    await page.addInitScript(watchPage, binding);
    await page.evaluate(watchPage, binding);
  }

  #take(claim: Claim): void {
    this.claims.push(claim);
    if (saved.test(claim.words)) {
      this.#checked.saved++;
      this.#unproved.push(claim);
    }
    if (!onTheRelay.test(claim.words) || this.#relayData === null) return;
    this.#checked.onTheRelay++;
    try {
      const held = inRelay(this.#relayData, claim.document);
      this.#hold(claim, held?.text ?? "", held?.title ?? "", "the relay's file");
    } catch (error) {
      // In the page it would be heard by nobody.
      this.lies.push(`“${claim.words}” could not be checked: ${String(error)}`);
    }
  }

  /** Of a document that was read again after a kill (or as it is on a disk now): are all claims before it in it? */
  survived(document: string, text: string, title: string, where: string): void {
    for (const claim of this.#unproved.filter((each) => each.document === document)) {
      this.#checked.afterKills++;
      this.#hold(claim, text, title, where);
    }
    this.#unproved = this.#unproved.filter((each) => each.document !== document);
  }

  /** What the status line claims now, after everything that it has claimed was told. */
  async settle(page: Page): Promise<void> {
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
  }

  #hold(claim: Claim, text: string, title: string, where: string): void {
    if (isWithin(claim.text, text) && isWithin(claim.title, title)) return;
    const lacking = `${where} lacks “…${lettersOf(claim.text).slice(-60)}”, it ends “…${lettersOf(text).slice(-60)}”`;
    this.lies.push(
      `${new Date(claim.atMs).toISOString()} “${claim.words}”: ${lacking}; title “${title}”; ${claim.trail.join(" / ")}`,
    );
  }

  /** Fails where anything was claimed that was not so, or nothing was claimed at all. */
  check(name: string): void {
    const { saved: claimed, onTheRelay: relayed, afterKills } = this.#checked;
    console.log(
      `${name}: ${claimed} claims of Saved, ${relayed} of On the relay, ${afterKills} proved after a kill; ${this.lies.length} false`,
    );
    expect(this.lies).toEqual([]);
    expect(claimed).toBeGreaterThan(0);
  }
}

/** Runs in the page: everything that it needs is in it. */
function watchPage(tell: string): void {
  const begin = (): void => {
    let last = "";
    let trail: string[] = [];
    const look = (why: string): void => {
      const words = document.querySelector("[aria-label='Status']")?.textContent?.trim() ?? "";
      const end = document.querySelector("[aria-label='Document text']")?.textContent?.slice(-12) ?? "";
      trail = [...trail.slice(-9), `${performance.now().toFixed(1)} ${why}: ${words} | …${end}`];
      if (!words.includes("Saved") && !words.includes("On the relay")) {
        last = "";
        return;
      }
      const dom = document.querySelector("[aria-label='Document text']");
      const field = document.querySelector("[aria-label='Title']");
      const claim = {
        words,
        document: dom?.closest("[data-document]")?.getAttribute("data-document") ?? "",
        title: field instanceof HTMLTextAreaElement ? field.value : "",
        text: dom?.textContent ?? "",
      };
      const seen = JSON.stringify(claim);
      if (!dom || seen === last) return;
      last = seen;
      const told: unknown = Reflect.get(globalThis, tell);
      if (typeof told === "function") void Reflect.apply(told, null, [{ atMs: Date.now(), ...claim, trail }]);
    };
    // The line itself at once, in the turn in which it changed. Everything else after the task, as a person sees it:
    // in the middle of one the letter may be there and the words not yet taken back.
    const observer = new MutationObserver((changes) => {
      const isStatus = changes.some(({ target }) => {
        const element = target instanceof Element ? target : target.parentElement;
        // What was taken out of the page has no parent any more.
        return Boolean(element?.closest("[aria-label='Status']"));
      });
      if (isStatus) look("status");
      setTimeout(look, 0, "after");
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    document.addEventListener("input", () => setTimeout(look, 0, "input"), true);
    look("first");
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin, { once: true });
}

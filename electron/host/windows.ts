/**
 * The windows of this process: opens them, brings one forward, and starts all of them anew.
 */
import type { BrowserWindow } from "electron";
import type { Notice } from "../ipc.ts";
import { sendNotice } from "./ipc.ts";
import { openWindow, type DeckleWindow, type WindowOptions } from "./window.ts";

export class Windows {
  readonly #options: () => WindowOptions;
  readonly #opened: (browser: BrowserWindow) => void;
  readonly #open = new Map<BrowserWindow, DeckleWindow>();

  /** `options` is asked for each window: its size is that of the last one. `opened` is told of each. */
  constructor(options: () => WindowOptions, opened: (browser: BrowserWindow) => void) {
    this.#options = options;
    this.#opened = opened;
  }

  get count(): number {
    return this.#open.size;
  }
  of(browser: BrowserWindow): DeckleWindow | undefined {
    return this.#open.get(browser);
  }

  open(): DeckleWindow {
    const window = openWindow(this.#options());
    this.#open.set(window.browser, window);
    this.#opened(window.browser);
    window.browser.on("closed", () => this.#open.delete(window.browser));
    return window;
  }

  /** With an invite that waits; a window that is only starting asks for it by itself. */
  bringForward(link: string | null): void {
    const browser = this.#open.keys().next().value ?? this.open().browser;
    if (browser.isMinimized()) browser.restore();
    browser.focus();
    if (link !== null) sendNotice(browser, { type: "invited", link });
  }

  /** Says something in one window: the one that is looked at, or any. */
  say(words: string): void {
    const browsers = [...this.#open.keys()];
    const browser = browsers.find((each) => each.isFocused()) ?? browsers.at(-1);
    if (browser) sendNotice(browser, { type: "said", words });
  }

  /** Says it to all of them. */
  tell(message: Notice): void {
    for (const browser of this.#open.keys()) sendNotice(browser, message);
  }

  /** After the answer has left: the page that asked is about to be replaced. */
  restartSoon(): void {
    setImmediate(() => this.#open.forEach((window) => void window.restart()));
  }
}

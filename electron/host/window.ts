/**
 * One window: how it is made, how it closes, and a picture of it.
 */
import { BrowserWindow, nativeTheme } from "electron";
import { writeFile } from "node:fs/promises";
import { newWindow, nextClosing, type Closing, type ClosingEvent } from "../policy/closing.ts";
import { closeWaitMs } from "../policy/limits.ts";
import { appUrl, isAppUrl } from "../policy/origin.ts";
import { reloadAfterCrashes } from "./crashes.ts";
import { sendNotice } from "./ipc.ts";

/**
 * The page's own background, so that nothing flashes before it has painted. Equal to --paper in
 * renderer/ui/tokens.css.
 */
const background = { light: "#fdfcfa", dark: "#1c1b1a" } as const;
const smallest = { minWidth: 480, minHeight: 360 } as const;
/** After the page says that it has painted: time for the engine to bring in the document. */
const screenshotSettleMs = 1500;

export interface WindowOptions {
  readonly preload: string;
  readonly devTools: boolean;
  readonly size: { readonly width: number; readonly height: number };
  readonly onResized: (size: { width: number; height: number }) => void;
}

/** A window and where it is in closing. `readyToClose` and `keepOpen` are what the page's calls lead to. */
export interface DeckleWindow {
  readonly browser: BrowserWindow;
  readyToClose(): void;
  keepOpen(): void;
  /** Lets the page flush, then loads it anew in a fresh process: under a new policy, with a new worker. */
  restart(): Promise<void>;
}

export function openWindow({ preload, devTools, size, onResized }: WindowOptions): DeckleWindow {
  const browser = new BrowserWindow({
    ...size,
    ...smallest,
    show: false,
    title: "Deckle",
    backgroundColor: nativeTheme.shouldUseDarkColors ? background.dark : background.light,
    webPreferences: {
      preload,
      devTools,
      sandbox: true,
      contextIsolation: true,
      webSecurity: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      navigateOnDragDrop: false,
      // Its dictionaries would come from a public server. Spelling is checked by `host/spelling/`.
      spellcheck: false,
    },
  });
  let closing: Closing = newWindow;
  let deadline: NodeJS.Timeout | undefined;
  let onFlushed: (() => void) | null = null;

  const close = (): void => browser.destroy();
  const advance = (event: ClosingEvent, whenFlushed: () => void = close): void => {
    const before = closing;
    closing = nextClosing(closing, event);
    if (closing === before || closing.state === before.state) return;
    if (closing.state === "flushing") {
      onFlushed = whenFlushed;
      deadline = setTimeout(() => advance("timed-out"), closeWaitMs);
      sendNotice(browser, { type: "closing" });
      return;
    }
    clearTimeout(deadline);
    if (closing.state === "closed") (onFlushed ?? whenFlushed)();
    else onFlushed = null; // kept open
  };

  browser.once("ready-to-show", () => browser.show());
  browser.on("close", (event) => {
    event.preventDefault();
    // Asked to close while it flushes for a restart: then it closes.
    if (closing.state === "flushing") onFlushed = close;
    advance("close-asked");
  });
  browser.on("resized", () => onResized(sizeOf(browser)));
  browser.on("closed", () => clearTimeout(deadline));
  browser.webContents.on("did-finish-load", () => {
    // The empty page of a restart hears nothing, and would be waited for.
    if (isAppUrl(browser.webContents.getURL())) advance("loaded");
  });
  browser.webContents.on("render-process-gone", () => advance("crashed"));
  reloadAfterCrashes(browser, {
    isWanted: () => closing.state === "open" && !browser.isDestroyed(),
    load: () => void browser.loadURL(appUrl),
    close,
  });
  void browser.loadURL(appUrl);

  return {
    browser,
    readyToClose: () => advance("ready"),
    keepOpen: () => advance("kept-open"),
    restart: () =>
      new Promise((resolve) => {
        advance("close-asked", () => {
          closing = newWindow;
          onFlushed = null;
          // By way of an empty page: the shared worker ends with its last page, and only a new one has
          // the new policy.
          void browser
            .loadURL("about:blank")
            .then(() => browser.loadURL(appUrl))
            .then(resolve, resolve);
        });
      }),
  };
}

function sizeOf(browser: BrowserWindow): { width: number; height: number } {
  const { width, height } = browser.getBounds();
  return { width, height };
}

/** Saves a PNG of the window once it has painted. Rejects where the file cannot be written. */
export async function saveScreenshot(browser: BrowserWindow, file: string): Promise<void> {
  const { webContents } = browser;
  if (webContents.isLoading())
    await new Promise<void>((done) => webContents.once("did-finish-load", () => done()));
  await webContents.executeJavaScript(
    `document.fonts.ready.then(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => done(null)), ${screenshotSettleMs})))`,
  );
  await writeFile(file, (await webContents.capturePage()).toPNG());
}

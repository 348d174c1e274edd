/**
 * A page whose process died (a crash, out of memory, killed) is loaded again; one that goes on dying is not, and the
 * person is asked in a dialog of the system, for there is no page that could say it.
 */
import { dialog, type BrowserWindow, type MessageBoxOptions } from "electron";
import { afterCrash, type Reloads } from "../policy/reloads.ts";

const words: MessageBoxOptions = {
  type: "error",
  title: "Deckle",
  message: "This window keeps crashing.",
  detail:
    "What was saved is safe on this device. Try again. If it goes on, quit Deckle and open it again, or restart this computer: its memory may be full.",
  buttons: ["Try again", "Close the window"],
  defaultId: 0,
  cancelId: 0,
};

export interface CrashOptions {
  /** Whether the window is meant to stay: of one that is closing nobody loads the page again. */
  readonly isWanted: () => boolean;
  readonly load: () => void;
  readonly close: () => void;
}

export function reloadAfterCrashes(browser: BrowserWindow, { isWanted, load, close }: CrashOptions): void {
  let reloads: Reloads = [];
  browser.webContents.on("render-process-gone", (_, { reason }) => {
    if (!isWanted()) return;
    const next = afterCrash(reloads, reason, performance.now());
    if (next.action === "none") return;
    console.error(`The page's process is gone: ${reason}.`);
    if (next.action === "reload") {
      reloads = next.reloads;
      // Not from within the event: Chromium is still taking the process apart.
      return void setImmediate(() => isWanted() && load());
    }
    reloads = [];
    void dialog.showMessageBox(browser, words).then(({ response }) => {
      if (!isWanted()) return;
      if (response === 0) load();
      else close();
    });
  });
}

/**
 * The main process: puts its parts together and nothing else. One profile a process; its folder holds
 * its settings and, in Chromium's storage, its documents.
 */
import { app, dialog, session, shell, type BrowserWindow } from "electron";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readMarkdown } from "./host/files.ts";
import { guardContents, guardSession } from "./host/guard.ts";
import { answerCalls } from "./host/ipc.ts";
import { installMenu } from "./host/menu.ts";
import { readManifest, registerScheme, serveScheme } from "./host/scheme.ts";
import { readSettings, writeSettings } from "./host/settings.ts";
import { openWindow, saveScreenshot, type DeckleWindow } from "./host/window.ts";
import type { Failure } from "./ipc.ts";
import { parseArguments, type Arguments } from "./policy/arguments.ts";
import { openableLink } from "./policy/links.ts";
import { parseRelayUrl, type Relay } from "./policy/relay-url.ts";

const firstSize = { width: 1200, height: 820 } as const;

async function run({ profile, relay: relayArgument, imports, screenshot }: Arguments): Promise<void> {
  const appFolder = app.getAppPath();
  const devTools = !app.isPackaged;
  const settingsFile = join(app.getPath("userData"), "settings.json");
  const [read, manifest] = await Promise.all([readSettings(settingsFile), readManifest(appFolder)]);
  let settings = read.settings;
  if (read.problem !== null) console.error(read.problem);

  let relay: Relay | null = null;
  let relayProblem: string | null = read.problem;
  const chosen = relayArgument ?? settings.relay;
  if (chosen !== null) {
    const parsed = parseRelayUrl(chosen);
    if (parsed.ok) relay = parsed.relay;
    else relayProblem = parsed.message;
  }
  let waitingImports = imports;
  const windows = new Map<BrowserWindow, DeckleWindow>();
  let quitting = false;

  const save = async (changed: Partial<typeof settings>): Promise<{ ok: true } | Failure> => {
    const next = { ...settings, ...changed };
    const saved = await writeSettings(settingsFile, next);
    if (saved.ok) settings = next;
    return saved;
  };

  await app.whenReady();
  guardSession(session.defaultSession, () => relay);
  serveScheme(session.defaultSession, { appFolder, manifest, relayOrigin: () => relay?.origin ?? null });
  installMenu({ devTools });

  answerCalls({
    configuration: () => ({
      profile,
      relay: relay?.url ?? null,
      relayProblem,
      version: app.getVersion(),
      standIn: existsSync(join(process.resourcesPath, "stand-in")),
    }),
    pickMarkdown: async (window) => {
      const { filePaths } = await dialog.showOpenDialog(window, {
        title: "Import Markdown",
        properties: ["openFile", "multiSelections"],
        filters: [
          { name: "Markdown", extensions: ["md", "markdown", "mdown", "txt"] },
          { name: "All files", extensions: ["*"] },
        ],
      });
      return Promise.all(filePaths.map(readMarkdown));
    },
    filesToImport: () => {
      const files = waitingImports;
      waitingImports = [];
      return Promise.all(files.map(readMarkdown));
    },
    openLink: async (_, text) => {
      const link = openableLink(text);
      if (!link.ok) return link;
      try {
        await shell.openExternal(link.url);
        return { ok: true };
      } catch {
        return {
          ok: false,
          code: "no-program",
          message: "No program opens this link. Copy it, and paste it where you want to open it.",
        };
      }
    },
    setRelay: async (_, text) => {
      const parsed = text === null ? null : parseRelayUrl(text);
      if (parsed !== null && !parsed.ok) return { ok: false, code: "relay-refused", message: parsed.message };
      const next = parsed?.relay ?? null;
      const saved = await save({ relay: next?.url ?? null });
      if (!saved.ok) return saved;
      relay = next;
      relayProblem = null;
      // After the answer has left: the page that asked is about to be replaced.
      setImmediate(() => windows.forEach((window) => void window.restart()));
      return { ok: true };
    },
    readyToClose: (window) => {
      windows.get(window)?.readyToClose();
      return null;
    },
    keepOpen: (window) => {
      windows.get(window)?.keepOpen();
      quitting = false;
      return null;
    },
  });

  app.on("before-quit", () => (quitting = true));
  app.on("window-all-closed", () => {
    // A window that flushes first has held up the quit that it closes for.
    if (quitting || process.platform !== "darwin") app.quit();
  });
  const open = (): DeckleWindow => {
    const window = openWindow({
      preload: join(appFolder, "electron", "preload.cjs"),
      devTools,
      size: settings.window ?? firstSize,
      onResized: (size) => void save({ window: size }),
    });
    windows.set(window.browser, window);
    window.browser.on("closed", () => windows.delete(window.browser));
    return window;
  };
  app.on("activate", () => {
    if (windows.size === 0) open();
  });
  app.on("second-instance", () => {
    const window = windows.keys().next().value ?? open().browser;
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  const first = open();
  if (screenshot !== null) {
    await saveScreenshot(first.browser, screenshot);
    console.log(`screenshot ${screenshot}`);
  }
}

function refuseToStart(message: string, code: number): never {
  console.error(message);
  app.exit(code);
  process.exit(code);
}

const parsed = parseArguments(process.argv.slice(1));
if (!parsed.ok) refuseToStart(parsed.message, 2);
// As root Chromium has no sandbox and says so with this switch; both together leave no process running.
if (!app.commandLine.hasSwitch("no-sandbox")) app.enableSandbox();
registerScheme();
guardContents();
const base = process.env["DECKLE_DATA"] ?? join(app.getPath("appData"), "Deckle");
app.setPath("userData", join(base, "profiles", parsed.value.profile));
if (!app.requestSingleInstanceLock()) {
  refuseToStart(
    `Deckle already runs with the profile "${parsed.value.profile}"; its window was brought forward.`,
    0,
  );
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => app.quit());
run(parsed.value).catch((error: unknown) => {
  console.error("Deckle could not start:", error);
  app.exit(1);
});

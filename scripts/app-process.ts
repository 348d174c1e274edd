/**
 * Deckle as end-to-end tests and benchmarks drive it: the built app in a real Electron, with a profile of
 * its own, through Playwright. Whoever launches it ends it.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "playwright";
import { electronBinary } from "./electron-binary.ts";
import { startVirtualDisplay } from "./system.ts";

const killedMs = 10_000;

export interface LaunchOptions {
  /** The folder that holds the profiles; two launches with the same one see the same documents. */
  readonly dataDir: string;
  readonly profile?: string;
  /** No relay: the profile writes alone. */
  readonly relay?: string;
  /** Further arguments of Deckle, such as `--import=FILE`. */
  readonly args?: readonly string[];
}

export interface RunningApp {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** What the page threw and what it wrote to the console as an error, in order. */
  readonly problems: readonly string[];
  /** As a person closes it: the window flushes first. */
  close(): Promise<void>;
  /** As a crash ends it: SIGKILL, nothing is flushed. */
  kill(): Promise<void>;
}

/** A new empty folder for profiles and a relay's store; the caller removes it. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "deckle-"));
}

/** Needs the build in dist/ (`npm run build`; `npm test` makes it). */
export async function launchApp({
  dataDir,
  profile = "default",
  relay,
  args = [],
}: LaunchOptions): Promise<RunningApp> {
  const binary = await electronBinary();
  const display = process.platform === "linux" ? await startVirtualDisplay() : null;
  const environment = { ...process.env, DECKLE_DATA: dataDir, ...(display && { DISPLAY: display.display }) };
  let app: ElectronApplication;
  let page: Page;
  try {
    app = await _electron.launch({
      executablePath: binary.path,
      args: [
        ...binary.appArguments,
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        `--profile=${profile}`,
        ...(relay === undefined ? [] : [`--relay=${relay}`]),
        ...args,
      ],
      env: Object.fromEntries(
        Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    });
    page = await app.firstWindow();
  } catch (error) {
    // Playwright ends an Electron that it could not drive; the display is ours.
    await display?.stop();
    throw error;
  }

  const problems: string[] = [];
  const child = app.process();
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.waitForLoadState("load");

  return {
    app,
    page,
    problems,
    close: async () => {
      await app.close();
      await exited;
      await display?.stop();
    },
    kill: async () => {
      const deadline = AbortSignal.timeout(killedMs);
      child.kill("SIGKILL");
      await Promise.race([
        exited,
        new Promise((_, reject) =>
          deadline.addEventListener("abort", () => reject(new Error("Electron outlived its SIGKILL."))),
        ),
      ]);
      await display?.stop();
    },
  };
}

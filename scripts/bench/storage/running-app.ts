/**
 * The app as the system would start it, watched over its debugging port: the window as a page, the engine (a
 * SharedWorker, which pages do not see) over a connection of its own, its processes in /proc.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, type Browser, type Page } from "playwright";
import { electronBinary } from "../../electron-binary.ts";
import { startVirtualDisplay, type VirtualDisplay } from "../../system.ts";
import { EngineInspector } from "./engine-inspector.ts";

const appOrigin = "app://";
const restLooksMs = 1_000;
/** Of one core, for `restLooks` looks in a row: nothing is going on. */
const restShareMax = 0.05;
const restLooks = 3;
/** Linux counts CPU time so. */
const tickMs = 10;

export interface StartOptions {
  /** Holds the profiles. */
  readonly dataDir: string;
  readonly relay?: string;
}

export class RunningApp {
  readonly page: Page;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly #debuggingPort: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #display: VirtualDisplay;
  readonly #browser: Browser;

  private constructor(
    parts: Pick<RunningApp, "page" | "startedAtMs"> & { readonly debuggingPort: number },
    child: ChildProcess,
    exited: Promise<void>,
    display: VirtualDisplay,
    browser: Browser,
  ) {
    this.page = parts.page;
    this.#debuggingPort = parts.debuggingPort;
    this.startedAtMs = parts.startedAtMs;
    this.#child = child;
    this.#exited = exited;
    this.#display = display;
    this.#browser = browser;
  }

  static async start({ dataDir, relay }: StartOptions): Promise<RunningApp> {
    const binary = await electronBinary();
    const display = await startVirtualDisplay();
    const startedAtMs = Date.now();
    const child = spawn(
      binary.path,
      [
        ...binary.appArguments,
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--remote-debugging-port=0",
        "--profile=default",
        ...(relay === undefined ? [] : [`--relay=${relay}`]),
      ],
      {
        env: { ...process.env, DECKLE_DATA: dataDir, DISPLAY: display.display },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    try {
      const endpoint = await debuggingEndpoint(child, exited);
      const browser = await chromium.connectOverCDP(endpoint);
      const page = await appPage(browser);
      const debuggingPort = Number(new URL(endpoint).port);
      return new RunningApp({ page, startedAtMs, debuggingPort }, child, exited, display, browser);
    } catch (error) {
      child.kill("SIGKILL");
      await exited;
      await display.stop();
      throw error;
    }
  }

  /** As the end of a session ends it: windows flush first. */
  async close(): Promise<void> {
    await this.#browser.close();
    this.#child.kill("SIGTERM");
    await this.#exited;
    await this.#display.stop();
  }

  /** The engine that runs now; whoever asks closes it. */
  engine(): Promise<EngineInspector> {
    return EngineInspector.connect(this.#debuggingPort);
  }

  /** Physical memory of the processes that run windows and the engine; shared pages count by their share. */
  rendererBytes(): number {
    return this.#processes()
      .filter(({ command }) => command.includes("--type=renderer"))
      .map(({ pid }) => pssBytes(pid))
      .reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Until all of its processes together have done next to nothing for a while. */
  async atRest(withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    for (let looks = 0; looks < restLooks;) {
      if (Date.now() > deadline) throw new Error(`the app was not at rest within ${withinMs} ms`);
      const before = this.#cpuMs();
      await sleep(restLooksMs);
      looks = this.#cpuMs() - before < restShareMax * restLooksMs + tickMs ? looks + 1 : 0;
    }
  }

  #cpuMs(): number {
    return this.#processes().reduce((sum, { pid }) => sum + cpuMs(pid), 0);
  }

  #processes(): { pid: number; command: string }[] {
    const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
    const childrenOf = Map.groupBy(all, (pid) => parentOf(pid) ?? 0);
    const found: { pid: number; command: string }[] = [];
    const waiting = this.#child.pid === undefined ? [] : [this.#child.pid];
    for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
      found.push({ pid, command: read(`/proc/${pid}/cmdline`) });
      waiting.push(...(childrenOf.get(pid) ?? []));
    }
    return found;
  }
}

function debuggingEndpoint(child: ChildProcess, exited: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!child.stderr) return reject(new Error("the app has no stderr"));
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    void exited.then(() => reject(new Error("the app ended before it opened its debugging port")));
  });
}

async function appPage(browser: Browser): Promise<Page> {
  const context = browser.contexts()[0];
  if (!context) throw new Error("the app has no browser context");
  const isApp = (page: Page): boolean => page.url().startsWith(appOrigin);
  return context.pages().find(isApp) ?? context.waitForEvent("page", isApp);
}

/** What a process says of itself; nothing once it has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The fields after the name, which may hold anything. */
const statOf = (pid: number): string[] => read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];

function parentOf(pid: number): number | undefined {
  const [, parent] = statOf(pid);
  return parent === undefined ? undefined : Number(parent);
}

function cpuMs(pid: number): number {
  const [user = 0, system = 0] = statOf(pid).slice(11, 13).map(Number);
  return (user + system) * tickMs;
}

function pssBytes(pid: number): number {
  return 1024 * Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

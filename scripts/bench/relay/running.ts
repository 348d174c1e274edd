/**
 * A server as a process of its own, and what the kernel says that it costs: CPU time and memory of it and of all
 * processes that it started. Linux only, for it reads `/proc`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { servers, type ServerName, type Setting } from "./servers.ts";

const readyMs = 15_000;
const stopMs = 5_000;
const msPerTick = 10;
const serverCore = "0";

export class RunningServer {
  readonly name: ServerName;
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<void>;
  /** Why it ended by itself, if it did. */
  crashedBy = "";
  readonly #kill: (signal: NodeJS.Signals) => void;
  readonly #said: () => string;

  private constructor(
    name: ServerName,
    port: number,
    child: ReturnType<typeof spawn>,
    pid: number,
    said: () => string,
  ) {
    this.name = name;
    this.port = port;
    this.pid = pid;
    this.url = `ws://127.0.0.1:${port}${servers[name].path}`;
    this.#kill = (signal) => void child.kill(signal);
    this.#said = said;
    this.exited = new Promise((resolve) =>
      child.once("exit", (code, signal) => {
        this.crashedBy = `${signal ?? `exit ${code}`}: ${said().trim().split("\n").slice(-3).join(" ").slice(-300)}`;
        resolve();
      }),
    );
  }

  /** Rejects with its own words if it does not listen in time. */
  static async start(
    name: ServerName,
    data: string,
    setting: Setting,
    port?: number,
  ): Promise<RunningServer> {
    const chosen = port ?? (await freePort());
    const { args, env, cwd } = servers[name].start(chosen, data, setting);
    const [file, words] = setting.isPinned
      ? ["taskset", ["-c", serverCore, process.execPath, ...args]]
      : [process.execPath, [...args]];
    const child = spawn(file, words, {
      cwd,
      env: { ...process.env, ...env, NODE_ENV: "production" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    const hear = (data: Buffer): void => void (said = (said + data.toString()).slice(-4000));
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    if (child.pid === undefined) throw new Error(`${name} could not be started`);
    const server = new RunningServer(name, chosen, child, child.pid, () => said);
    await server.#listening();
    return server;
  }

  async #listening(): Promise<void> {
    const deadlineMs = performance.now() + readyMs;
    while (!(await answers(this.port))) {
      if (this.crashedBy || performance.now() > deadlineMs) {
        this.#kill("SIGKILL");
        throw new Error(`${this.name} did not start: ${this.#said().slice(-400)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Milliseconds of CPU since the start, of all threads and of processes that it started. */
  cpuMs(): number {
    let ticks = 0;
    for (const pid of tree(this.pid)) {
      const fields = statOf(pid);
      // utime, stime, and those of children that ended.
      for (const index of [11, 12, 13, 14]) ticks += Number(fields[index] ?? 0);
    }
    return ticks * msPerTick;
  }

  /** Of processes that it started only what is their own: the pages of the program file are counted already. */
  rssBytes(): number {
    const kilobytes = (pid: number, field: string): number =>
      Number(new RegExp(`${field}:\\s+(\\d+)`).exec(read(pid, "status"))?.[1] ?? 0);
    const [own, ...others] = tree(this.pid);
    return 1024 * others.reduce((sum, pid) => sum + kilobytes(pid, "RssAnon"), kilobytes(own ?? 0, "VmRSS"));
  }

  async stop(): Promise<void> {
    const deadline = setTimeout(() => this.#kill("SIGKILL"), stopMs);
    this.#kill("SIGTERM");
    await this.exited;
    clearTimeout(deadline);
  }

  async kill9(): Promise<void> {
    this.#kill("SIGKILL");
    await this.exited;
  }
}

/** A folder that goes when the runner does. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "deckle-bench-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
};

/** The fields of `/proc/PID/stat` after the name, which may hold spaces. */
const statOf = (pid: number): string[] => {
  const stat = read(pid, "stat");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
};

function tree(pid: number): number[] {
  const children = read(pid, `task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(tree)];
}

/** Below the ports that the kernel gives to outgoing connections: a server that was killed must get its port back. */
const ports = { from: 20_000, count: 10_000 } as const;

async function freePort(): Promise<number> {
  for (;;) {
    const port = ports.from + Math.floor(Math.random() * ports.count);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}

/** Milliseconds that all cores of the machine were busy, whoever with. */
export function machineBusyMs(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync("/proc/stat", "utf8").split("\n")[0] ?? ""
  )
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq) * msPerTick;
}

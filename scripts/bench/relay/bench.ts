/** What a row has to work with: a server, documents on it, crowds of clients, and the clocks of both sides. */
import { makeScene } from "./dialects.ts";
import type { Client, Content, Scene } from "./client.ts";
import { RunningServer, temporaryFolder } from "./running.ts";
import { servers, type ServerName, type Setting } from "./servers.ts";

/** One measured thing. `median` and the rest are the same where there is one value. */
export interface Figure {
  readonly operation: string;
  readonly size?: string;
  readonly unit: string;
  readonly median: number;
  readonly p95: number;
  readonly p99?: number;
  readonly isMoreBetter?: boolean;
  /** For the notes: what the number does not say. */
  readonly remark?: string;
}

/** Sockets that are opened at once: a listen queue is 511 long. */
const joinsAtOnce = 20;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Bench {
  readonly name: ServerName;
  readonly #setting: Setting;
  readonly #data: string;
  #isKilling = false;
  #cpuMsOfKilled = 0;
  server: RunningServer;

  private constructor(name: ServerName, setting: Setting, data: string, server: RunningServer) {
    this.name = name;
    this.#setting = setting;
    this.#data = data;
    this.server = server;
  }

  /** Runs a row on a server of its own, and cleans up whatever becomes of it. */
  static async run<T>(name: ServerName, setting: Setting, row: (bench: Bench) => Promise<T>): Promise<T> {
    using folder = temporaryFolder();
    const server = await RunningServer.start(name, folder.path, setting);
    const bench = new Bench(name, setting, folder.path, server);
    try {
      const crashed = server.exited.then(() => {
        if (!bench.#isKilling) throw new Error(`the server ended: ${server.crashedBy}`);
        return new Promise<never>(() => {});
      });
      return await Promise.race([row(bench), crashed]);
    } finally {
      const last = bench.server;
      await last.stop();
    }
  }

  /** Kills the server as a power cut would, at once, and starts it again on the same data. */
  async restart(): Promise<void> {
    this.#isKilling = true;
    const { port } = this.server;
    // Killed first: reading what it cost would give it time.
    const killed = this.server.kill9();
    this.#cpuMsOfKilled += this.server.cpuMs();
    await killed;
    this.server = await RunningServer.start(this.name, this.#data, this.#setting, port);
  }

  /** Of this row's server, and of those that were killed. */
  get cpuMs(): number {
    return this.#cpuMsOfKilled + this.server.cpuMs();
  }

  async scene(content: Content): Promise<Scene> {
    const scene = await makeScene(servers[this.name].dialect, this.server.url, content);
    await scene.seed();
    return scene;
  }

  async crowd(scene: Scene, clients: number, firstIndex = 1): Promise<Client[]> {
    const crowd = Array.from({ length: clients }, (_, i) => scene.client(firstIndex + i));
    await atOnce(joinsAtOnce, crowd, (client) => client.join());
    return crowd;
  }

  /** What a stretch of time cost. CPU time of a server is in steps of 10 ms. */
  async cost(
    during: () => Promise<void>,
  ): Promise<{ ms: number; serverCpuMs: number; generatorCpuMs: number }> {
    const startedAtMs = performance.now();
    const before = this.server.cpuMs();
    const own = process.cpuUsage();
    await during();
    const used = process.cpuUsage(own);
    return {
      ms: performance.now() - startedAtMs,
      serverCpuMs: this.server.cpuMs() - before,
      generatorCpuMs: (used.user + used.system) / 1000,
    };
  }
}

/** Calls `each` so many times a second for so long, whatever the calls cost: late calls are made up for. */
export async function openLoop(
  perSecond: number,
  seconds: number,
  each: (i: number) => void,
): Promise<number> {
  const startedAtMs = performance.now();
  let done = 0;
  for (;;) {
    const elapsedMs = performance.now() - startedAtMs;
    const due = Math.min(perSecond * seconds, Math.floor((elapsedMs * perSecond) / 1000) + 1);
    while (done < due) each(done++);
    if (elapsedMs >= seconds * 1000) return done;
    await sleep(Math.max(1, Math.min(1000 / perSecond, 5)));
  }
}

/** Waits until it holds, at most so long. */
export async function settle(holds: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadlineMs) return false;
    await sleep(2);
  }
  return true;
}

export const one = (value: number): { median: number; p95: number } => ({ median: value, p95: value });
export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));
export const megabytes = (bytes: number): number => rounded(bytes / 1e6, 1);

/** Does `each` for all, so many at a time. */
export async function atOnce<T>(
  width: number,
  all: readonly T[],
  each: (one: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = all[next++]; item !== undefined; item = all[next++]) await each(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/**
 * For tests only: a relay process under attack, an innocent pair of stock clients beside the attacker, and the
 * relay's memory.
 *
 * What is measured. *Held* memory is `heapUsed + external` of the relay's main thread after a full collection, asked
 * through the inspector, so the relay has no code for it: exact to some 100 kB, it may not be 5 MB more after an
 * attack than before. *Resident* memory (RSS) is the whole process with its threads, but also what the allocator
 * keeps for next time, some 50 MB that come and go. So an attack is repeated, and RSS may not grow by 5 MB in every
 * round. Memory that returns within `settleMs` was not lost.
 */
import { readdirSync } from "node:fs";
import type { DocHandle } from "@automerge/automerge-repo";
import { z } from "zod";
import WebSocket from "ws";
import { find, RelayProcess, sleep, until, type Content, type Stage } from "./harness.ts";
import type { RelayOptions } from "./main.ts";

export const memoryGrowthBytesMax = 5e6;
const settleMs = 10_000;
/** Longer than the time after which the relay in these tests forgets an idle room. */
const steadyMs = 800;
const steadyBytes = 250_000;
/** Time that a hook needs to start one on a busy machine. */
export const attackedStartMs = 60_000;
/**
 * RSS is judged from the third round on. The allocator of a process that has just begun takes more for some rounds,
 * whatever is attacked; a leak takes more in every one, and so does not stop before the last.
 */
const attackRoundsMax = 12;
const attackRounds = Number(process.env["ATTACK_ROUNDS"] ?? 2);
/** Large blocks go back to the system at once; without it the allocator's noise is larger still. */
const frugal = { MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_ARENA_MAX: "2" };

export interface Memory {
  readonly heldBytes: number;
  readonly rssBytes: number;
}

const answer = z.object({ id: z.number(), result: z.object({ result: z.object({ value: z.string() }) }) });
const usage = z.object({ heapUsed: z.number(), external: z.number() });

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Asks a process that was started with `--inspect` and `--expose-gc`. */
class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      if (!Buffer.isBuffer(data)) return;
      const parsed = answer.safeParse(JSON.parse(data.toString()));
      if (!parsed.success) return;
      this.#waiting.get(parsed.data.id)?.resolve(JSON.parse(parsed.data.result.result.value));
      this.#waiting.delete(parsed.data.id);
    });
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the relay is gone"));
    });
  }
  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return new Inspector(socket);
  }
  evaluate(expression: string): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const params = { expression: `JSON.stringify(${expression})`, returnByValue: true };
      this.#socket.send(JSON.stringify({ id, method: "Runtime.evaluate", params }));
    });
  }
  close(): void {
    this.#socket.terminate();
  }
}

/** What the innocent pair saw while something went on. */
export interface Pulse {
  readonly edits: number;
  readonly worstMs: number;
}

/** How long this process could not look up from its own work. */
class LoopLag {
  readonly #timer: NodeJS.Timeout;
  #busyMs = 0;
  #lastMs = performance.now();

  constructor() {
    this.#timer = setInterval(() => {
      this.#busyMs = this.busyMs;
      this.#lastMs = performance.now();
    }, lagTickMs);
  }
  /** Up to now, and not up to the last tick: the tick itself may be what is late. */
  get busyMs(): number {
    const sinceMs = performance.now() - this.#lastMs;
    // Timers are late by a few ms without any work.
    return this.#busyMs + (sinceMs > 3 * lagTickMs ? sinceMs - lagTickMs : 0);
  }
  stop(): void {
    clearInterval(this.#timer);
  }
}
const lagTickMs = 5;

export class Attacked {
  readonly relay: RelayProcess;
  readonly stage: Stage;
  /** The innocent pair's document, as each of the two sees it. */
  readonly mine: DocHandle<Content>;
  readonly theirs: DocHandle<Content>;
  readonly #inspector: Inspector;
  #edits = 0;
  /** The slowest innocent edit without an attack: other tests may have the machine's other core, and more. */
  #usualMs = 0;

  private constructor(
    stage: Stage,
    relay: RelayProcess,
    inspector: Inspector,
    pair: readonly [DocHandle<Content>, DocHandle<Content>],
  ) {
    this.stage = stage;
    this.relay = relay;
    this.#inspector = inspector;
    [this.mine, this.theirs] = pair;
  }

  static async start(
    stage: Stage,
    times: RelayOptions["times"] = {},
    data = stage.folder(),
  ): Promise<Attacked> {
    return Attacked.startWith(stage, { data, times }, async ({ url }) => {
      const mine = stage.repo(url).create<Content>({ edits: 0 });
      return [mine, await find(stage.repo(url), mine.url)];
    });
  }

  /** With another innocent pair: the document as each of the two sees it. */
  static async startWith(
    stage: Stage,
    options: Parameters<typeof RelayProcess.startTuned>[0],
    pairOn: (relay: RelayProcess) => Promise<readonly [DocHandle<Content>, DocHandle<Content>]>,
  ): Promise<Attacked> {
    const flags = ["--expose-gc", "--inspect=127.0.0.1:0"];
    const relay = await RelayProcess.startTuned(options, { flags, env: frugal });
    stage.defer(() => relay.end("SIGKILL"));
    const inspector = await Inspector.connect(/ws:\/\/\S+/.exec(relay.stderr)?.[0] ?? "");
    stage.defer(() => inspector.close());
    const attacked = new Attacked(stage, relay, inspector, await pairOn(relay));
    // Code that is compiled once is not what an attack leaves behind.
    for (let i = 0; i < 30; i++) {
      const tookMs = await attacked.edit();
      if (i >= 10) attacked.#usualMs = Math.max(attacked.#usualMs, tookMs);
    }
    return attacked;
  }

  get url(): string {
    return this.relay.url;
  }
  get port(): number {
    return this.relay.port;
  }

  /** One edit of the innocent pair, from one to the other and back by turns; how long it took. */
  async edit(timeoutMs = 8_000): Promise<number> {
    const edits = ++this.#edits;
    const [here, there] = edits % 2 ? [this.mine, this.theirs] : [this.theirs, this.mine];
    const started = performance.now();
    here.change((doc) => void (doc["edits"] = edits));
    await until("the innocent still sync", () => there.doc()["edits"] === edits, timeoutMs);
    return performance.now() - started;
  }

  /**
   * Edits of the innocent pair while `run` runs. The attacker lives in this process, too: what it takes from the
   * pair by keeping this event loop busy is not the relay's doing, and not counted.
   */
  async pulseDuring(run: () => Promise<void>): Promise<Pulse> {
    let isRunning = true;
    let worstMs = 0;
    let edits = 0;
    const loop = new LoopLag();
    let failure: unknown;
    const pulsing = (async (): Promise<void> => {
      while (isRunning) {
        const busyBeforeMs = loop.busyMs;
        const tookMs = await this.edit(20_000);
        worstMs = Math.max(worstMs, tookMs - (loop.busyMs - busyBeforeMs));
        edits++;
        await sleep(25);
      }
    })().catch((error: unknown) => (failure = error));
    try {
      await run();
    } finally {
      isRunning = false;
      await pulsing;
      loop.stop();
    }
    if (failure !== undefined) throw failure;
    return { edits, worstMs };
  }

  async memory(): Promise<Memory> {
    await this.#inspector.evaluate("(gc(), gc(), 0)");
    const { heapUsed, external } = usage.parse(await this.#inspector.evaluate("process.memoryUsage()"));
    return { heldBytes: heapUsed + external, rssBytes: this.relay.rssBytes };
  }

  /** The memory once it no longer falls: what an earlier test left to be forgotten would hide what this one leaves. */
  async steadyMemory(): Promise<Memory> {
    let last = await this.memory();
    for (;;) {
      await sleep(steadyMs);
      const now = await this.memory();
      if (now.heldBytes > last.heldBytes - steadyBytes) return now;
      last = now;
    }
  }

  /** The memory once no more than so much is held, at the latest after `settleMs`. */
  async settledMemory(heldBytes: number): Promise<Memory> {
    const deadline = performance.now() + settleMs;
    for (;;) {
      const now = await this.memory();
      if (now.heldBytes <= heldBytes || performance.now() > deadline) return now;
      await sleep(250);
    }
  }

  /** Throws with words if the relay is not what it was before. */
  async mustBeUnharmed(before: Memory): Promise<Memory> {
    if (this.relay.child.exitCode !== null || this.relay.child.signalCode !== null)
      throw new Error(`the relay died: ${this.relay.stderr.slice(-2_000)}`);
    const bug = /.*"bug".*/.exec(this.relay.stderr)?.[0];
    if (bug) throw new Error(`the relay reports a bug of its own: ${bug}`);
    await this.edit();
    const after = await this.settledMemory(before.heldBytes + memoryGrowthBytesMax);
    const grownBytes = after.heldBytes - before.heldBytes;
    if (grownBytes > memoryGrowthBytesMax) throw new Error(`the relay holds ${megabytes(grownBytes)} more`);
    return after;
  }

  /** Runs an attack `rounds` times beside the innocent pair; after each round the relay must be unharmed. */
  async attack(run: () => Promise<void>, { rounds = attackRounds, worstMs = 1_500 } = {}): Promise<Pulse> {
    const before = await this.steadyMemory();
    const rss: number[] = [];
    const pulse = { edits: 0, worstMs: 0 };
    let heldBytes = 0;
    for (let round = 0; round < rounds || (growsOnAndOn(rss) && round < attackRoundsMax); round++) {
      const { edits, worstMs: slowestMs } = await this.pulseDuring(run);
      pulse.edits += edits;
      pulse.worstMs = Math.max(pulse.worstMs, slowestMs);
      const after = await this.mustBeUnharmed(before);
      heldBytes = after.heldBytes - before.heldBytes;
      rss.push(after.rssBytes);
    }
    console.log(
      `others' slowest edit ${Math.round(pulse.worstMs)} ms (without an attack ${Math.round(this.#usualMs)}),`,
      `${megabytes(heldBytes)} more held, RSS after each round ${rss.map(megabytes).join(", ")}`,
    );
    if (pulse.worstMs > Math.max(worstMs, 5 * this.#usualMs)) {
      const [tookMs, usualMs] = [Math.round(pulse.worstMs), Math.round(this.#usualMs)];
      throw new Error(`an innocent edit took ${tookMs} ms, without an attack it was ${usualMs}`);
    }
    if (growsOnAndOn(rss)) throw new Error(`RSS grows with every round: ${rss.map(megabytes).join(", ")}`);
    return pulse;
  }

  /** From now on its clock is so much ahead: of nonces, tickets and invites, not of sockets and rooms. */
  async letTimePass(ms: number): Promise<void> {
    await this.#inspector.evaluate(`(Date.now = ((was) => () => was() + ${ms})(Date.now), 0)`);
  }

  /** File descriptors of the relay: sockets that it did not let go of. */
  get openFiles(): number {
    return readdirSync(`/proc/${this.relay.child.pid}/fd`).length;
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Whether each round took more than the one before; of two rounds nothing can be said. */
function growsOnAndOn(rss: readonly number[]): boolean {
  const growth = rss.slice(1).map((bytes, i) => bytes - (rss[i] ?? 0));
  return growth.length > 1 && Math.min(...growth) > memoryGrowthBytesMax;
}

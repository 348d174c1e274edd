/**
 * The load test: 2,000 clients over 500 documents, 5,000 edits a second in total, relay and generator on the same two
 * cores. Reports receipt latency, event-loop lag, and what was lost, which must be nothing: in the end the relay is
 * killed, started again on its data, and every receipt compared with what it then gives.
 *
 * With `minutes` it is a soak: every document is left after two minutes and a new one begun, as people do, so memory
 * should stay level; it is written down every 10 s, and its slope after warm-up is reported.
 */
import { makeSeed, type Seed } from "../bench/relay/automerge-seed.ts";
import { atOnce, megabytes, rounded, sleep } from "../bench/relay/bench.ts";
import { relayCli } from "../bench/relay/relay-cli.ts";
import { RunningServer, temporaryFolder } from "../bench/relay/running.ts";
import type { Setting } from "../bench/relay/servers.ts";
import type { Report } from "../bench/report.ts";
import { Group } from "./group.ts";
import { loadReport, type Outcome } from "./report.ts";
import { Tally } from "./tally.ts";

export interface LoadOptions {
  /** Of another checkout's relay; empty is this one's. */
  readonly relayRoot: string;
  readonly editsPerSecond: number;
  readonly seconds: number;
  /** A soak: documents come and go. */
  readonly isSoak: boolean;
}

const documents = 500;
const clientsPerDocument = 4;
const documentSeconds = 120;
const warmUpSeconds = 5;
const sampleMs = 10_000;
const startsAtOnce = 20;
const provesAtOnce = 4;

export async function load(options: LoadOptions): Promise<Report> {
  using folder = temporaryFolder();
  const setting: Setting = {
    relayCli: await relayCli(options.relayRoot),
    relayNodeFlags: [],
    relayIsOpen: true,
    peersFolder: "",
    isPinned: false,
  };
  const server = await RunningServer.start("ours", folder.path, setting);
  let last = server;
  try {
    const run = new Run(server, await makeSeed({ kind: "text", chars: 1_000, charsPerChange: 100 }), options);
    await run.start();
    await run.drive();
    await run.end();
    await server.kill9();
    last = await RunningServer.start("ours", folder.path, setting, server.port);
    await run.prove();
    return loadReport(run.outcome);
  } finally {
    await last.stop();
  }
}

class Run {
  readonly #server: RunningServer;
  readonly #seed: Seed;
  readonly #options: LoadOptions;
  readonly #tally = new Tally();
  #groups: Group[] = [];
  readonly #left: Group[] = [];
  readonly #ending: Promise<void>[] = [];
  /** Seconds and MB. */
  readonly #memory: [number, number][] = [];
  readonly #lagsMs: number[] = [];
  #serverShare = 0;
  #generatorShare = 0;
  #failure: unknown;

  constructor(server: RunningServer, seed: Seed, options: LoadOptions) {
    this.#server = server;
    this.#seed = seed;
    this.#options = options;
    void server.exited.then(() => (this.#failure ??= new Error(`the relay ended: ${server.crashedBy}`)));
  }

  #group(): Group {
    return new Group(this.#server.url, this.#seed, clientsPerDocument, this.#tally);
  }

  async start(): Promise<void> {
    this.#groups = Array.from({ length: documents }, () => this.#group());
    await atOnce(startsAtOnce, this.#groups, (group) => group.start());
    console.error(`${documents * clientsPerDocument} clients have joined ${documents} documents`);
  }

  async drive(): Promise<void> {
    const { editsPerSecond, seconds, isSoak } = this.#options;
    await this.#type(editsPerSecond, warmUpSeconds, () => {});
    this.#tally.receipt.clear();
    this.#tally.delivery.clear();
    await this.#lag();
    const before = this.#server.cpuMs();
    const own = process.cpuUsage();
    const startedAtMs = performance.now();
    let sampledAtMs = startedAtMs;
    let turned = 0;
    await this.#type(editsPerSecond, seconds, (elapsedMs) => {
      if (this.#failure) throw this.#failure;
      const nowMs = startedAtMs + elapsedMs;
      if (nowMs - sampledAtMs >= sampleMs) {
        sampledAtMs = nowMs;
        void this.#sample(elapsedMs / 1000);
      }
      const due = isSoak ? Math.floor((elapsedMs / 1000) * (documents / documentSeconds)) : 0;
      for (; turned < due; turned++) this.#replace(turned % documents);
    });
    const ms = performance.now() - startedAtMs;
    const used = process.cpuUsage(own);
    await this.#sample(ms / 1000);
    this.#serverShare = (this.#server.cpuMs() - before) / ms;
    this.#generatorShare = (used.user + used.system) / 1000 / ms;
  }

  /** At this rate whatever happens; each client in turn. */
  async #type(perSecond: number, seconds: number, tick: (elapsedMs: number) => void): Promise<void> {
    const startedAtMs = performance.now();
    for (let done = 0; ;) {
      const elapsedMs = performance.now() - startedAtMs;
      const due = Math.min(perSecond * seconds, (elapsedMs * perSecond) / 1000);
      for (; done < due; done++) this.#groups[done % documents]?.edit(Math.floor(done / documents));
      tick(elapsedMs);
      if (elapsedMs >= seconds * 1000) return;
      await sleep(2);
    }
  }

  /** One document is left, and its people begin another. */
  #replace(at: number): void {
    const next = this.#group();
    const change = next.start().then(() => {
      const old = this.#groups[at];
      this.#groups[at] = next;
      if (old) this.#left.push(old);
      return old?.end();
    });
    this.#ending.push(change.catch((error: unknown) => void (this.#failure ??= error)));
  }

  async end(): Promise<void> {
    await Promise.all(this.#ending);
    if (this.#failure) throw this.#failure;
    await Promise.all(this.#groups.map((group) => group.end()));
  }

  async prove(): Promise<void> {
    console.error("killed and started again; receipts are compared with its data…");
    await atOnce(provesAtOnce, [...this.#left, ...this.#groups], (group) => group.prove());
  }

  async #sample(atSeconds: number): Promise<void> {
    this.#memory.push([atSeconds, megabytes(this.#server.rssBytes())]);
    const lagMs = await this.#lag();
    if (lagMs !== undefined) this.#lagsMs.push(lagMs);
    const [, mb] = this.#memory.at(-1) ?? [0, 0];
    const { receipt } = this.#tally;
    console.error(
      `${Math.round(atSeconds)} s: ${mb} MB, receipts p99 ${rounded(receipt.percentile(0.99), 0)} ms, lag p99 ${lagMs ?? "?"} ms`,
    );
  }

  /** p99 of the event loop's lag since the last time; `undefined` where the relay does not say. */
  async #lag(): Promise<number | undefined> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#server.port}/metrics`, {
        headers: { Connection: "close" },
      });
      const found = /event_loop_lag_seconds\{quantile="0\.99"\} (\S+)/.exec(await answer.text())?.[1];
      return found === undefined ? undefined : rounded(Number(found) * 1000, 1);
    } catch {
      return undefined;
    }
  }

  get outcome(): Outcome {
    return {
      ...this.#options,
      clients: documents * clientsPerDocument,
      documents,
      documentSeconds,
      tally: this.#tally,
      memory: this.#memory,
      lagsMs: this.#lagsMs,
      serverShare: this.#serverShare,
      generatorShare: this.#generatorShare,
    };
  }
}

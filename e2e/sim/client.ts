/**
 * A person's computer: a disk, an engine as `renderer/engine/assemble.ts` puts it together, and windows with the real
 * connection and the real sessions, which lack only a view.
 */
import { createHash } from "node:crypto";
import { history } from "prosemirror-history";
import type { Repo } from "@automerge/automerge-repo/slim";
import type * as A from "@automerge/automerge/slim";
import type { DeckleDocument } from "../../renderer/document/body.ts";
import { EngineConnection, type Worker } from "../../renderer/editor/connection.ts";
import { identifyPlugin } from "../../renderer/editor/identify-plugin.ts";
import { parseRendering } from "../../renderer/editor/renderings.ts";
import { Session, type Facts } from "../../renderer/editor/session.ts";
import { assemble } from "../../renderer/engine/assemble.ts";
import { neverBack, systemClock, type Clock } from "../../renderer/engine/clock.ts";
import type { Engine } from "../../renderer/engine/engine.ts";
import { Ledger } from "../../renderer/engine/ledger.ts";
import type { DocumentStatus, FromEngine, LibraryEntry } from "../../renderer/engine/port.ts";
import { Renderings } from "../../renderer/engine/renderings.ts";
import { serve, type WindowPort } from "../../renderer/engine/serving.ts";
import { Platter, SimCopy, SimDisk, SimJournal, SimValues } from "./disk.ts";
import { Life, Machine, type Loop } from "./loop.ts";
import type { Relay } from "./relay.ts";

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
/** Without waiting for it. */
const sha256 = async (bytes: Uint8Array): Promise<ArrayBuffer> =>
  new Uint8Array(createHash("sha256").update(bytes).digest()).buffer;

/** What the world is told as it happens. */
export type Watch = {
  status(client: Client, document: string, status: DocumentStatus): void;
  receipt(client: Client, document: string, heads: readonly string[]): void;
  facts(client: Client, window: Window, session: Session, facts: Facts): void;
  failed(client: Client, reason: unknown): void;
};

type Port = Worker["port"];

/** One end of a message channel between two processes of a machine. */
class SimPort {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  other: SimPort | null = null;
  /** Sees what is sent, when it is. */
  posted: (message: unknown) => void = () => {};
  readonly #loop: Loop;
  readonly #life: Life;
  #isClosed = false;
  #lastMs = 0;
  #onClose: (() => void) | null = null;

  constructor(loop: Loop, life: Life) {
    this.#loop = loop;
    this.#life = life;
  }
  start(): void {}
  postMessage(message: unknown): void {
    this.posted(message);
    const { other } = this;
    const data: unknown = structuredClone(message);
    const loop = this.#loop;
    const atMs = loop.nowMs + (loop.random.chance(0.02) ? loop.between(5, 150) : loop.between(0.02, 2));
    this.#lastMs = Math.max(this.#lastMs, atMs);
    if (other && !this.#isClosed)
      loop.after(this.#lastMs - loop.nowMs, () => other.onmessage?.({ data }), other.#life);
  }
  addEventListener(_type: "close", listener: () => void): void {
    this.#onClose = listener;
  }
  close(): void {
    this.#isClosed = true;
  }
  /** The other end's process is gone. */
  lost(): void {
    this.#loop.after(this.#loop.between(0.1, 20), () => this.#onClose?.(), this.#life);
  }
  static pair(loop: Loop, a: Life, b: Life): [SimPort, SimPort] {
    const [first, second] = [new SimPort(loop, a), new SimPort(loop, b)];
    first.other = second;
    second.other = first;
    return [first, second];
  }
}

/** The chunk in a stored value, whatever else is noted of it. */
export function bytesIn(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) if (part instanceof Uint8Array) return part;
  return undefined;
}

export class RunningEngine {
  readonly life: Life;
  readonly startedMs: number;
  repo: Repo | null = null;
  engine: Engine | null = null;
  readonly #ports: { port: SimPort; window: Window }[] = [];
  readonly #client: Client;
  readonly #started = Promise.withResolvers<Engine>();

  constructor(client: Client, life: Life) {
    this.#client = client;
    this.life = life;
    this.startedMs = client.loop.nowMs;
    life.dateNow = neverBack(
      () => Math.floor(client.loop.wallMs),
      () => client.loop.nowMs,
    );
    client.loop.after(0.1, () => void this.#run(), life);
  }

  async #run(): Promise<void> {
    try {
      this.engine = await this.#start();
      this.#started.resolve(this.engine);
    } catch (error) {
      this.#client.watch.failed(this.#client, error);
    }
  }

  connect(window: Window): SimPort {
    const [near, far] = SimPort.pair(this.#client.loop, window.life, this.life);
    this.#ports.push({ port: far, window });
    const { watch } = this.#client;
    far.posted = (message) => {
      const said = message as FromEngine;
      if (said.type === "status") watch.status(this.#client, said.document, said.status);
    };
    void serve(far as unknown as WindowPort, this.#started.promise);
    return near;
  }

  windowDied(window: Window): void {
    for (const { port, window: one } of this.#ports) if (one === window) port.lost();
  }

  /** The document as the engine has it. */
  doc(document: string): A.Doc<DeckleDocument> | undefined {
    const handle = this.repo?.handles[document as keyof Repo["handles"]];
    return handle?.isReady() ? (handle.doc() as A.Doc<DeckleDocument>) : undefined;
  }

  async #start(): Promise<Engine> {
    // As `systemClock`, of this machine.
    const clock: Clock = { now: () => Date.now(), after: (ms, run) => systemClock.after(ms, run) };
    const { platter, relay, device, watch } = this.#client;
    const place = { relay: relay?.url ?? null, workspace: null };
    const ledger = await Ledger.open(place, new SimValues(platter, this.life, "engine"));
    const { engine } = await assemble(
      {
        place,
        device,
        ledger,
        disk: new SimDisk(platter, this.life),
        copy: new SimCopy(platter, this.life),
        clock,
        random: Math.random,
        randomBytes: random,
        sha256,
        renderings: new Renderings(new SimValues(platter, this.life, "renderings")),
        journal: new SimJournal(platter, this.life),
        persisted: () => Promise.resolve(true),
        lock: this.life.name,
        overhear: (events) => ({
          ...events,
          receipt: (document, heads) => {
            watch.receipt(this.#client, document, heads);
            events.receipt(document, heads);
          },
        }),
      },
      (repo) => (this.repo = repo),
    );
    return engine;
  }
}

export class Window {
  readonly name: string;
  readonly life: Life;
  readonly connection: EngineConnection;
  readonly sessions = new Map<string, Session>();
  readonly #opening = new Set<string>();
  entries: readonly LibraryEntry[] = [];
  readonly #client: Client;
  #clients = 0;

  constructor(client: Client, life: Life) {
    this.#client = client;
    this.life = life;
    this.name = life.name;
    const worker = async (): Promise<Worker> => ({
      port: client.worker().connect(this) as unknown as Port,
      onError: () => {},
    });
    const answers = {
      ticket: async () => ({ ok: false, code: "no-key", reason: "nobody asks" }) as const,
      importHistory: async () => null,
    };
    this.connection = new EngineConnection(worker, answers, (lock, ended) =>
      client.watchLock(lock, () => client.loop.after(client.loop.between(0.1, 30), ended, this.life)),
    );
    this.connection.subscribe((message) => {
      if (message.type === "library") this.entries = message.entries;
    });
  }

  /** As the app does it: the cached rendering first, if there is one. */
  open(document: string): void {
    if (this.sessions.has(document) || this.#opening.has(document)) return;
    this.#opening.add(document);
    const { platter, watch } = this.#client;
    void new SimValues(platter, this.life, "renderings").get("renderings", document).then((value) => {
      this.#opening.delete(document);
      const session = new Session({
        connection: this.connection,
        document,
        clientId: `${this.name}-${++this.#clients}`,
        shown: parseRendering(value),
        mayWrite: () => true,
        plugins: () => [history(), identifyPlugin()],
        viewProps: {},
      });
      this.sessions.set(document, session);
      session.listen({
        progress: () => {},
        facts: (facts) => watch.facts(this.#client, this, session, facts),
      });
    });
  }

  /** Only what is on the disk is closed, as the app's desk does it. */
  close(document: string): boolean {
    const session = this.sessions.get(document);
    if (!session?.isSafe) return false;
    session.stop();
    this.sessions.delete(document);
    return true;
  }
}

export class Client {
  readonly name: string;
  readonly loop: Loop;
  readonly relay: Relay | null;
  readonly watch: Watch;
  readonly machine: Machine;
  readonly platter: Platter;
  readonly device: string;
  windows: Window[] = [];
  engine: RunningEngine | null = null;
  /** Its disk has refused something: what went out all the same may come back beside what its journal has of it. */
  diskFailed = false;
  /** It was killed just now, and its next start will find the browser's storage empty. */
  storageWasLost = false;
  /** When something befell it last that keeps its words from the disk. */
  troubledAtMs = Number.NEGATIVE_INFINITY;
  /** When an engine or a window died last. */
  crashedAtMs = Number.NEGATIVE_INFINITY;
  readonly #watches = new Set<{ lock: string; ended: () => void }>();
  #lives = 0;

  constructor(loop: Loop, name: string, relay: Relay | null, watch: Watch) {
    this.loop = loop;
    this.name = name;
    this.relay = relay;
    this.watch = watch;
    this.machine = new Machine(name);
    this.platter = new Platter(loop);
    this.device = Array.from(random(8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  get isRunning(): boolean {
    return this.windows.length > 0;
  }

  openWindow(): void {
    const life = this.#life("window");
    this.loop.after(0, () => void this.windows.push(new Window(this, life)), life);
  }

  /** The SharedWorker: started where there is none. */
  worker(): RunningEngine {
    if (this.engine) return this.engine;
    const life = this.#life("engine");
    this.engine = new RunningEngine(this, life);
    return this.engine;
  }

  /** The browser's locks: one is free when the process that held it is dead. */
  watchLock(lock: string, ended: () => void): () => void {
    if (this.engine?.life.name !== lock) ended();
    const watch = { lock, ended };
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  }

  /** @returns the lives that ended */
  crash(what: "all" | "engine" | Window): Life[] {
    const ended: Life[] = [];
    const { engine } = this;
    const windows = what === "all" ? this.windows : what === "engine" ? [] : [what];
    for (const window of windows) {
      window.life.isAlive = false;
      ended.push(window.life);
      this.windows = this.windows.filter((one) => one !== window);
      engine?.windowDied(window);
    }
    // A SharedWorker ends with its last window.
    if (engine && (what === "engine" || this.windows.length === 0)) {
      engine.life.isAlive = false;
      ended.push(engine.life);
      for (const { lock, ended: tell } of this.#watches) if (lock === engine.life.name) tell();
      this.engine = null;
    }
    for (const life of ended) this.platter.crashed(life);
    if (what === "all") this.storageWasLost = this.platter.restarted();
    if (ended.length > 0) this.crashedAtMs = this.loop.nowMs;
    return ended;
  }

  #life(kind: string): Life {
    return new Life(this.machine, `${this.name}-${kind}-${++this.#lives}`);
  }
}

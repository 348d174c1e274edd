/**
 * A bad network between a client and a server of this machine: a TCP proxy with delay, jitter, a rate, slow drip,
 * flipped bits, cuts and half-open connections, all of which may change while it runs.
 *
 * It reads no more than it may forward: behind a slow link the sender's own `write` fills up, as on a real one. The
 * kernel's socket buffers lie before it all the same (on Linux up to a few MB each way), so the first megabytes of
 * an upload look sent at once. TCP hides loss and reordering; those belong into tests that deliver messages.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { Corruption, Meter, perfectLink, seededRandom, type Link } from "./link.ts";

export interface ProxyOptions {
  readonly to: { readonly host?: string; readonly port: number };
  /** 0 picks a free one. */
  readonly listen?: number;
  readonly link?: Partial<Link>;
  readonly seed?: number;
}
export type Direction = "up" | "down";
/** `reset` is a cable pulled out of a router that says so (RST), `end` an orderly close (FIN). */
export type CutKind = "reset" | "end";

/** Bytes that are on their way through a delay, each connection and direction. */
const inFlightBytesMax = 1024 * 1024;

interface Way {
  readonly meter: Meter;
  readonly corruption: Corruption;
  bytes: number;
}
interface PlannedCut {
  leftBytes: number;
  readonly direction: Direction;
  readonly kind: CutKind;
  readonly done: () => void;
}

export class FaultProxy {
  readonly #server: Server;
  readonly #to: ProxyOptions["to"];
  readonly #pairs = new Set<Pair>();
  readonly #ways: Readonly<Record<Direction, Way>>;
  readonly #random: () => number;
  #link: Link;
  #isHalfOpen = false;
  #plannedCut: PlannedCut | undefined;
  #accepted = 0;

  private constructor(options: ProxyOptions) {
    this.#to = options.to;
    this.#random = seededRandom(options.seed ?? 1);
    this.#link = { ...perfectLink, ...options.link };
    const way = (): Way => ({
      meter: new Meter(performance.now()),
      corruption: new Corruption(this.#random),
      bytes: 0,
    });
    this.#ways = { up: way(), down: way() };
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
      this.#accept(client),
    );
  }

  static async listen(options: ProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject);
      proxy.#server.listen(options.listen ?? 0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }
  /** Connections ever accepted: a client that starts over shows here. */
  get accepted(): number {
    return this.#accepted;
  }
  /** Connections that are open now, half-open ones among them. */
  get open(): number {
    return this.#pairs.size;
  }
  /** Bytes handed on so far. Up is from the client to the server. */
  bytes(direction: Direction): number {
    return this.#ways[direction].bytes;
  }
  flipped(direction: Direction): number {
    return this.#ways[direction].corruption.flipped;
  }

  set(link: Partial<Link>): void {
    this.#link = { ...this.#link, ...link };
    this.#wake();
  }

  /** Ends every open connection, on both sides. */
  cut(kind: CutKind = "reset"): void {
    for (const pair of this.#pairs) pair.cut(kind);
  }

  /** Does so once so many more bytes went in a direction; resolves then. */
  cutAfter(bytes: number, direction: Direction = "down", kind: CutKind = "reset"): Promise<void> {
    return new Promise((done) => (this.#plannedCut = { leftBytes: bytes, direction, kind, done }));
  }

  /** Neither reads nor forwards any more, and tells nobody. New connections are taken and left alone, too. */
  halfOpen(): void {
    this.#isHalfOpen = true;
  }

  /** A perfect line again. What was held back goes on. */
  heal(): void {
    this.#isHalfOpen = false;
    this.#plannedCut = undefined;
    this.set(perfectLink);
  }

  async stop(): Promise<void> {
    this.#plannedCut = undefined;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut("reset");
    await closed;
  }

  #accept(client: Socket): void {
    this.#accepted++;
    const server = connect({ host: "127.0.0.1", ...this.#to, allowHalfOpen: true });
    const pair = new Pair(client, server, {
      link: () => this.#link,
      isHalfOpen: () => this.#isHalfOpen,
      random: this.#random,
      way: (direction) => this.#ways[direction],
      passed: (direction, bytes) => this.#passed(direction, bytes),
      closed: () => this.#pairs.delete(pair),
    });
    this.#pairs.add(pair);
    pair.wake();
  }

  #passed(direction: Direction, bytes: number): void {
    this.#ways[direction].bytes += bytes;
    const planned = this.#plannedCut;
    if (planned?.direction !== direction) return;
    planned.leftBytes -= bytes;
    if (planned.leftBytes > 0) return;
    this.#plannedCut = undefined;
    this.cut(planned.kind);
    planned.done();
  }

  #wake(): void {
    for (const pair of this.#pairs) pair.wake();
  }
}

interface PairSetting {
  link(): Link;
  isHalfOpen(): boolean;
  random(): number;
  way(direction: Direction): Way;
  passed(direction: Direction, bytes: number): void;
  closed(): void;
}

/** A client's connection and the one to the server that belongs to it. */
class Pair {
  readonly #sockets: readonly [Socket, Socket];
  readonly #lanes: readonly [Lane, Lane];

  constructor(client: Socket, server: Socket, setting: PairSetting) {
    this.#sockets = [client, server];
    this.#lanes = [new Lane(client, server, "up", setting), new Lane(server, client, "down", setting)];
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      // Whatever ended one side badly ends the other; the details are for the program under test.
      socket.on("error", () => this.cut("reset"));
      socket.on("close", () => {
        for (const lane of this.#lanes) lane.stop();
        if (this.#sockets.every((each) => each.destroyed)) setting.closed();
        else if (socket.errored) this.cut("reset");
      });
    }
  }

  wake(): void {
    for (const lane of this.#lanes) lane.pump();
  }

  cut(kind: CutKind): void {
    for (const lane of this.#lanes) lane.stop();
    for (const socket of this.#sockets) {
      if (kind === "reset") socket.resetAndDestroy();
      else socket.end(() => socket.destroy());
    }
  }
}

/** One direction of a pair: reads what may pass, holds it for the delay, hands it on in order. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #direction: Direction;
  readonly #setting: PairSetting;
  readonly #inFlight: { readonly bytes: Buffer; readonly dueAtMs: number }[] = [];
  #inFlightBytes = 0;
  #lastDueAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isBlocked = false;
  #isEnded = false;
  #isStopped = false;

  constructor(from: Socket, to: Socket, direction: Direction, setting: PairSetting) {
    this.#from = from;
    this.#to = to;
    this.#direction = direction;
    this.#setting = setting;
    from.on("readable", () => this.pump());
    from.on("end", () => {
      this.#isEnded = true;
      this.pump();
    });
    to.on("drain", () => {
      this.#isBlocked = false;
      this.pump();
    });
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  pump(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || this.#setting.isHalfOpen()) return;
    // First what makes room: after it, whatever keeps from reading is waited for.
    this.#write();
    const readAgainMs = this.#read();
    if (this.#isStopped) return;
    const againMs = Math.min(readAgainMs, this.#dueInMs());
    if (Number.isFinite(againMs)) this.#timer = setTimeout(() => this.pump(), Math.ceil(againMs));
    if (this.#isEnded && this.#inFlight.length === 0) {
      this.#isStopped = true;
      this.#to.end();
    }
  }

  /** Takes what may pass; returns when there may be more. Infinity: an event will tell. */
  #read(): number {
    const link = this.#setting.link();
    for (;;) {
      if (this.#isBlocked || this.#inFlightBytes >= inFlightBytesMax) return Infinity;
      const wanted = Math.min(this.#from.readableLength, inFlightBytesMax - this.#inFlightBytes);
      if (wanted === 0) {
        // Asks the stream for the next `readable`, and for its `end`.
        this.#from.read(0);
        return Infinity;
      }
      const nowMs = performance.now();
      const way = this.#setting.way(this.#direction);
      const granted = way.meter.take(wanted, link, nowMs);
      if (granted.bytes === 0) return granted.waitMs;
      const bytes: unknown = this.#from.read(granted.bytes);
      if (!Buffer.isBuffer(bytes)) return Infinity;
      way.corruption.apply(bytes, link);
      const lateMs = link.delayMs + link.jitterMs * this.#setting.random();
      this.#lastDueAtMs = Math.max(this.#lastDueAtMs, nowMs + lateMs);
      this.#inFlight.push({ bytes, dueAtMs: this.#lastDueAtMs });
      this.#inFlightBytes += bytes.length;
      if (lateMs === 0) this.#write();
      if (this.#isStopped) return Infinity;
      // Others on the line have their turn first.
      if (link.rateBytesPerSecond > 0) return 2 * this.#setting.random();
    }
  }

  /** When there is something to hand on. Infinity: an event will tell. */
  #dueInMs(): number {
    const next = this.#inFlight[0];
    return next && !this.#isBlocked ? Math.max(0, next.dueAtMs - performance.now()) : Infinity;
  }

  /** Hands on what is due. */
  #write(): void {
    for (let next = this.#inFlight[0]; next; next = this.#inFlight[0]) {
      if (this.#isBlocked || this.#isStopped || next.dueAtMs > performance.now()) return;
      this.#inFlight.shift();
      this.#inFlightBytes -= next.bytes.length;
      this.#isBlocked = !this.#to.write(next.bytes);
      this.#setting.passed(this.#direction, next.bytes.length);
    }
  }
}

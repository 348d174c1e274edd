/**
 * A client of the Yjs protocols without a document, for Hocuspocus and the y-websocket servers.
 *
 * It does what their providers do: sync step 1 with its state vector (Hocuspocus: after an empty token), step 2 to the
 * server's step 1 (nothing, for it has nothing that the server lacks), each edit an update of its own at once, cursors
 * as awareness states. Hocuspocus' messages carry the document's name in front and the reply type 4.
 */
import { randomBytes } from "node:crypto";
import { YReader, YWriter, readUpdate, stateVector, typedUpdate } from "./yjs-edits.ts";
import { joinMs, type Client, type Ledger, type Standing } from "./client.ts";
import { LightSocket } from "./socket.ts";

export type YFlavour = "y-websocket" | "hocuspocus";

const messageSync = 0;
const messageAwareness = 1;
const messageAuth = 2;
const messageSyncReply = 4;
const syncStep1 = 0;
const syncStep2 = 1;
const syncUpdate = 2;
/** Providers name their version; the server echoes nothing of it. */
const providerVersion = "4.7.0";
/** Yjs ids of the writers; the seed's is below. */
export const firstClientId = 1_000_000;
export const seedClientId = 1;
const emptyUpdate = Buffer.of(0, 0);

export interface YSeed {
  readonly name: string;
  readonly update: Buffer;
  /** Clock of the seed's writer. */
  readonly clock: number;
}

export interface YHearing {
  /** Every update as it came, valid during the call. */
  onUpdate?: (update: Buffer) => void;
}

export class YjsClient implements Client {
  readonly index: number;
  readonly #flavour: YFlavour;
  readonly #url: string;
  readonly #seed: YSeed;
  readonly #ledger: Ledger;
  readonly #hearing: YHearing;
  readonly #clocks = new Map<number, number>();
  #socket: LightSocket | undefined;
  #clock = 0;
  #awarenessClock = 0;
  #authenticated: (() => void) | undefined;
  #onStep2: (() => void) | undefined;
  received = 0;
  repeats = 0;
  presences = 0;

  constructor(
    index: number,
    flavour: YFlavour,
    url: string,
    seed: YSeed,
    ledger: Ledger,
    hearing: YHearing = {},
  ) {
    this.index = index;
    this.#flavour = flavour;
    this.#url = flavour === "hocuspocus" ? url : `${url}${seed.name}`;
    this.#seed = seed;
    this.#ledger = ledger;
    this.#hearing = hearing;
  }

  get isClosed(): boolean {
    return this.#socket?.isClosed ?? true;
  }
  get closedBy(): string {
    return this.#socket?.closedBy ?? "";
  }
  get receivedBytes(): number {
    return this.#socket?.receivedBytes ?? 0;
  }
  get unsentBytes(): number {
    return this.#socket?.unsentBytes ?? 0;
  }

  async join(from?: Standing, until?: Standing): Promise<void> {
    if (from) for (const [client, clock] of readStanding(from)) this.#clocks.set(client, clock);
    await this.#connect();
    const wanted = until ? readStanding(until) : new Map([[seedClientId, this.#seed.clock]]);
    await this.#step2(() => this.#send(messageSync, syncStep1, stateVector(this.#clocks)));
    // Edits that were on their way when the server answered come as updates.
    const deadlineMs = performance.now() + joinMs;
    while (![...wanted].every(([client, clock]) => (this.#clocks.get(client) ?? 0) >= clock)) {
      if (this.isClosed) throw new Error(`closed while syncing: ${this.closedBy}`);
      if (performance.now() > deadlineMs) throw new Error("it did not become level in time");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Uploads the document and leaves when the server has it. */
  async seed(): Promise<void> {
    await this.#connect();
    this.#send(messageSync, syncUpdate, this.#seed.update);
    // Messages are taken in order: an answer to this one means that the update is in.
    const all = new Map([[seedClientId, this.#seed.clock]]);
    await this.#step2(() => this.#send(messageSync, syncStep1, stateVector(all)));
    this.close();
  }

  standing(): Standing {
    const clocks = new Map(this.#clocks);
    if (this.#clock > 0) clocks.set(firstClientId + this.index, this.#clock);
    return { bytes: stateVector(clocks), editsByWriter: new Map() };
  }

  edit(): void {
    this.#type("x");
  }

  upload(bytes: number): void {
    this.#type("x".repeat(bytes));
  }

  #type(text: string): void {
    const chars = text.length;
    this.#ledger.send(this.index, performance.now(), chars);
    this.#send(messageSync, syncUpdate, typedUpdate(firstClientId + this.index, this.#clock, text));
    this.#clock += chars;
  }

  present(): void {
    const clock = ++this.#awarenessClock;
    const state = {
      user: { name: `Writer ${this.index}`, color: "#3366cc" },
      cursor: { anchor: clock, head: clock + 5 },
    };
    const update = new YWriter()
      .unsigned(1)
      .unsigned(firstClientId + this.index)
      .unsigned(clock)
      .text(JSON.stringify(state));
    this.#socket?.send([this.#head(messageAwareness).bytes(update.done()).done()]);
  }

  /** Hocuspocus takes any name on one socket; a y-websocket server takes one a socket, so that is what is opened. */
  askForUnknown(): void {
    const name = `unknown-${randomBytes(8).toString("hex")}`;
    if (this.#flavour === "hocuspocus") {
      const ask = new YWriter().text(name).unsigned(messageAuth).unsigned(0).text("").text(providerVersion);
      this.#socket?.send([ask.done()]);
    } else {
      const opened = LightSocket.open(new URL(name, this.#url).href);
      opened.then((socket) => socket.close()).catch(() => {});
    }
  }
  stall(): void {
    this.#socket?.stall();
  }
  close(): void {
    this.#socket?.close();
  }
  terminate(): void {
    this.#socket?.terminate();
  }

  #head(type: number): YWriter {
    const writer = new YWriter();
    if (this.#flavour === "hocuspocus") writer.text(this.#seed.name);
    return writer.unsigned(type);
  }

  #send(type: number, step: number, bytes: Uint8Array): void {
    this.#socket?.send([this.#head(type).unsigned(step).bytes(bytes).done()]);
  }

  async #connect(): Promise<void> {
    const socket = await LightSocket.open(this.#url);
    this.#socket = socket;
    socket.onMessage = (payload) => this.#receive(payload);
    if (this.#flavour !== "hocuspocus") return;
    await this.#answer((done) => {
      this.#authenticated = done;
      socket.send([this.#head(messageAuth).unsigned(0).text("").text(providerVersion).done()]);
    });
  }

  #step2(ask: () => void): Promise<void> {
    return this.#answer((done) => {
      this.#onStep2 = done;
      ask();
    });
  }

  async #answer(ask: (done: () => void) => void): Promise<void> {
    const socket = this.#socket;
    if (!socket) throw new Error("not connected");
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("the server did not answer in time")), joinMs);
      socket.onClose = () => (
        clearTimeout(late),
        reject(new Error(`closed while syncing: ${socket.closedBy}`))
      );
      ask(() => (clearTimeout(late), resolve()));
    });
    socket.onClose = () => {};
  }

  #receive(payload: Buffer): void {
    const reader = new YReader(payload);
    if (this.#flavour === "hocuspocus") reader.bytes();
    const type = reader.unsigned();
    if (type === messageSync || type === messageSyncReply) {
      const step = reader.unsigned();
      const bytes = reader.bytes();
      if (step === syncStep1) this.#send(messageSync, syncStep2, emptyUpdate);
      else this.#take(bytes);
      if (step === syncStep2) this.#onStep2?.();
    } else if (type === messageAwareness) {
      this.presences += new YReader(reader.bytes()).unsigned();
    } else if (type === messageAuth) {
      this.#authenticated?.();
    }
  }

  #take(update: Buffer): void {
    this.#hearing.onUpdate?.(update);
    const nowMs = performance.now();
    readUpdate(update, (client, clock, length) => {
      const known = this.#clocks.get(client) ?? 0;
      const end = clock + length;
      if (end <= known) return void this.repeats++;
      this.#clocks.set(client, end);
      const writer = client - firstClientId;
      if (writer < 0 || writer === this.index) return;
      const chars = this.#ledger.charsPerEdit(writer);
      const [first, last] = [Math.floor(known / chars) + 1, Math.floor(end / chars)];
      this.received += last - first + 1;
      this.#ledger.deliver(writer, first, last, nowMs);
    });
  }
}

function readStanding({ bytes }: Standing): Map<number, number> {
  const reader = new YReader(Buffer.from(bytes));
  return new Map(Array.from({ length: reader.unsigned() }, () => [reader.unsigned(), reader.unsigned()]));
}

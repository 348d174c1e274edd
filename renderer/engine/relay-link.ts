/**
 * The engine's connection to its relay: automerge-repo's WebSocket adapter with our own manners.
 *
 * Reconnects with full-jitter backoff, with a new ticket each time where the relay wants one, checks every
 * frame before it is used, reads receipts, and says how the relay is doing only from what was seen: `connected` is the relay's own answer to
 * our join, never an open socket. What is on its way is told as well (`incoming.ts`, `outgoing.ts`).
 * Frames with changes of large documents are gathered (`gathering.ts`). Before one goes on,
 * `beforeChanges` runs, so that what was typed is written first and on top of what it was typed on.
 * What is of a document that the repo has not open goes past it, to the background (`background.ts`).
 */
import type { PeerId, PeerMetadata } from "@automerge/automerge-repo/slim";
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket";
import { decodeCbor, encodeCbor } from "../../relay/protocol/cbor.ts";
import type { Encodable } from "../../relay/protocol/cbor.ts";
import { closeReasons } from "../../relay/protocol/codes.ts";
import { isDocumentId, isPeerId } from "../../relay/protocol/ids.ts";
import {
  parseDeckleMetadata,
  parseFeed,
  parsePresences,
  parseProgress,
  parseReceipt,
  parseRefused,
} from "../../relay/protocol/messages.ts";
import type { FeedMessage } from "../../relay/protocol/messages.ts";
import { catchUpBytesMax } from "../../relay/protocol/limits.ts";
import type { Role } from "../../relay/protocol/roles.ts";
import { deckleVersion } from "../../relay/protocol/version.ts";
import type { BackgroundLink } from "./background.ts";
import { Backoff } from "./backoff.ts";
import type { Clock, Timer } from "./clock.ts";
import { Gathering } from "./gathering.ts";
import type { DocumentMessage } from "./gathering.ts";
import { Incoming } from "./incoming.ts";
import type { FeedPosition } from "./ledger.ts";
import {
  adapterReadyMs,
  helloLooks,
  helloTimesOfMet,
  helloWithinMs,
  reconnectFirstMs,
  reconnectIncompatibleMs,
  reconnectMostMs,
  reconnectRefusedMs,
  relayFrameBytesMax,
} from "./limits.ts";
import { Liveness } from "./liveness.ts";
import { Outgoing } from "./outgoing.ts";
import type { Receiving, RelayState, TicketAnswer, Withheld } from "./port.ts";

export type RelayEvents = {
  state(state: RelayState): void;
  /** The relay's own workspace; it is told at each connection. */
  workspace(documentId: string): void;
  /** Whether a document belongs where this link is: of others nothing is said, and nothing heard. */
  takes(documentId: string): boolean;
  /** What this device may do there; null where whoever comes may do everything. Told at each connection. */
  role(role: Role | null): void;
  /** The relay did not keep changes that it was brought. */
  withheld(documentId: string, why: Withheld): void;
  /** The relay has these heads of a document on disk. */
  receipt(documentId: string, heads: readonly string[]): void;
  /** So has it these; said in passing, maybe of changes that are not here yet. */
  told(documentId: string, heads: readonly string[]): void;
  beforeChanges(documentId: string): void;
  /**
   * Null where what a document has is durable here; else resolves when it is, or could not be made so. Nothing is sent
   * before: what a crash takes would come back from the relay beside what the journal has of it.
   */
  durable(documentId: string): Promise<void> | null;
  /** Takes a frame of a document that the repo has not open. False: it has, and is to be given it. */
  past(message: DocumentMessage): boolean;
  /** What was committed to at the relay. */
  feed(message: FeedMessage): void;
  /** The relay is sending much of a document; null when that is over. */
  receiving(documentId: string, receiving: Receiving | null): void;
  /** So many bytes wait to go out; 0 when that is over. */
  sending(bytes: number): void;
};

/** How a member gets in: by a ticket, which is never rejected, into the workspace that is meant. */
export type Entry = { workspace: string; ticket: () => Promise<TicketAnswer> };

/** The adapter's own timer must never fire: reconnecting is done here. */
const neverMs = 2 ** 31 - 1;
const subprotocol = "automerge-repo.1";

export class RelayLink extends WebSocketClientAdapter implements BackgroundLink {
  private readonly events: RelayEvents;
  private readonly clock: Clock;
  private readonly backoff: Backoff;
  private readonly gathering: Gathering;
  private readonly incoming: Incoming;
  private readonly outgoing: Outgoing;
  private readonly liveness: Liveness;
  private state: RelayState = { state: "connecting" };
  private hello: Timer | null = null;
  private retry: Timer | null = null;
  private stopped = false;
  /** Whether the attempt under way got as far as an open socket. */
  private opened = false;
  /** It has answered before, so what is silent now is a network. */
  private met = false;
  /** The relay said that it speaks our additions. */
  isDeckle = false;
  /** Under which id the relay passes on our presence. */
  private self: string | undefined;
  private readonly entry: Entry | null;
  /** Counts attempts: a ticket for one that was given up is of no use. */
  private attempt = 0;
  private readonly ready = Promise.withResolvers<void>();
  private readyTimer: Timer | null = null;
  private isAdapterReady = false;
  /** By document, when the last message that waits for the disk has gone. */
  private readonly held = new Map<string, Promise<void>>();

  /** @param entry null where the relay is open */
  constructor(
    url: string,
    events: RelayEvents,
    clock: Clock,
    random: () => number,
    entry: Entry | null = null,
  ) {
    super(url, neverMs);
    this.events = events;
    this.entry = entry;
    this.clock = clock;
    this.backoff = new Backoff(reconnectFirstMs, reconnectMostMs, random);
    this.gathering = new Gathering(clock, (message) => this.handOn(message));
    this.incoming = new Incoming((documentId, receiving) => events.receiving(documentId, receiving));
    // A socket that has closed goes on counting what it never sent.
    const waitingBytes = (): number =>
      this.socket?.readyState === WebSocket.OPEN ? this.socket.bufferedAmount : 0;
    this.outgoing = new Outgoing(clock, waitingBytes, (bytes) => events.sending(bytes));
    this.liveness = new Liveness({
      clock,
      waitingBytes,
      ask: () => this.say({ type: "alive" }),
      dead: () => this.halfOpen(),
    });
    this.onOpen = () => {
      this.opened = true;
      this.join();
    };
    this.onMessage = ({ data }) => this.receive(data);
  }

  override isReady(): boolean {
    return this.isAdapterReady;
  }
  override whenReady(): Promise<void> {
    return this.ready.promise;
  }

  /** In the place of the adapter's own, which cannot offer a ticket. */
  override connect(peerId: PeerId, peerMetadata?: PeerMetadata): void {
    if (this.stopped) return;
    this.peerId = peerId;
    this.peerMetadata = { ...peerMetadata, deckle: { version: deckleVersion } } as PeerMetadata;
    // What is not on this device is said to be missing once this was given a moment.
    this.readyTimer ??= this.clock.after(adapterReadyMs, () => this.nowReady());
    const attempt = ++this.attempt;
    if (!this.entry) return this.dial([]);
    void this.entry.ticket().then((answer) => {
      if (this.stopped || attempt !== this.attempt) return;
      if (answer.ok) this.dial([subprotocol, `ticket.${answer.ticket}`]);
      else this.noTicket(answer);
    });
  }

  private dial(protocols: string[]): void {
    this.hello?.cancel();
    this.awaitHello(this.met ? helloLooks * helloTimesOfMet : helloLooks);
    const socket = new WebSocket(this.url, protocols);
    socket.binaryType = "arraybuffer";
    // One that was given up says nothing any more.
    const heard = (run: () => void): void => {
      if (this.socket === adopted) run();
    };
    socket.addEventListener("open", () => heard(() => this.onOpen()));
    socket.addEventListener("close", ({ code }) => heard(() => this.closed(code)));
    socket.addEventListener("message", ({ data }) =>
      heard(() => this.onMessage({ data } as Parameters<typeof this.onMessage>[0])),
    );
    // The adapter's types are those of another library's socket, of which it uses what all have.
    const adopted = socket as unknown as NonNullable<typeof this.socket>;
    this.socket = adopted;
  }

  private noTicket({ code, reason }: TicketAnswer & { ok: false }): void {
    if (code === "refused") return this.refused(reason);
    if (code === "no-key") {
      this.setState({ state: "locked", reason });
      return this.reconnectAfter(reconnectRefusedMs);
    }
    if (this.state.state !== "unreachable") this.setState({ state: "unreachable", since: this.clock.now() });
    this.reconnectAfter(this.backoff.next());
  }

  /** This device is not let in. It asks again now and then: somebody may invite it anew. */
  private refused(reason: string): void {
    this.setState({ state: "refused", reason });
    this.reconnectAfter(reconnectRefusedMs);
  }

  private reconnectAfter(waitMs: number): void {
    this.retry?.cancel();
    this.retry = this.clock.after(waitMs, () => this.reconnect());
  }

  private nowReady(): void {
    this.readyTimer?.cancel();
    this.isAdapterReady = true;
    this.ready.resolve();
  }

  override disconnect(): void {
    this.stopped = true;
    this.stopTransfers();
    this.hello?.cancel();
    this.retry?.cancel();
    this.readyTimer?.cancel();
    if (this.socket) super.disconnect();
  }

  /** Messages for a socket that is just closing are dropped: syncing anew after it opens sends them. */
  override send(message: Parameters<WebSocketClientAdapter["send"]>[0]): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    if (!("documentId" in message) || !isDocumentId(message.documentId)) return this.sendNow(message);
    const { documentId } = message;
    if (!this.events.takes(documentId)) return;
    if (message.type === "ephemeral") return this.sendNow(message);
    const held = this.held.get(documentId);
    const durable = held ?? this.events.durable(documentId);
    if (!durable) return this.sendNow(message);
    const { attempt } = this;
    // One after another: also what would not have to wait.
    const sent = durable.then(() => {
      if (this.held.get(documentId) === sent) this.held.delete(documentId);
      if (attempt === this.attempt) this.sendNow(message);
    });
    this.held.set(documentId, sent);
  }

  private sendNow(message: Parameters<WebSocketClientAdapter["send"]>[0]): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    super.send(message);
    this.outgoing.sent();
    if ("data" in message && message.data) this.liveness.underWay(message.data.byteLength);
  }

  // What goes past the repo.

  sync(documentId: string, data: Uint8Array, isRequest: boolean): void {
    if (!this.events.takes(documentId)) return;
    this.say({ type: isRequest ? "request" : "sync", documentId, data });
    this.liveness.underWay(data.length);
  }

  leave(documentId: string): void {
    this.incoming.end(documentId);
    if (this.isDeckle) this.say({ type: "leave", documentId });
  }

  askFeed({ epoch, after }: FeedPosition): void {
    if (this.isDeckle) this.say({ type: "feed", epoch, after });
  }

  private say(message: { readonly [key: string]: Encodable }): void {
    const { socket, peerId, remotePeerId } = this;
    if (this.state.state !== "connected" || socket?.readyState !== WebSocket.OPEN) return;
    if (!peerId || !remotePeerId) return;
    const bytes = encodeCbor({ ...message, senderId: peerId, targetId: remotePeerId });
    socket.send(new Uint8Array(bytes).buffer);
    this.outgoing.sent();
  }

  /** Tries at once, for when the device says that it is back online. */
  hurry(): void {
    if (!this.retry) return;
    this.retry.cancel();
    this.backoff.reset();
    this.reconnect();
  }

  /**
   * The relay's half of a sync stands so. A relay of ours tells only heads that it has on disk, of another nobody knows.
   * Called while its message is being taken in; the document has it after that.
   */
  peerTold(documentId: string, heads: readonly string[] | undefined): void {
    if (this.isDeckle && heads) queueMicrotask(() => this.events.told(documentId, heads));
  }

  /** Applying a message of a document took the repo so long. */
  applied(documentId: string, tookMs: number): void {
    this.gathering.applied(documentId, tookMs);
  }

  private receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0 || data.byteLength > relayFrameBytesMax)
      return this.incompatible("It sent something that is not a message of a relay.");
    this.liveness.heard();
    const decoded = decodeCbor(new Uint8Array(data));
    if (!decoded.ok || typeof decoded.value !== "object" || decoded.value === null)
      return this.incompatible("It sent something that is not a message of a relay.");
    const message = decoded.value as Record<string, unknown>;
    if (message["type"] === "peer") return this.welcome(message);
    if (this.state.state !== "connected") return; // nothing counts before the answer to our join
    switch (message["type"]) {
      case "receipt": {
        const receipt = parseReceipt(message);
        if (receipt) this.events.receipt(receipt.documentId, receipt.heads);
        return;
      }
      case "progress": {
        const progress = parseProgress(message);
        if (!progress) return;
        this.incoming.announced(progress);
        // The piece comes as one frame, of which nothing is seen until all of it is here.
        const isWhole = progress.sentBytes === progress.totalBytes;
        this.liveness.underWay(isWhole ? progress.totalBytes : catchUpBytesMax);
        return;
      }
      case "feed": {
        const feed = parseFeed(message);
        if (feed) this.events.feed(feed);
        return;
      }
      case "refused": {
        const refused = parseRefused(message);
        if (refused) this.events.withheld(refused.documentId, refused.why);
        return;
      }
      case "presences":
        return this.receivePresences(message);
      default:
        if (isRepoFrame(message)) this.receiveFrame(message as unknown as DocumentMessage);
    }
  }

  /** What is said in passing waits for no edits. All else of a document keeps its order. */
  private receiveFrame(message: DocumentMessage): void {
    if (!this.events.takes(message.documentId)) return;
    if (this.receivePast(message)) return;
    if (message.type === "ephemeral") return void this.emit("message", message);
    this.gathering.receive(message);
  }

  private receivePast(message: DocumentMessage): boolean {
    const { type, documentId } = message;
    if (type === "sync" || type === "request") this.incoming.came(documentId);
    if (!this.events.past(message)) return false;
    if (type === "doc-unavailable") this.incoming.end(documentId);
    else if (type !== "ephemeral") this.incoming.handedOn(documentId);
    return true;
  }

  /** Several of one document in one message; what we said ourselves is among them. */
  private receivePresences(message: Record<string, unknown>): void {
    const targetId = this.peerId;
    for (const frame of parsePresences(message)) {
      const one = { ...frame, targetId } as unknown as DocumentMessage;
      if (frame.senderId !== this.self && !this.events.past(one)) this.emit("message", one);
    }
  }

  private handOn(message: DocumentMessage): void {
    const { documentId } = message;
    if (message.type !== "doc-unavailable") this.events.beforeChanges(documentId);
    try {
      this.emit("message", message);
    } finally {
      if (message.type === "doc-unavailable") this.incoming.end(documentId);
      else this.incoming.handedOn(documentId);
    }
  }

  private stopTransfers(): void {
    this.incoming.stop();
    this.outgoing.stop();
    this.gathering.stop();
    this.liveness.stop();
  }

  private welcome(message: Record<string, unknown>): void {
    const { senderId, peerMetadata } = message;
    if (!isPeerId(senderId)) return this.incompatible("It did not say who it is.");
    this.hello?.cancel();
    this.hello = null;
    this.met = true;
    this.backoff.reset();
    const deckle = parseDeckleMetadata(peerMetadata);
    // Nothing of this place may go into another, whoever mixed up the tickets.
    if (this.entry && deckle?.workspace !== this.entry.workspace)
      return this.incompatible("It let this device into another workspace.");
    this.nowReady();
    this.isDeckle = deckle !== undefined;
    this.self = deckle?.self;
    this.events.role(deckle?.role ?? null);
    // First the repo: what is said on `connected` must have somebody to go to.
    this.peerCandidate(senderId as PeerId, (peerMetadata ?? {}) as PeerMetadata);
    this.setState({ state: "connected" });
    // Another relay would not know what it is asked.
    if (deckle) this.liveness.start();
    if (deckle) this.events.workspace(deckle.workspace);
  }

  /** In steps: while the engine was busy with a large document it could not hear, and that is not the relay's silence. */
  private awaitHello(looks: number): void {
    this.hello = this.clock.after(helloWithinMs / helloLooks, () =>
      looks > 1 ? this.awaitHello(looks - 1) : this.noHello(),
    );
  }

  /** Nobody answered: something that took the connection is no relay, a network that took nothing is none. */
  private noHello(): void {
    if (this.opened && !this.met) this.incompatible("It accepted the connection and then said nothing.");
    else this.socket?.close();
  }

  /** The socket is open, and nobody is there. Closing it would wait for an answer: it is left to itself. */
  private halfOpen(): void {
    const { socket } = this;
    delete this.socket;
    this.closed(closedWithoutWord);
    socket?.close();
  }

  private incompatible(reason: string): void {
    this.setState({ state: "incompatible", reason });
    this.socket?.close();
  }

  private closed(code: number): void {
    this.stopTransfers(); // before the repo hears that the peer is gone
    if (this.remotePeerId) this.emit("peer-disconnected", { peerId: this.remotePeerId });
    this.hello?.cancel();
    this.hello = null;
    this.isDeckle = false;
    if (this.stopped) return;
    if (code === closeReasons.revoked.code) {
      this.opened = false;
      return this.refused(closeReasons.revoked.message);
    }
    const known = Object.values(closeReasons).find((one) => one.code === code && one.retry === "never");
    if (known) this.setState({ state: "incompatible", reason: known.message });
    else if (this.state.state !== "unreachable" && !(this.state.state === "incompatible" && this.opened))
      this.setState({ state: "unreachable", since: this.clock.now() });
    this.opened = false;
    this.reconnectAfter(this.state.state === "incompatible" ? reconnectIncompatibleMs : this.backoff.next());
  }

  private reconnect(): void {
    this.retry = null;
    if (this.stopped || !this.peerId) return;
    this.connect(this.peerId, this.peerMetadata);
  }

  private setState(state: RelayState): void {
    this.state = state;
    this.events.state(state);
  }
}

/** The code of a socket that ended without one. */
const closedWithoutWord = 1006;

const forwarded = new Set(["sync", "request", "ephemeral", "doc-unavailable"]);

/** Whether a frame is one that automerge-repo may be given. */
function isRepoFrame(message: Record<string, unknown>): boolean {
  const { type, senderId, documentId, data } = message;
  if (typeof type !== "string" || !forwarded.has(type) || !isPeerId(senderId) || !isDocumentId(documentId))
    return false;
  if (type === "doc-unavailable") return true;
  if (!(data instanceof Uint8Array) || data.length === 0) return false;
  if (type !== "ephemeral") return true;
  return typeof message["count"] === "number" && typeof message["sessionId"] === "string";
}

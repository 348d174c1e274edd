/**
 * One WebSocket from its first byte to its last: waits for `join`, then hands frames to the hub, then is closed.
 *
 * Any inbound byte counts as alive. Nothing that a client sends may throw out of here or grow memory past the
 * limits; what it calls itself is only echoed to itself. A frame that is not of the protocol closes the socket with a code.
 */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { authorize, refusalOf, type Brought, type Session } from "../access/authorize.ts";
import { decodeCbor, encodeCbor, encodeSharedMap } from "../protocol/cbor.ts";
import { closeReasons, type CloseName } from "../protocol/codes.ts";
import {
  aliveEveryMsMin,
  closeGraceMs,
  frameBytesMax,
  joinFrameBytesMax,
  outboundBytesMax,
  outboundPauseBytes,
  segmentPauseMsMax,
  segmentsFreeMax,
  segmentsPerPauseMs,
  smallSegmentBytesMax,
} from "../protocol/limits.ts";
import { parseClientMessage, type JoinMessage, type Refused } from "../protocol/messages.ts";
import { deckleVersion, protocolVersion } from "../protocol/version.ts";
import type { Hub } from "../sync/hub.ts";
import type { Action, Connection, Report } from "../sync/ports.ts";
import type { Observer } from "./metrics.ts";
import { Outbox } from "./outbox.ts";

export interface SessionSetting {
  readonly hub: Hub;
  readonly relayId: string;
  readonly workspace: string;
  /** Random, of this start of the relay: what sockets of the open mode are called begins with it. */
  readonly start: string;
  readonly report: Report;
  readonly observer?: Pick<Observer, "closed" | "limited">;
  readonly traffic: Traffic;
  readonly joinDeadlineMs: number;
  readonly nowMs: () => number;
}

/** WebSocket messages of all sessions so far. */
export interface Traffic {
  framesIn: number;
  framesOut: number;
}

type State =
  | { readonly name: "awaiting-join"; readonly deadline: NodeJS.Timeout }
  | { readonly name: "joined"; readonly peerId: string; readonly deckle: boolean }
  | { readonly name: "closed" };

/** How a socket ends whose device may do something else now, by what its device is. */
const closeNames = { in: "accessChanged", out: "revoked", unknown: "storeUnavailable" } as const;

/** Room for the frame header around the largest `join`. */
const joinBytesMax = joinFrameBytesMax + 64;

export class SocketSession implements Connection {
  readonly id: number;
  readonly self: string;
  readonly #session: Session;
  readonly #socket: WebSocket;
  readonly #wire: Socket;
  readonly #setting: SessionSetting;
  #state: State;
  #inboundBytes = 0;
  #heardAtMs: number;
  #isFull = false;
  #unsentBytesSeen = 0;
  #movedAtMs: number;
  #pauses = 0;
  /** In which what was heard since the last whole message came. */
  #segments = 0;
  #isGathering = false;
  #aliveAtMs = Number.NEGATIVE_INFINITY;
  #outbox: Outbox;

  constructor(id: number, session: Session, socket: WebSocket, wire: Socket, setting: SessionSetting) {
    this.id = id;
    this.self = `${session.mode === "open" ? setting.start : session.presenceName}-${id}`;
    this.#session = session;
    this.#socket = socket;
    this.#wire = wire;
    this.#setting = setting;
    this.#heardAtMs = this.#movedAtMs = setting.nowMs();
    this.#outbox = this.#outboxTo("");
    const deadline = setTimeout(() => this.close("joinTimeout"), setting.joinDeadlineMs);
    this.#state = { name: "awaiting-join", deadline };
    wire.on("data", (bytes: Uint8Array) => this.#heard(bytes.length));
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    // A malformed WebSocket frame surfaces here; without a listener it would end the process.
    socket.on("error", (error) => {
      setting.report("socket-error", { connection: id, reason: error.message });
      this.#end("error");
    });
    socket.on("close", () => this.#end("left"));
  }

  get peerId(): string {
    return this.#state.name === "joined" ? this.#state.peerId : "";
  }
  get deckle(): boolean {
    return this.#state.name === "joined" && this.#state.deckle;
  }
  get unsentBytes(): number {
    return this.#outbox.bytes;
  }
  /** It takes nothing and is sent nothing any more. */
  get isClosed(): boolean {
    return this.#state.name === "closed";
  }

  may(documentId: string, action: Action): boolean {
    return authorize(this.#session, documentId, action);
  }
  refusalOf(documentId: string, brought: Brought): Refused | undefined {
    return refusalOf(this.#session, documentId, brought);
  }
  wrote(documentId: string): void {
    if (this.#session.mode === "member") this.#session.wrote(documentId);
  }
  refused(documentId: string, why: Refused): void {
    if (this.#session.mode === "member") this.#session.refused(documentId, why);
  }

  /** These devices may do something else in this workspace than before, or nothing. */
  accessChanged(workspace: string, devices: ReadonlySet<string>): void {
    const session = this.#session;
    if (session.mode === "open" || session.workspace !== workspace || !devices.has(session.caller.device))
      return;
    // It was in a moment ago, so it may be told that it is not any more.
    this.close(closeNames[session.standing]);
  }

  send(shared: Uint8Array): void {
    if (this.#state.name === "closed" || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.unsentBytes > outboundBytesMax) return this.#cut("tooSlow");
    this.#setting.traffic.framesOut++;
    this.#outbox.push(shared);
    this.#isFull ||= this.unsentBytes > outboundPauseBytes;
  }

  pause(): void {
    if (++this.#pauses === 1) this.#socket.pause();
  }
  resume(): void {
    if (--this.#pauses > 0) return;
    // It was not silent: it was not listened to.
    this.#heardAtMs = this.#setting.nowMs();
    this.#socket.resume();
  }

  /** Says why, and ends the socket even if the other side does not answer. */
  close(name: CloseName): void {
    if (this.#state.name === "closed") return;
    const { code, reason } = closeReasons[name];
    this.#setting.report("closing", { connection: this.id, code, reason });
    this.#end(name);
    this.#outbox.flush();
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), closeGraceMs);
  }

  /** Pings, and cuts off who is half-open or does not read. */
  tick(silenceMs: number, outboundStuckMs: number): void {
    if (this.#state.name === "closed") return;
    const nowMs = this.#setting.nowMs();
    const { unsentBytes } = this;
    if (unsentBytes === 0 || unsentBytes < this.#unsentBytesSeen) this.#movedAtMs = nowMs;
    this.#unsentBytesSeen = unsentBytes;
    if (nowMs - this.#heardAtMs > silenceMs && !this.#socket.isPaused) this.#cut("silent");
    else if (nowMs - this.#movedAtMs > outboundStuckMs) this.#cut("tooSlow");
    else if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  terminate(): void {
    this.#end("restarting");
    this.#socket.terminate();
  }

  /** For a socket behind which nobody reads: a close frame would only queue. */
  #cut(name: CloseName): void {
    this.#setting.report("cut", { connection: this.id, reason: closeReasons[name].reason });
    this.#end(name);
    this.#socket.terminate();
  }

  #heard(bytes: number): void {
    this.#heardAtMs = this.#setting.nowMs();
    this.#readLessOften(bytes);
    if (this.#state.name !== "awaiting-join") return;
    this.#inboundBytes += bytes;
    // The upgrade is answered already; a client that has not joined gets no 32 MiB of our memory.
    if (this.#inboundBytes > joinBytesMax) this.close("tooLarge");
  }

  /**
   * A frame in very many small segments costs the square of their number when it is whole (`ws` keeps them in a list
   * that it takes from the front): the more there are, the longer the system gathers before it is read again.
   */
  #readLessOften(bytes: number): void {
    if (++this.#segments <= segmentsFreeMax || bytes > smallSegmentBytesMax || this.#isGathering) return;
    this.#isGathering = true;
    this.pause();
    setTimeout(
      () => {
        this.#isGathering = false;
        this.resume();
      },
      Math.min(segmentPauseMsMax, this.#segments / segmentsPerPauseMs),
    );
  }

  /** Every frame ends with who it is for. */
  #outboxTo(peerId: string): Outbox {
    return new Outbox(this.#wire, encodeCbor(peerId), () => this.#sent());
  }

  #sent(): void {
    this.#movedAtMs = this.#setting.nowMs();
    if (!this.#isFull || this.unsentBytes > outboundPauseBytes / 2) return;
    this.#isFull = false;
    if (this.#state.name === "joined") this.#setting.hub.drained(this.id);
  }

  #receive(data: unknown, isBinary: boolean): void {
    if (this.#state.name === "closed") return;
    this.#setting.traffic.framesIn++;
    this.#segments = 0;
    try {
      const problem = isBinary && data instanceof Uint8Array ? this.#handle(data) : "malformed";
      if (problem) this.close(problem);
    } catch (error) {
      // A bug of ours: it costs this socket, not the relay.
      this.#setting.report("bug", {
        connection: this.id,
        stack: error instanceof Error ? (error.stack ?? "") : "",
      });
      this.close("malformed");
    }
  }

  #handle(bytes: Uint8Array): CloseName | undefined {
    if (bytes.length > frameBytesMax) return "tooLarge";
    const decoded = decodeCbor(bytes);
    const message = decoded.ok ? parseClientMessage(decoded.value) : undefined;
    if (!message) return "malformed";
    if (this.#state.name === "awaiting-join")
      return message.type === "join" ? this.#join(message) : "malformed";
    switch (message.type) {
      case "join":
        return "secondJoin";
      case "ignored":
        return undefined;
      case "ephemeral":
        // Stock clients gossip what they heard back to us; a socket speaks presence only for itself.
        return message.senderId === this.peerId ? this.#setting.hub.receive(this.id, message) : undefined;
      case "alive":
        if (!this.deckle || message.senderId !== this.peerId) return "malformed";
        this.#answerAlive();
        return undefined;
      case "feed":
      case "leave":
        // Not of the stock protocol: whoever did not say that it speaks ours does not get it.
        return this.deckle && message.senderId === this.peerId
          ? this.#setting.hub.receive(this.id, message)
          : "malformed";
      case "sync":
      case "request":
        return message.senderId === this.peerId ? this.#setting.hub.receive(this.id, message) : "malformed";
    }
  }

  #answerAlive(): void {
    const nowMs = this.#setting.nowMs();
    if (nowMs - this.#aliveAtMs < aliveEveryMsMin) return this.#setting.observer?.limited("alive");
    this.#aliveAtMs = nowMs;
    this.send(encodeSharedMap({ type: "alive", senderId: this.#setting.relayId }, "targetId"));
  }

  #join({ senderId, versions, deckle }: JoinMessage): CloseName | undefined {
    const { relayId, workspace, hub, report } = this.#setting;
    if (!versions.includes(protocolVersion)) {
      const message = closeReasons.unsupportedVersion.message;
      this.#socket.send(encodeCbor({ type: "error", senderId: relayId, targetId: senderId, message }));
      return "unsupportedVersion";
    }
    if (this.#state.name === "awaiting-join") clearTimeout(this.#state.deadline);
    this.#state = { name: "joined", peerId: senderId, deckle: deckle === deckleVersion };
    this.#outbox = this.#outboxTo(senderId);
    hub.join(this);
    const role = this.#session.mode === "member" ? this.#session.role : undefined;
    const told = { version: deckleVersion, workspace, self: this.self };
    const peerMetadata = { isEphemeral: false, deckle: role === undefined ? told : { ...told, role } };
    const answer = {
      type: "peer",
      senderId: relayId,
      selectedProtocolVersion: protocolVersion,
      peerMetadata,
    };
    this.send(encodeSharedMap(answer, "targetId"));
    report("joined", { connection: this.id, peer: senderId, deckle: deckle ?? 0 });
    return undefined;
  }

  #end(reason: CloseName | "left" | "error"): void {
    if (this.#state.name === "closed") return;
    this.#setting.observer?.closed(reason);
    if (this.#state.name === "awaiting-join") clearTimeout(this.#state.deadline);
    this.#state = { name: "closed" };
    this.#setting.hub.leave(this.id);
  }
}

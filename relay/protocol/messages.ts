/**
 * The frames of automerge-repo's WebSocket protocol "1" and Deckle's additions to it, as types and parsers.
 *
 * Additions: a client's `join` may carry `peerMetadata.deckle = { version: 1 }`; the relay's `peer` answer always
 * carries `peerMetadata.deckle = { version: 1, workspace, self, role }` (`DeckleMetadata`). To clients with the marker the relay sends
 *   - `receipt`: heads that it holds on disk, of a client that brought changes or told heads by itself. Heads in its
 *     sync messages are on disk as well, so a client that only takes in what it is told gets no receipt for that;
 *   - `refused`: why changes that it brought were not kept;
 *   - `progress`: how much of what a document lacks has gone out, where that takes a while;
 *   - `presences`: several `ephemeral` frames of one document at once;
 *   - `feed`: after the client has sent one, which documents were committed to since, and from then on;
 *   - `alive`: to each `alive` of the client, as far as it does not ask again within `aliveEveryMsMin`. A browser shows
 *     no pings, so only this tells a client whose relay has nothing to say from one that is not connected any more.
 * Such a client may also send `leave`: it follows a document no more, and is sent nothing of it until it asks anew.
 * A stock client sees none of it.
 *
 * Parsers take what a CBOR decoder gave and return a message or `undefined`; unknown fields are ignored.
 */
import { ephemeralBytesMax, feedEntriesMax, presenceBatchMax, syncHeadsMax } from "./limits.ts";
import { isDocumentId, isPeerId } from "./ids.ts";
import { roles, type Role } from "./roles.ts";
import { deckleVersion } from "./version.ts";

export interface JoinMessage {
  readonly type: "join";
  readonly senderId: string;
  readonly versions: readonly string[];
  /** The version of our additions that the client takes, if it is one of ours. */
  readonly deckle: number | undefined;
}
export interface SyncFrame {
  readonly type: "sync" | "request";
  readonly senderId: string;
  readonly documentId: string;
  /** An Automerge sync message. */
  readonly data: Uint8Array;
}
export interface EphemeralFrame {
  readonly type: "ephemeral";
  readonly senderId: string;
  readonly documentId: string;
  readonly count: number;
  readonly sessionId: string;
  readonly data: Uint8Array;
}
/** Frames of the protocol that the relay takes and does nothing about. */
export interface IgnoredFrame {
  readonly type: "ignored";
  readonly senderId: string;
}
/** From where on a client wants the feed: it has seen `after` in the feed named `epoch`. 0 and "" is from the start. */
export interface FeedRequest {
  readonly type: "feed";
  readonly senderId: string;
  readonly after: number;
  readonly epoch: string;
}
/** Whether the relay is still there. */
export interface AliveFrame {
  readonly type: "alive";
  readonly senderId: string;
}
/** The client has let go of a document. */
export interface LeaveFrame {
  readonly type: "leave";
  readonly senderId: string;
  readonly documentId: string;
}
export type ClientMessage =
  | JoinMessage
  | SyncFrame
  | EphemeralFrame
  | FeedRequest
  | AliveFrame
  | LeaveFrame
  | IgnoredFrame;

const ignoredTypes: ReadonlySet<unknown> = new Set([
  "doc-unavailable",
  "remote-subscription-change",
  "remote-heads-changed",
]);

export function parseClientMessage(value: unknown): ClientMessage | undefined {
  const map = asMap(value);
  if (!map || !isPeerId(map["senderId"])) return undefined;
  const { type, senderId } = { type: map["type"], senderId: map["senderId"] };
  if (type === "join") return parseJoin(map, senderId);
  if (ignoredTypes.has(type)) return { type: "ignored", senderId };
  if (type === "feed") return parseFeedRequest(map, senderId);
  if (type === "alive") return { type, senderId };
  const documentId = map["documentId"];
  if (type === "leave") return isDocumentId(documentId) ? { type, senderId, documentId } : undefined;
  const data = map["data"];
  if (!isDocumentId(documentId) || !(data instanceof Uint8Array) || data.length === 0) return undefined;
  if (type === "sync" || type === "request") return { type, senderId, documentId, data };
  if (type !== "ephemeral" || data.length > ephemeralBytesMax) return undefined;
  const { count, sessionId } = { count: map["count"], sessionId: map["sessionId"] };
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0 || !isPeerId(sessionId))
    return undefined;
  return { type, senderId, documentId, count, sessionId, data };
}

function parseJoin(map: Fields, senderId: string): JoinMessage | undefined {
  // Stock servers read a missing list as version 1; a list that is there must be one.
  const versions = map["supportedProtocolVersions"] ?? ["1"];
  if (!Array.isArray(versions) || !versions.every((each) => typeof each === "string")) return undefined;
  const metadata = map["peerMetadata"] ?? {};
  const marker = asMap(asMap(metadata)?.["deckle"])?.["version"];
  if (asMap(metadata) === undefined) return undefined;
  return { type: "join", senderId, versions, deckle: typeof marker === "number" ? marker : undefined };
}

function parseFeedRequest(map: Fields, senderId: string): FeedRequest | undefined {
  const { after, epoch } = { after: map["after"], epoch: map["epoch"] };
  if (!isSequence(after) || (epoch !== "" && !isPeerId(epoch))) return undefined;
  return { type: "feed", senderId, after, epoch };
}

/** The relay's answer to `join`, as far as it concerns Deckle. */
export interface DeckleMetadata {
  readonly version: number;
  /** Document id of the workspace that this connection is in. */
  readonly workspace: string;
  /** What others are told presence of this connection comes from; what it calls itself is not passed on. */
  readonly self: string | undefined;
  /** What this device may do; undefined where the relay is open, and whoever comes may do everything. */
  readonly role: Role | undefined;
}
/** Heads that the relay holds on disk. Sent after the commit, never before. */
export interface ReceiptMessage {
  readonly type: "receipt";
  readonly senderId: string;
  readonly targetId: string;
  readonly documentId: string;
  readonly heads: readonly string[];
}

/** Reads `peerMetadata` of a `peer` answer; `undefined` is a relay that is not ours or too new. */
export function parseDeckleMetadata(peerMetadata: unknown): DeckleMetadata | undefined {
  const deckle = asMap(asMap(peerMetadata)?.["deckle"]);
  const workspace = deckle?.["workspace"];
  if (deckle?.["version"] !== deckleVersion || !isDocumentId(workspace)) return undefined;
  const self = deckle["self"];
  const role = roles.find((each) => each === deckle["role"]);
  return { version: deckleVersion, workspace, self: isPeerId(self) ? self : undefined, role };
}

export function parseReceipt(value: unknown): ReceiptMessage | undefined {
  const map = asMap(value);
  if (!map || map["type"] !== "receipt") return undefined;
  const { senderId, targetId, documentId } = {
    senderId: map["senderId"],
    targetId: map["targetId"],
    documentId: map["documentId"],
  };
  const heads = parseHashes(map["heads"]);
  if (!isPeerId(senderId) || !isPeerId(targetId) || !isDocumentId(documentId) || !heads) return undefined;
  return { type: "receipt", senderId, targetId, documentId, heads };
}

/**
 * The frames in a `presences` message, in order; none where it is not one. `states` has for each frame its sender,
 * count, session and data.
 */
export function parsePresences(value: unknown): EphemeralFrame[] {
  const map = asMap(value);
  const documentId = map?.["documentId"];
  const states = map?.["states"];
  if (!isDocumentId(documentId) || !Array.isArray(states) || states.length > presenceBatchMax) return [];
  return states.flatMap((each: unknown) => {
    if (!Array.isArray(each)) return [];
    const [senderId, count, sessionId, data]: unknown[] = each;
    const frame = parseClientMessage({ type: "ephemeral", senderId, count, sessionId, documentId, data });
    return frame?.type === "ephemeral" ? [frame] : [];
  });
}

/** `read-only`: the session may not write there; `foreign-actor`: the changes are another device's, and new here. */
export type Refused = "read-only" | "foreign-actor";
export interface RefusedMessage {
  readonly documentId: string;
  readonly why: Refused;
}

export function parseRefused(value: unknown): RefusedMessage | undefined {
  const map = asMap(value);
  if (!map || map["type"] !== "refused" || !isDocumentId(map["documentId"])) return undefined;
  const why = map["why"];
  return why === "read-only" || why === "foreign-actor" ? { documentId: map["documentId"], why } : undefined;
}

/** How much of what a document lacks has gone out to this client, in bytes of changes. */
export interface ProgressMessage {
  readonly documentId: string;
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export function parseProgress(value: unknown): ProgressMessage | undefined {
  const map = asMap(value);
  if (!map || map["type"] !== "progress" || !isDocumentId(map["documentId"])) return undefined;
  const { sentBytes, totalBytes } = { sentBytes: map["sentBytes"], totalBytes: map["totalBytes"] };
  if (!isSequence(sentBytes) || !isSequence(totalBytes)) return undefined;
  return { documentId: map["documentId"], sentBytes, totalBytes };
}

/** Documents in the order in which they were last committed to. */
export interface FeedMessage {
  /** Names the feed: the sequences of another one mean nothing. */
  readonly epoch: string;
  readonly entries: readonly { sequence: number; documentId: string; heads: readonly string[] }[];
  /** What to ask for next time. */
  readonly upTo: number;
  /** There was nothing more when this was sent. */
  readonly isLast: boolean;
}

export function parseFeed(value: unknown): FeedMessage | undefined {
  const map = asMap(value);
  if (!map || map["type"] !== "feed" || !isPeerId(map["epoch"]) || !isSequence(map["upTo"])) return undefined;
  const { entries: list, isLast } = { entries: map["entries"], isLast: map["isLast"] };
  if (!Array.isArray(list) || list.length > feedEntriesMax || typeof isLast !== "boolean") return undefined;
  const entries = list.flatMap((each: unknown) => {
    if (!Array.isArray(each)) return [];
    const [sequence, documentId, bytes]: unknown[] = each;
    const heads = parseHashes(bytes);
    return isSequence(sequence) && isDocumentId(documentId) && heads ? [{ sequence, documentId, heads }] : [];
  });
  return entries.length === list.length
    ? { epoch: map["epoch"], entries, upTo: map["upTo"], isLast }
    : undefined;
}

/** Hashes on the wire of our own frames are 32 bytes each, one after another; hex where they are used. */
function parseHashes(value: unknown): string[] | undefined {
  if (!(value instanceof Uint8Array) || value.length % 32 !== 0 || value.length > 32 * syncHeadsMax)
    return undefined;
  let hex = "";
  for (const byte of value) hex += byte.toString(16).padStart(2, "0");
  return Array.from({ length: value.length / 32 }, (_, i) => hex.slice(64 * i, 64 * i + 64));
}

const isSequence = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

type Fields = Readonly<Record<string, unknown>>;

const asMap = (value: unknown): Fields | undefined => (isMap(value) ? value : undefined);

const isMap = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

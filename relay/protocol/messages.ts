/**
 * The frames of automerge-repo's WebSocket protocol "1" and Deckle's two additions to it, as types and parsers.
 *
 * Additions: a client's `join` may carry `peerMetadata.deckle = { version: 1 }`; the relay's `peer` answer always
 * carries `peerMetadata.deckle = { version: 1, workspace }`; to clients with the marker the relay sends `receipt`,
 * the heads that it holds on disk. A stock client sees none of it.
 *
 * Parsers take what a CBOR decoder gave and return a message or `undefined`; unknown fields are ignored.
 */
import { ephemeralBytesMax, syncHeadsMax } from "./limits.ts";
import { isDocumentId, isHash, isPeerId } from "./ids.ts";
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
export type ClientMessage = JoinMessage | SyncFrame | EphemeralFrame | IgnoredFrame;

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
  const documentId = map["documentId"];
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

/** The relay's answer to `join`, as far as it concerns Deckle. */
export interface DeckleMetadata {
  readonly version: number;
  /** Document id of the relay's default workspace. */
  readonly workspace: string;
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
  return { version: deckleVersion, workspace };
}

export function parseReceipt(value: unknown): ReceiptMessage | undefined {
  const map = asMap(value);
  if (!map || map["type"] !== "receipt") return undefined;
  const { senderId, targetId, documentId } = {
    senderId: map["senderId"],
    targetId: map["targetId"],
    documentId: map["documentId"],
  };
  const heads = map["heads"];
  if (!isPeerId(senderId) || !isPeerId(targetId) || !isDocumentId(documentId)) return undefined;
  if (!Array.isArray(heads) || heads.length > syncHeadsMax || !heads.every(isHash)) return undefined;
  return { type: "receipt", senderId, targetId, documentId, heads };
}

type Fields = Readonly<Record<string, unknown>>;

function asMap(value: unknown): Fields | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (value instanceof Uint8Array) return undefined;
  return { ...value };
}

/**
 * For tests only: frames, sync messages and chunks that no honest client makes. Written from the format, not with
 * the relay's own encoders, which refuse to lie.
 */
import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { encodeCbor, type Encodable } from "./protocol/cbor.ts";

export function leb(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) | 128 : rest);
    if (rest < 128) return Buffer.from(bytes);
  }
}

export interface Forged {
  readonly version?: number;
  readonly heads?: readonly string[];
  readonly need?: readonly string[];
  /** `bloom` is the filter's bytes. */
  readonly have?: readonly { readonly lastSync: readonly string[]; readonly bloom: Uint8Array }[];
  readonly changes?: readonly Uint8Array[];
  /** What follows the changes: the peer's flags. */
  readonly tail?: Uint8Array;
}

const hashes = (list: readonly string[]): Buffer =>
  Buffer.concat([leb(list.length), ...list.map((each) => Buffer.from(each, "hex"))]);

/** An Automerge sync message. Without anything it says "I have nothing, send me all". */
export function syncMessage(forged: Forged = {}): Buffer {
  const have = forged.have ?? [{ lastSync: [], bloom: new Uint8Array(0) }];
  const changes = forged.changes ?? [];
  return Buffer.concat([
    Uint8Array.of(forged.version ?? 0x42),
    hashes([...(forged.heads ?? [])].sort()),
    hashes(forged.need ?? []),
    leb(have.length),
    ...have.flatMap(({ lastSync, bloom }) => [hashes(lastSync), leb(bloom.length), bloom]),
    leb(changes.length),
    ...changes.flatMap((each) => [leb(each.length), each]),
    forged.tail ?? new Uint8Array(0),
  ]);
}

const magic = Uint8Array.of(0x85, 0x6f, 0x4a, 0x83);

/** A chunk with the checksum that its content has, whatever the content is. */
export function chunk(type: 0 | 1, body: Uint8Array): { readonly bytes: Buffer; readonly hash: string } {
  const hashed = Buffer.concat([Uint8Array.of(type), leb(body.length), body]);
  const hash = createHash("sha256").update(hashed).digest();
  return { bytes: Buffer.concat([magic, hash.subarray(0, 4), hashed]), hash: hash.toString("hex") };
}

/** A deflated change chunk; `checksum` is that of what it inflates to, which a bomb does not bother about. */
export function deflatedChunk(body: Uint8Array, checksum = Uint8Array.of(1, 2, 3, 4)): Buffer {
  const content = deflateRawSync(body);
  return Buffer.concat([magic, checksum, Uint8Array.of(2), leb(content.length), content]);
}

/** The body of a change chunk up to its operations, of which it has none. */
export function changeBody(
  { deps = [], actor = "aa".repeat(16), seq = 1 }: { deps?: readonly string[]; actor?: string; seq?: number },
  padding = new Uint8Array(0),
): Buffer {
  // Then start op, time, message, other actors, columns: all none.
  const nothing = Uint8Array.of(1, 0, 0, 0, 0);
  return Buffer.concat([
    hashes(deps),
    leb(actor.length / 2),
    Buffer.from(actor, "hex"),
    leb(seq),
    nothing,
    padding,
  ]);
}

export const join = (more: { readonly [key: string]: Encodable } = {}): Uint8Array =>
  encodeCbor({
    type: "join",
    senderId: "attacker",
    peerMetadata: {},
    supportedProtocolVersions: ["1"],
    ...more,
  });

/** A sync frame of the peer "attacker". */
export const frame = (
  documentId: string,
  data: Uint8Array,
  more: { readonly [key: string]: Encodable } = {},
): Uint8Array =>
  encodeCbor({ type: "sync", senderId: "attacker", targetId: "relay", documentId, data, ...more });

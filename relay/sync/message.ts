/**
 * Automerge's sync message: heads, what is needed, what is had, changes.
 *
 * Version 1 lists changes, version 2 has one whole document in their place; on the wire they differ in the first byte
 * only, and an Automerge that knows version 2 takes a whole document in a message of version 1 as well (tried with
 * 3.5). It tells so by flags after the changes, and expects version 2 to be understood by whoever sends flags. So the
 * relay sends none, and is answered with plain changes, unless it *offers* to take a whole document.
 */
import {
  bloomBytesMax,
  syncChangesMax,
  syncHavesMax,
  syncHeadsMax,
  syncNeedsMax,
} from "../protocol/limits.ts";
import { BloomFilter } from "./bloom.ts";
import { ByteReader, ByteWriter, Truncated } from "./bytes.ts";
import type { Stretch } from "./segment.ts";

export interface Have {
  readonly lastSync: readonly string[];
  readonly bloom: BloomFilter;
}
/** What a peer says about itself, without the changes it brought. */
export interface Claim {
  readonly heads: readonly string[];
  readonly need: readonly string[];
  readonly have: readonly Have[];
}
export interface SyncMessage extends Claim {
  /** Chunks of changes or of documents, as views of the message. */
  readonly changes: readonly Uint8Array[];
  /** The peer takes whole documents. */
  readonly takesDocuments: boolean;
}
export interface OutgoingMessage extends Claim {
  readonly changes: Pick<Stretch, "count" | "body">;
  /** Tells the peer to send a whole document where that is shorter. */
  readonly offersDocuments?: boolean;
}

export const noChanges: OutgoingMessage["changes"] = { count: 0, body: new Uint8Array(0) };

/** Magic, checksum, type, length, and a body that begins with four numbers: a million empty ones are a bomb. */
const chunkBytesMin = 12;
const version1 = 0x42;
const version2 = 0x43;
/** A list of one flag, which says that version 2 is understood. */
const flagsOfVersion2 = [1, 2];

export function decodeSyncMessage(bytes: Uint8Array): SyncMessage | undefined {
  try {
    const reader = new ByteReader(bytes);
    const version = reader.byte();
    if (version !== version1 && version !== version2) return undefined;
    const heads = reader.hashes(syncHeadsMax);
    const need = reader.hashes(syncNeedsMax);
    const have: Have[] = [];
    for (let count = reader.count(syncHavesMax, 2); count > 0; count--) {
      const lastSync = reader.hashes(syncHeadsMax);
      const bloom = BloomFilter.decode(reader.take(reader.count(bloomBytesMax, 1)));
      if (!bloom) return undefined;
      have.push({ lastSync, bloom });
    }
    const changes: Uint8Array[] = [];
    for (let count = reader.count(syncChangesMax, chunkBytesMin); count > 0; count--) {
      const length = reader.number();
      if (length < chunkBytesMin) return undefined;
      changes.push(reader.take(length));
    }
    return { heads, need, have, changes, takesDocuments: !reader.atEnd };
  } catch (error) {
    if (error instanceof Truncated) return undefined;
    throw error;
  }
}

export function encodeSyncMessage(message: OutgoingMessage): Uint8Array {
  const hashes = message.heads.length + message.need.length + (message.have[0]?.lastSync.length ?? 0);
  const writer = new ByteWriter(64 + 32 * hashes + message.changes.body.length);
  writer.byte(version1);
  // Automerge keeps heads sorted and compares them as lists.
  writer.hashes([...message.heads].sort());
  writer.hashes(message.need);
  writer.number(message.have.length);
  for (const { lastSync, bloom } of message.have) {
    writer.hashes([...lastSync].sort());
    const bits = bloom.encode();
    writer.number(bits.length);
    writer.bytes(bits);
  }
  writer.number(message.changes.count);
  writer.bytes(message.changes.body);
  if (message.offersDocuments) for (const byte of flagsOfVersion2) writer.byte(byte);
  return writer.done();
}

/**
 * Automerge's sync message, version 1: heads, what is needed, what is had, changes.
 *
 * The relay advertises no capability, to which Automerge 3.5 answers with version 1 and plain changes (tried); a
 * version 2 message is refused. Bytes after the changes are the peer's capabilities and are skipped.
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
  readonly changes: readonly Uint8Array[];
}

const version1 = 0x42;

export function decodeSyncMessage(bytes: Uint8Array): SyncMessage | undefined {
  try {
    const reader = new ByteReader(bytes);
    if (reader.byte() !== version1) return undefined;
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
    for (let count = reader.count(syncChangesMax, 1); count > 0; count--)
      changes.push(reader.take(reader.number()));
    return { heads, need, have, changes };
  } catch (error) {
    if (error instanceof Truncated) return undefined;
    throw error;
  }
}

export function encodeSyncMessage(message: SyncMessage): Uint8Array {
  const writer = new ByteWriter();
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
  writer.number(message.changes.length);
  for (const change of message.changes) {
    writer.number(change.length);
    writer.bytes(change);
  }
  return writer.done();
}

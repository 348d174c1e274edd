/** Sync messages, Bloom filters and change headers against Automerge's own as the oracle. */
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import * as A from "@automerge/automerge";
import fc from "fast-check";
import { expect, test } from "vitest";
import { changeInflatedBytesMax } from "../protocol/limits.ts";
import { BloomFilter, type HashWords } from "./bloom.ts";
import { ByteWriter, fromHex, toHex } from "./bytes.ts";
import { parseChange, type Hashing } from "./chunk.ts";
import { decodeSyncMessage, encodeSyncMessage, noChanges } from "./message.ts";

const hashing: Hashing = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  inflate(bytes, maxOutputLength) {
    try {
      return inflateRawSync(bytes, { maxOutputLength });
    } catch {
      return undefined;
    }
  },
};
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const words = (hex: string): HashWords => {
  const view = new DataView(fromHex(hex).buffer);
  return [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)];
};

test("messages are read by Automerge as written, and Automerge's are read as it does", () => {
  const arbitrary = fc.record({
    heads: fc.uniqueArray(hash, { maxLength: 4 }),
    need: fc.uniqueArray(hash, { maxLength: 3 }),
    lastSync: fc.uniqueArray(hash, { maxLength: 3 }),
    inFilter: fc.array(hash, { maxLength: 30 }),
  });
  fc.assert(
    fc.property(arbitrary, ({ heads, need, lastSync, inFilter }) => {
      const bloom = BloomFilter.of(inFilter.map(words));
      const ours = encodeSyncMessage({ heads, need, have: [{ lastSync, bloom }], changes: noChanges });
      const theirs = A.decodeSyncMessage(ours);
      expect(theirs.heads).toEqual([...heads].sort());
      expect(theirs.need).toEqual(need);
      expect(theirs.have[0]?.lastSync).toEqual([...lastSync].sort());
      const back = decodeSyncMessage(A.encodeSyncMessage(theirs));
      expect(back?.heads).toEqual(theirs.heads);
      expect(back?.have[0]?.bloom.encode()).toEqual(bloom.encode());
      for (const each of inFilter) expect(back?.have[0]?.bloom.has(words(each))).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("the filter of n changes is the very bytes that Automerge makes, and errs about 1 % of the time", () => {
  let doc = A.from<{ n: number }>({ n: 0 });
  for (let i = 1; i < 200; i++) doc = A.change(doc, (draft) => void (draft.n = i));
  const [, message] = A.generateSyncMessage(doc, A.initSyncState());
  const theirs = message && decodeSyncMessage(message)?.have[0]?.bloom;
  if (!theirs) throw new Error("no filter");
  const hashes = A.getAllChanges(doc).map((each) => A.decodeChange(each).hash);
  expect(BloomFilter.of(hashes.map(words)).encode()).toEqual(theirs.encode());
  for (const each of hashes) expect(theirs.has(words(each))).toBe(true);
  const strangers = fc.sample(hash, 2_000).filter((each) => theirs.has(words(each)));
  expect(strangers.length).toBeLessThan(80);
});

test("no bytes make a message parser throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      decodeSyncMessage(bytes);
      decodeSyncMessage(Uint8Array.of(0x42, ...bytes));
      parseChange(bytes, hashing);
      parseChange(Uint8Array.of(0x85, 0x6f, 0x4a, 0x83, ...bytes), hashing);
      BloomFilter.decode(bytes);
    }),
    { numRuns: 3_000 },
  );
});

const large = A.from<{ text: string }>({ text: "lorem ipsum ".repeat(500) });
const chunk = A.getAllChanges(large)[0] ?? new Uint8Array();

function deflated(change: Uint8Array): Uint8Array {
  const lengthBytes = change.slice(9).findIndex((byte) => byte < 0x80) + 1;
  const content = deflateRawSync(change.subarray(9 + lengthBytes));
  const writer = new ByteWriter();
  writer.bytes(change.subarray(0, 8));
  writer.byte(2);
  writer.number(content.length);
  writer.bytes(content);
  return writer.done();
}

test("change headers are what Automerge reads, plain and deflated, deps of merges included", () => {
  const a = A.change(A.clone(large), (doc) => void (doc.text = "a"));
  const b = A.change(A.clone(large), (doc) => void (doc.text = "b"));
  const merged = A.change(A.merge(a, b), (doc) => void (doc.text = "c"));
  for (const each of A.getAllChanges(merged)) {
    const { hash: expected, deps, actor, seq } = A.decodeChange(each);
    for (const bytes of [each, deflated(each)]) {
      const parsed = parseChange(bytes, hashing);
      expect(parsed.ok && { ...parsed.change, bytes: undefined }).toEqual({
        hash: expected,
        deps,
        actor,
        seq,
        bytes: undefined,
      });
    }
  }
  // Automerge itself takes the deflated form for the same change.
  expect(A.decodeChange(deflated(chunk)).hash).toBe(A.decodeChange(chunk).hash);
});

test("a flipped byte anywhere is refused", () => {
  for (let at = 0; at < 120; at++) {
    const flipped = Uint8Array.from(chunk, (byte, i) => (i === at ? byte ^ 0x10 : byte));
    expect(parseChange(flipped, hashing).ok).toBe(false);
  }
  expect(parseChange(A.save(large), hashing)).toEqual({
    ok: false,
    fault: "not-a-change",
    inflatedBytes: 0,
  });
});

test("inflating stops at the limit: at it yes, one past it no", () => {
  const inflated = chunk.length - 8 - 1 - 2;
  expect(parseChange(deflated(chunk), hashing, inflated).ok).toBe(true);
  expect(parseChange(deflated(chunk), hashing, inflated - 1)).toEqual({
    ok: false,
    fault: "inflates-too-far",
    inflatedBytes: inflated - 1,
  });
  expect(changeInflatedBytesMax).toBeLessThanOrEqual(64 * 1024 * 1024);
});

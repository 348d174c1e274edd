import fc from "fast-check";
import { expect, test } from "vitest";
import { actorBytesMax, changeDepsMax } from "../protocol/limits.ts";
import { ByteWriter, fromHex, toHex } from "./bytes.ts";
import type { Change } from "./chunk.ts";
import { ChangeGraph } from "./graph.ts";
import {
  IndexWriter,
  isIndex,
  packBody,
  packStretch,
  readBody,
  readIndex,
  type IndexEntry,
} from "./segment.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes));
/** Changes of which some depend on each other and some on what is elsewhere. */
const stretches: fc.Arbitrary<Change[]> = fc
  .uniqueArray(
    fc.record({
      hash,
      near: fc.array(fc.nat(), { maxLength: 3 }),
      far: fc.array(hash, { maxLength: 2 }),
      actor: fc.constantFrom("", "aa", "00ff", "ab".repeat(actorBytesMax)),
      seq: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(Number.MAX_SAFE_INTEGER)),
      bytes: fc.uint8Array({ maxLength: 300 }),
    }),
    { selector: (each) => each.hash, maxLength: 12 },
  )
  .map((records) =>
    records.map(({ near, far, ...rest }, i) => ({
      ...rest,
      deps: [...new Set([...(i ? near.map((each) => records[each % i]?.hash ?? "") : []), ...far])],
    })),
  );

function unpacked(index: Uint8Array, body: Uint8Array, count: number): Change[] | undefined {
  const entries: IndexEntry[] = [];
  const chunks: Uint8Array[] = [];
  if (
    !readIndex(index, count, (entry) => entries.push(entry)) ||
    !readBody(body, count, (each) => chunks.push(each))
  )
    return undefined;
  const hashes = entries.map((each) => toHex(each.hash));
  return entries.map(({ actor, seq, deps, size }, i) => {
    expect(chunks[i]).toHaveLength(size);
    const names = deps.map((dep) => (typeof dep === "number" ? (hashes[dep] ?? "") : toHex(dep)));
    return { hash: hashes[i] ?? "", deps: names, actor, seq, bytes: chunks[i] ?? new Uint8Array() };
  });
}

test("what is packed is read back, alone or from within other bytes", () => {
  fc.assert(
    fc.property(stretches, fc.nat(9), (changes, before) => {
      const { count, index, body } = packStretch(changes);
      const within = (bytes: Uint8Array): Uint8Array =>
        Uint8Array.of(...new Uint8Array(before), ...bytes, 1, 2).subarray(before, before + bytes.length);
      expect(unpacked(within(index), within(body), count)).toEqual(changes);
      expect(isIndex(index, count)).toBe(true);
      for (const wrong of [count - 1, count + 1].filter((each) => each >= 0)) {
        expect([isIndex(index, wrong), readIndex(index, wrong, () => {})]).toEqual([false, false]);
        expect(readBody(body, wrong, () => {})).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});

test("a long history takes about 40 bytes of index a change", () => {
  const changes = Array.from({ length: 10_000 }, (_, n) => ({
    hash: n.toString(16).padStart(64, "0"),
    deps: n ? [(n - 1).toString(16).padStart(64, "0")] : [],
    actor: "ab".repeat(16),
    seq: n + 1,
    bytes: new Uint8Array(100),
  }));
  expect(packStretch(changes).index.length / changes.length).toBeLessThan(40);
});

test("the same change twice in a stretch does not move the places of others", () => {
  const record = (n: number, deps: number[]): Change => ({
    hash: String(n).repeat(64),
    deps: deps.map((each) => String(each).repeat(64)),
    actor: "aa",
    seq: n,
    bytes: new Uint8Array(n),
  });
  const changes = [record(1, []), record(1, []), record(2, [1]), record(3, [2])];
  const { count, index, body } = packStretch(changes);
  expect(unpacked(index, body, count)).toEqual(changes);
});

/** An index and a body of which some bytes were changed, cut off, put in or doubled. */
const mutations = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("flip", "set", "cut", "insert", "double"),
    value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)),
  }),
  { minLength: 1, maxLength: 4 },
);
type Mutations = typeof mutations extends fc.Arbitrary<infer T> ? T : never;
function mutated(bytes: Uint8Array, each: Mutations): Uint8Array {
  let list = [...bytes];
  for (const { at: place, kind, value } of each) {
    const at = list.length > 0 ? place % list.length : 0;
    if (kind === "flip") list[at] = (list[at] ?? 0) ^ (1 << (value & 7));
    else if (kind === "set") list[at] = value;
    else if (kind === "cut") list = list.slice(0, at);
    else if (kind === "insert") list.splice(at, 0, value);
    else list.splice(at, 0, ...list.slice(at, at + (value % 40)));
  }
  return Uint8Array.from(list);
}
const isWithin = (part: Uint8Array, whole: Uint8Array): boolean =>
  part.buffer === whole.buffer &&
  part.byteOffset >= whole.byteOffset &&
  part.byteOffset + part.length <= whole.byteOffset + whole.length;

test("no bytes make a reader throw or look outside; what it refuses leaves a graph as it was", () => {
  let taken = 0;
  fc.assert(
    fc.property(stretches, mutations, fc.integer({ min: -1, max: 1 }), (changes, each, more) => {
      const packed = packStretch(changes);
      const count = Math.max(0, packed.count + more);
      // In the middle of a larger buffer, where a read past the end would find something.
      const room = new Uint8Array(packed.index.length + packed.body.length + 600).fill(1);
      const put = (bytes: Uint8Array): Uint8Array => {
        room.set(bytes, 100);
        return room.subarray(100, 100 + bytes.length);
      };
      const index = put(mutated(packed.index, each));
      const ok = readIndex(index, count, ({ hash: own, seq, deps }, at) => {
        expect(own.length === 32 && isWithin(own, index) && seq > 0).toBe(true);
        for (const dep of deps)
          expect(
            typeof dep === "number" ? dep >= 0 && dep < at : dep.length === 32 && isWithin(dep, index),
          ).toBe(true);
      });
      expect(isIndex(index, count)).toBe(ok);
      if (ok) taken++;
      const graph = new ChangeGraph();
      expect(graph.load({ first: 0, count, index })).toBe(ok);
      expect(graph.length + graph.orphanCount <= (ok ? count : 0)).toBe(true);
      for (let position = 0; position < graph.length; position++)
        for (const dep of graph.deps(position)) expect(dep).toBeLessThan(position);

      const body = put(mutated(packed.body, each));
      let bytes = 0;
      readBody(body, count, (chunk) => {
        expect(isWithin(chunk, body)).toBe(true);
        bytes += chunk.length;
      });
      expect(bytes).toBeLessThanOrEqual(body.length);
    }),
    { numRuns: 3_000 },
  );
  // A change of a hash or of a number leaves an index; otherwise this test would only see refusals.
  expect(taken).toBeGreaterThan(100);
});

test("deps and actors at their limit are read, one past it refused", () => {
  const indexOf = (actor: string, depCount: number): Uint8Array => {
    const writer = new IndexWriter();
    const deps = Array.from({ length: depCount }, () => new Uint8Array(32));
    writer.add({ hash: new Uint8Array(32), size: 1, actor, seq: 1, deps });
    return writer.done();
  };
  expect(isIndex(indexOf("aa", changeDepsMax), 1)).toBe(true);
  expect(isIndex(indexOf("aa", changeDepsMax + 1), 1)).toBe(false);
  expect(isIndex(indexOf("aa".repeat(actorBytesMax), 0), 1)).toBe(true);
  expect(isIndex(indexOf("aa".repeat(actorBytesMax + 1), 0), 1)).toBe(false);
});

test("an index that is none is refused: a place or a dep that is not there, seq 0, a longer LEB128, a huge count", () => {
  const record = (...rest: number[]): Uint8Array => Uint8Array.of(...new Uint8Array(32), ...rest);
  // size, actor (new, 1 byte: 0xaa), seq, deps
  expect(isIndex(record(1, 0, 1, 0xaa, 1, 0), 1)).toBe(true);
  expect(isIndex(record(1, 1, 1, 0), 1)).toBe(false);
  expect(isIndex(record(1, 0, 1, 0xaa, 1, 1, 1), 1)).toBe(false);
  expect(isIndex(record(1, 0, 1, 0xaa, 0, 0), 1)).toBe(false);
  expect(isIndex(record(0x81, 0, 0, 1, 0xaa, 1, 0), 1)).toBe(false);
  expect(isIndex(record(1, 0, 1, 0xaa, 1, 0), Number.MAX_SAFE_INTEGER)).toBe(false);
  expect(new ChangeGraph().load({ first: 0, count: Number.MAX_SAFE_INTEGER, index: record(1) })).toBe(false);
});

test("a dep that is not before its record cannot be written", () => {
  const writer = new IndexWriter();
  const entry = (deps: number[]): IndexEntry => ({
    hash: new Uint8Array(32),
    size: 1,
    actor: "aa",
    seq: 1,
    deps,
  });
  expect(() => writer.add(entry([0]))).toThrow(RangeError);
});

test("a body is its chunks with their lengths", () => {
  const chunks = [new Uint8Array(0), fromHex("ff"), new Uint8Array(300)];
  const writer = new ByteWriter();
  for (const each of chunks) {
    writer.number(each.length);
    writer.bytes(each);
  }
  expect(packBody(chunks)).toEqual({ count: 3, body: writer.done() });
});

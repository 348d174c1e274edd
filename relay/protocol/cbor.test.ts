/** Our CBOR against cbor-x, which stock clients use, as the oracle. */
import * as cborX from "cbor-x";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, decodeCbor, encodeCbor, encodeSharedMap } from "./cbor.ts";
import { frameDepthMax, frameItemsMax, frameTextBytesMax } from "./limits.ts";

const oracle = new cborX.Encoder({ tagUint8Array: false, useRecords: false });
const plain = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
    : Array.isArray(value)
      ? value.map(plain)
      : value instanceof Uint8Array
        ? [...value]
        : value;

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 4 },
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ maxLength: 10 }).filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 5 },
    ),
  ),
})).value;

test("what we encode cbor-x decodes to the same, and the other way round", () => {
  fc.assert(
    fc.property(value, (each) => {
      const ours = encodeCbor(each as Parameters<typeof encodeCbor>[0]);
      expect(plain(oracle.decode(ours))).toEqual(plain(each));
      const theirs = decodeCbor(oracle.encode(each));
      expect(theirs.ok && plain(theirs.value)).toEqual(plain(each));
    }),
    { numRuns: 300 },
  );
});

test("no bytes make it throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeCbor(bytes)),
    { numRuns: 3_000 },
  );
});

test("a map encoded in two halves is the map", () => {
  const whole = concat([encodeSharedMap({ a: 1, b: Uint8Array.of(1, 2) }, "c"), encodeCbor("peer")]);
  const decoded = decodeCbor(whole);
  expect(decoded.ok && plain(decoded.value)).toEqual({ a: 1, b: [1, 2], c: "peer" });
});

test("each limit holds at the limit and refuses one past it", () => {
  const nested = (depth: number): Uint8Array => Uint8Array.from([...Array<number>(depth).fill(0x81), 0]);
  expect(decodeCbor(nested(frameDepthMax)).ok).toBe(true);
  expect(decodeCbor(nested(frameDepthMax + 1)).ok).toBe(false);
  expect(decodeCbor(encodeCbor("x".repeat(frameTextBytesMax))).ok).toBe(true);
  expect(decodeCbor(encodeCbor("x".repeat(frameTextBytesMax + 1))).ok).toBe(false);
  expect(decodeCbor(encodeCbor(Array<number>(frameItemsMax - 1).fill(0))).ok).toBe(true);
  expect(decodeCbor(encodeCbor(Array<number>(frameItemsMax).fill(0))).ok).toBe(false);
});

test("short texts are what they are, the first time and the tenth, whatever was read before", () => {
  const text = fc.string({ unit: "grapheme-ascii", maxLength: 70 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), (texts) => {
      for (let times = 0; times < 3; times++) {
        const decoded = decodeCbor(encodeCbor(texts));
        expect(decoded.ok && decoded.value).toEqual(texts);
      }
    }),
    { numRuns: 300 },
  );
});

test("keys that every object has are keys like others, and so refused when they come twice", () => {
  const entry = (key: string): Uint8Array => concat([encodeCbor(key), encodeCbor(1)]);
  for (const key of ["__proto__", "constructor", "toString", "type"]) {
    const decoded = decodeCbor(concat([Uint8Array.of(0xa1), entry(key)]));
    expect(decoded.ok && Object.entries(decoded.value as object)).toEqual([[key, 1]]);
    expect(decodeCbor(concat([Uint8Array.of(0xa2), entry(key), entry(key)])).ok).toBe(false);
  }
});

test("integers are read up to 2^53 - 1, and refused from there on", () => {
  const eight = (value: bigint): Uint8Array => {
    const bytes = new Uint8Array(9);
    bytes[0] = 0x1b;
    new DataView(bytes.buffer).setBigUint64(1, value);
    return bytes;
  };
  const largest = 2n ** 53n - 1n;
  expect(decodeCbor(eight(largest))).toEqual({ ok: true, value: Number(largest) });
  for (const value of [largest + 1n, largest + 2n, 2n ** 63n, 2n ** 64n - 1n])
    expect(decodeCbor(eight(value)).ok).toBe(false);
});

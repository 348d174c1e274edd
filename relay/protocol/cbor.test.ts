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

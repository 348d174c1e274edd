import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, ByteWriter, fromHex, toHex, Truncated } from "./bytes.ts";

test("hex goes there and back, and from within other bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 5 }), (bytes, before) => {
      const hex = Buffer.from(bytes).toString("hex");
      expect(toHex(bytes)).toBe(hex);
      expect(toHex(Uint8Array.of(...before, ...bytes, 1), before.length, before.length + bytes.length)).toBe(
        hex,
      );
      expect(fromHex(hex)).toEqual(Uint8Array.from(bytes));
      expect(fromHex(hex.toUpperCase())).toEqual(Uint8Array.from(bytes));
      const writer = new ByteWriter();
      writer.bytes(before);
      writer.hex(hex);
      expect([...writer.done()]).toEqual([...before, ...bytes]);
    }),
  );
  for (const wrong of ["1", "0g", "g0", "0\u{130}", "  ", "-1"])
    expect(() => fromHex(wrong)).toThrow(RangeError);
});

/** LEB128 by the book. */
function leb(value: bigint): number[] {
  const low = Number(value & 127n);
  return value < 128n ? [low] : [low | 128, ...leb(value >> 7n)];
}
const read = (bytes: readonly number[]): number => new ByteReader(Uint8Array.from(bytes)).number();

test("numbers are LEB128 in the shortest form, up to 2^53 - 1", () => {
  const number = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(300),
    fc.integer({ min: 0, max: 53 }).map((power) => Math.max(0, 2 ** power - 1)),
  );
  fc.assert(
    fc.property(number, (value) => {
      const writer = new ByteWriter();
      writer.number(value);
      expect([...writer.done()]).toEqual(leb(BigInt(value)));
      expect(read(leb(BigInt(value)))).toBe(value);
      const [last = 0, ...others] = leb(BigInt(value)).toReversed();
      expect(() => read([...others.toReversed(), last | 0x80, 0])).toThrow(Truncated);
      expect(() => read(others.map(() => 0x80))).toThrow(Truncated);
    }),
    { numRuns: 1_000 },
  );
  expect(() => read(leb(2n ** 53n))).toThrow(Truncated);
  expect(() => read(leb(2n ** 64n))).toThrow(Truncated);
  expect(() => read([...Array<number>(3_000).fill(0x80), 1])).toThrow(Truncated);
});

test("a count that the rest cannot hold is refused, as is one past its limit", () => {
  const bytes = Uint8Array.of(2, ...new Uint8Array(64));
  expect(new ByteReader(bytes).hashes(2)).toEqual(["0".repeat(64), "0".repeat(64)]);
  expect(() => new ByteReader(bytes).hashes(1)).toThrow(Truncated);
  expect(() => new ByteReader(bytes.subarray(0, 64)).hashes(2)).toThrow(Truncated);
});

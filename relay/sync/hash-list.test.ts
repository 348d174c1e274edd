import fc from "fast-check";
import { expect, test } from "vitest";
import { hashProbesMax } from "../protocol/limits.ts";
import { fromHex } from "./bytes.ts";
import { HashList } from "./hash-list.ts";

/** Hashes of which many begin alike, as somebody can make them who tries long enough. */
const hash = fc
  .tuple(fc.constantFrom("00000000", "12345678"), fc.integer({ min: 0, max: 0x1ff }))
  .map(([start, n]) => start + n.toString(16).padStart(8, "0").repeat(7));

test("hashes that come and go are found where they are, however alike they begin", () => {
  const step = fc.oneof(
    { weight: 30, arbitrary: fc.record({ add: hash }) },
    { weight: 1, arbitrary: fc.record({ keep: fc.double({ min: 0.6, max: 1, noNaN: true }) }) },
  );
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 100, maxLength: 300, size: "max" }),
      fc.array(hash, { maxLength: 20 }),
      (steps, others) => {
        const list = new HashList();
        const model: string[] = [];
        const found: number[] = [];
        for (const each of steps) {
          if ("keep" in each) {
            model.length = Math.floor(each.keep * model.length);
            list.truncate(model.length);
          } else if (!model.includes(each.add)) {
            found.push(list.find(each.add));
            if (model.length % 2) list.push(each.add);
            else list.pushAt(Uint8Array.of(9, ...fromHex(each.add)), 1);
            model.push(each.add);
          }
        }
        expect([list.length, found.every((each) => each === -1)]).toEqual([model.length, true]);
        for (const each of [...model, ...others]) {
          expect(list.find(each)).toBe(model.indexOf(each));
          expect(list.findAt(Uint8Array.of(1, 2, ...fromHex(each), 3), 2)).toBe(model.indexOf(each));
        }
        for (const [position, each] of model.entries()) {
          expect(list.hex(position)).toBe(each);
          const view = new DataView(fromHex(each).buffer);
          expect(list.words(position)).toEqual([0, 4, 8].map((at) => view.getUint32(at, true)));
        }
      },
    ),
    // To make 300 steps fewer takes minutes; the seed is told.
    { numRuns: 100, endOnFailure: true },
  );
});

test("as many as there are probes share a slot's way, and one past that is found as well", () => {
  const alike = (n: number): string => "abababab" + n.toString(16).padStart(56, "0");
  const list = new HashList();
  list.reserve(1_000);
  for (let n = 0; n < hashProbesMax; n++) list.push(alike(n));
  const before = list.byteLength;
  list.push(alike(hashProbesMax));
  expect(list.byteLength).toBeGreaterThan(before);
  for (let n = 0; n <= hashProbesMax; n++) expect(list.find(alike(n))).toBe(n);
  expect(list.find(alike(hashProbesMax + 1))).toBe(-1);
});

test("attack: hashes that were ground to begin alike do not make the table slow", () => {
  const count = 100_000;
  const list = new HashList();
  const started = performance.now();
  for (let n = 0; n < count; n++) {
    const each = "00000000" + n.toString(16).padStart(56, "0");
    expect(list.find(each) < 0).toBe(true);
    list.push(each);
  }
  // Without the bound this is half of 10^10 steps.
  expect(performance.now() - started).toBeLessThan(8_000);
});

test("what is no hash is a bug", () => {
  expect(() => new HashList().find("12")).toThrow(RangeError);
  expect(() => new HashList().find("g".repeat(64))).toThrow(RangeError);
});

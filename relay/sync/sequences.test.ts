import fc from "fast-check";
import { expect, test } from "vitest";
import { Sequences } from "./sequences.ts";

test("numbers are taken and given back like those of a set", () => {
  const step = fc.record({
    adds: fc.boolean(),
    actor: fc.constantFrom("", "aa", "bb"),
    seq: fc.oneof(
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1),
    ),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const sequences = new Sequences();
      const model = new Set<string>();
      for (const { adds, actor, seq } of steps) {
        if (adds) {
          sequences.add(actor, seq);
          model.add(`${actor} ${seq}`);
        } else {
          sequences.delete(actor, seq);
          model.delete(`${actor} ${seq}`);
        }
        for (const each of ["", "aa", "bb"])
          for (const number of [0, ...Array.from({ length: 14 }, (_, i) => i + 1), Number.MAX_SAFE_INTEGER])
            expect(sequences.has(each, number)).toBe(model.has(`${each} ${number}`));
      }
      for (const each of model) sequences.delete(each.split(" ")[0] ?? "", Number(each.split(" ")[1]));
      expect(sequences.byteLength).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("an actor that counts takes the same memory however far it counts", () => {
  const sequences = new Sequences();
  sequences.add("aa", 1);
  const before = sequences.byteLength;
  for (let seq = 2; seq < 10_000; seq++)
    sequences.add("aa", seq % 5 === 0 ? seq + 1 : seq % 5 === 1 ? seq - 1 : seq);
  expect(sequences.byteLength).toBe(before);
});

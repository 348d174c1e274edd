import fc from "fast-check";
import { expect, test } from "vitest";
import { sameHeads, stageOf, statusOf } from "./pipeline.ts";
import type { PipelineFacts } from "./pipeline.ts";

const level: PipelineFacts = {
  hasUnwritten: false,
  writeFailure: null,
  heads: ["a"],
  durable: ["a"],
  saveFailure: null,
  copy: { state: "kept" },
  isDoubtful: false,
  damaged: false,
  unsent: 0,
  withheld: null,
  seenBy: 1,
};

test.each([
  ["on-others", {}],
  ["on-relay", { seenBy: 0 }],
  ["durable", { unsent: 1, seenBy: 0 }],
  ["durable", { unsent: null, seenBy: 0 }],
  ["written", { durable: null }],
  ["written", { durable: ["b"] }],
  ["written", { saveFailure: "full" }],
  ["written", { copy: { state: "keeping" } }],
  ["on-others", { copy: { state: "failed", reason: "full" } }],
  ["on-others", { copy: { state: "none" }, isDoubtful: true }],
  ["on-others", { isDoubtful: true }],
  ["written", { copy: { state: "failed", reason: "full" }, isDoubtful: true }],
  ["accepted", { hasUnwritten: true }],
] as const)("%s", (stage, facts) => {
  expect(stageOf({ ...level, ...facts })).toBe(stage);
});

test("heads are a set", () => {
  expect(sameHeads(["a", "b"], ["b", "a"])).toBe(true);
  expect(sameHeads(["a"], ["a", "b"])).toBe(false);
  expect(sameHeads(null, [])).toBe(false);
});

const head = fc.constantFrom("a", "b", "c");
const reason = fc.option(fc.constantFrom("the disk is full", "the disk is gone"));
const anyFacts: fc.Arbitrary<PipelineFacts> = fc.record({
  hasUnwritten: fc.boolean(),
  writeFailure: reason,
  heads: fc.uniqueArray(head, { minLength: 1 }),
  durable: fc.option(fc.uniqueArray(head)),
  saveFailure: reason,
  copy: fc.constantFrom(
    { state: "kept" } as const,
    { state: "keeping" } as const,
    { state: "failed", reason: "full" } as const,
    { state: "none" } as const,
  ),
  isDoubtful: fc.boolean(),
  damaged: fc.boolean(),
  unsent: fc.option(fc.nat(3)),
  withheld: fc.constantFrom(null, "read-only" as const),
  seenBy: fc.nat(2),
});

test("nothing is claimed that the facts do not say", () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const { here, copy, unsent, withheld, seenBy } = statusOf(facts);
      const isSaved = here.state === "saved";
      expect(isSaved).toBe(
        !facts.hasUnwritten &&
          facts.writeFailure === null &&
          facts.saveFailure === null &&
          sameHeads(facts.durable, facts.heads) &&
          facts.copy.state !== "keeping" &&
          !(facts.copy.state === "failed" && facts.isDoubtful),
      );
      const isOnRelay = unsent === 0 && withheld === null;
      expect(isOnRelay && (facts.hasUnwritten || facts.unsent !== 0)).toBe(false);
      expect(copy.state === "kept" && facts.hasUnwritten).toBe(false);
      expect((seenBy ?? 0) > 0 && (facts.hasUnwritten || facts.unsent === null)).toBe(false);
    }),
  );
});

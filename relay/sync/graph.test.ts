import fc from "fast-check";
import { expect, test } from "vitest";
import { orphansMax } from "../protocol/limits.ts";
import type { Change } from "./chunk.ts";
import { ChangeGraph } from "./graph.ts";

const hashOf = (n: number): string => n.toString(16).padStart(8, "0").repeat(8);
const change = (n: number, deps: readonly number[], seq = n + 1, actor = "aa"): Change => ({
  hash: hashOf(n),
  deps: deps.map(hashOf),
  actor,
  seq,
  bytes: new Uint8Array(1),
});

/** Random histories: change i depends on up to three earlier ones. */
const histories = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 40 })
  .map((lists) => lists.map((list, i) => [...new Set(i === 0 ? [] : list.map((each) => each % i))]));

function ancestors(history: readonly (readonly number[])[], of: readonly number[]): Set<number> {
  const found = new Set(of);
  for (let i = history.length - 1; i >= 0; i--)
    if (found.has(i)) for (const dep of history[i] ?? []) found.add(dep);
  return found;
}

test("since, covers, heads and heads below agree with counting by hand, in any order of arrival", () => {
  fc.assert(
    fc.property(
      histories,
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 3 }),
      fc.infiniteStream(fc.nat()),
      (history, some, others, random) => {
        const graph = new ChangeGraph();
        const order = history
          .map((_, i) => ({ i, key: random.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key);
        for (const { i } of order)
          expect(["accepted", "orphaned"]).toContain(graph.add(change(i, history[i] ?? []), 1));
        expect([graph.length, graph.orphanCount, graph.missing(), graph.heads]).toEqual([
          history.length,
          0,
          [],
          [],
        ]);
        graph.commit(
          graph.length,
          history.map((_, i) => i),
        );
        const position = (i: number): number => graph.position(hashOf(i)) ?? -1;
        const known = some.map((each) => each % history.length);
        const targets = others.map((each) => each % history.length);
        const inner = new Set(history.flat());
        expect(graph.heads.sort()).toEqual(history.flatMap((_, i) => (inner.has(i) ? [] : hashOf(i))).sort());
        const have = ancestors(history, known);
        const missing = history.flatMap((_, i) => (have.has(i) ? [] : position(i))).sort((a, b) => a - b);
        expect(graph.since(known.map(position))).toEqual(missing);
        expect(graph.covers(known.map(position), targets.map(position))).toBe(
          targets.every((each) => have.has(each)),
        );
        expect(graph.hashesOf(graph.headsBelow(graph.length)).sort()).toEqual(graph.heads.sort());
        for (let i = 0; i < graph.length; i++) for (const dep of graph.deps(i)) expect(dep).toBeLessThan(i);
      },
    ),
    { numRuns: 500 },
  );
});

test("what is not durable is not told, and can be taken back", () => {
  const graph = new ChangeGraph();
  graph.add(change(0, []), 1);
  graph.commit(1, [1]);
  graph.add(change(1, [0]), 2);
  graph.add(change(3, [2]), 3);
  expect([graph.position(hashOf(1)), graph.heads, graph.missing()]).toEqual([
    undefined,
    [hashOf(0)],
    [hashOf(2)],
  ]);
  expect(graph.rollBack()).toEqual(new Set([2, 3]));
  expect([graph.length, graph.knows(hashOf(1)), graph.knows(hashOf(3))]).toEqual([1, false, false]);
  expect(graph.add(change(1, [0]), 2)).toBe("accepted");
});

test("a second change with an actor's sequence number is refused", () => {
  const graph = new ChangeGraph();
  expect(graph.add(change(0, [], 1), 1)).toBe("accepted");
  expect(graph.add(change(1, [], 1), 2)).toBe("conflicting-seq");
  expect(graph.add(change(0, [], 1), 2)).toBe("known");
});

test("orphans are bounded: at the limit taken, one past it refused", () => {
  const graph = new ChangeGraph();
  for (let n = 0; n < orphansMax; n++) expect(graph.add(change(n + 10, [5]), 1)).toBe("orphaned");
  expect(graph.add(change(orphansMax + 10, [5]), 1)).toBe("too-many-orphans");
});

test("a hundred thousand changes: what is new costs what is new", () => {
  const graph = new ChangeGraph();
  const count = 100_000;
  for (let n = 0; n < count; n++) graph.add(change(n, n ? [n - 1] : []), 1);
  graph.commit(count, []);
  const started = performance.now();
  for (let i = 0; i < 1_000; i++) expect(graph.since([count - 3])).toHaveLength(2);
  expect(performance.now() - started).toBeLessThan(200);
});

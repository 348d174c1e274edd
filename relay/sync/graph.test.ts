import fc from "fast-check";
import { expect, test } from "vitest";
import { syncHeadsMax, orphanBytesMax, orphansMax, originStretchesMax } from "../protocol/limits.ts";
import { fromHex } from "./bytes.ts";
import type { Change } from "./chunk.ts";
import { ChangeGraph } from "./graph.ts";
import type { Logged } from "./ports.ts";
import { packStretch } from "./segment.ts";

const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, "0");
/** Spread at the beginning, as real ones are. */
const hashOf = (n: number): string => hex(Math.imul(n, 0x9e3779b1)) + hex(n).repeat(7);
const numberOf = (hash: string): number => Number.parseInt(hash.slice(8, 16), 16);
const change = (
  n: number,
  deps: readonly number[],
  seq = n + 1,
  actor = "aa",
  size = 1 + (n % 7),
): Change => ({
  hash: hashOf(n),
  deps: deps.map(hashOf),
  actor,
  seq,
  bytes: new Uint8Array(size),
});
const logged = (first: number, changes: readonly Change[]): Logged => ({ first, ...packStretch(changes) });

/** Change i depends on up to three earlier ones. */
type History = readonly (readonly number[])[];
const histories: fc.Arbitrary<History> = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 40 })
  .map((lists) => lists.map((list, i) => [...new Set(i === 0 ? [] : list.map((each) => each % i))]));
const changesOf = (history: History): Change[] =>
  history.map((deps, n) => change(n, deps, n + 1, `0${n % 3}`));
const keys = fc.infiniteStream(fc.nat());
const shuffled = <T>(items: readonly T[], random: Iterator<number>): T[] =>
  items
    .map((item) => ({ item, key: Number(random.next().value) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

function ancestors(history: History, of: readonly number[]): Set<number> {
  const found = new Set(of);
  for (let i = history.length - 1; i >= 0; i--)
    if (found.has(i)) for (const dep of history[i] ?? []) found.add(dep);
  return found;
}
const headsOf = (history: History, among: ReadonlySet<number>): string[] => {
  const inner = new Set([...among].flatMap((i) => history[i] ?? []));
  return [...among]
    .filter((i) => !inner.has(i))
    .map(hashOf)
    .sort();
};
const all = (history: History): Set<number> => new Set(history.keys());

/** Everything that a graph tells of what is durable, by hash. */
function told(graph: ChangeGraph): unknown {
  return Array.from({ length: graph.durable }, (_, position) => ({
    hash: graph.hash(position),
    at: graph.position(graph.hash(position)) === position,
    deps: graph.hashesOf(graph.deps(position)),
    words: graph.words(position),
    size: graph.size(position),
    upTo: graph.sizeUpTo(position),
    ordinal: graph.ordinal(position),
  }));
}

test("since, covers, heads and heads below agree with counting by hand, in any order of arrival", () => {
  fc.assert(
    fc.property(
      histories,
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 3 }),
      keys,
      (history, some, others, random) => {
        const graph = new ChangeGraph();
        for (const each of shuffled(changesOf(history), random)) {
          expect(["accepted", "orphaned"]).toContain(graph.add(each, 1));
          expect(graph.missing().some((hash) => graph.knows(hash))).toBe(false);
          expect(graph.missing().length > 0).toBe(graph.orphanCount > 0);
        }
        expect([graph.length, graph.orphanCount, graph.missing(), graph.heads]).toEqual([
          history.length,
          0,
          [],
          [],
        ]);
        const promised = graph.headBytesOf(graph.length);
        graph.commit(graph.length, 0);
        const position = (i: number): number => graph.position(hashOf(i)) ?? -1;
        const known = some.map((each) => each % history.length);
        const targets = others.map((each) => each % history.length);
        const heads = headsOf(history, all(history));
        expect(graph.heads.sort()).toEqual(heads);
        expect([graph.headBytes(), promised]).toEqual([fromHex(heads.join("")), fromHex(heads.join(""))]);
        const have = ancestors(history, known);
        const missing = history.flatMap((_, i) => (have.has(i) ? [] : position(i))).sort((a, b) => a - b);
        expect(graph.since(known.map(position))).toEqual(missing);
        expect(graph.covers(known.map(position), targets.map(position))).toBe(
          targets.every((each) => have.has(each)),
        );
        for (let end = 0; end <= graph.length; end++) {
          const below = new Set([...history.keys()].filter((i) => position(i) < end));
          expect(graph.hashesOf(graph.headsBelow(end)).sort()).toEqual(headsOf(history, below));
        }
        for (let i = 0; i < graph.length; i++) for (const dep of graph.deps(i)) expect(dep).toBeLessThan(i);
      },
    ),
    { numRuns: 500 },
  );
});

test("since, covers and heads below are right over long distances, with forks that come back late", () => {
  const count = 3_000;
  const length = fc.integer({ min: 1, max: count });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(count - 1), length), { maxLength: 12 }),
      fc.array(fc.nat(count - 1), { maxLength: 3 }),
      (forks, known) => {
        const parents = new Map(forks.map(([at, back]) => [at, back]));
        const history = Array.from({ length: count }, (_, i) => {
          const back = parents.get(i);
          // A fork leaves the one before it as a head; every other fork is merged with what came before.
          if (back === undefined) return i ? [i - 1] : [];
          return back % 2 === 0
            ? [Math.max(0, i - back)].filter((dep) => dep < i)
            : [...new Set([i - 1, i - back])].filter((dep) => dep >= 0);
        });
        const graph = new ChangeGraph();
        expect(
          graph.load(
            logged(
              0,
              history.map((deps, n) => change(n, deps)),
            ),
          ),
        ).toBe(true);
        const have = ancestors(history, known);
        expect(graph.since(known)).toEqual([...history.keys()].filter((i) => !have.has(i)));
        const target = known[0] ?? 0;
        for (const from of [0, 1, target, count - 1])
          expect(graph.covers([from], [target])).toBe(ancestors(history, [from]).has(target));
        expect(graph.heads.sort()).toEqual(headsOf(history, all(history)));
      },
    ),
    { numRuns: 60 },
  );
});

test("a log that is loaded in stretches tells the same as its changes added and committed", () => {
  fc.assert(
    fc.property(histories, fc.array(fc.nat(), { maxLength: 5 }), fc.nat(1_000), (history, cuts, first) => {
      const changes = changesOf(history);
      const added = new ChangeGraph();
      for (const each of changes) added.add(each, 0);
      added.commit(changes.length, first);
      const loaded = new ChangeGraph();
      const ends = [...new Set([0, ...cuts.map((each) => each % changes.length), changes.length])].sort(
        (a, b) => a - b,
      );
      for (const [i, end] of ends.entries()) {
        const stretch = logged(first + end, changes.slice(end, ends[i + 1] ?? end));
        expect(loaded.load(stretch)).toBe(true);
        // A second time it is all there.
        expect(loaded.load(stretch)).toBe(true);
      }
      expect(told(loaded)).toEqual(told(added));
      expect([loaded.headBytes(), loaded.length, loaded.orphanCount]).toEqual([
        added.headBytes(),
        changes.length,
        0,
      ]);
      const everything = Array.from({ length: changes.length }, (_, i) => i);
      expect(loaded.ranges(everything)).toEqual([{ from: first, to: first + changes.length }]);
      const even = everything.filter((each) => each % 2 === 0);
      expect(loaded.ranges(even)).toEqual(even.map((each) => ({ from: first + each, to: first + each + 1 })));
      for (const { hash, actor, seq } of changes) {
        expect(loaded.add({ ...change(0, []), hash, actor, seq }, 1)).toBe("known");
        expect(loaded.add({ ...change(999, []), actor, seq }, 1)).toBe("conflicting-seq");
      }
    }),
    { numRuns: 300 },
  );
});

/** The log as it is listed when these of its changes were set aside: an ordinal that is not there ends a stretch. */
function listing(
  changes: readonly Change[],
  isDamaged: (n: number) => boolean,
  isCut: (n: number) => boolean,
): Logged[] {
  const stretches: Logged[] = [];
  let from = 0;
  for (let n = 0; n <= changes.length; n++) {
    if (n < changes.length && !isDamaged(n) && !isCut(n)) continue;
    if (n > from) stretches.push(logged(from, changes.slice(from, n)));
    from = isDamaged(n) ? n + 1 : n;
  }
  return stretches;
}

test("after damage what depends on it is an orphan; once that is brought again, all is as it was", () => {
  fc.assert(
    fc.property(
      histories,
      fc.uniqueArray(fc.nat(39), { minLength: 1, maxLength: 4 }),
      keys,
      fc.boolean(),
      (history, some, random, rollsBack) => {
        const changes = changesOf(history);
        const damaged = new Set(some.filter((each) => each < changes.length));
        const stretches = listing(
          changes,
          (n) => damaged.has(n),
          (n) => n % 5 === 4,
        );
        const graph = new ChangeGraph();
        for (const each of stretches) expect(graph.load(each)).toBe(true);
        const whole = new Set(
          [...history.keys()].filter((i) => [...ancestors(history, [i])].every((n) => !damaged.has(n))),
        );
        const orphans = changes.length - whole.size - damaged.size;
        const before = (): void => {
          expect([graph.durable, graph.length, graph.orphanCount]).toEqual([whole.size, whole.size, orphans]);
          expect(graph.heads.sort()).toEqual(headsOf(history, whole));
          for (const i of history.keys()) {
            expect(graph.knows(hashOf(i))).toBe(!damaged.has(i));
            expect(graph.position(hashOf(i)) !== undefined).toBe(whole.has(i));
          }
          for (const hash of graph.missing()) expect([...damaged].map(hashOf)).toContain(hash);
          expect(graph.missing().length > 0).toBe(orphans > 0);
        };
        before();
        const healing = shuffled([...damaged], random);
        const heal = (): void => {
          for (const n of healing)
            expect(["accepted", "orphaned"]).toContain(
              graph.add(change(n, history[n] ?? [], n + 1, `0${n % 3}`), 7),
            );
        };
        heal();
        // A disk that fails takes it all back, once or not at all.
        for (let failures = rollsBack ? 1 : 0; failures > 0; failures--) {
          expect(graph.rollBack()).toEqual(new Set(damaged.size > 0 ? [7] : []));
          before();
          heal();
        }
        expect([graph.length, graph.orphanCount, graph.missing()]).toEqual([changes.length, 0, []]);
        const brought = [...changes.keys()].flatMap((position) =>
          position < graph.durable ? [] : (graph.waiting(position)?.hash ?? []),
        );
        expect([...brought].sort()).toEqual([...damaged].map(hashOf).sort());
        graph.commit(graph.length, changes.length);
        for (const i of history.keys()) {
          const place = brought.indexOf(hashOf(i));
          expect(graph.ordinal(graph.position(hashOf(i)) ?? -1)).toBe(place < 0 ? i : changes.length + place);
        }
        expect(graph.heads.sort()).toEqual(headsOf(history, all(history)));
        // Whoever opens the document later reads what was healed at the end of the log.
        const later = new ChangeGraph();
        const healed = brought.flatMap((hash) => changes.find((each) => each.hash === hash) ?? []);
        for (const each of [...stretches, logged(changes.length, healed)])
          expect(later.load(each)).toBe(true);
        expect([later.durable, later.orphanCount, later.missing(), later.heads.sort()]).toEqual([
          changes.length,
          0,
          [],
          graph.heads.sort(),
        ]);
        for (const i of history.keys())
          expect(later.ordinal(later.position(hashOf(i)) ?? -1)).toBe(
            graph.ordinal(graph.position(hashOf(i)) ?? -1),
          );
      },
    ),
    { numRuns: 400 },
  );
});

test("what waits goes behind what another node committed, whoever brought it", () => {
  fc.assert(
    fc.property(
      histories,
      fc.nat(),
      fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      keys,
      (history, nat, ours, theirs, random) => {
        const changes = changesOf(history);
        const shared = nat % changes.length;
        const graph = new ChangeGraph();
        expect(graph.load(logged(0, changes.slice(0, shared)))).toBe(true);
        const brought = [...history.keys()].filter((n) => n >= shared && ours[n] === true);
        for (const n of shuffled(brought, random)) graph.add(changes[n] ?? change(n, []), 1 + n);
        // The other node has, of what is new, something that hangs together.
        const there = new Set([...history.keys()].filter((n) => n < shared));
        const elsewhere: number[] = [];
        for (const [n, deps] of history.entries()) {
          if (n < shared || theirs[n] !== true || !deps.every((dep) => there.has(dep))) continue;
          there.add(n);
          elsewhere.push(n);
        }
        const waiting = Array.from({ length: graph.length - shared }, (_, i) => graph.hash(shared + i));
        const taken = graph.takeBack();
        expect(taken.map((each) => each.change.hash)).toEqual(waiting);
        for (const { change: each, origin } of taken) expect(hashOf(origin - 1)).toBe(each.hash);
        expect([graph.length, graph.durable]).toEqual([shared, shared]);
        for (const n of elsewhere)
          expect(graph.load(logged(shared + elsewhere.indexOf(n), [changes[n] ?? change(n, [])]))).toBe(true);
        graph.adopt();
        for (const { change: each, origin } of taken)
          expect(graph.add(each, origin)).toBe(there.has(numberOf(each.hash)) ? "known" : "accepted");
        expect(graph.durable).toBe(there.size);
        const reachable = new Set(there);
        for (const n of brought) if ((history[n] ?? []).every((dep) => reachable.has(dep))) reachable.add(n);
        expect([graph.length, graph.orphanCount]).toEqual([
          reachable.size,
          new Set([...brought, ...reachable]).size - reachable.size,
        ]);
        for (let position = graph.durable; position < graph.length; position++)
          expect(hashOf(graph.origin(position) - 1)).toBe(graph.hash(position));
        graph.commit(graph.length, there.size);
        expect(graph.heads.sort()).toEqual(headsOf(history, reachable));
        expect(graph.ranges(Array.from({ length: graph.length }, (_, i) => i))).toEqual(
          graph.length > 0 ? [{ from: 0, to: graph.length }] : [],
        );
      },
    ),
    { numRuns: 400 },
  );
});

test("what is not durable is not told, and can be taken back", () => {
  const graph = new ChangeGraph();
  graph.add(change(0, []), 1);
  graph.commit(1, 0);
  graph.add(change(1, [0]), 2);
  graph.add(change(3, [2]), 3);
  expect([graph.position(hashOf(1)), graph.heads, graph.missing()]).toEqual([
    undefined,
    [hashOf(0)],
    [hashOf(2)],
  ]);
  expect(() => graph.load(logged(1, [change(7, [0])]))).toThrow(RangeError);
  expect(graph.rollBack()).toEqual(new Set([2, 3]));
  expect([graph.length, graph.knows(hashOf(1)), graph.knows(hashOf(3)), graph.missing()]).toEqual([
    1,
    false,
    false,
    [],
  ]);
  expect(graph.add(change(1, [0]), 2)).toBe("accepted");
  expect(graph.add(change(2, [1]), 2)).toBe("accepted");
  expect(() => graph.commit(4, 1)).toThrow(RangeError);
  graph.commit(2, 1);
  expect([graph.durable, graph.heads, graph.waiting(1), graph.waiting(2)?.hash]).toEqual([
    2,
    [hashOf(1)],
    undefined,
    hashOf(2),
  ]);
  expect([graph.ordinal(1), graph.ordinal(2)]).toEqual([1, undefined]);
  expect(() => graph.ranges([2])).toThrow(RangeError);
  expect(() => graph.hash(3)).toThrow(RangeError);
});

test("a second change with an actor's sequence number is refused; in a log the first one counts", () => {
  const graph = new ChangeGraph();
  expect(graph.add(change(0, [], 1), 1)).toBe("accepted");
  expect(graph.add(change(1, [], 1), 2)).toBe("conflicting-seq");
  expect(graph.add(change(0, [], 1), 2)).toBe("known");
  // Of two orphans one gets the number when they are placed.
  graph.add(change(5, [4], 7), 1);
  graph.add(change(6, [4], 7), 1);
  graph.add(change(8, [5, 6], 8), 1);
  graph.add(change(4, [], 6), 1);
  expect([graph.length, graph.orphanCount, graph.missing()]).toEqual([
    3,
    1,
    [5, 6].map(hashOf).filter((hash) => !graph.knows(hash)),
  ]);
  expect(graph.missing()).toHaveLength(1);

  const loaded = new ChangeGraph();
  expect(
    loaded.load(logged(0, [change(0, [], 1), change(1, [], 1), change(2, [1], 2), change(3, [0], 3)])),
  ).toBe(true);
  expect(loaded.hashesOf([0, 1])).toEqual([hashOf(0), hashOf(3)]);
  expect([loaded.durable, loaded.orphanCount, loaded.missing(), loaded.ordinal(1)]).toEqual([
    2,
    1,
    [hashOf(1)],
    3,
  ]);
});

test("an orphan of a peer waits for a commit when the log brings what it missed, or is on disk if the log has it", () => {
  const graph = new ChangeGraph();
  expect(graph.add(change(1, [0]), 5)).toBe("orphaned");
  expect(graph.add(change(2, [1]), 6)).toBe("orphaned");
  expect(graph.load(logged(0, [change(0, []), change(9, [0])]))).toBe(true);
  expect(graph.load(logged(2, [change(10, [9])]))).toBe(true);
  expect([graph.length, graph.durable, graph.missing()]).toEqual([3, 3, []]);
  expect(graph.adopt()).toBe(2);
  expect([graph.length, graph.durable, graph.origin(3), graph.origin(4)]).toEqual([5, 3, 5, 6]);
  expect(graph.adopt()).toBe(0);

  const other = new ChangeGraph();
  other.add(change(1, [0]), 5);
  expect(other.load(logged(0, [change(0, []), change(1, [0])]))).toBe(true);
  expect([other.orphanCount, other.adopt(), other.durable, other.length]).toEqual([0, 0, 2, 2]);

  const forgetful = new ChangeGraph();
  forgetful.add(change(1, [0]), 5);
  expect(forgetful.load(logged(0, [change(0, [])]))).toBe(true);
  expect([forgetful.add(change(3, [0]), 6), forgetful.length]).toEqual(["accepted", 3]);
});

test("what the log has and nothing waits for any more is durable, also when other things are taken back", () => {
  const graph = new ChangeGraph();
  expect(graph.load(logged(1, [change(1, [0]), change(2, [1])]))).toBe(true);
  graph.add(change(0, []), 1);
  graph.add(change(5, [2]), 1);
  graph.commit(1, 3);
  expect([graph.durable, graph.length]).toEqual([1, 4]);
  expect(graph.takeBack().map((each) => each.change.hash)).toEqual([hashOf(5)]);
  expect([graph.durable, graph.length, graph.heads, graph.ordinal(2)]).toEqual([3, 3, [hashOf(2)], 2]);
});

test("orphans of peers are bounded: at the limit taken, one past it refused; those of the log do not count", () => {
  const graph = new ChangeGraph();
  expect(graph.load(logged(0, [change(1, [0])]))).toBe(true);
  for (let n = 0; n < orphansMax; n++) expect(graph.add(change(n + 10, [5]), 1)).toBe("orphaned");
  expect(graph.add(change(orphansMax + 10, [5]), 1)).toBe("too-many-orphans");
  const large = new ChangeGraph();
  expect(large.add(change(1, [0], 1, "aa", orphanBytesMax - 1), 1)).toBe("orphaned");
  expect(large.add(change(2, [0], 2, "aa", 2), 1)).toBe("too-many-orphans");
  expect(large.add(change(2, [0], 2, "aa", 1), 1)).toBe("orphaned");
  // What was placed leaves room.
  expect(large.add(change(0, [], 9), 1)).toBe("accepted");
  expect(large.add(change(4, [3], 4, "aa", orphanBytesMax), 1)).toBe("orphaned");
});

test("who brought a change is remembered for as many stretches as the limit says", () => {
  const graph = new ChangeGraph();
  const add = (n: number): void => {
    graph.add(change(n, n ? [n - 1] : []), 1 + (n % 2));
    graph.commit(n + 1, n);
  };
  for (let n = 0; n < originStretchesMax; n++) add(n);
  for (let n = 0; n < originStretchesMax; n++) expect(graph.origin(n)).toBe(1 + (n % 2));
  add(originStretchesMax);
  expect([graph.origin(0), graph.origin(originStretchesMax - 1), graph.origin(originStretchesMax)]).toEqual([
    0, 2, 1,
  ]);
});

const chain = (from: number, to: number): Change[] =>
  Array.from({ length: to - from }, (_, i) => change(from + i, from + i > 0 ? [from + i - 1] : []));

test("a hundred thousand changes: what is new costs what is new, and each costs little memory", () => {
  const count = 100_000;
  const graph = new ChangeGraph();
  expect(graph.load(logged(0, chain(0, count)))).toBe(true);
  expect(graph.bytes / count).toBeLessThan(80);
  const started = performance.now();
  for (let i = 0; i < 10_000; i++) graph.since([count - 3]);
  // Walking the whole history each time would be 10^9 steps.
  expect(performance.now() - started).toBeLessThan(4_000);
  expect(graph.since([count - 3])).toHaveLength(2);
});

test("what is taken back and added again and again takes no more memory", () => {
  const graph = new ChangeGraph();
  expect(graph.load(logged(0, chain(0, 3)))).toBe(true);
  const merge = change(5, [0, 1, 2]);
  graph.add(merge, 1);
  const before = graph.bytes;
  for (let times = 0; times < 1_000; times++)
    for (const each of graph.takeBack()) graph.add(each.change, each.origin);
  expect([graph.bytes, graph.deps(3)]).toEqual([before, [0, 1, 2]]);
});

test("a small document takes little memory", () => {
  const graph = new ChangeGraph();
  expect(graph.load(logged(0, chain(0, 50)))).toBe(true);
  expect(graph.bytes).toBeLessThan(10_000);
});

test("damage at the beginning of a long history: it is an orphan whole, and whole again when that is healed", () => {
  const count = 50_000;
  const graph = new ChangeGraph();
  expect(graph.load(logged(1, chain(1, count)))).toBe(true);
  expect([graph.durable, graph.orphanCount, graph.missing()]).toEqual([0, count - 1, [hashOf(0)]]);
  expect(graph.add(change(0, []), 1)).toBe("accepted");
  expect([graph.length, graph.orphanCount, graph.waiting(0)?.hash, graph.waiting(1)]).toEqual([
    count,
    0,
    hashOf(0),
    undefined,
  ]);
  graph.commit(count, count);
  expect([graph.heads, graph.ordinal(0), graph.ordinal(1)]).toEqual([[hashOf(count - 1)], count, 1]);
});

test("heads: as many as may be, not one more; what covers one makes room, waiting or durable", () => {
  for (const isDurable of [false, true]) {
    const graph = new ChangeGraph();
    const commit = (): void => {
      if (isDurable) graph.commit(graph.length, graph.length);
    };
    for (let n = 0; n < syncHeadsMax; n++) expect(graph.add(change(n, []), 1)).toBe("accepted");
    commit();
    expect(graph.add(change(10_000, [], 10_001), 1)).toBe("too-many-heads");
    expect(graph.add(change(10_001, [3, 4], 10_002), 1)).toBe("accepted");
    commit();
    expect(graph.add(change(10_002, [], 10_003), 1)).toBe("accepted");
    expect(graph.add(change(10_003, [], 10_004), 1)).toBe("too-many-heads");
    expect(graph.add(change(10_004, [5], 10_005), 1)).toBe("accepted");
    // From within the history: one more head.
    expect(graph.add(change(10_005, [3], 10_006), 1)).toBe("too-many-heads");
    expect(graph.headBytesOf(graph.length).length).toBe(32 * syncHeadsMax);
  }
});

test("a hundred thousand changes that wait are not looked through for heads each time", () => {
  const graph = new ChangeGraph();
  const startedMs = performance.now();
  for (let n = 0; n < 100_000; n++) graph.add(change(n, n === 0 ? [] : [n - 1]), 1);
  expect(graph.length).toBe(100_000);
  // 0.2 s as measured; looking through them all would take minutes.
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

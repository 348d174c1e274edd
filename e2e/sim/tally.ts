/** What runs came to, together. */
import type { Run } from "./simulate.ts";

export type Figures = {
  runs: number;
  operations: number;
  events: number;
  levelAfterMsMax: number;
  faults: Record<string, number>;
  seen: Record<string, number>;
  failing: number[];
};

export class Tally {
  readonly figures: Figures = {
    runs: 0,
    operations: 0,
    events: 0,
    levelAfterMsMax: 0,
    faults: {},
    seen: {},
    failing: [],
  };

  add(run: Run): void {
    const { seed, operations, events, levelAfterMs, faults, seen, broken } = run;
    const failing = broken.length > 0 ? [seed] : [];
    this.merge({ runs: 1, operations, events, levelAfterMsMax: levelAfterMs, faults, seen, failing });
  }

  /** @param figures another's, of this same program */
  merge(figures: unknown): void {
    const { runs, operations, events, levelAfterMsMax, faults, seen, failing } = figures as Figures;
    const mine = this.figures;
    mine.runs += runs;
    mine.operations += operations;
    mine.events += events;
    mine.levelAfterMsMax = Math.max(mine.levelAfterMsMax, levelAfterMsMax);
    sum(mine.faults, faults);
    sum(mine.seen, seen);
    mine.failing.push(...failing);
  }

  lost(seed: number, why: string): void {
    console.log(`seeds from ${seed} on: ${why}`);
    this.figures.failing.push(seed);
  }

  /** All promises were kept, and there was something to keep them against. */
  get holds(): boolean {
    const { runs, failing, faults, seen } = this.figures;
    return runs > 0 && failing.length === 0 && Object.keys(faults).length > 0 && (seen["letters"] ?? 0) > 0;
  }

  words(seconds: number): string {
    const { runs, operations, events, levelAfterMsMax, faults, seen, failing } = this.figures;
    const list = (counts: Record<string, number>): string =>
      Object.entries(counts)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, count]) => `${name} ${count}`)
        .join(", ");
    return [
      `faults: ${list(faults)}`,
      `seen: ${list(seen)}`,
      `level again after at most ${levelAfterMsMax / 1000} s; ${events} events`,
      `${runs} runs, ${operations} operations, ${failing.length} failures in ${seconds.toFixed(1)} s` +
        (failing.length > 0 ? `; failing seeds: ${failing.sort((a, b) => a - b).join(" ")}` : ""),
    ].join("\n");
  }
}

function sum(into: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count;
}

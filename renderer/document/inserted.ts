/**
 * Which text a change inserted, where it is afterwards, and which marks Automerge gave it.
 *
 * Patches of one local change are a log of events: each speaks of the text as it was at that
 * moment. (A diff over several changes comes in document order; read as events it gives the same.)
 */
import type { Patch } from "@automerge/automerge/slim";

export type Inserted = { from: number; to: number; marks: Record<string, unknown> };

/** @param patches of a document whose text lies at `field` */
export function insertedText(patches: readonly Patch[], field: string): Inserted[] {
  let runs: Inserted[] = [];
  for (const patch of patches) {
    if (patch.path[0] !== field) continue;
    const at = patch.path[1];
    if (patch.action === "mark" && patch.path.length === 1) {
      for (const { name, value, start, end } of patch.marks) runs = marked(runs, start, end, name, value);
    } else if (patch.action === "unmark" && patch.path.length === 1) {
      runs = marked(runs, patch.start, patch.end, patch.name, null);
    } else if (typeof at === "number" && patch.path.length === 2) {
      if (patch.action === "splice") {
        runs = shifted(runs, at, patch.value.length);
        runs.push({ from: at, to: at + patch.value.length, marks: { ...patch.marks } });
      } else if (patch.action === "insert") runs = shifted(runs, at, patch.values.length);
      else if (patch.action === "del") runs = cut(runs, at, patch.length ?? 1);
    }
  }
  return runs.sort((a, b) => a.from - b.from);
}

function splitAt(runs: Inserted[], at: number): Inserted[] {
  return runs.flatMap((run) =>
    run.from < at && at < run.to
      ? [
          { ...run, to: at },
          { from: at, to: run.to, marks: { ...run.marks } },
        ]
      : [run],
  );
}

function shifted(runs: Inserted[], at: number, length: number): Inserted[] {
  return splitAt(runs, at).map((run) =>
    run.from >= at ? { ...run, from: run.from + length, to: run.to + length } : run,
  );
}

function cut(runs: Inserted[], at: number, length: number): Inserted[] {
  const moved = (pos: number): number => (pos <= at ? pos : Math.max(at, pos - length));
  return runs
    .map((run) => ({ ...run, from: moved(run.from), to: moved(run.to) }))
    .filter((run) => run.from < run.to);
}

function marked(runs: Inserted[], start: number, end: number, name: string, value: unknown): Inserted[] {
  return splitAt(splitAt(runs, start), end).map((run) =>
    run.from >= start && run.to <= end ? { ...run, marks: { ...run.marks, [name]: value } } : run,
  );
}

/**
 * Which text a change inserted, where it is afterwards, and which marks Automerge gave it.
 *
 * Patches of one local change are a log of events: each speaks of the text as it was at that
 * moment. (A diff over several changes comes in document order; read as events it gives the same.)
 */
import type { Patch } from "@automerge/automerge/slim";

export type Inserted = { from: number; to: number; marks: Record<string, unknown> };

/** @param patches of a document whose text lies at `field` @returns in the order of the text */
export function insertedText(patches: readonly Patch[], field: string): readonly Inserted[] {
  const runs = new Runs();
  for (const patch of patches) {
    if (patch.path[0] !== field) continue;
    const at = patch.path[1];
    if (patch.action === "mark" && patch.path.length === 1) {
      for (const { name, value, start, end } of patch.marks) runs.mark(start, end, name, value);
    } else if (patch.action === "unmark" && patch.path.length === 1) {
      runs.mark(patch.start, patch.end, patch.name, null);
    } else if (typeof at === "number" && patch.path.length === 2) {
      if (patch.action === "splice") runs.insert(at, patch.value.length, { ...patch.marks });
      else if (patch.action === "insert") runs.insert(at, patch.values.length, null);
      else if (patch.action === "del") runs.remove(at, patch.length ?? 1);
    }
  }
  return runs.all;
}

/** In order and apart from one another. What comes in the order of the text costs no walk over what is there. */
class Runs {
  readonly all: Inserted[] = [];

  /** @param marks null for what is no text */
  insert(at: number, length: number, marks: Inserted["marks"] | null): void {
    const index = this.#boundary(at);
    this.#shift(index, length);
    if (marks) this.all.splice(index, 0, { from: at, to: at + length, marks });
  }

  remove(at: number, length: number): void {
    const index = this.#boundary(at);
    this.all.splice(index, this.#boundary(at + length) - index);
    this.#shift(index, -length);
  }

  mark(start: number, end: number, name: string, value: unknown): void {
    const index = this.#boundary(start);
    for (const run of this.all.slice(index, this.#boundary(end))) run.marks[name] = value;
  }

  /** Makes two of the run around `at`. @returns where the runs from `at` on begin */
  #boundary(at: number): number {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.all[middle]?.to ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    const run = this.all[low];
    if (!run || run.from >= at) return low;
    this.all.splice(low, 1, { ...run, to: at }, { from: at, to: run.to, marks: { ...run.marks } });
    return low + 1;
  }

  #shift(index: number, by: number): void {
    for (let i = index; i < this.all.length; i++) {
      const run = this.all[i];
      if (!run) continue;
      run.from += by;
      run.to += by;
    }
  }
}

/**
 * Questions about who is an ancestor of whom. Deps have lower positions, so one scan downwards answers them, with a
 * mark for each position that was reached; it goes no lower than where the answer is sure.
 */
import type { Dependencies } from "./dependencies.ts";

const unseen = 0;
const wanted = 1;
const ancestor = 2;

/**
 * Positions below `end` that are no ancestors of (nor among) `known`, ascending. `heads` are all positions below `end`
 * that nothing below `end` depends on. Costs the size of the answer and of what lies beside it: it ends where only
 * ancestors are left.
 */
export function notAncestors(
  deps: Dependencies,
  end: number,
  heads: Iterable<number>,
  known: readonly number[],
): number[] {
  if (known.length === 0) return Array.from({ length: end }, (_, position) => position);
  const marks = new Marks(end);
  for (const position of known) marks.set(position, ancestor);
  // What is no ancestor is a head, or a dep of what is none: so it was counted here when the scan comes to it.
  let left = 0;
  for (const head of heads) {
    if (marks.get(head) !== unseen) continue;
    marks.set(head, wanted);
    left++;
  }
  const found: number[] = [];
  for (let position = end - 1; left > 0; position--) {
    marks.reach(position);
    const isAncestor = marks.get(position) === ancestor;
    if (!isAncestor) {
      left--;
      found.push(position);
    }
    for (let i = deps.count(position) - 1; i >= 0; i--) {
      const dep = deps.dep(position, i);
      const mark = marks.get(dep);
      if (isAncestor && mark !== ancestor) {
        marks.set(dep, ancestor);
        if (mark === wanted) left--;
      } else if (!isAncestor && mark === unseen) {
        marks.set(dep, wanted);
        left++;
      }
    }
  }
  return found.reverse();
}

/** Whether every target is an ancestor of, or among, `heads`. */
export function areAncestors(
  deps: Dependencies,
  heads: readonly number[],
  targets: readonly number[],
): boolean {
  const left = new Set(targets);
  for (const head of heads) left.delete(head);
  if (left.size === 0) return true;
  let [top, bottom] = [-1, Number.MAX_SAFE_INTEGER];
  for (const head of heads) top = Math.max(top, head);
  for (const target of left) bottom = Math.min(bottom, target);
  if (top < bottom) return false;
  const isReached = new Uint8Array(top - bottom + 1);
  for (const head of heads) if (head >= bottom) isReached[head - bottom] = 1;
  for (let position = top; position >= bottom; position--) {
    if (isReached[position - bottom] !== 1) continue;
    if (left.delete(position) && left.size === 0) return true;
    for (let i = deps.count(position) - 1; i >= 0; i--) {
      const dep = deps.dep(position, i);
      if (dep >= bottom) isReached[dep - bottom] = 1;
    }
  }
  return false;
}

/** Brings `heads` from a history that ended at `from` to one that ends at `to`; they stay ascending. */
export function extendHeads(heads: Set<number>, deps: Dependencies, from: number, to: number): void {
  const isInner = new Uint8Array(to - from);
  for (let position = from; position < to; position++) {
    for (let i = deps.count(position) - 1; i >= 0; i--) {
      const dep = deps.dep(position, i);
      if (dep >= from) isInner[dep - from] = 1;
      else heads.delete(dep);
    }
  }
  for (let position = from; position < to; position++)
    if (isInner[position - from] !== 1) heads.add(position);
}

/**
 * Marks of positions below `end`: a byte each for those from `#low` on, which `reach` moves down fourfold, and a
 * `Map` for the few that lie deeper.
 */
class Marks {
  readonly #end: number;
  #low: number;
  #near: Uint8Array;
  readonly #deep = new Map<number, number>();

  constructor(end: number) {
    this.#end = end;
    this.#near = new Uint8Array(Math.min(end, 256));
    this.#low = end - this.#near.length;
  }

  get(position: number): number {
    if (position < this.#low) return this.#deep.get(position) ?? unseen;
    return this.#near[this.#end - 1 - position] ?? unseen;
  }

  set(position: number, mark: number): void {
    if (position < this.#low) this.#deep.set(position, mark);
    else this.#near[this.#end - 1 - position] = mark;
  }

  reach(position: number): void {
    if (position >= this.#low) return;
    const near = new Uint8Array(Math.min(this.#end, 4 * this.#near.length));
    near.set(this.#near);
    this.#near = near;
    this.#low = this.#end - near.length;
    for (const [deep, mark] of this.#deep) {
      if (deep < this.#low) continue;
      this.set(deep, mark);
      this.#deep.delete(deep);
    }
  }
}

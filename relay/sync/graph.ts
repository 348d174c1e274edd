/**
 * The history of one document as metadata: which change depends on which, in an order where deps come first.
 *
 * A change is a position in that order. Positions below `durable` are on disk; those above are accepted and wait for
 * their commit, and nothing outside may learn of them. A change whose deps are missing is an orphan and has no
 * position yet. An (actor, seq) pair has one change: a second one would make every peer refuse the document.
 * It holds no bytes of changes but those of the waiting ones.
 */
import { orphanBytesMax, orphansMax } from "../protocol/limits.ts";
import type { HashWords } from "./bloom.ts";
import type { Change } from "./chunk.ts";

/** A change as the log keeps it; `row` finds its bytes again. */
export interface LoggedChange {
  readonly hash: string;
  readonly deps: readonly string[];
  readonly actor: string;
  readonly seq: number;
  readonly size: number;
  readonly row: number;
}

/** Who brought a change; 0 is the log. */
export type Origin = number;

interface Node {
  readonly hash: string;
  readonly deps: readonly number[];
  readonly words: HashWords;
  readonly actor: string;
  readonly seq: number;
  /** Bytes of the chunk. */
  readonly size: number;
  row: number | undefined;
  origin: Origin;
  /** The chunk, until its commit is done. */
  change: Change | undefined;
}
interface Orphan {
  readonly change: Change | LoggedChange;
  readonly origin: Origin;
}

export type Added = "accepted" | "known" | "orphaned" | "conflicting-seq" | "too-many-orphans";

export class ChangeGraph {
  readonly #nodes: Node[] = [];
  readonly #positions = new Map<string, number>();
  readonly #seqs = new Map<string, Map<number, string>>();
  readonly #heads = new Set<number>();
  readonly #orphans = new Map<string, Orphan>();
  readonly #orphansByDep = new Map<string, string[]>();
  #orphanBytes = 0;
  #durable = 0;

  get durable(): number {
    return this.#durable;
  }
  /** Accepted changes, durable or not. */
  get length(): number {
    return this.#nodes.length;
  }
  /** Of what is durable. */
  get heads(): string[] {
    return this.hashesOf([...this.#heads]);
  }
  get headPositions(): number[] {
    return [...this.#heads];
  }
  get orphanCount(): number {
    return this.#orphans.size;
  }

  add(change: Change | LoggedChange, origin: Origin): Added {
    const { hash } = change;
    if (this.#positions.has(hash) || this.#orphans.has(hash)) return "known";
    const holder = this.#seqs.get(change.actor)?.get(change.seq);
    if (holder !== undefined && holder !== hash) return "conflicting-seq";
    const missing = change.deps.find((dep) => !this.#positions.has(dep));
    if (missing !== undefined) return this.#orphan(change, origin, missing);
    this.#append(change, origin);
    this.#adopt(hash);
    return "accepted";
  }

  /** The durable position of a hash. */
  position(hash: string): number | undefined {
    const position = this.#positions.get(hash);
    return position !== undefined && position < this.#durable ? position : undefined;
  }

  /** Durable or not, placed or not. */
  knows(hash: string): boolean {
    return this.#positions.has(hash) || this.#orphans.has(hash);
  }

  hash(position: number): string {
    return this.#node(position).hash;
  }
  hashesOf(positions: readonly number[]): string[] {
    return positions.map((position) => this.hash(position));
  }
  words(position: number): HashWords {
    return this.#node(position).words;
  }
  deps(position: number): readonly number[] {
    return this.#node(position).deps;
  }
  size(position: number): number {
    return this.#node(position).size;
  }
  origin(position: number): Origin {
    return this.#node(position).origin;
  }
  row(position: number): number | undefined {
    return this.#node(position).row;
  }
  /** The chunk of a change that waits for its commit. */
  waiting(position: number): Change | undefined {
    return this.#node(position).change;
  }

  /** Hashes that orphans wait for and that nobody brought. */
  missing(): string[] {
    return [...this.#orphansByDep.keys()].filter((hash) => !this.#orphans.has(hash));
  }

  /** All positions below `upTo` are on disk now; `rows[i]` belongs to the i-th of them that had no row. */
  commit(upTo: number, rows: readonly number[]): void {
    let nextRow = 0;
    for (let position = this.#durable; position < upTo; position++) {
      const node = this.#node(position);
      node.row ??= rows[nextRow++];
      node.change = undefined;
      for (const dep of node.deps) this.#heads.delete(dep);
      this.#heads.add(position);
    }
    this.#durable = upTo;
  }

  /** Forgets everything that is not durable; returns who had brought it. */
  rollBack(): Set<Origin> {
    const origins = new Set<Origin>();
    for (const node of this.#nodes.splice(this.#durable)) {
      this.#positions.delete(node.hash);
      this.#seqs.get(node.actor)?.delete(node.seq);
      origins.add(node.origin);
    }
    const orphans = [...this.#orphans.values()];
    this.#orphans.clear();
    this.#orphansByDep.clear();
    this.#orphanBytes = 0;
    for (const { change, origin } of orphans) {
      if ("row" in change) this.add(change, origin);
      else origins.add(origin);
    }
    return origins;
  }

  /**
   * Durable positions that are not ancestors of (nor among) the given ones, ascending. Costs the size of the answer
   * and of what lies beside it, not of the history: going down, it ends where only ancestors are left.
   */
  since(known: readonly number[]): number[] {
    const ancestor = new Set(known);
    const pending = new Set<number>();
    const order = new MaxHeap();
    const reach = (position: number): void => {
      if (pending.has(position)) return;
      pending.add(position);
      order.push(position);
    };
    let unknown = 0;
    for (const head of this.#heads) reach(head);
    for (const head of known) reach(head);
    for (const position of pending) if (!ancestor.has(position)) unknown++;
    const found: number[] = [];
    while (unknown > 0) {
      const position = order.pop();
      if (position === undefined) break;
      const isAncestor = ancestor.has(position);
      if (!isAncestor) {
        unknown--;
        found.push(position);
      }
      for (const dep of this.deps(position)) {
        const seen = pending.has(dep);
        if (isAncestor && !ancestor.has(dep)) {
          ancestor.add(dep);
          if (seen) unknown--;
        } else if (!isAncestor && !seen && !ancestor.has(dep)) unknown++;
        reach(dep);
      }
    }
    return found.reverse();
  }

  /** Whether every target is an ancestor of, or among, `heads`. */
  covers(heads: readonly number[], targets: readonly number[]): boolean {
    const left = new Set(targets);
    const floor = Math.min(...targets);
    const seen = new Set(heads);
    const stack = [...heads];
    while (left.size > 0) {
      const position = stack.pop();
      if (position === undefined) return false;
      left.delete(position);
      for (const dep of this.deps(position)) {
        if (dep < floor || seen.has(dep)) continue;
        seen.add(dep);
        stack.push(dep);
      }
    }
    return true;
  }

  /** The heads that the history had when only positions below `end` existed. */
  headsBelow(end: number): number[] {
    const inner = new Set<number>();
    const heads: number[] = [];
    for (let position = end - 1; position >= 0; position--) {
      if (!inner.has(position)) heads.push(position);
      for (const dep of this.deps(position)) inner.add(dep);
    }
    return heads;
  }

  #node(position: number): Node {
    const node = this.#nodes[position];
    if (!node) throw new RangeError(`no change at position ${position}`);
    return node;
  }

  #append(change: Change | LoggedChange, origin: Origin): void {
    const deps = change.deps.flatMap((dep) => this.#positions.get(dep) ?? []);
    const logged = "row" in change;
    this.#positions.set(change.hash, this.#nodes.length);
    this.#nodes.push({
      hash: change.hash,
      deps,
      words: wordsOf(change.hash),
      actor: change.actor,
      seq: change.seq,
      size: logged ? change.size : change.bytes.length,
      row: logged ? change.row : undefined,
      origin,
      change: logged ? undefined : change,
    });
    const seqs = this.#seqs.get(change.actor);
    if (seqs) seqs.set(change.seq, change.hash);
    else this.#seqs.set(change.actor, new Map([[change.seq, change.hash]]));
  }

  #orphan(change: Change | LoggedChange, origin: Origin, missing: string): Added {
    const size = "bytes" in change ? change.bytes.length : 0;
    if (this.#orphans.size >= orphansMax || this.#orphanBytes + size > orphanBytesMax)
      return "too-many-orphans";
    this.#orphans.set(change.hash, { change, origin });
    this.#orphanBytes += size;
    this.#await(missing, change.hash);
    return "orphaned";
  }

  #await(dep: string, orphan: string): void {
    const waiting = this.#orphansByDep.get(dep);
    if (waiting) waiting.push(orphan);
    else this.#orphansByDep.set(dep, [orphan]);
  }

  /** Places the orphans that waited for `arrived`, and those that waited for them. */
  #adopt(arrived: string): void {
    const queue = [arrived];
    for (let hash = queue.pop(); hash !== undefined; hash = queue.pop()) {
      const waiting = this.#orphansByDep.get(hash) ?? [];
      this.#orphansByDep.delete(hash);
      for (const each of waiting) {
        const orphan = this.#orphans.get(each);
        if (!orphan) continue;
        const stillMissing = orphan.change.deps.find((dep) => !this.#positions.has(dep));
        if (stillMissing !== undefined) {
          this.#await(stillMissing, each);
          continue;
        }
        this.#orphans.delete(each);
        if ("bytes" in orphan.change) this.#orphanBytes -= orphan.change.bytes.length;
        if (this.#seqs.get(orphan.change.actor)?.has(orphan.change.seq)) continue;
        this.#append(orphan.change, orphan.origin);
        queue.push(each);
      }
    }
  }
}

/** The hash's first three u32, little-endian. */
function wordsOf(hash: string): HashWords {
  const word = (at: number): number => {
    const value = Number.parseInt(hash.slice(at, at + 8), 16);
    return (
      (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
    );
  };
  return [word(0), word(8), word(16)];
}

/** Positions, largest first. */
class MaxHeap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] ?? item;
      if (above >= item) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = items[child];
      if (left === undefined) break;
      const right = items[child + 1];
      if (right !== undefined && right > left) child++;
      const larger = Math.max(left, right ?? left);
      if (larger <= last) break;
      items[at] = larger;
      at = child;
    }
    items[at] = last;
    return top;
  }
}

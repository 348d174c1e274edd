/**
 * Changes that came before what they depend on, by the first dep that is missing. Those that peers brought are
 * bounded. Those of the log (what they depend on was damaged and set aside) are as many as the log has: they are on
 * disk, and to forget them would be to take them in a second time.
 */
import { orphanBytesMax, orphansMax } from "../protocol/limits.ts";
import type { Change } from "./chunk.ts";
import type { Origin } from "./origins.ts";

/** A change as the log's index tells of it. */
export interface LoggedChange {
  readonly hash: string;
  readonly deps: readonly string[];
  readonly actor: string;
  readonly seq: number;
  /** Bytes of the chunk. */
  readonly size: number;
  readonly ordinal: number;
}
export type Held =
  | { readonly from: "peer"; readonly change: Change; readonly origin: Origin }
  | { readonly from: "log"; readonly change: LoggedChange };

export class Orphans {
  readonly #held = new Map<string, Held>();
  readonly #waitingByDep = new Map<string, string[]>();
  /** What orphans wait for and is no orphan itself. */
  readonly #missing = new Set<string>();
  #broughtCount = 0;
  #broughtBytes = 0;

  get count(): number {
    return this.#held.size;
  }
  /** Of chunks that peers brought. */
  get broughtBytes(): number {
    return this.#broughtBytes;
  }
  /** About. */
  get byteLength(): number {
    return 500 * this.#held.size + this.#broughtBytes;
  }

  has(hash: string): boolean {
    return this.#held.has(hash);
  }
  get(hash: string): Held | undefined {
    return this.#held.get(hash);
  }
  missing(): string[] {
    return [...this.#missing];
  }

  /** False where there are too many; `missing` is a dep that is not there. */
  keep(held: Held, missing: string): boolean {
    if (held.from === "peer") {
      const bytes = held.change.bytes.length;
      if (this.#broughtCount >= orphansMax || this.#broughtBytes + bytes > orphanBytesMax) return false;
      this.#broughtCount++;
      this.#broughtBytes += bytes;
    }
    this.#held.set(held.change.hash, held);
    this.#missing.delete(held.change.hash);
    this.await(missing, held.change.hash);
    return true;
  }

  /** One that is kept waits for this now. */
  await(missing: string, orphan: string): void {
    const waiting = this.#waitingByDep.get(missing);
    if (waiting) waiting.push(orphan);
    else this.#waitingByDep.set(missing, [orphan]);
    if (!this.#held.has(missing)) this.#missing.add(missing);
  }

  /** The orphans that waited for this hash, which is there now. They wait for nothing until the caller says so. */
  arrived(hash: string): readonly string[] {
    const waiting = this.#waitingByDep.get(hash);
    if (!waiting) return [];
    this.#waitingByDep.delete(hash);
    this.#missing.delete(hash);
    return waiting;
  }

  remove(hash: string): void {
    const held = this.#held.get(hash);
    if (!held) return;
    this.#held.delete(hash);
    if (held.from === "peer") {
      this.#broughtCount--;
      this.#broughtBytes -= held.change.bytes.length;
    }
    if (this.#waitingByDep.has(hash)) this.#missing.add(hash);
  }

  /** Forgets what peers brought, or what this one did; returns who they are. */
  removeBrought(by?: Origin): Set<Origin> {
    const origins = new Set<Origin>();
    const gone = new Set<string>();
    for (const [hash, held] of this.#held) {
      if (held.from !== "peer" || (by !== undefined && held.origin !== by)) continue;
      origins.add(held.origin);
      gone.add(hash);
      this.#broughtCount--;
      this.#broughtBytes -= held.change.bytes.length;
    }
    if (gone.size === 0) return origins;
    for (const [dep, orphans] of this.#waitingByDep) {
      const left = orphans.filter((hash) => !gone.has(hash));
      if (left.length > 0) this.#waitingByDep.set(dep, left);
      else this.#waitingByDep.delete(dep);
    }
    for (const hash of gone) this.#held.delete(hash);
    this.#missing.clear();
    for (const dep of this.#waitingByDep.keys()) if (!this.#held.has(dep)) this.#missing.add(dep);
    return origins;
  }
}

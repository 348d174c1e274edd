/**
 * The heads of a document from its whole log, as a room would find them: a change counts once all its deps are there,
 * in whatever order they come (one that was healed lies after what depends on it). Memory follows the number of
 * changes. For repair, migration and proof; a commit brings its heads along.
 */
import { readIndex } from "../sync/segment.ts";
import { keyOf } from "./stretches.ts";

interface Waiting {
  readonly key: string;
  readonly deps: readonly string[];
}

export class HeadsFinder {
  readonly #placed = new Set<string>();
  readonly #heads = new Set<string>();
  readonly #waiting = new Map<string, Waiting[]>();

  /** Takes the changes of an index; false if it is none. */
  addIndex(index: Uint8Array, count: number): boolean {
    const keys: string[] = [];
    return readIndex(index, count, ({ hash, deps }) => {
      const key = keyOf(hash);
      keys.push(key);
      this.#add(
        key,
        deps.map((dep) => (typeof dep === "number" ? (keys[dep] ?? "") : keyOf(dep))),
      );
    });
  }

  /** Whether a change was added and all that it stands on as well. */
  has(hash: Uint8Array): boolean {
    return this.#placed.has(keyOf(hash));
  }

  /** 32 bytes each, ascending. */
  heads(): Uint8Array {
    return Buffer.from([...this.#heads].sort().join(""), "latin1");
  }

  /** Hex hashes that changes depend on and that were not added. */
  missing(): string[] {
    const waiting = new Set([...this.#waiting.values()].flat().map((each) => each.key));
    return [...this.#waiting.keys()]
      .filter((key) => !waiting.has(key))
      .map((key) => Buffer.from(key, "latin1").toString("hex"));
  }

  #add(key: string, deps: readonly string[]): void {
    const queue: Waiting[] = [{ key, deps }];
    for (let next = queue.pop(); next; next = queue.pop()) {
      const missing = next.deps.find((dep) => !this.#placed.has(dep));
      if (missing !== undefined) {
        const others = this.#waiting.get(missing);
        if (others) others.push(next);
        else this.#waiting.set(missing, [next]);
        continue;
      }
      for (const dep of next.deps) this.#heads.delete(dep);
      // A change that is logged twice must not become a head again under what depends on it.
      if (!this.#placed.has(next.key)) this.#heads.add(next.key);
      this.#placed.add(next.key);
      queue.push(...(this.#waiting.get(next.key) ?? []));
      this.#waiting.delete(next.key);
    }
  }
}

/**
 * A client's disk. What was written is there once its transaction has ended, and stays, whoever dies; what was under
 * way at a crash is there up to some transaction and not after it. It can be slow, and it can be full for a while: then
 * the browser's part of it may be empty at the next start (`renderer/engine/database.ts` says why).
 */
import type { Disk, Entry, Key } from "../../renderer/engine/disk.ts";
import { chunkName, type CheckedBlobs } from "../../electron/keep.ts";
import type { ChunkName, Copy, KeptChunk, Verified } from "../../renderer/engine/copy.ts";
import { parseSegments, type Journal, type Segment } from "../../renderer/engine/journal.ts";
import type { Values } from "../../renderer/engine/database.ts";
import type { Life, Loop } from "./loop.ts";

export type DiskState = "well" | "slow" | "full";

export const diskIsFull = "the disk is full";

type Area = Map<string, Entry>;
type Write = { readonly life: Life; readonly apply: () => void; isDone: boolean };

const nameOf = (key: Key): string => JSON.stringify(key);
export const isBelow = (key: Key, prefix: Key): boolean => prefix.every((part, i) => key[i] === part);

/** What survives. */
export class Platter {
  readonly #loop: Loop;
  readonly #areas = new Map<string, Area>();
  readonly #busyUntilMs = new Map<string, number>();
  #pending: Write[] = [];
  state: DiskState = "well";
  /** When it was last not well. */
  troubledAtMs = Number.NEGATIVE_INFINITY;
  /** Who was refused something in the browser's storage. */
  readonly #refused = new WeakSet<Life>();
  #isTorn = false;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  area(name: string): Area {
    const known = this.#areas.get(name);
    if (known) return known;
    const area: Area = new Map();
    this.#areas.set(name, area);
    return area;
  }

  get #latencyMs(): number {
    return this.state === "slow" ? this.#loop.between(100, 2_000) : this.#loop.between(0.2, 8);
  }

  /** Transactions that write take turns within an area. */
  write(life: Life, name: string, put: readonly Entry[], remove: readonly Key[]): Promise<void> {
    const loop = this.#loop;
    const area = this.area(name);
    const kept = put.map(({ key, value }) => ({ key: [...key], value: structuredClone(value) }));
    const endsMs = Math.max(loop.nowMs, this.#busyUntilMs.get(name) ?? 0) + this.#latencyMs;
    this.#busyUntilMs.set(name, endsMs);
    const apply = (): void => {
      for (const entry of kept) area.set(nameOf(entry.key), entry);
      for (const key of remove) area.delete(nameOf(key));
    };
    const write: Write = { life, apply, isDone: false };
    this.#pending.push(write);
    return new Promise((resolve, reject) => {
      loop.after(
        endsMs - loop.nowMs,
        () => {
          write.isDone = true;
          this.#pending = this.#pending.filter((one) => one !== write);
          if (this.state === "full" && put.length > 0) {
            if (isBrowsers(name)) {
              this.#isTorn = true;
              this.#refused.add(life);
            }
            return reject(new Error(diskIsFull));
          }
          apply();
          resolve();
        },
        life,
      );
    });
  }

  read<T>(life: Life, name: string, read: (area: Area) => T): Promise<T> {
    return new Promise((resolve) => {
      this.#loop.after(this.#latencyMs, () => resolve(read(this.area(name))), life);
    });
  }

  /** The process that wrote is dead: what it had under way got so far. */
  crashed(life: Life): void {
    const mine = this.#pending.filter((write) => write.life === life);
    this.#pending = this.#pending.filter((write) => write.life !== life);
    if (this.state === "full") return;
    for (const write of mine.slice(0, this.#loop.random.below(mine.length + 1))) write.apply();
  }

  hasRefused(life: Life): boolean {
    return this.#refused.has(life);
  }

  /** All of the app is dead. @returns whether its next start finds the browser's storage empty */
  restarted(): boolean {
    const isLost = this.#isTorn && this.#loop.random.chance(0.5);
    this.#isTorn = false;
    if (isLost) for (const [name, area] of this.#areas) if (isBrowsers(name)) area.clear();
    return isLost;
  }
}

export const documentsArea = "documents";
export const copyArea = "copy";
/** What main keeps is in files of its own. */
const isBrowsers = (name: string): boolean => name.split("/")[0] !== copyArea;

/** The browser's storage, as a process sees it. */
export class SimDisk implements Disk {
  readonly #platter: Platter;
  readonly #life: Life;

  constructor(platter: Platter, life: Life) {
    this.#platter = platter;
    this.#life = life;
  }

  get(key: Key): Promise<unknown> {
    return this.#platter.read(this.#life, documentsArea, (area) => area.get(nameOf(key))?.value);
  }

  range(prefix: Key): Promise<Entry[]> {
    return this.#platter.read(this.#life, documentsArea, (area) =>
      [...area.values()].filter(({ key }) => isBelow(key, prefix)).sort(inOrder),
    );
  }

  async keys(prefix: Key): Promise<Key[]> {
    return (await this.range(prefix)).map(({ key }) => key);
  }

  write(put: readonly Entry[], remove: readonly Key[]): Promise<void> {
    return this.#platter.write(this.#life, documentsArea, put, remove);
  }

  hasRefused(): boolean {
    return this.#platter.hasRefused(this.#life);
  }
}

const inOrder = (a: Entry, b: Entry): number => (nameOf(a.key) < nameOf(b.key) ? -1 : 1);

/** A small database of the engine's, as a process sees it. */
export class SimValues implements Values {
  readonly #platter: Platter;
  readonly #life: Life;
  readonly #name: string;

  constructor(platter: Platter, life: Life, name: string) {
    this.#platter = platter;
    this.#life = life;
    this.#name = name;
  }

  get(store: string, key: string | string[]): Promise<unknown> {
    return this.#platter.read(this.#life, this.#area(store), (area) => area.get(nameOf([key].flat()))?.value);
  }

  all(store: string): Promise<[unknown, unknown][]> {
    return this.#platter.read(this.#life, this.#area(store), (area) =>
      [...area.values()].map(({ key, value }) => [key.length === 1 ? key[0] : [...key], value]),
    );
  }

  put(store: string, key: string | string[], value: unknown): Promise<void> {
    return this.#platter.write(this.#life, this.#area(store), [{ key: [key].flat(), value }], []);
  }

  putRelaxed(
    store: string,
    put: readonly (readonly [key: string | string[], value: unknown])[],
    remove: readonly (string | string[])[],
  ): Promise<void> {
    return this.#platter.write(
      this.#life,
      this.#area(store),
      put.map(([key, value]) => ({ key: [key].flat(), value })),
      remove.map((key) => [key].flat()),
    );
  }

  #area(store: string): string {
    return `${this.#name}/${store}`;
  }
}

/** Where what was accepted is noted until it is durable. */
export class SimJournal implements Journal {
  readonly #values: SimValues;
  constructor(platter: Platter, life: Life) {
    this.#values = new SimValues(platter, life, "journal");
  }
  async read(document: string): Promise<Segment[]> {
    return parseSegments(await this.#values.get("journal", document));
  }
  write(document: string, segments: readonly Segment[]): Promise<void> {
    const isEmpty = segments.length === 0;
    return this.#values.putRelaxed(
      "journal",
      isEmpty ? [] : [[document, segments]],
      isEmpty ? [document] : [],
    );
  }
}

/** What main keeps in plain files, as an engine sees it: the same disk, another folder. */
export class SimCopy implements Copy {
  readonly #platter: Platter;
  readonly #life: Life;

  constructor(platter: Platter, life: Life) {
    this.#platter = platter;
    this.#life = life;
  }

  async documents(): Promise<string[]> {
    return [...new Set((await this.#chunks()).flatMap(({ key }) => key[0] ?? []))];
  }

  async chunks(document: string): Promise<KeptChunk[]> {
    return (await this.#chunks()).flatMap(({ key: [of, kind, name], value }) => {
      const parsed = chunkName.safeParse({ kind, name });
      if (of !== document || !parsed.success || !(value instanceof Uint8Array)) return [];
      return [{ ...parsed.data, bytes: value.length }];
    });
  }

  read(document: string, { kind, name }: ChunkName): Promise<Uint8Array | null> {
    return this.#platter.read(this.#life, copyArea, (area) => {
      const value = area.get(nameOf([document, kind, name]))?.value;
      return value instanceof Uint8Array ? value : null;
    });
  }

  keep(document: string, { kind, name }: ChunkName, bytes: Uint8Array): Promise<void> {
    return this.#platter.write(this.#life, copyArea, [{ key: [document, kind, name], value: bytes }], []);
  }

  remove(document: string, chunks: readonly ChunkName[]): Promise<void> {
    const keys = chunks.map(({ kind, name }) => [document, kind, name]);
    return this.#platter.write(this.#life, copyArea, [], keys);
  }

  value(name: string): Promise<unknown> {
    return this.#platter.read(
      this.#life,
      `${copyArea}/values`,
      (area) => area.get(nameOf([name]))?.value ?? null,
    );
  }

  setValue(name: string, value: unknown): Promise<void> {
    return this.#platter.write(this.#life, `${copyArea}/values`, [{ key: [name], value }], []);
  }

  async verify(): Promise<Verified> {
    const all = await this.#chunks();
    return {
      documents: new Set(all.map(({ key }) => key[0])).size,
      chunks: all.length,
      bytes: 0,
      damaged: [],
    };
  }

  async checkBlobs(): Promise<CheckedBlobs> {
    return { blobs: 0, bytes: 0, damaged: 0, missing: [] };
  }

  async backup(): Promise<Uint8Array | null> {
    return null;
  }
  async named(): Promise<void> {}
  async mirror(): Promise<void> {}
  mirrors(): Promise<null> {
    return Promise.resolve(null);
  }

  #chunks(): Promise<Entry[]> {
    return this.#platter.read(this.#life, copyArea, (area) => [...area.values()]);
  }
}

/**
 * Where documents are kept: automerge-repo's storage adapter over the browser's storage and the second copy.
 *
 * A document is a set of chunks, and each is kept twice. Loading gives the union of both, verified: a chunk that one of
 * them lacks or has damaged is put back from the other. What is damaged in both stays where it is, out of the way of
 * loading, and as long as there is such a chunk nothing of its document is removed: no compaction of a document that
 * was not whole.
 *
 * What the browser's storage has taken is not there for good once it has refused something: LevelDB goes on behind the
 * torn record of a full disk, and at the next start Chromium takes the database for damaged and begins an empty one.
 * From then on only what the copy has counts as saved (`isDoubtful`).
 */
import type { StorageAdapterInterface } from "@automerge/automerge-repo/slim";
import { chunkName, type CheckedBlobs } from "../../electron/keep.ts";
import { areWholeChunks } from "./automerge-chunks.ts";
import { Backoff } from "./backoff.ts";
import { crc32 } from "./checksum.ts";
import type { Clock } from "./clock.ts";
import { Copying, idOf, type Chunk } from "./copying.ts";
import type { ChunkName, Copy } from "./copy.ts";
import type { Disk, Entry, Key } from "./disk.ts";
import { saveRetryFirstMs, saveRetryMostMs, snapshotsWaitingMax } from "./limits.ts";
import type { CopyState, DocumentId, StorageReport } from "./port.ts";

export type StorageParts = {
  disk: Disk;
  /** Null where nobody keeps one. */
  copy: Copy | null;
  clock: Clock;
  random: () => number;
};

/** What of a document came to light when it was read. */
export type Reading = {
  chunks: Chunk[];
  /** Names of chunks that are damaged in the browser's storage and that the copy does not have. */
  damaged: ChunkName[];
  /** How many of those that are damaged here came from the copy. */
  mended: number;
  /** How many came from the copy, those among them. */
  healed: number;
  /** How many the copy was lacking. */
  copied: number;
};

/** What damaged chunks are kept under, as the first part of their keys. */
const asideName = "damaged";

export class Storage implements StorageAdapterInterface {
  private readonly disk: Disk;
  private readonly copy: Copy | null;
  private readonly copying: Copying | null;
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly failures = new Map<DocumentId, string>();
  private readonly damage = new Map<DocumentId, ChunkName[]>();
  /** Incremental chunks of a document whose snapshots have just been asked for: automerge-repo asks in that order. */
  private readonly read = new Map<DocumentId, Chunk[][]>();
  /** By document and name, snapshots that the disk has not taken yet. */
  private readonly snapshots = new Map<DocumentId, Map<string, Promise<void>>>();
  /** By document, chunks of the copy on their way back. */
  private readonly returning = new Map<DocumentId, Promise<void>>();
  private readonly listeners = new Set<(document: DocumentId) => void>();

  constructor({ disk, copy, clock, random }: StorageParts) {
    this.disk = disk;
    this.copy = copy;
    this.clock = clock;
    this.random = random;
    const chunksOf = async (document: DocumentId): Promise<Chunk[]> => (await this.onDisk(document)).whole;
    const changed = (document: DocumentId): void => this.tell(document);
    this.copying = copy && new Copying({ copy, clock, random, chunksOf, changed });
  }

  // What is known of a document.

  /** Calls `listener` whenever the answer to one of the questions below is another. */
  onChange(listener: (document: DocumentId) => void): void {
    this.listeners.add(listener);
  }

  /** Why the disk did not take what it was given last; null where it did. */
  failure(document: DocumentId): string | null {
    return this.failures.get(document) ?? null;
  }

  /** Whether what the disk alone has may be gone after the next start. Where nobody keeps a copy that is all there is. */
  isDoubtful(): boolean {
    return this.copying !== null && this.disk.hasRefused();
  }

  copyState(document: DocumentId): CopyState {
    return this.copying?.state(document) ?? { state: "none" };
  }

  /** Whether it is known what the copy has of a document. */
  isCopyKnown(document: DocumentId): boolean {
    return this.copying?.isKnown(document) ?? false;
  }

  /** Resolves when the copy has, or has refused, what was saved so far. */
  copied(document: DocumentId): Promise<void> {
    return this.copying?.idle(document) ?? Promise.resolve();
  }

  /** Whether chunks of it are damaged and nowhere else. */
  isDamaged(document: DocumentId): boolean {
    return this.damage.has(document);
  }

  /**
   * Resolves as `saved` does, and rejects as soon as the disk refuses something of the document. What it refused is
   * tried again either way.
   */
  async orFailing(document: DocumentId, saved: Promise<void>): Promise<void> {
    const refused = Promise.withResolvers<never>();
    const look = (changed: DocumentId): void => {
      const failure = changed === document ? this.failure(document) : null;
      if (failure !== null) refused.reject(new Error(failure));
    };
    this.listeners.add(look);
    try {
      await Promise.race([saved, refused.promise]);
    } finally {
      this.listeners.delete(look);
    }
  }

  /**
   * A document has come to be whole otherwise (a relay had it): what is damaged is set aside, where nothing reads it,
   * unless something whole has come under its name meanwhile.
   */
  async forgetDamage(document: DocumentId): Promise<void> {
    const damaged = this.damage.get(document);
    if (!damaged) return;
    for (const chunk of damaged) {
      const key = keyOf(document, chunk);
      const value = await this.disk.get(key);
      if (value === undefined || (await verified(value))) continue;
      await this.disk.write([{ key: [asideName, ...key], value }], [key]);
    }
    this.damage.delete(document);
    this.tell(document);
  }

  // automerge-repo's side.

  async load(key: string[]): Promise<Uint8Array | undefined> {
    return bytesOf(await this.disk.get(key));
  }

  async loadRange(prefix: string[]): Promise<{ key: string[]; data: Uint8Array | undefined }[]> {
    const [document, kind] = prefix;
    const of = chunkName.shape.kind.safeParse(kind);
    if (document === undefined || !of.success) {
      const entries = await this.disk.range(prefix);
      return entries.map(({ key, value }) => ({ key: [...key], data: bytesOf(value) }));
    }
    const before = of.data === "incremental" ? this.taken(document) : undefined;
    const chunks = before ?? (await this.chunks(document)).chunks;
    if (of.data === "snapshot")
      this.read.set(document, [
        ...(this.read.get(document) ?? []),
        chunks.filter(({ kind: each }) => each === "incremental"),
      ]);
    return chunks
      .filter(({ kind: each }) => each === of.data)
      .map((chunk) => ({ key: [...keyOf(document, chunk)], data: chunk.bytes }));
  }

  /** Each loading gets the chunks that belong to its snapshots: what is read later may have been compacted meanwhile. */
  private taken(document: DocumentId): Chunk[] | undefined {
    const [first, ...rest] = this.read.get(document) ?? [];
    if (rest.length > 0) this.read.set(document, rest);
    else this.read.delete(document);
    return first;
  }

  async save(key: string[], bytes: Uint8Array): Promise<void> {
    const chunk = chunkOf(key);
    if (!chunk) return this.saveApart(key, bytes);
    const [document, name] = chunk;
    this.copying?.keep(document, { ...name, bytes });
    this.overwritten(document, name);
    if (name.kind === "snapshot") return this.saveSnapshot(document, { ...name, bytes });
    try {
      await this.disk.write([entryOf(key, bytes)], []);
    } catch (error) {
      this.failed(document, error);
      throw error;
    }
    this.worked(document, [name]);
  }

  /**
   * What is no chunk, the id of the storage and what peers had, only spares work. automerge-repo asks for it before it
   * connects to anybody, and never does where it is refused: on a full disk the relay is what is needed most.
   */
  private async saveApart(key: Key, bytes: Uint8Array): Promise<void> {
    try {
      await this.disk.write([entryOf(key, bytes)], []);
    } catch (error) {
      console.warn("what only spares work was not saved", key.join("/"), error);
    }
  }

  /** Names are hashes: what is damaged and comes from elsewhere takes its own place, and must not go with the rest. */
  private overwritten(document: DocumentId, chunk: ChunkName): void {
    const damaged = this.damage.get(document)?.filter((each) => idOf(each) !== idOf(chunk));
    if (damaged) this.damage.set(document, damaged);
  }

  /** What is left over for the disk's sake does no harm: it is loaded again, and superseded again. */
  async remove(key: string[]): Promise<void> {
    const chunk = chunkOf(key);
    if (chunk && this.damage.has(chunk[0])) return;
    try {
      await this.disk.write([], [key]);
      if (chunk) this.copying?.remove(chunk[0], [chunk[1]]);
    } catch (error) {
      console.warn("what is not needed any more stays on the disk", key.join("/"), error);
    }
  }

  async removeRange(prefix: string[]): Promise<void> {
    const keys = await this.disk.keys(prefix);
    for (const key of keys) await this.remove([...key]);
  }

  // Reading.

  /** A document's chunks, verified, from wherever they are whole; both places are made level on the way. */
  async chunks(document: DocumentId): Promise<Reading> {
    const [{ whole, bad }, kept] = await Promise.all([
      this.onDisk(document),
      this.copy?.chunks(document).catch((error: unknown) => {
        this.copying?.unreadable(document, error);
        return null;
      }) ?? null,
    ]);
    const here = new Set(whole.map(idOf));
    const there = new Set(kept?.map(idOf));
    const healed: Chunk[] = [];
    for (const chunk of kept ?? []) {
      if (here.has(idOf(chunk))) continue;
      const bytes = await this.copy?.read(document, chunk).catch(() => null);
      if (bytes) healed.push({ kind: chunk.kind, name: chunk.name, bytes });
    }
    const found = new Set(healed.map(idOf));
    const damaged = bad.filter((chunk) => !found.has(idOf(chunk)));
    this.setDamage(document, damaged);
    if (healed.length > 0) this.putBack(document, healed);
    if (kept) this.copying?.compared(document);
    const lacking = kept ? whole.filter((chunk) => !there.has(idOf(chunk))) : [];
    for (const chunk of lacking) this.copying?.keep(document, chunk);
    return {
      chunks: [...whole, ...healed],
      damaged,
      mended: bad.length - damaged.length,
      healed: healed.length,
      copied: lacking.length,
    };
  }

  /** Documents that there is anything of, here or in the copy. */
  async documents(): Promise<DocumentId[]> {
    const keys = await this.disk.keys([]);
    const here = keys.flatMap((key) => chunkOf(key)?.[0] ?? []);
    return [...new Set([...here, ...((await this.copy?.documents()) ?? [])])];
  }

  async verifyCopy(): Promise<StorageReport["copy"]> {
    if (!this.copy) return { failure: "There is no second copy." };
    try {
      const { documents, chunks, bytes, damaged } = await this.copy.verify();
      return { documents, chunks, bytes, damaged: damaged.length };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Images and files; titles are for whoever knows them. */
  async checkBlobs(): Promise<CheckedBlobs | { failure: string }> {
    if (!this.copy) return { failure: "Nobody keeps images and files here." };
    try {
      return await this.copy.checkBlobs();
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
  }

  private async onDisk(document: DocumentId): Promise<{ whole: Chunk[]; bad: ChunkName[] }> {
    const [whole, bad]: [Chunk[], ChunkName[]] = [[], []];
    for (const { key, value } of await this.disk.range([document])) {
      const chunk = chunkOf(key)?.[1];
      if (!chunk) continue;
      const bytes = await verified(value);
      if (bytes) whole.push({ ...chunk, bytes });
      else bad.push(chunk);
    }
    return { whole, bad };
  }

  /** The document need not wait for it to be read; that it is saved here is not said before (`backHere`). */
  private putBack(document: DocumentId, chunks: readonly Chunk[]): void {
    console.warn("chunks came back from the second copy", document, chunks.length);
    const before = this.returning.get(document) ?? Promise.resolve();
    const back = before
      .then(() => this.writeUntilTaken(document, chunks))
      .finally(() => {
        if (this.returning.get(document) === back) this.returning.delete(document);
      });
    this.returning.set(document, back);
  }

  /** Resolves when what came from the copy is in the browser's storage again. */
  backHere(document: DocumentId): Promise<void> {
    return this.returning.get(document) ?? Promise.resolve();
  }

  private setDamage(document: DocumentId, damaged: ChunkName[]): void {
    if (damaged.length === 0 && !this.damage.has(document)) return;
    if (damaged.length === 0) this.damage.delete(document);
    else {
      console.error("chunks are damaged and nowhere else", document, damaged.map(idOf).join());
      this.damage.set(document, damaged);
    }
    this.tell(document);
  }

  // Writing.

  /**
   * A snapshot goes on being tried and its promise waits: automerge-repo compacts nothing any more once one was
   * refused. None takes the place of another: which of two holds more is not known here.
   */
  private saveSnapshot(document: DocumentId, chunk: Chunk): Promise<void> {
    const waiting = this.snapshots.get(document) ?? new Map<string, Promise<void>>();
    const { name } = chunk;
    const known = waiting.get(name);
    if (known) return known;
    // A disk that has refused so many is not filled with more: what is asked for now is asked for again.
    if (waiting.size >= snapshotsWaitingMax)
      return Promise.reject(new Error(this.failure(document) ?? "the disk is slow"));
    const written = this.writeUntilTaken(document, [chunk]).finally(() => {
      waiting.delete(name);
      if (waiting.size === 0) this.snapshots.delete(document);
    });
    this.snapshots.set(document, waiting.set(name, written));
    return written;
  }

  private async writeUntilTaken(document: DocumentId, chunks: readonly Chunk[]): Promise<void> {
    const entries = chunks.map((chunk) => entryOf(keyOf(document, chunk), chunk.bytes));
    const backoff = new Backoff(saveRetryFirstMs, saveRetryMostMs, this.random);
    for (;;)
      try {
        await this.disk.write(entries, []);
        return this.worked(document, chunks);
      } catch (error) {
        this.failed(document, error);
        await new Promise<void>((resolve) => this.clock.after(backoff.next(), resolve));
      }
  }

  private failed(document: DocumentId, error: unknown): void {
    this.failures.set(document, error instanceof Error ? error.message : String(error));
    this.tell(document);
  }

  private worked(document: DocumentId, chunks: readonly ChunkName[]): void {
    this.copying?.onDisk(document, chunks);
    if (!this.failures.delete(document)) return;
    // There is room again, for the copy most likely as well.
    if (this.copying?.state(document).state === "failed") this.copying.reconcile(document);
    this.tell(document);
  }

  private tell(document: DocumentId): void {
    for (const listener of this.listeners) listener(document);
  }
}

/** What automerge-repo's key says: a chunk of a document, or something else. */
function chunkOf(key: Key): [DocumentId, ChunkName] | null {
  const [document, kind, name] = key;
  const chunk = chunkName.safeParse({ kind, name });
  return document !== undefined && key.length === 3 && chunk.success ? [document, chunk.data] : null;
}

const keyOf = (document: DocumentId, { kind, name }: ChunkName): Key => [document, kind, name];

const entryOf = (key: Key, binary: Uint8Array): Entry => ({
  key,
  value: { key, binary, check: crc32(binary) },
});

/** As the package's own adapter stores it: `{ key, binary }`. */
function bytesOf(value: unknown): Uint8Array | undefined {
  const binary: unknown =
    typeof value === "object" && value !== null && "binary" in value ? value.binary : undefined;
  return binary instanceof Uint8Array ? binary : undefined;
}

/** The bytes of a chunk that is what was written; null otherwise. Those of versions without a checksum are looked at. */
async function verified(value: unknown): Promise<Uint8Array | null> {
  const bytes = bytesOf(value);
  if (!bytes || typeof value !== "object" || value === null) return null;
  if ("check" in value) return value.check === crc32(bytes) ? bytes : null;
  return (await areWholeChunks(bytes)) ? bytes : null;
}

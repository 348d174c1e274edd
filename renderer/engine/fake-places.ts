/** For tests: a disk, a second copy and a journal in memory, which fail when the test says so. */
import type { CheckedBlobs } from "../../electron/keep.ts";
import type { ChunkName, Copy, KeptChunk, Verified } from "./copy.ts";
import { idOf } from "./copying.ts";
import type { Disk, Entry, Key } from "./disk.ts";
import type { Journal, Segment } from "./journal.ts";
import type { DocumentId } from "./port.ts";

const separator = "\u0000";

export class FakeDisk implements Disk {
  readonly values = new Map<string, unknown>();
  /** Why writes are refused; null while they work. */
  failure: string | null = null;
  writes = 0;
  private refusals = 0;

  get(key: Key): Promise<unknown> {
    return Promise.resolve(this.values.get(key.join(separator)));
  }
  async range(prefix: Key): Promise<Entry[]> {
    return (await this.keys(prefix)).map((key) => ({ key, value: this.values.get(key.join(separator)) }));
  }
  keys(prefix: Key): Promise<Key[]> {
    const all = [...this.values.keys()].toSorted().map((key) => key.split(separator));
    return Promise.resolve(all.filter((key) => prefix.every((part, i) => key[i] === part)));
  }
  write(put: readonly Entry[], remove: readonly Key[]): Promise<void> {
    if (this.failure !== null) {
      this.refusals++;
      return Promise.reject(new Error(this.failure));
    }
    this.writes++;
    for (const { key, value } of put) this.values.set(key.join(separator), structuredClone(value));
    for (const key of remove) this.values.delete(key.join(separator));
    return Promise.resolve();
  }

  hasRefused(): boolean {
    return this.refusals > 0;
  }

  /** What is stored there, for a test to damage. */
  stored(key: Key): { binary: Uint8Array; check?: number } {
    return this.values.get(key.join(separator)) as { binary: Uint8Array; check?: number };
  }
}

export class FakeCopy implements Copy {
  readonly files = new Map<DocumentId, Map<string, { chunk: ChunkName; bytes: Uint8Array }>>();
  readonly values = new Map<string, unknown>();
  /** What a check of images and files answers. */
  blobs: CheckedBlobs = { blobs: 0, bytes: 0, damaged: 0, missing: [] };
  failure: string | null = null;

  documents(): Promise<DocumentId[]> {
    return this.done(() => [...this.files.keys()]);
  }
  chunks(document: DocumentId): Promise<KeptChunk[]> {
    return this.done(() =>
      [...this.of(document)].map(([, { chunk, bytes }]) => ({ ...chunk, bytes: bytes.length })),
    );
  }
  read(document: DocumentId, chunk: ChunkName): Promise<Uint8Array | null> {
    return this.done(() => this.of(document).get(idOf(chunk))?.bytes ?? null);
  }
  keep(document: DocumentId, { kind, name }: ChunkName, bytes: Uint8Array): Promise<void> {
    return this.done(() => {
      const files = this.of(document);
      files.set(idOf({ kind, name }), { chunk: { kind, name }, bytes: bytes.slice() });
      this.files.set(document, files);
    });
  }
  remove(document: DocumentId, chunks: readonly ChunkName[]): Promise<void> {
    return this.done(() => chunks.forEach((chunk) => this.of(document).delete(idOf(chunk))));
  }
  value(name: string): Promise<unknown> {
    return this.done(() => this.values.get(name) ?? null);
  }
  setValue(name: string, value: unknown): Promise<void> {
    return this.done(() => void this.values.set(name, structuredClone(value)));
  }
  verify(): Promise<Verified> {
    return this.done(() => ({ documents: this.files.size, chunks: 0, bytes: 0, damaged: [] }));
  }
  checkBlobs(): Promise<CheckedBlobs> {
    return this.done(() => this.blobs);
  }
  backup(): Promise<Uint8Array | null> {
    return Promise.resolve(null);
  }
  named(): Promise<void> {
    return Promise.resolve();
  }
  mirror(): Promise<void> {
    return Promise.resolve();
  }
  mirrors(): Promise<null> {
    return Promise.resolve(null);
  }

  private of(document: DocumentId): Map<string, { chunk: ChunkName; bytes: Uint8Array }> {
    return this.files.get(document) ?? new Map<string, { chunk: ChunkName; bytes: Uint8Array }>();
  }
  private done<T>(run: () => T): Promise<T> {
    return this.failure === null ? Promise.resolve(run()) : Promise.reject(new Error(this.failure));
  }
}

export class FakeJournal implements Journal {
  readonly kept = new Map<DocumentId, Segment[]>();
  read(document: DocumentId): Promise<Segment[]> {
    return Promise.resolve(structuredClone(this.kept.get(document) ?? []));
  }
  write(document: DocumentId, segments: readonly Segment[]): Promise<void> {
    this.kept.set(document, structuredClone([...segments]));
    return Promise.resolve();
  }
}

/**
 * What the storage adapter needs of the browser's storage: values by key, written durably, several at once or none.
 * IndexedDB is behind it in the app (`idb-disk.ts`), a disk that tears, fails and loses in the simulation.
 */

/** As automerge-repo names them: document, kind, name. Ordered as lists of strings. */
export type Key = readonly string[];

/** Whatever is stored there: it is parsed by whoever reads it. */
export type Entry = { readonly key: Key; readonly value: unknown };

export interface Disk {
  get(key: Key): Promise<unknown>;
  /** All entries whose key begins so, in order. */
  range(prefix: Key): Promise<Entry[]>;
  /** The keys alone, without reading what is there. */
  keys(prefix: Key): Promise<Key[]>;
  /** All of it or nothing; resolves once it survives a power cut, rejects with the reason in words. */
  write(put: readonly Entry[], remove: readonly Key[]): Promise<void>;
  /** Whether it has refused a write: then what it takes since may be gone after the next start (`database.ts`). */
  hasRefused(): boolean;
}

/**
 * The browser's storage as a `Disk`: the database of automerge-repo's IndexedDB adapter, with the same store and keys,
 * and writes that are on disk when they are reported done.
 *
 * Chromium may close a database by itself (its files went bad, the disk was full) and open it empty afterwards. A
 * connection that was closed is opened again; what was in it comes back from the second copy when it is read.
 */
import { IndexedDBStorageAdapter } from "@automerge/automerge-repo-storage-indexeddb";
import { hasRefused, reasonOf, writeDurably } from "./database.ts";
import type { Disk, Entry, Key } from "./disk.ts";

const databaseName = "automerge";
const storeName = "documents";

export class IdbDisk implements Disk {
  private database: Promise<IDBDatabase> | null = null;

  async get(key: Key): Promise<unknown> {
    const store = await this.store();
    return settled(store.get([...key]));
  }

  async range(prefix: Key): Promise<Entry[]> {
    const store = await this.store();
    // Both in the order of the keys.
    const [keys, values] = await Promise.all([
      settled(store.getAllKeys(rangeOf(prefix))),
      settled<unknown[]>(store.getAll(rangeOf(prefix))),
    ]);
    return keys.flatMap((key, i) => (isKey(key) ? [{ key, value: values[i] }] : []));
  }

  async keys(prefix: Key): Promise<Key[]> {
    const store = await this.store();
    return (await settled(store.getAllKeys(rangeOf(prefix)))).filter(isKey);
  }

  async write(put: readonly Entry[], remove: readonly Key[]): Promise<void> {
    const run = async (): Promise<void> =>
      writeDurably(await this.open(), storeName, (store) => {
        for (const { key, value } of put) store.put(value, [...key]);
        for (const key of remove) store.delete([...key]);
      });
    try {
      await run();
    } catch (error) {
      if (!isClosed(error)) throw error;
      this.database = null;
      await run();
    }
  }

  hasRefused(): boolean {
    return hasRefused();
  }

  private async store(): Promise<IDBObjectStore> {
    try {
      return (await this.open()).transaction(storeName).objectStore(storeName);
    } catch (error) {
      if (!isClosed(error)) throw error;
      this.database = null;
      return (await this.open()).transaction(storeName).objectStore(storeName);
    }
  }

  private open(): Promise<IDBDatabase> {
    this.database ??= this.openAnew().catch((error: unknown) => {
      this.database = null; // the next one tries again
      throw error;
    });
    return this.database;
  }

  private async openAnew(): Promise<IDBDatabase> {
    // The package makes the store where there is none.
    await new IndexedDBStorageAdapter(databaseName, storeName)
      .load(["storage-adapter-id"])
      .catch((error: unknown) => {
        throw error instanceof DOMException ? reasonOf(error) : error;
      });
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(databaseName);
      request.onsuccess = () => {
        request.result.onclose = () => (this.database = null);
        resolve(request.result);
      };
      request.onerror = () => reject(reasonOf(request.error));
    });
  }
}

/** All keys that begin so: an array sorts after every string. */
const rangeOf = (prefix: Key): IDBKeyRange => IDBKeyRange.bound([...prefix], [...prefix, []]);

const isKey = (key: IDBValidKey): key is string[] =>
  Array.isArray(key) && key.every((part) => typeof part === "string");

const isClosed = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "InvalidStateError";

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(reasonOf(request.error));
  });
}

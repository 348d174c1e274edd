/**
 * A small IndexedDB of the engine's own: stores of plain values by key, written durably.
 *
 * Chromium commits `relaxed` by default, which survives a crash of the browser but not of the
 * machine; whatever must not be lost asks for `strict`. A full disk aborts a transaction without an `error`
 * event on the request, so `abort` is where failures are read.
 *
 * All databases of an origin are one LevelDB. After a write that the disk cut short it goes on behind the torn record,
 * and at the next start Chromium takes all of it for damaged and begins an empty one: what was written after a refusal
 * is on the disk, and may be gone all the same (`hasRefused`).
 */

/** Plain values by store and key, whatever is behind them. What is read is parsed by whoever reads it. */
export interface Values {
  get(store: string, key: IDBValidKey): Promise<unknown>;
  all(store: string): Promise<[unknown, unknown][]>;
  /** Resolves when it is on disk. */
  put(store: string, key: IDBValidKey, value: unknown): Promise<void>;
  /** All of it or nothing; for what costs only work to find out again: it survives a crash of the browser. */
  putRelaxed(
    store: string,
    put: readonly (readonly [key: IDBValidKey, value: unknown])[],
    remove: readonly IDBValidKey[],
  ): Promise<void>;
}

export class IdbValues implements Values {
  private readonly database: Promise<IDBDatabase>;

  constructor(name: string, version: number, stores: readonly string[]) {
    this.database = openDatabase(name, version, stores);
  }

  async get(store: string, key: IDBValidKey): Promise<unknown> {
    return readValue(await this.database, store, key);
  }

  async all(store: string): Promise<[unknown, unknown][]> {
    return readAll(await this.database, store);
  }

  async put(store: string, key: IDBValidKey, value: unknown): Promise<void> {
    await writeDurably(await this.database, store, (all) => all.put(value, key));
  }

  async putRelaxed(
    store: string,
    put: readonly (readonly [key: IDBValidKey, value: unknown])[],
    remove: readonly IDBValidKey[],
  ): Promise<void> {
    await written(await this.database, store, "relaxed", (all) => {
      for (const [key, value] of put) all.put(value, key);
      for (const key of remove) all.delete(key);
    });
  }
}

/**
 * Values for as long as this process lives: what an engine goes on with where the browser's storage does not open at
 * all. It knows nothing of before, and takes everything; what must outlive it is in the second copy.
 */
export class MemoryValues implements Values {
  private readonly stores = new Map<string, Map<string, [unknown, unknown]>>();

  async get(store: string, key: IDBValidKey): Promise<unknown> {
    return this.of(store).get(JSON.stringify(key))?.[1];
  }

  async all(store: string): Promise<[unknown, unknown][]> {
    return [...this.of(store).values()];
  }

  async put(store: string, key: IDBValidKey, value: unknown): Promise<void> {
    this.of(store).set(JSON.stringify(key), [key, value]);
  }

  async putRelaxed(
    store: string,
    put: readonly (readonly [key: IDBValidKey, value: unknown])[],
    remove: readonly IDBValidKey[],
  ): Promise<void> {
    for (const [key, value] of put) await this.put(store, key, value);
    for (const key of remove) this.of(store).delete(JSON.stringify(key));
  }

  private of(store: string): Map<string, [unknown, unknown]> {
    const known = this.stores.get(store) ?? new Map<string, [unknown, unknown]>();
    this.stores.set(store, known);
    return known;
  }
}

/** Opens a database with the given stores, adding those that are missing. */
export function openDatabase(name: string, version: number, stores: readonly string[]): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => {
      for (const store of stores)
        if (!request.result.objectStoreNames.contains(store)) request.result.createObjectStore(store);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(reasonOf(request.error));
    request.onblocked = () => reject(new Error("another version of Deckle is using this profile"));
  });
}

/** Runs `write` in one durable transaction; resolves when it is on disk. */
export function writeDurably(
  database: IDBDatabase,
  store: string,
  write: (store: IDBObjectStore) => void,
): Promise<void> {
  return written(database, store, "strict", write);
}

let refused = false;

/** Whether the browser's storage has refused a write since this worker began, whichever database it was for. */
export const hasRefused = (): boolean => refused;

export function written(
  database: IDBDatabase,
  store: string,
  durability: IDBTransactionDurability,
  write: (store: IDBObjectStore) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, "readwrite", { durability });
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => {
      refused = true;
      reject(reasonOf(transaction.error));
    };
    write(transaction.objectStore(store));
  });
}

export function readValue(database: IDBDatabase, store: string, key: IDBValidKey): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = database.transaction(store).objectStore(store).get(key);
    request.onsuccess = () => resolve(request.result as unknown);
    request.onerror = () => reject(reasonOf(request.error));
  });
}

/** All keys and values of a store. */
export function readAll(database: IDBDatabase, store: string): Promise<[IDBValidKey, unknown][]> {
  return new Promise((resolve, reject) => {
    const entries: [IDBValidKey, unknown][] = [];
    const request = database.transaction(store).objectStore(store).openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve(entries);
      entries.push([cursor.key, cursor.value as unknown]);
      cursor.continue();
    };
    request.onerror = () => reject(reasonOf(request.error));
  });
}

/** Words for a storage failure that a person can act on. */
export function reasonOf(error: DOMException | null): Error {
  if (error?.name === "QuotaExceededError") return new Error("the disk is full");
  if (!error) return new Error("the disk refused the write");
  // What Chromium says is for its makers. On a full disk it says that a backing store has an internal error.
  console.warn("the browser's storage does not work", error.name, error.message);
  return new Error(
    error.name === "UnknownError" || error.name === "AbortError"
      ? "the disk seems to be full or failing"
      : `the browser's storage does not work (${error.name})`,
  );
}

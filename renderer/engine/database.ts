/**
 * A small IndexedDB of the engine's own: stores of plain values by key, written durably.
 *
 * Chromium commits `relaxed` by default, which survives a crash of the browser but not of the
 * machine; everything here asks for `strict`. A full disk aborts a transaction without an `error`
 * event on the request, so `abort` is where failures are read.
 */

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
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, "readwrite", { durability: "strict" });
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(reasonOf(transaction.error));
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
  return new Error(error ? `${error.name}: ${error.message}` : "the disk refused the write");
}

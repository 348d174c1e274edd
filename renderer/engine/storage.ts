/**
 * automerge-repo's IndexedDB adapter, with writes that are on disk when they are reported done.
 *
 * Only the writes are ours: the package's adapter commits `relaxed`, and it listens for `error`
 * where a full disk only aborts. Same database, same store, same keys.
 */
import { IndexedDBStorageAdapter } from "@automerge/automerge-repo-storage-indexeddb";
import { writeDurably } from "./database.ts";

export const documentsDatabase = "automerge";
const documentsStore = "documents";

export class DurableIndexedDb extends IndexedDBStorageAdapter {
  private readonly writes: Promise<IDBDatabase>;

  constructor() {
    super(documentsDatabase, documentsStore);
    this.writes = openAfter(this);
  }

  override async save(key: string[], binary: Uint8Array): Promise<void> {
    await writeDurably(await this.writes, documentsStore, (store) => store.put({ key, binary }, key));
  }

  override async remove(key: string[]): Promise<void> {
    await writeDurably(await this.writes, documentsStore, (store) => store.delete(key));
  }

  override async removeRange(prefix: string[]): Promise<void> {
    const range = IDBKeyRange.bound(prefix, [...prefix, "\uffff"]);
    await writeDurably(await this.writes, documentsStore, (store) => store.delete(range));
  }
}

/** A second connection to the database that the package's adapter makes; it makes the store. */
async function openAfter(adapter: IndexedDBStorageAdapter): Promise<IDBDatabase> {
  await adapter.load(["storage-adapter-id"]);
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(documentsDatabase);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the documents' database did not open"));
  });
}

/**
 * Cached renderings: the document as the engine last rendered it, so that a window can show it
 * before the engine has loaded. The engine writes them; this only reads, and takes anything odd
 * (no database, an older schema, a torn value) as "none".
 */
import { Node } from "prosemirror-model";
import { schema } from "../document/schema.ts";
import type { DocumentId } from "../engine/port.ts";

const databaseName = "deckle-renderings";
const storeName = "renderings";

export type Rendering = { rendering: string; title: string; doc: Node };

export function parseRendering(value: unknown): Rendering | null {
  if (typeof value !== "object" || value === null) return null;
  const { rendering, title, doc } = value as Record<string, unknown>;
  if (typeof rendering !== "string" || typeof title !== "string") return null;
  try {
    const node = Node.fromJSON(schema, doc);
    if (node.type !== schema.topNodeType) return null;
    node.check();
    return { rendering, title, doc: node };
  } catch {
    return null;
  }
}

/** Resolves null where there is no readable rendering; never rejects. */
export async function readRendering(document: DocumentId): Promise<Rendering | null> {
  try {
    const database = await openExisting();
    if (!database) return null;
    try {
      return parseRendering(await read(database, document));
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

/** Opens the database only if it exists: to create it, and its version, is the engine's. */
function openExisting(): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName);
    request.onupgradeneeded = () => request.transaction?.abort();
    request.onsuccess = () => {
      const database = request.result;
      // An engine of a newer build may need to upgrade it; a reader must not stand in the way.
      database.onversionchange = () => database.close();
      resolve(database);
    };
    request.onerror = () => (request.error?.name === "AbortError" ? resolve(null) : reject(request.error));
    request.onblocked = () => resolve(null);
  });
}

function read(database: IDBDatabase, document: DocumentId): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = database.transaction(storeName, "readonly").objectStore(storeName).get(document);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

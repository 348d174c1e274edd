/**
 * What is so, looked at from outside while the app and the relay run: what the relay's file holds of a document, and
 * what the browser's storage does. Both are read with code of ours and loaded by Automerge here, not there.
 */
import * as A from "@automerge/automerge";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright";
import { KeptDocuments } from "../electron/host/keep/kept-documents.ts";
import { Documents } from "../relay/store/documents.ts";
import { openReadOnly } from "../relay/store/schema.ts";
import { Segments } from "../relay/store/segments.ts";
import { offsetsOf } from "../relay/store/stretches.ts";
import { storeFile } from "../relay/workspace-files.ts";

/** What Automerge has in place of a marker or an object. */
const objectCharacter = /\ufffc/g;

export interface Truth {
  readonly title: string;
  readonly text: string;
  /** Sorted, in hex. */
  readonly heads: readonly string[];
}

/** Without what only parts words and blocks: a claim is compared with it letter by letter. */
export const lettersOf = (text: string): string => text.replace(/\s/g, "").replace(objectCharacter, "");

/** Chunks in whatever order, whole documents or changes. */
export function truthOf(chunks: readonly Uint8Array[]): Truth | null {
  if (chunks.length === 0) return null;
  let doc = A.init<{ title?: unknown; body?: unknown }>();
  const together = Buffer.concat(chunks);
  doc = A.loadIncremental(doc, together);
  const { title, body } = doc;
  const truth = {
    title: typeof title === "string" ? title : "",
    text: typeof body === "string" ? body : "",
    heads: A.getHeads(doc).toSorted(),
  };
  A.free(doc);
  return truth;
}

/**
 * Of a relay that runs: what would be there if it were killed now. The relay has the file to itself, so it is copied
 * with its log, as a kill would leave both, and the copy is read.
 */
export function inRelay(data: string, document: string): Truth | null {
  const folder = mkdtempSync(join(tmpdir(), "deckle-relay-"));
  try {
    const db = openReadOnly(copyOfStore(storeFile(data), join(folder, "relay.sqlite")));
    try {
      return inStore(db, document);
    } finally {
      db.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What is written into the file itself while it is copied would not fit the copy of the log: then once more. */
function copyOfStore(file: string, to: string): string {
  const log = `${file}-wal`;
  const state = (): string => {
    const { mtimeMs, size } = statSync(file);
    return `${mtimeMs} ${size} ${existsSync(log) ? readFileSync(log).subarray(0, 32).toString("hex") : ""}`;
  };
  for (let attempt = 0; attempt < 100; attempt++) {
    const before = state();
    copyFileSync(file, to);
    if (existsSync(log)) copyFileSync(log, `${to}-wal`);
    if (state() === before) return to;
  }
  throw new Error(`${file} never rests`);
}

function inStore(db: ReturnType<typeof openReadOnly>, document: string): Truth | null {
  const found = new Documents(db).find(document);
  if (!found || "damaged" in found) return null;
  const chunks: Uint8Array[] = [];
  for (const { count, body } of new Segments(db).whole(found.number, 0, found.next, found.next)) {
    const offsets = offsetsOf(body, count);
    if (!offsets) throw new Error(`the relay's file holds no changes of ${document} where it should`);
    for (let at = 0; at < count; at++) chunks.push(chunkAt(body, offsets[at] ?? 0, offsets[at + 1] ?? 0));
  }
  return truthOf(chunks);
}

/** Each has its length before it, in LEB128. */
function chunkAt(body: Uint8Array, from: number, to: number): Uint8Array {
  let at = from;
  while ((body[at] ?? 0) >= 0x80) at++;
  return body.subarray(at + 1, to);
}

/** The database and store in which the engine has its documents. */
const stored = { database: "automerge", store: "documents" } as const;

export interface StoredChunk {
  /** As JSON. */
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** The chunks of a document as the browser's storage has them, damaged ones too. */
export async function chunksInBrowser(page: Page, document: string): Promise<StoredChunk[]> {
  const chunks = await page.evaluate(
    async ([{ database, store }, wanted]) => {
      const settled = <Value>(request: IDBRequest<Value>): Promise<Value> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(new Error(String(request.error)));
        });
      const db = await settled(indexedDB.open(database));
      const range = IDBKeyRange.bound([wanted], [wanted, "\uffff"]);
      const documents = db.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([
        settled(documents.getAllKeys(range)),
        settled<unknown[]>(documents.getAll(range)),
      ]);
      db.close();
      return values.map((value, at) => {
        const { binary } = value as { binary: Uint8Array };
        return { key: JSON.stringify(keys[at]), bytes: Array.from(binary) };
      });
    },
    [stored, document] as const,
  );
  return chunks.map(({ key, bytes }) => ({ key, bytes: Uint8Array.from(bytes) }));
}

export async function inBrowser(page: Page, document: string): Promise<Truth | null> {
  return truthOf((await chunksInBrowser(page, document)).map(({ bytes }) => bytes));
}

/** Whether all letters of one are in the other, in their order. For texts to which is only added. */
export function isWithin(claimed: string, text: string): boolean {
  const [wanted, held] = [lettersOf(claimed), lettersOf(text)];
  let at = 0;
  for (let i = 0; i < held.length && at < wanted.length; i++) if (held[i] === wanted[at]) at++;
  return at === wanted.length;
}

/** The second copy, as main's code reads it. */
export async function inCopy(profileFolder: string, document: string): Promise<Truth | null> {
  return truthOf(await new KeptDocuments(join(profileFolder, "copy")).all(document));
}

export type DamageKind = "flipped" | "truncated" | "zeroed";

/** In the browser's storage, where it goes on unnoticed until they are read again. */
export async function damageChunks(page: Page, keys: readonly string[], kind: DamageKind): Promise<void> {
  await page.evaluate(
    async ([{ database, store }, wanted, how]) => {
      const settled = <Value>(request: IDBRequest<Value>): Promise<Value> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(new Error(String(request.error)));
        });
      const db = await settled(indexedDB.open(database));
      const transaction = db.transaction(store, "readwrite", { durability: "strict" });
      const documents = transaction.objectStore(store);
      for (const json of wanted) {
        const key = JSON.parse(json) as string[];
        const value = (await settled<unknown>(documents.get(key))) as { binary: Uint8Array };
        const { binary } = value;
        const damaged = how === "truncated" ? binary.slice(0, Math.ceil(binary.length / 2)) : binary.slice();
        if (how === "zeroed") damaged.fill(0);
        const middle = Math.floor(damaged.length / 2);
        if (how === "flipped") damaged[middle] = (damaged[middle] ?? 0) ^ 4;
        documents.put({ ...value, binary: damaged }, key);
      }
      await new Promise((resolve) => (transaction.oncomplete = resolve));
      db.close();
    },
    [stored, keys, kind] as const,
  );
}

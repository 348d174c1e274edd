import { generateAutomergeUrl, parseAutomergeUrl, Repo } from "@automerge/automerge-repo/slim";
import type { Chunk, DocumentId, StorageAdapterInterface } from "@automerge/automerge-repo/slim";
import * as A from "@automerge/automerge/slim";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { beforeAll, expect, test } from "vitest";
import { until } from "../../relay/harness.ts";
import { Author } from "./author.ts";
import { LettingGo } from "./letting-go.ts";
import { watchMemory } from "./memory.ts";

let wasmBytes = (): number => 0;
beforeAll(async () => {
  const wasm = await readFile(createRequire(import.meta.url).resolve("@automerge/automerge/automerge.wasm"));
  wasmBytes = await watchMemory(() => A.initializeWasm(wasm));
});

const saveMs = 1;

class MemoryStorage implements StorageAdapterInterface {
  readonly chunks = new Map<string, Chunk>();
  held: Promise<void> | null = null;
  load(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  async save(key: string[], data: Uint8Array): Promise<void> {
    this.chunks.set(key.join("/"), { key, data });
    await this.held;
  }
  remove(key: string[]): Promise<void> {
    this.chunks.delete(key.join("/"));
    return Promise.resolve();
  }
  loadRange([document, kind]: string[]): Promise<Chunk[]> {
    const all = [...this.chunks.values()];
    return Promise.resolve(all.filter(({ key }) => key[0] === document && key[1] === kind));
  }
  removeRange(): Promise<void> {
    return Promise.resolve();
  }
}

const newDocument = (): DocumentId => parseAutomergeUrl(generateAutomergeUrl()).documentId;

test("documents that were opened and closed leave no memory behind", async () => {
  const storage = new MemoryStorage();
  const repo = new Repo({ storage, saveDebounceRate: saveMs });
  const lettingGo = new LettingGo(repo);
  const author = new Author("00112233445566ff", (count) => crypto.getRandomValues(new Uint8Array(count)));
  let doc = A.from<{ body: string }>({ body: "" });
  for (let n = 0; n < 300; n++)
    doc = A.change(doc, (draft) => A.splice(draft, ["body"], 0, 0, `word ${n} `.repeat(20)));
  const saved = A.save(doc);
  const openAndClose = async (): Promise<void> => {
    const document = newDocument();
    storage.chunks.set(document, { key: [document, "snapshot", "a"], data: saved });
    const handle = await repo.find(document);
    const unsigned = author.sign(handle);
    await new Promise((resolve) => setTimeout(resolve, 4 * saveMs));
    expect(unsigned && lettingGo.free(document, unsigned)).toBe(true);
    const last = handle.doc() as A.Doc<unknown>;
    handle.removeAllListeners("heads-changed");
    await repo.removeFromCache(document);
    expect(lettingGo.free(document, last)).toBe(true);
    storage.chunks.clear();
  };
  for (let n = 0; n < 5; n++) await openAndClose();
  const before = wasmBytes();
  for (let n = 0; n < 50; n++) await openAndClose();
  expect(wasmBytes() - before).toBeLessThan(2 * 1024 * 1024);
}, 120_000);

test("what the repo is still writing is not taken from under it", async () => {
  const storage = new MemoryStorage();
  const repo = new Repo({ storage, saveDebounceRate: saveMs });
  const lettingGo = new LettingGo(repo);
  const disk = Promise.withResolvers<void>();
  storage.held = disk.promise;
  const handle = repo.create({ text: "a" });
  const { documentId } = handle;
  await until("being written", () => storage.chunks.size > 0);
  const doc = handle.doc() as A.Doc<unknown>;
  expect(lettingGo.free(documentId, doc)).toBe(false);
  expect(A.getHeads(doc).length).toBe(1);
  disk.resolve();
  await repo.flush([documentId]);
  await repo.removeFromCache(documentId);
  await until("written", () => lettingGo.free(documentId, doc));
  // A timer of the repo's that comes late finds nothing to write, and does not fail for it.
  await repo.storageSubsystem?.saveDoc(documentId, doc);
});

test("what a timer of the repo's brings late is the document as it is now, not the one the timer was set for", async () => {
  const storage = new MemoryStorage();
  const repo = new Repo({ storage, saveDebounceRate: saveMs });
  const lettingGo = new LettingGo(repo);
  const handle = repo.create({ text: "a" });
  const { documentId } = handle;
  await repo.flush([documentId]);
  const older = A.clone(handle.doc());
  handle.change((draft) => void (draft.text = "b"));
  await repo.flush([documentId]);
  await repo.storageSubsystem?.saveDoc(documentId, older);
  const chunks = [...storage.chunks.values()].filter(({ key }) => key[0] === documentId);
  const kept = chunks.map(({ data }) => data ?? new Uint8Array());
  const loaded = A.loadIncremental(A.init<{ text: string }>(), Buffer.concat(kept));
  expect(loaded.text).toBe("b");
  expect(A.getHeads(loaded)).toEqual(A.getHeads(handle.doc()));
  expect(lettingGo.free(documentId, older)).toBe(true);
});

/**
 * How long, and how much memory, a library takes to catch up that was away: `count` documents here and at the relay, of
 * which `changed` were written in meanwhile. Against a relay process of its own; the engine's background and its link
 * are the app's, its disk is memory.
 */
import { randomBytes } from "node:crypto";
import * as A from "@automerge/automerge/slim";
import { generateAutomergeUrl, parseAutomergeUrl } from "@automerge/automerge-repo/slim";
import { RelayProcess, temporaryFolder, until } from "../../relay/harness.ts";
import { emptyDocument } from "../../renderer/document/body.ts";
import { useAutomerge } from "../automerge.ts";
import { BackgroundClient, MemoryChunks, MemoryLedger } from "../background-client.ts";

export type CatchUp = {
  /** From the first byte to the relay until everything is durable here. */
  tookMs: number;
  /** What the process grew by meanwhile, at most. */
  grownBytes: number;
  /** Documents that were loaded. */
  loaded: number;
  /** How long it took to find out that nothing had changed. */
  unchangedMs: number;
};

/** Keeps the documents' bytes outside of what is measured: they are on a disk otherwise. */
type Library = { ids: string[]; docs: Map<string, Uint8Array> };

function makeLibrary(count: number, edits: number): Library {
  const docs = new Map<string, Uint8Array>();
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const { documentId } = parseAutomergeUrl(generateAutomergeUrl());
    let doc: A.Doc<Record<string, unknown>> = A.from<Record<string, unknown>>(emptyDocument(`Document ${n}`));
    for (let edit = 0; edit < edits; edit++)
      doc = A.change(doc, (draft) => void (draft[`word ${edit}`] = randomBytes(20).toString("hex")));
    ids.push(documentId);
    docs.set(documentId, A.save(doc));
    A.free(doc);
  }
  return { ids, docs };
}

/** Edits documents as another device would, and brings them to the relay. */
class Writer {
  readonly ledger = new MemoryLedger();
  readonly chunks = new MemoryChunks();
  readonly client = new BackgroundClient(this.ledger, this.chunks);

  put(document: string, bytes: Uint8Array): void {
    const doc = A.load(bytes);
    this.chunks.chunks.set(document, [bytes]);
    this.ledger.set(document, { heads: this.ledger.receipt(document)?.heads ?? [], unsent: true });
    this.ledger.setHere(document, A.getHeads(doc));
    A.free(doc);
  }

  async send(url: string): Promise<void> {
    this.client.connect(url);
    await until("everything is at the relay", () => this.ledger.unsent().length === 0, 600_000);
    this.client.link?.disconnect();
  }
}

export async function measureCatchUp(count: number, changed: number, edits = 20): Promise<CatchUp> {
  await useAutomerge();
  const folder = temporaryFolder();
  const relay = await RelayProcess.start(folder.path);
  try {
    const { ids, docs } = makeLibrary(count, edits);
    const writer = new Writer();
    for (const id of ids) writer.put(id, docs.get(id) ?? new Uint8Array());
    await writer.send(relay.url);

    const [ledger, chunks] = [new MemoryLedger(), new MemoryChunks()];
    for (const id of ids) {
      chunks.chunks.set(id, [docs.get(id) ?? new Uint8Array()]);
      ledger.setHere(id, writer.ledger.here(id) ?? []);
      ledger.set(id, { heads: [...(writer.ledger.here(id) ?? [])], unsent: false });
    }
    const reader = new BackgroundClient(ledger, chunks);
    const isLevel = (): boolean =>
      ids.every((id) => ledger.here(id)?.join() === writer.ledger.here(id)?.join());
    let started = performance.now();
    reader.connect(relay.url);
    await until("nothing had changed", () => ledger.position.after >= count, 60_000);
    const unchangedMs = performance.now() - started;
    reader.link?.disconnect();
    if (chunks.loaded.length > 0) throw new Error("documents that had not changed were loaded");

    for (let n = 0; n < changed; n++) {
      const id = ids[Math.floor((n * count) / changed)] ?? "";
      let doc: A.Doc<Record<string, unknown>> = A.load(writer.chunks.chunks.get(id)?.[0] ?? new Uint8Array());
      for (let edit = 0; edit < 30; edit++)
        doc = A.change(doc, (draft) => void (draft[`later ${edit}`] = randomBytes(20).toString("hex")));
      writer.put(id, A.save(doc));
      A.free(doc);
    }
    await writer.send(relay.url);

    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = before;
    started = performance.now();
    reader.connect(relay.url);
    await until(
      "level",
      () => {
        most = Math.max(most, process.memoryUsage().rss);
        return isLevel();
      },
      60_000,
    );
    const tookMs = performance.now() - started;
    reader.link?.disconnect();
    return { tookMs, grownBytes: most - before, loaded: new Set(chunks.loaded).size, unchangedMs };
  } finally {
    await relay.end("SIGTERM");
    folder[Symbol.dispose]();
  }
}

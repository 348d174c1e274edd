/**
 * Opening a document with a long history: until the engine has it, from the bytes on disk to an
 * `Authority` that windows can join. The document is a paper as it was written, key by key, with as
 * many keys a change as this app's own coalescing makes.
 *
 * Two states of the disk: one snapshot, and what automerge-repo leaves at worst, a snapshot and
 * nearly as many bytes of single changes (it compacts when they outweigh the snapshot). Two states
 * of the machine: a fresh process, where WebAssembly is compiled while it runs, and one that has
 * opened documents before. Reading IndexedDB is not in it.
 */
import * as A from "@automerge/automerge/slim";
import { Repo } from "@automerge/automerge-repo/slim";
import type { DocumentId, PeerId, StorageAdapterInterface } from "@automerge/automerge-repo/slim";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { Authority } from "../../renderer/document/authority.ts";
import { bodySpans } from "../../renderer/document/body.ts";
import type { DeckleDocument } from "../../renderer/document/body.ts";
import { render } from "../../renderer/document/render.ts";
import { useAutomerge } from "../automerge.ts";
import { cacheFolder, root } from "../paths.ts";
import { Writer, emptyBody } from "../replay.ts";
import { paperName, paperTrace, traceBytes } from "../traces.ts";
import { figures } from "./report.ts";
import type { Row } from "./report.ts";

/** Keys a change: what one second holds of a quick typist, and of a slower one. */
const editsAChange = [20, 10];
const runs = 15;
/** What a process needs until its loads are alike: V8 optimises WebAssembly while it runs. */
const warmUps = 5;
/** Longer than automerge-repo's timers, which hold a document. */
const settleMs = 150;

const parts = ["load", "handle", "spans", "render", "engine ready"] as const;
type Timing = Record<(typeof parts)[number], number>;
const timings = z.array(z.record(z.enum(parts), z.number()));

export async function load(): Promise<Row[]> {
  await useAutomerge();
  const rows: Row[] = [];
  for (const edits of editsAChange) {
    const paper = await storedPaper(edits);
    for (const [disk, file] of Object.entries(paper)) {
      const fresh: Timing[] = [];
      for (let i = 0; i < runs; i++) fresh.push(...(await inProcess(file, 1)));
      const size = `260k edits, ${edits} a change, ${disk}`;
      rows.push(...rowsOf("fresh process", size, fresh));
      rows.push(...rowsOf("warm process", size, (await inProcess(file, warmUps + runs)).slice(warmUps)));
    }
  }
  return rows;
}

const rowsOf = (process: string, size: string, taken: readonly Timing[]): Row[] =>
  parts.map((part) => ({
    name: "Deckle",
    operation: part === "engine ready" ? `${part}, ${process}` : `${part} (part), ${process}`,
    size,
    unit: "ms",
    ...figures(taken.map((timing) => timing[part])),
  }));

async function inProcess(file: string, loads: number): Promise<Timing[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, file, String(loads)]);
  return timings.parse(JSON.parse(stdout));
}

/** As the engine opens a document: automerge-repo's `find`, then what a session begins with. */
async function timedLoad(bytes: Uint8Array): Promise<Timing> {
  const repo = new Repo({ storage: diskWith(bytes), peerId: "bench" as PeerId });
  let loadMs = 0;
  repo.storageSubsystem?.on("document-loaded", ({ durationMillis }) => (loadMs = durationMillis));
  const startedAt = performance.now();
  const handle = await repo.find<DeckleDocument>(documentId);
  const foundAt = performance.now();
  const spans = bodySpans(handle.doc());
  const spannedAt = performance.now();
  const doc = render(spans);
  const authority = new Authority(doc, () => "");
  const readyAt = performance.now();
  if (authority.doc.content.size < 100_000) throw new Error("that is not the paper");
  await repo.shutdown();
  return {
    load: loadMs,
    handle: foundAt - startedAt - loadMs,
    spans: spannedAt - foundAt,
    render: readyAt - spannedAt,
    "engine ready": readyAt - startedAt,
  };
}

/** Any id will do: there is one document. */
const documentId = "4NMNnkMhL8jXrdJ9jamS58PAVdXu" as DocumentId;

/** A disk that answers at once. automerge-repo joins all chunks before it loads them, so one stands for all. */
const diskWith = (bytes: Uint8Array): StorageAdapterInterface => ({
  load: () => Promise.resolve(undefined),
  save: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  loadRange: (key) => Promise.resolve(key[1] === "snapshot" ? [{ key: [...key, "paper"], data: bytes }] : []),
  removeRange: () => Promise.resolve(),
});

type Stored = { "one snapshot": string; "not yet compacted": string };

/** The files of the paper's document, made once for a trace and a state of the code that writes it. */
async function storedPaper(edits: number): Promise<Stored> {
  const folder = join(cacheFolder, "papers", `${await paperKey()}-${edits}`);
  const stored: Stored = {
    "one snapshot": join(folder, "snapshot.bin"),
    "not yet compacted": join(folder, "chunks.bin"),
  };
  if (existsSync(folder)) return stored;
  console.error(`writing the paper, ${edits} edits a change; it takes half a minute`);
  const replica = await writePaper(edits);
  const making = `${folder}-making-${process.pid}`;
  await mkdir(making, { recursive: true });
  await writeFile(join(making, "snapshot.bin"), A.save(replica));
  await writeFile(join(making, "chunks.bin"), uncompacted(replica));
  await rename(making, folder);
  return stored;
}

/** Changes with the trace and with the code that decides what is written of it. */
async function paperKey(): Promise<string> {
  const code = join(root, "renderer/document");
  const files = (await readdir(code)).filter((name) => /^(?!fuzz|markdown)[\w-]+\.ts$/.test(name)).sort();
  const hash = createHash("sha256").update(await traceBytes(paperName));
  for (const file of [...files.map((name) => join(code, name)), join(root, "scripts/replay.ts")])
    hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}

async function writePaper(editsPerChange: number): Promise<A.Doc<DeckleDocument>> {
  const { edits, endContent } = await paperTrace();
  const writer = new Writer("w", emptyBody("00".repeat(16)));
  for (const [i, edit] of edits.entries()) {
    writer.type(edit);
    if ((i + 1) % editsPerChange === 0) writer.write();
  }
  writer.write();
  writer.check();
  if (writer.text !== endContent) throw new Error("the paper was not written as it was");
  return writer.replica;
}

/** A snapshot and single changes that together weigh just less than it, in one run of bytes. */
function uncompacted(replica: A.Doc<DeckleDocument>): Uint8Array {
  const changes = A.getAllChanges(replica);
  const bytesAChange = A.save(replica).length / changes.length;
  let first = changes.length;
  let bytes = 0;
  for (; first > 0; first--) {
    bytes += changes[first - 1]?.length ?? 0;
    if (bytes > bytesAChange * (first - 1)) break;
  }
  const [snapshot] = A.applyChanges(A.init<DeckleDocument>(), changes.slice(0, first));
  return Buffer.concat([A.save(snapshot), ...changes.slice(first)]);
}

if (import.meta.main) {
  const [file, loads] = process.argv.slice(2);
  if (!file) console.table(await load());
  else {
    await useAutomerge();
    const bytes = new Uint8Array(await readFile(file));
    const taken: Timing[] = [];
    for (let i = 0; i < Number(loads); i++) {
      taken.push(await timedLoad(bytes));
      // Until the document and its repo are gone: a second copy of everything is not what is measured.
      await setTimeout(settleMs);
      globalThis.gc?.();
      await setTimeout(settleMs);
    }
    console.log(JSON.stringify(taken));
  }
}

/**
 * The second copy of all documents, `<profile>/copy/<documentId>/`. What is asked of one document is done one after
 * another, and writes that wait together reach the disk together; different documents do not wait for each other.
 * Nothing is read before it is asked for.
 */
import { join } from "node:path";
import { isDocumentId } from "../../../relay/protocol/ids.ts";
import type { ChunkName, verified } from "../../keep.ts";
import { keptAtOnceMax, keptIndexesMax } from "../../policy/limits.ts";
import type { z } from "zod";
import { codeOf, nodeDisk, type DiskCalls } from "./disk-calls.ts";
import { DocumentFiles, type ChunkToKeep } from "./document-files.ts";

interface Entry {
  readonly files: DocumentFiles;
  /** The end of the row. */
  last: Promise<unknown>;
  /** How many are in the row. */
  waiting: number;
  /** Chunks that a write at the end of the row takes along. */
  gathering: { readonly chunks: ChunkToKeep[]; readonly done: Promise<void> } | null;
}

export class KeptDocuments {
  readonly #folder: string;
  readonly #disk: DiskCalls;
  /** Used last comes last. */
  readonly #entries = new Map<string, Entry>();
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(folder: string, disk: DiskCalls = nodeDisk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  get folder(): string {
    return this.#folder;
  }

  async documents(): Promise<string[]> {
    const entries = await this.#disk
      .readdir(this.#folder, { withFileTypes: true })
      .catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
      });
    return entries
      .filter((entry) => entry.isDirectory() && isDocumentId(entry.name))
      .map(({ name }) => name)
      .toSorted();
  }

  chunks(document: string): ReturnType<DocumentFiles["chunks"]> {
    return this.#inRow(document, (files) => files.chunks());
  }
  read(document: string, chunk: ChunkName): Promise<Uint8Array | null> {
    return this.#inRow(document, (files) => files.read(chunk));
  }
  /** Everything whole there is of a document. */
  all(document: string): Promise<Uint8Array[]> {
    return this.#inRow(document, (files) => files.all());
  }
  /** What its files are like, without reading them. */
  traces(document: string): ReturnType<DocumentFiles["traces"]> {
    return this.#inRow(document, (files) => files.traces());
  }
  remove(document: string, chunks: readonly ChunkName[]): Promise<void> {
    return this.#inRow(document, (files) => files.remove(chunks));
  }

  /** Resolves when it is on the disk; rejects with the system's error. */
  keep(document: string, chunk: ChunkName, bytes: Uint8Array): Promise<void> {
    const entry = this.#entry(document);
    if (entry.gathering) {
      entry.gathering.chunks.push({ chunk, bytes });
      return entry.gathering.done;
    }
    const chunks: ChunkToKeep[] = [{ chunk, bytes }];
    const done = this.#inRow(document, (files) => {
      if (entry.gathering?.chunks === chunks) entry.gathering = null;
      return files.keep(chunks);
    });
    entry.gathering = { chunks, done };
    return done;
  }

  async verify(): Promise<z.infer<typeof verified>> {
    const sum = { documents: 0, chunks: 0, bytes: 0 };
    const damaged: { document: string; stretches: number }[] = [];
    for (const document of await this.documents()) {
      const health = await this.#inRow(document, (files) => files.verify());
      sum.documents++;
      sum.chunks += health.chunks;
      sum.bytes += health.bytes;
      if (health.damaged > 0) damaged.push({ document, stretches: health.damaged });
    }
    return { ...sum, damaged };
  }

  #inRow<Result>(document: string, job: (files: DocumentFiles) => Promise<Result>): Promise<Result> {
    const entry = this.#entry(document);
    // Others that come after this must not overtake it.
    entry.gathering = null;
    entry.waiting++;
    const done = entry.last.then(() => this.#amongFew(() => job(entry.files)));
    entry.last = done
      .catch(() => undefined)
      .then(() => {
        entry.waiting--;
        this.#letGo();
      });
    return done;
  }

  #entry(document: string): Entry {
    const entry = this.#entries.get(document) ?? {
      files: new DocumentFiles(document, join(this.#folder, document), this.#disk),
      last: Promise.resolve(),
      waiting: 0,
      gathering: null,
    };
    this.#entries.delete(document);
    this.#entries.set(document, entry);
    return entry;
  }

  /** Indexes that were not used for longest go; they are made anew when they are asked for. */
  #letGo(): void {
    let over = this.#entries.size - keptIndexesMax;
    for (const [document, { waiting }] of this.#entries) {
      if (over <= 0) return;
      if (waiting > 0) continue;
      this.#entries.delete(document);
      over--;
    }
  }

  /** Each that runs has a file open or read whole. */
  async #amongFew<Result>(job: () => Promise<Result>): Promise<Result> {
    if (this.#running >= keptAtOnceMax) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running++;
    try {
      return await job();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

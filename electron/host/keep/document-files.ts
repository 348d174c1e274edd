/**
 * The chunks of one document in its folder: `1.chunks`, `2.chunks`, …, records that are only ever added at the end.
 * A snapshot begins a new file, which appears whole; a file whose chunks are all removed goes. What is not whole is
 * never handed out.
 *
 * Its calls are put in a row by `KeptDocuments`.
 */
import { basename, dirname, join } from "node:path";
import type { FileHandle } from "node:fs/promises";
import type { ChunkName } from "../../keep.ts";
import { codeOf, type DiskCalls } from "./disk-calls.ts";
import { encodeRecord, readRecord, scanFile } from "./record.ts";

export interface ChunkToKeep {
  readonly chunk: ChunkName;
  readonly bytes: Uint8Array;
}

export interface Health {
  readonly chunks: number;
  readonly bytes: number;
  /** Stretches of the files that are not what was written. */
  readonly damaged: number;
}

interface Held {
  readonly file: number;
  readonly chunk: ChunkName;
  readonly at: number;
  readonly end: number;
  readonly bytes: number;
}

interface Index {
  readonly chunks: Map<string, Held>;
  readonly files: Map<number, { wholeBytes: number; sizeBytes: number; damaged: number }>;
}

const filePattern = /^([1-9]\d{0,8})\.chunks$/;
const temporaryName = ".deckle-chunks.tmp";

const idOf = ({ kind, name }: ChunkName): string => `${kind}/${name}`;

export class DocumentFiles {
  readonly #document: string;
  readonly #folder: string;
  readonly #disk: DiskCalls;
  #index: Index | null = null;

  constructor(document: string, folder: string, disk: DiskCalls) {
    this.#document = document;
    this.#folder = folder;
    this.#disk = disk;
  }

  async chunks(): Promise<(ChunkName & { bytes: number })[]> {
    const { chunks } = await this.#opened();
    return [...chunks.values()].map(({ chunk, bytes }) => ({ ...chunk, bytes }));
  }

  /** Null where there is none of this name, or not whole any more. */
  async read(chunk: ChunkName): Promise<Uint8Array | null> {
    const held = (await this.#opened()).chunks.get(idOf(chunk));
    if (!held) return null;
    const record = readRecord(this.#document, await this.#readRecord(held), 0);
    if (record && idOf(record.chunk) === idOf(chunk)) return record.bytes;
    // The disk is not what it was: what there is is looked for anew.
    this.#index = null;
    return null;
  }

  /** All of the chunks, snapshots first: a file that Automerge loads. */
  async all(): Promise<Uint8Array[]> {
    const { chunks } = await this.#opened();
    const inOrder = [...chunks.values()].toSorted((a, b) => rankOf(a) - rankOf(b));
    const read: Uint8Array[] = [];
    for (const { chunk } of inOrder) {
      const bytes = await this.read(chunk);
      if (bytes) read.push(bytes);
    }
    return read;
  }

  /** All are on the disk when this resolves; it rejects with the system's error, and the next call begins anew. */
  async keep(chunks: readonly ChunkToKeep[]): Promise<void> {
    const missing: ChunkToKeep[] = [];
    for (const each of chunks) if (!(await this.#has(each))) missing.push(each);
    if (missing.length === 0) return;
    const index = await this.#opened();
    await this.#makeFolder();
    let some: ChunkToKeep[] = [];
    for (const each of missing) {
      if (each.chunk.kind === "snapshot") {
        await this.#append(index, some);
        some = [];
        await this.#begin(index, [each]);
      } else some.push(each);
    }
    await this.#append(index, some);
    await this.#mend(index);
  }

  async remove(chunks: readonly ChunkName[]): Promise<void> {
    const index = await this.#opened();
    const removed = chunks.filter((chunk) => index.chunks.delete(idOf(chunk)));
    if (removed.length === 0) return;
    const live = new Set([...index.chunks.values()].map(({ file }) => file));
    for (const file of index.files.keys()) {
      if (live.has(file)) continue;
      await this.#disk.rm(this.#pathOf(file), { force: true });
      index.files.delete(file);
    }
    if (index.files.size === 0) await this.#disk.rmdir(this.#folder).catch(() => undefined);
  }

  /** Size, and a mark that is another one after each change. Reads no file. */
  async traces(): Promise<{ mark: string; bytes: number }> {
    const marks: string[] = [];
    let bytes = 0;
    for (const file of await this.#numbers()) {
      const about = await this.#disk.stat(this.#pathOf(file));
      marks.push(`${file}:${about.size}:${Math.round(about.mtimeMs)}`);
      bytes += about.size;
    }
    return { mark: marks.join(" "), bytes };
  }

  /** Reads everything again. */
  async verify(): Promise<Health> {
    this.#index = null;
    const { chunks, files } = await this.#opened();
    return {
      chunks: chunks.size,
      bytes: [...files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      damaged: [...files.values()].reduce((sum, { damaged }) => sum + damaged, 0),
    };
  }

  async #has({ chunk, bytes }: ChunkToKeep): Promise<boolean> {
    const held = await this.read(chunk);
    return held !== null && Buffer.compare(held, bytes) === 0;
  }

  async #opened(): Promise<Index> {
    this.#index ??= await this.#scan();
    return this.#index;
  }

  async #scan(): Promise<Index> {
    const index: Index = { chunks: new Map(), files: new Map() };
    for (const file of await this.#numbers()) {
      const content = await this.#disk.readFile(this.#pathOf(file));
      const { records, damaged, wholeBytes } = scanFile(this.#document, content);
      index.files.set(file, { wholeBytes, sizeBytes: content.length, damaged });
      for (const { chunk, at, end, bytes } of records) {
        index.chunks.set(idOf(chunk), { file, chunk, at, end, bytes: bytes.length });
      }
    }
    return index;
  }

  /** Of its files, the oldest first. */
  async #numbers(): Promise<number[]> {
    const names = await this.#disk.readdir(this.#folder).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    });
    const numbers = names.flatMap((name) => {
      const [, number] = filePattern.exec(name) ?? [];
      return number === undefined ? [] : [Number(number)];
    });
    return numbers.toSorted((a, b) => a - b);
  }

  async #readRecord({ file, at, end }: Held): Promise<Buffer> {
    const handle = await this.#disk.open(this.#pathOf(file), "r").catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    });
    if (!handle) return Buffer.alloc(0);
    try {
      const record = Buffer.alloc(end - at);
      let length = 0;
      while (length < record.length) {
        const { bytesRead } = await handle.read(record, length, record.length - length, at + length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return record.subarray(0, length);
    } finally {
      await handle.close();
    }
  }

  /** Where a disk takes `A` and `a` for the same name, another document may lie here. */
  async #makeFolder(): Promise<void> {
    const made = await this.#disk.mkdir(this.#folder, { recursive: true });
    const parent = dirname(this.#folder);
    if (made !== undefined) await this.#sync(parent);
    // The first document of all.
    if (made !== undefined && made !== this.#folder) await this.#sync(dirname(parent));
    const name = basename(await this.#disk.realpath(this.#folder));
    if (name !== this.#document) throw new Error(`the folder ${name} belongs to another document`);
  }

  /**
   * What is whole of a damaged file moves to a new one; the damaged one is set aside as `<number>.damaged`, for a
   * person. Done when something was kept: what else there is of the document was put back by then.
   */
  async #mend(index: Index): Promise<void> {
    const damaged = [...index.files].filter(([, about]) => about.damaged > 0).map(([file]) => file);
    try {
      for (const file of damaged) {
        const whole: ChunkToKeep[] = [];
        for (const held of index.chunks.values()) {
          const bytes = held.file === file ? await this.read(held.chunk) : null;
          if (bytes) whole.push({ chunk: held.chunk, bytes });
        }
        if (whole.length > 0) await this.#begin(index, whole);
        await this.#disk.rename(this.#pathOf(file), join(this.#folder, `${file}.damaged`));
        index.files.delete(file);
      }
    } catch (error) {
      // What was to be kept is kept. The next time that something is, this is tried again.
      console.warn(`a damaged file of document ${this.#document} stays where it is`, error);
      this.#index = null;
    }
  }

  async #append(index: Index, chunks: readonly ChunkToKeep[]): Promise<void> {
    if (chunks.length === 0) return;
    const last = Math.max(0, ...index.files.keys());
    const about = index.files.get(last);
    // After damage nothing is added: the file is left as it was found.
    if (!about || about.damaged > 0) return this.#begin(index, chunks);
    const records = chunks.map(({ chunk, bytes }) => encodeRecord(this.#document, chunk, bytes));
    // Whatever happens from here on, what the disk holds is not what is known of it.
    this.#index = null;
    const handle = await this.#disk.open(this.#pathOf(last), "r+");
    try {
      // Cuts off what a write that failed, or a crash, left behind.
      await handle.truncate(about.wholeBytes);
      await writeAll(handle, records, about.wholeBytes);
      await handle.datasync();
    } catch (error) {
      await handle.truncate(about.wholeBytes).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
    this.#note(index, last, about.wholeBytes, chunks, records);
  }

  /** A new file, which is there whole or not at all. */
  async #begin(index: Index, chunks: readonly ChunkToKeep[]): Promise<void> {
    const file = Math.max(0, ...index.files.keys()) + 1;
    const records = chunks.map(({ chunk, bytes }) => encodeRecord(this.#document, chunk, bytes));
    const temporary = join(this.#folder, temporaryName);
    this.#index = null;
    try {
      const handle = await this.#disk.open(temporary, "w", 0o600);
      try {
        await writeAll(handle, records, 0);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await this.#disk.rename(temporary, this.#pathOf(file));
      await this.#sync(this.#folder);
    } catch (error) {
      await this.#disk.rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    this.#note(index, file, 0, chunks, records);
  }

  #note(
    index: Index,
    file: number,
    from: number,
    chunks: readonly ChunkToKeep[],
    records: readonly Buffer[],
  ): void {
    let at = from;
    chunks.forEach(({ chunk, bytes }, i) => {
      const end = at + (records[i]?.length ?? 0);
      index.chunks.set(idOf(chunk), { file, chunk, at, end, bytes: bytes.length });
      at = end;
    });
    index.files.set(file, { wholeBytes: at, sizeBytes: at, damaged: 0 });
    this.#index = index;
  }

  /** Without it a power cut may undo what was made in the folder. Windows cannot open folders and does not need it. */
  async #sync(folder: string): Promise<void> {
    if (process.platform === "win32") return;
    const handle = await this.#disk.open(join(folder, "."), "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  #pathOf(file: number): string {
    return join(this.#folder, `${file}.chunks`);
  }
}

const rankOf = ({ chunk }: Held): number => (chunk.kind === "snapshot" ? 0 : 1);

async function writeAll(handle: FileHandle, records: readonly Buffer[], from: number): Promise<void> {
  const bytes = Buffer.concat(records);
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, from + written);
    written += bytesWritten;
  }
}

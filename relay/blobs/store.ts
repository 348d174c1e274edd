/**
 * The blobs of one workspace: files named after the SHA-256 of what is in them, so they never change and need no
 * order. One that is only partly here is a `.part` as long as what has come of it, which is where it goes on: after a
 * cut, a kill, or from another device. It gets its name once it is all there and hashes to it.
 *
 * The relay does not know which documents name a blob, so it never takes one away.
 */
import { mkdir, open, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { isBlobHash } from "../protocol/ids.ts";
import { blobBytesMax, blobPartMs, blobPartsMax, blobPieceBytesMax } from "../protocol/limits.ts";
import { codeOf, moveDurably, namesIn, sha256Of, sizeOf } from "./disk.ts";

/** What is to become a blob: its hash, and how long it is as its sender says. */
export interface Wanted {
  readonly hash: string;
  readonly totalBytes: number;
}
export interface Progress {
  /** Bytes that are here, and where the next piece begins. */
  readonly offset: number;
  readonly isComplete: boolean;
}
export type Appended =
  | ({ readonly ok: true } & Progress)
  /** `offset`: the piece begins elsewhere than what is here ends, or somebody else is bringing one. */
  | { readonly ok: false; readonly refused: "offset"; readonly offset: number }
  /** `wrong-hash`: all came, it was something else, and it is gone. `no-room`: of the disk. */
  | { readonly ok: false; readonly refused: "wrong-hash" | "no-room" | "quota" | "too-many" | "too-large" };

export interface OpenBlob {
  readonly bytes: number;
  readonly file: FileHandle;
}

export interface VerifiedBlobs {
  readonly blobs: number;
  readonly bytes: number;
  /** One line a finding. */
  readonly faults: readonly string[];
}

const partName = /^([0-9a-f]{64})-(\d{1,9})\.part$/;

export class BlobStore {
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #nowMs: () => number;
  /** Parts that somebody is writing to. */
  readonly #writing = new Set<string>();
  /** Of all blobs, and of parts what they are to become. */
  #usedBytes: Promise<number> | undefined;
  #deltaBytes = 0;
  /** Who begins a part does so one after another, so that all of them are counted. */
  #admitting: Promise<unknown> = Promise.resolve();

  constructor(folder: string, bytesMax: number, nowMs: () => number = Date.now) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    this.#nowMs = nowMs;
  }

  /** Undefined while it is not here as a whole. */
  async open(hash: string): Promise<OpenBlob | undefined> {
    if (!isBlobHash(hash)) return undefined;
    let file: FileHandle;
    try {
      file = await open(this.#blobFile(hash), "r");
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
      throw error;
    }
    try {
      return { bytes: (await file.stat()).size, file };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Undefined where it cannot become one. */
  async progress(wanted: Wanted): Promise<Progress | undefined> {
    if (!isWanted(wanted)) return undefined;
    const bytes = await sizeOf(this.#blobFile(wanted.hash));
    if (bytes !== undefined) return { offset: bytes, isComplete: true };
    return { offset: (await sizeOf(this.#partFile(wanted))) ?? 0, isComplete: false };
  }

  /**
   * Takes in a piece. Where it breaks off, what had come stays, and this rejects with the reason.
   */
  async append(wanted: Wanted, from: number, piece: AsyncIterable<unknown>): Promise<Appended> {
    if (!isWanted(wanted)) return { ok: false, refused: "too-large" };
    const part = this.#partFile(wanted);
    if (this.#writing.has(part)) return { ok: false, refused: "offset", offset: (await sizeOf(part)) ?? 0 };
    this.#writing.add(part);
    let isAdmitted = false;
    try {
      const complete = await sizeOf(this.#blobFile(wanted.hash));
      if (complete !== undefined) return { ok: true, offset: complete, isComplete: true };
      const there = await sizeOf(part);
      if (from !== (there ?? 0)) return { ok: false, refused: "offset", offset: there ?? 0 };
      if (there === undefined) {
        const refused = await this.#admit(wanted.totalBytes);
        if (refused) return { ok: false, refused };
        isAdmitted = true;
      }
      const offset = await appendTo(part, from, wanted.totalBytes, piece);
      if (offset === undefined) return { ok: false, refused: "too-large" };
      if (offset < wanted.totalBytes) return { ok: true, offset, isComplete: false };
      return await this.#complete(wanted);
    } catch (error) {
      const isThere = (await sizeOf(part)) !== undefined;
      if (isAdmitted && !isThere) this.#deltaBytes -= wanted.totalBytes;
      if (!["ENOSPC", "EDQUOT", "EFBIG"].includes(codeOf(error))) throw error;
      // Text is worth more than pictures: the room that is left is for the documents.
      await this.#throwAway(wanted);
      return { ok: false, refused: "no-room" };
    } finally {
      this.#writing.delete(part);
    }
  }

  /** Takes away parts that nobody has gone on with. */
  async sweep(): Promise<void> {
    for (const { wanted, file } of await this.#parts()) {
      const atMs = (await stat(file).catch(() => undefined))?.mtimeMs;
      const isOld = atMs !== undefined && atMs + blobPartMs < this.#nowMs();
      if (isOld && !this.#writing.has(file)) await this.#throwAway(wanted);
    }
  }

  /** Reads everything. */
  async verify(): Promise<VerifiedBlobs> {
    const faults: string[] = [];
    let [blobs, bytes] = [0, 0];
    for await (const hash of this.#hashes()) {
      const file = this.#blobFile(hash);
      try {
        blobs++;
        bytes += (await sizeOf(file)) ?? 0;
        if ((await sha256Of(file)) !== hash) faults.push(`${file} is damaged: move it away`);
      } catch (error) {
        faults.push(`${file} cannot be read (${codeOf(error)})`);
      }
    }
    return { blobs, bytes, faults };
  }

  async #complete(wanted: Wanted): Promise<Appended> {
    const part = this.#partFile(wanted);
    if ((await sha256Of(part)) !== wanted.hash) {
      await this.#throwAway(wanted);
      return { ok: false, refused: "wrong-hash" };
    }
    await moveDurably(part, this.#blobFile(wanted.hash));
    return { ok: true, offset: wanted.totalBytes, isComplete: true };
  }

  async #throwAway(wanted: Wanted): Promise<void> {
    const part = this.#partFile(wanted);
    if ((await sizeOf(part)) === undefined) return;
    await rm(part, { force: true });
    this.#deltaBytes -= wanted.totalBytes;
  }

  /** Why one more part cannot begin; where it can, its bytes count from now on. */
  #admit(totalBytes: number): Promise<"quota" | "too-many" | undefined> {
    const admitted = this.#admitting.then(async () => {
      await this.sweep();
      this.#usedBytes ??= this.#countUsed();
      const usedBytes = (await this.#usedBytes) + this.#deltaBytes;
      if (usedBytes + totalBytes > this.#bytesMax) return "quota" as const;
      const parts = (await this.#parts()).length;
      if (parts >= blobPartsMax) return "too-many" as const;
      this.#deltaBytes += totalBytes;
      return undefined;
    });
    this.#admitting = admitted.catch(() => {});
    return admitted;
  }

  async #countUsed(): Promise<number> {
    let bytes = 0;
    for await (const hash of this.#hashes()) bytes += (await sizeOf(this.#blobFile(hash))) ?? 0;
    for (const { wanted } of await this.#parts()) bytes += wanted.totalBytes;
    // What was thrown away before this is not among them.
    this.#deltaBytes = 0;
    return bytes;
  }

  async *#hashes(): AsyncGenerator<string> {
    for (const short of await namesIn(this.#folder)) {
      if (!/^[0-9a-f]{2}$/.test(short)) continue;
      for (const name of await namesIn(join(this.#folder, short)))
        if (isBlobHash(name) && name.startsWith(short)) yield name;
    }
  }

  async #parts(): Promise<{ readonly wanted: Wanted; readonly file: string }[]> {
    const names = await namesIn(join(this.#folder, "parts"));
    return names.flatMap((name) => {
      const [, hash = "", total = ""] = partName.exec(name) ?? [];
      if (hash === "") return [];
      return [{ wanted: { hash, totalBytes: Number(total) }, file: join(this.#folder, "parts", name) }];
    });
  }

  /** Only of what `isBlobHash` knows. */
  #blobFile(hash: string): string {
    return join(this.#folder, hash.slice(0, 2), hash);
  }
  /** Its length is in its name: who says another length brings another part, and spoils nobody's. */
  #partFile({ hash, totalBytes }: Wanted): string {
    return join(this.#folder, "parts", `${hash}-${totalBytes}.part`);
  }
}

const isWanted = ({ hash, totalBytes }: Wanted): boolean =>
  isBlobHash(hash) && Number.isInteger(totalBytes) && totalBytes >= 1 && totalBytes <= blobBytesMax;

/** Where it ends now; undefined where it would go on past its end. */
async function appendTo(
  part: string,
  from: number,
  totalBytes: number,
  piece: AsyncIterable<unknown>,
): Promise<number | undefined> {
  await mkdir(join(part, ".."), { recursive: true, mode: 0o700 });
  const file = await open(part, "a", 0o600);
  let offset = from;
  try {
    for await (const bytes of piece) {
      if (!(bytes instanceof Uint8Array)) continue;
      const end = offset + bytes.length;
      if (end > totalBytes || end - from > blobPieceBytesMax) return undefined;
      for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
      offset = end;
    }
    return offset;
  } finally {
    await file.close();
  }
}

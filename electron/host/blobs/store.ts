/**
 * The images and files of this profile: plain files named after the SHA-256 of what is in them, written beside, to
 * the disk, and then given their name. One is believed once it was read and compared with its name in this process;
 * one that is something else is set aside, and is not here any more, so that it can be fetched again.
 *
 * Parts of downloads lie beside, as long as what has come of them.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { z } from "zod";
import { blobBytesMax } from "../../../relay/protocol/limits.ts";
import { isBlobHash } from "../../../relay/protocol/ids.ts";
import type { keptBlob } from "../../keep.ts";
import { blobType } from "../../policy/blob-type.ts";
import { blobHeadBytes } from "../../policy/limits.ts";

export type KeptBlob = z.infer<typeof keptBlob>;

export interface VerifiedBlobs {
  readonly blobs: number;
  readonly bytes: number;
  /** By hash, those that were not what they are named after and are not here any more. */
  readonly damaged: readonly string[];
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

export class BlobFiles {
  readonly #folder: string;
  /** Read and found to be what they are named after. */
  readonly #verified = new Set<string>();
  /** Known to be here, so that it need not be looked up each time. */
  readonly #here = new Set<string>();
  /** Of one blob one thing after another: it is not taken away while it is brought. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** `folder` is `blobs` of the profile. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes away what a process that was killed had begun to write. */
  async tidy(): Promise<void> {
    await rm(join(this.#folder, "new"), { recursive: true, force: true });
  }

  /**
   * Keeps what is new here. Rejects with the system's error; nothing is left behind then.
   * @param before is told of it before it has its place, and whether it was here already
   */
  async keep(
    content: AsyncIterable<Uint8Array>,
    before: (sha256: string, wasHere: boolean) => Promise<void> = async () => {},
  ): Promise<KeptBlob | "too-large"> {
    const temporary = await this.#fresh();
    const hash = createHash("sha256");
    try {
      const file = await open(temporary, "wx", 0o600);
      let bytes = 0;
      try {
        for await (const piece of content) {
          if ((bytes += piece.length) > blobBytesMax) return "too-large";
          hash.update(piece);
          await file.writeFile(piece);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      const sha256 = hash.digest("hex");
      const type = blobType(await headOf(temporary));
      await this.#inTurn(sha256, async () => {
        await before(sha256, (await sizeOf(this.#file(sha256))) !== null);
        await this.#settle(temporary, sha256);
      });
      return { sha256, bytes, type };
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Null where it is not here, or not any more because it is damaged. */
  read(sha256: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#inTurn(sha256, () => this.#read(sha256));
  }

  /** Whether there is a file. */
  async has(sha256: string): Promise<boolean> {
    if (this.#here.has(sha256)) return true;
    if (!isBlobHash(sha256) || (await sizeOf(this.#file(sha256))) === null) return false;
    this.#here.add(sha256);
    return true;
  }

  /** Bytes of it that have been downloaded. */
  async partBytes(sha256: string): Promise<number> {
    return (await sizeOf(this.#part(sha256))) ?? 0;
  }
  /** Appends to what is there, or begins anew. What was written stays where `content` breaks off and this rejects. */
  async download(sha256: string, from: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    const part = this.#part(sha256);
    await mkdir(dirname(part), { recursive: true, mode: 0o700 });
    const file = await open(part, from === 0 ? "w" : "a", 0o600);
    let bytes = from;
    try {
      for await (const piece of content) {
        if ((bytes += piece.length) > blobBytesMax) throw new RangeError("the blob is too large");
        await file.writeFile(piece);
      }
    } finally {
      await file.close();
    }
  }
  /** All of it has come. False where it is something else, which is gone then. */
  async finish(sha256: string): Promise<boolean> {
    const part = this.#part(sha256);
    if ((await hashOf(part)) !== sha256) {
      await this.dropPart(sha256);
      return false;
    }
    const file = await open(part, "r+");
    await file.sync().finally(() => file.close());
    await this.#inTurn(sha256, () => this.#settle(part, sha256));
    return true;
  }
  async dropPart(sha256: string): Promise<void> {
    await rm(this.#part(sha256), { force: true });
  }

  /** All that are here. Rejects where not all can be looked at. */
  async all(): Promise<Set<string>> {
    const found = new Set<string>();
    for (const short of await namesIn(this.#folder)) {
      if (!/^[0-9a-f]{2}$/.test(short)) continue;
      for (const name of await namesIn(join(this.#folder, short))) if (isBlobHash(name)) found.add(name);
    }
    return found;
  }

  /** Reads everything; what is damaged is set aside. */
  async verify(): Promise<VerifiedBlobs> {
    const damaged: string[] = [];
    let [blobs, bytes] = [0, 0];
    this.#verified.clear();
    for (const sha256 of await this.all()) {
      const read = await this.read(sha256);
      blobs++;
      bytes += read?.length ?? 0;
      if (!read) damaged.push(sha256);
    }
    return { blobs, bytes, damaged };
  }

  /** Takes it away, if it may go when nothing else is done to it. False where it may not, or is not here. */
  removeIf(sha256: string, mayGo: () => boolean): Promise<boolean> {
    return this.#inTurn(sha256, async () => {
      if (!mayGo() || (await sizeOf(this.#file(sha256))) === null) return false;
      this.#verified.delete(sha256);
      this.#here.delete(sha256);
      await rm(this.#file(sha256));
      return true;
    });
  }

  async #read(sha256: string): Promise<Uint8Array<ArrayBuffer> | null> {
    if (!isBlobHash(sha256)) return null;
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = await readFile(this.#file(sha256));
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#here.delete(sha256);
      return null;
    }
    if (this.#verified.has(sha256)) return bytes;
    if (createHash("sha256").update(bytes).digest("hex") === sha256) {
      this.#verified.add(sha256);
      return bytes;
    }
    this.#here.delete(sha256);
    await this.#setAside(sha256);
    return null;
  }

  /** Gives a file that is on the disk its name. One that is there already stays. */
  async #settle(from: string, sha256: string): Promise<void> {
    const file = this.#file(sha256);
    // What is there may be damaged: only what was read in this process is left in its place.
    if (this.#verified.has(sha256) && (await sizeOf(file)) !== null) {
      await rm(from, { force: true });
      return;
    }
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await rename(from, file);
    this.#verified.add(sha256);
    this.#here.add(sha256);
    for (const folder of [dirname(file), this.#folder]) await syncFolder(folder);
  }

  /** For whoever wants to look. */
  async #setAside(sha256: string): Promise<void> {
    const aside = join(this.#folder, "damaged", `${sha256}-${randomUUID()}`);
    await mkdir(dirname(aside), { recursive: true, mode: 0o700 });
    await rename(this.#file(sha256), aside);
  }

  async #fresh(): Promise<string> {
    const folder = join(this.#folder, "new");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return join(folder, randomUUID());
  }

  #inTurn<Result>(sha256: string, run: () => Promise<Result>): Promise<Result> {
    const done = (this.#turns.get(sha256) ?? Promise.resolve()).then(run);
    const settled = done.then(
      () => {},
      () => {},
    );
    this.#turns.set(sha256, settled);
    void settled.then(() => {
      if (this.#turns.get(sha256) === settled) this.#turns.delete(sha256);
    });
    return done;
  }

  /** Only of what `isBlobHash` knows. */
  #file(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }
  #part(sha256: string): string {
    if (!isBlobHash(sha256)) throw new RangeError("not the hash of a blob");
    return join(this.#folder, "parts", `${sha256}.part`);
  }
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(blobHeadBytes), 0, blobHeadBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "r");
  for await (const piece of file.createReadStream({ highWaterMark: 256 * 1024 }))
    if (Buffer.isBuffer(piece)) hash.update(piece);
  return hash.digest("hex");
}

/** Without it a power cut may undo the rename. Windows cannot open folders and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}

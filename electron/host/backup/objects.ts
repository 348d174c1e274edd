/**
 * What backups are made of: files named by the SHA-256 of what is in them, `objects/ab/<sha256>`. Many backups name
 * the same one; it is written once.
 */
import { createHash } from "node:crypto";
import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256 as sha256Schema } from "../../keep.ts";
import { ownerOnly, writeDurably } from "../durable.ts";
import { codeOf } from "../keep/disk-calls.ts";

export const isSha256 = (name: string): boolean => sha256Schema.safeParse(name).success;
const isShard = (name: string): boolean => /^[0-9a-f]{2}$/.test(name);
export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Where a blob or an object lies below its folder. */
export const placeOf = (folder: string, sha256: string): string => join(folder, sha256.slice(0, 2), sha256);

export interface StoredObject {
  readonly sha256: string;
  readonly bytes: number;
}

/** What lies below a folder of this kind, blobs or objects. One that is not there is empty. */
export async function objectsIn(folder: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for (const shard of (await namesIn(folder)).filter(isShard)) {
    for (const sha256 of (await namesIn(join(folder, shard))).filter(isSha256)) {
      const bytes = await bytesOf(placeOf(folder, sha256));
      if (bytes !== null) objects.push({ sha256, bytes });
    }
  }
  return objects;
}

export class Objects {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** By its size: what is in it is looked at when it is read. */
  async has({ sha256, bytes }: StoredObject): Promise<boolean> {
    return (await bytesOf(placeOf(this.#folder, sha256))) === bytes;
  }

  async put(bytes: Uint8Array): Promise<StoredObject> {
    const object = { sha256: hashOf(bytes), bytes: bytes.length };
    if ((await this.read(object.sha256)) === null)
      await writeDurably(placeOf(this.#folder, object.sha256), bytes, ownerOnly);
    return object;
  }

  /** A file that never changes, by a link where the disk has them. */
  async putFile(file: string, object: StoredObject): Promise<void> {
    if (await this.has(object)) return;
    const target = placeOf(this.#folder, object.sha256);
    const temporary = `${target}.tmp`;
    await mkdir(dirname(target), { recursive: true });
    await rm(temporary, { force: true });
    await link(file, temporary).catch(() => copyFile(file, temporary));
    await rename(temporary, target);
    // Renaming a link onto another to the same file does nothing.
    await rm(temporary, { force: true });
  }

  /** Null where it is not there, or not what its name says. */
  async read(sha256: string): Promise<Buffer | null> {
    const bytes = await readFile(placeOf(this.#folder, sha256)).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    });
    return bytes && hashOf(bytes) === sha256 ? bytes : null;
  }

  /** Removes what is not named, and what writes that were cut off have left. Nothing may be writing meanwhile. */
  async keepOnly(named: ReadonlySet<string>): Promise<void> {
    for (const shard of (await namesIn(this.#folder)).filter(isShard)) {
      const folder = join(this.#folder, shard);
      for (const name of await namesIn(folder)) {
        if (!named.has(name)) await rm(join(folder, name), { force: true });
      }
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
}

async function bytesOf(file: string): Promise<number | null> {
  const about = await stat(file).catch(() => null);
  return about?.isFile() ? about.size : null;
}

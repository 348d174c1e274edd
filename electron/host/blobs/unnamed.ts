/**
 * Which blobs came from a window here and are named by nothing yet: `blobs/unnamed/<sha256>`, since when. It is written
 * before the blob gets its place and goes once a document has named it. A blob without one is never taken away, so one
 * that is lost, or could not be written, takes room and does no harm.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isBlobHash } from "../../../relay/protocol/ids.ts";
import { ownerOnly, writeDurably } from "../durable.ts";

export class UnnamedBlobs {
  readonly #folder: string;
  readonly #nowMs: () => number;
  readonly #sinceMs = new Map<string, number>();
  readonly #fresh = new Set<string>();

  static async open(folder: string, nowMs: () => number = Date.now): Promise<UnnamedBlobs> {
    const unnamed = new UnnamedBlobs(folder, nowMs);
    await unnamed.#load();
    return unnamed;
  }

  private constructor(folder: string, nowMs: () => number) {
    this.#folder = folder;
    this.#nowMs = nowMs;
  }

  get sinceMs(): ReadonlyMap<string, number> {
    return this.#sinceMs;
  }

  /** Noted since this process began. */
  isFresh(sha256: string): boolean {
    return this.#fresh.has(sha256);
  }

  has(sha256: string): boolean {
    return this.#sinceMs.has(sha256);
  }

  /** It is about to be here, or came once more. Never rejects: what cannot be noted stays. */
  async note(sha256: string): Promise<void> {
    const nowMs = this.#nowMs();
    this.#fresh.add(sha256);
    try {
      await writeDurably(this.#file(sha256), String(nowMs), ownerOnly);
      this.#sinceMs.set(sha256, nowMs);
    } catch {
      this.#sinceMs.delete(sha256);
    }
  }

  /** They are named, or gone. Rejects with the system's error; they are not noted any more all the same. */
  async clear(blobs: Iterable<string>): Promise<void> {
    for (const each of blobs) {
      if (!this.#sinceMs.delete(each)) continue;
      await rm(this.#file(each), { force: true });
    }
  }

  async #load(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!isBlobHash(name)) continue;
      const text = await readFile(this.#file(name), "utf8").catch(() => "");
      if (/^\d{1,15}$/.test(text)) this.#sinceMs.set(name, Number(text));
    }
  }

  #file(sha256: string): string {
    return join(this.#folder, sha256);
  }
}

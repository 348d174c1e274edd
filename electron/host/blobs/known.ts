/**
 * Which blobs the relay of a place has, as far as this device knows, and when it last heard so. Only a note: what is
 * lost of it is asked again.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "../../keep.ts";
import { blobKnownMs } from "../../policy/limits.ts";
import { ownerOnly, writeDurably } from "../durable.ts";

const schema = z.object({
  version: z.literal(1),
  place: z.string(),
  known: z.record(sha256, z.number()),
});

export class KnownOnRelay {
  readonly #folder: string;
  readonly #nowMs: () => number;
  readonly #places = new Map<string, Promise<Map<string, number>>>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(folder: string, nowMs: () => number = Date.now) {
    this.#folder = folder;
    this.#nowMs = nowMs;
  }

  /** A test for hashes, of what is known still. */
  async at(place: string): Promise<(blob: string) => boolean> {
    const known = await this.#knownAt(place);
    const nowMs = this.#nowMs();
    return (blob) => (known.get(blob) ?? -Infinity) + blobKnownMs > nowMs;
  }

  async note(place: string, blob: string): Promise<void> {
    const known = await this.#knownAt(place);
    known.set(blob, this.#nowMs());
    this.#writing = this.#writing.then(() => this.#write(place, known)).catch(() => undefined);
    await this.#writing;
  }

  #knownAt(place: string): Promise<Map<string, number>> {
    let known = this.#places.get(place);
    if (!known) this.#places.set(place, (known = this.#read(place)));
    return known;
  }

  async #read(place: string): Promise<Map<string, number>> {
    try {
      const kept = schema.parse(JSON.parse(await readFile(this.#file(place), "utf8")));
      return new Map(kept.place === place ? Object.entries(kept.known) : []);
    } catch {
      return new Map();
    }
  }

  #write(place: string, known: ReadonlyMap<string, number>): Promise<void> {
    const kept: z.infer<typeof schema> = { version: 1, place, known: Object.fromEntries(known) };
    return writeDurably(this.#file(place), JSON.stringify(kept), ownerOnly);
  }

  #file(place: string): string {
    return join(this.#folder, `${createHash("sha256").update(place).digest("hex").slice(0, 32)}.json`);
  }
}

/**
 * The engine's values, `<profile>/copy/values/<name>.json`: written whole or not at all, with a checksum, and the one
 * before beside it for when a disk has damaged the newest.
 */
import { join } from "node:path";
import type { ValueName } from "../../keep.ts";
import { ownerOnly, writeDurably } from "../durable.ts";
import { checkedJson, withChecksum } from "./checked-json.ts";
import { codeOf, nodeDisk, type DiskCalls } from "./disk-calls.ts";

export class Values {
  readonly #folder: string;
  readonly #disk: DiskCalls;
  /** The last write of each: they are done in the order in which they came. */
  readonly #writing = new Map<ValueName, Promise<void>>();

  constructor(folder: string, disk: DiskCalls = nodeDisk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** JSON as it was given; null where there is none. */
  async read(name: ValueName): Promise<string | null> {
    await this.#writing.get(name);
    return (await this.#readFile(this.#file(name))) ?? this.#readFile(this.#previous(name));
  }

  /** @param json one JSON value. Resolves when it is on the disk; rejects with the system's error */
  write(name: ValueName, json: string): Promise<void> {
    const before = this.#writing.get(name) ?? Promise.resolve();
    const written = before.then(() => this.#write(name, json));
    // A failed write is the business of who asked for it, not of the next.
    const settled = written.catch(() => undefined);
    this.#writing.set(name, settled);
    return written;
  }

  async #write(name: ValueName, json: string): Promise<void> {
    const file = this.#file(name);
    // Only a whole one is worth keeping: the one before may be all there is.
    if ((await this.#readFile(file)) !== null) {
      await this.#disk.rm(this.#previous(name), { force: true });
      // Not every disk has links; then there is no previous one.
      await this.#disk.link(file, this.#previous(name)).catch(() => undefined);
    }
    await writeDurably(file, withChecksum(json), ownerOnly);
  }

  async #readFile(file: string): Promise<string | null> {
    const text = await this.#disk.readFile(file, "utf8").catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return "";
      throw error;
    });
    return checkedJson(text);
  }

  #file(name: ValueName): string {
    return join(this.#folder, `${name}.json`);
  }
  #previous(name: ValueName): string {
    return join(this.#folder, `${name}.previous.json`);
  }
}

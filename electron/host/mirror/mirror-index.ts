/**
 * What the readable copy's folder says of itself, in a hidden file: which file is which document's, and what we wrote
 * in it. Without it we would not know our own files from a person's. It may be behind by some documents after a crash:
 * their files are then known by what is in them.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { mirrorIndexBytesMax } from "../../policy/limits.ts";
import { nameKey } from "../../policy/mirror.ts";
import { asUsual, writeDurably } from "../durable.ts";

const indexName = ".deckle-mirror.json";

const entry = z.object({ file: z.string(), sha256: z.string(), heads: z.array(z.string()) });
export type MirrorEntry = z.infer<typeof entry>;
const schema = z.object({ version: z.literal(1), documents: z.record(z.string(), entry) });

export class MirrorIndex {
  readonly folder: string;
  readonly #byDocument: Map<string, MirrorEntry>;
  /** Documents by the keys of their files' names. */
  readonly #byName = new Map<string, string>();

  private constructor(folder: string, byDocument: Map<string, MirrorEntry>) {
    this.folder = folder;
    this.#byDocument = byDocument;
    for (const [document, { file }] of byDocument) this.#byName.set(nameKey(file), document);
  }

  /** One that cannot be read is none: then all that is there counts as a person's. */
  static async read(folder: string): Promise<MirrorIndex> {
    const file = join(folder, indexName);
    try {
      if ((await stat(file)).size > mirrorIndexBytesMax) throw new RangeError("too large");
      const { documents } = schema.parse(JSON.parse(await readFile(file, "utf8")));
      // What is in the folder is data: a name that leads out of it is not one of ours.
      const ours = Object.entries(documents).filter(([, { file: name }]) => !/[/\\]|^\.+/.test(name));
      return new MirrorIndex(folder, new Map(ours));
    } catch {
      return new MirrorIndex(folder, new Map());
    }
  }

  get size(): number {
    return this.#byDocument.size;
  }

  of(document: string): MirrorEntry | undefined {
    return this.#byDocument.get(document);
  }

  documentOf(name: string): string | undefined {
    return this.#byName.get(nameKey(name));
  }

  set(document: string, entry: MirrorEntry): void {
    this.delete(document);
    this.#byDocument.set(document, entry);
    this.#byName.set(nameKey(entry.file), document);
  }

  delete(document: string): void {
    const before = this.#byDocument.get(document);
    if (before) this.#byName.delete(nameKey(before.file));
    this.#byDocument.delete(document);
  }

  heads(): Record<string, string[]> {
    return Object.fromEntries([...this.#byDocument].map(([document, { heads }]) => [document, heads]));
  }

  async write(): Promise<void> {
    const documents = Object.fromEntries(this.#byDocument);
    await writeDurably(join(this.folder, indexName), JSON.stringify({ version: 1, documents }), asUsual);
  }
}

/**
 * Which blobs each document has ever named, and for which place: a file for each document, whole or not at all. A
 * set only grows, since history, trash and backups name what the text does not name any more.
 *
 * The place is kept with each blob: what a document names after it was taken back out of a workspace does not go to
 * that workspace.
 */
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isDocumentId } from "../../../relay/protocol/ids.ts";
import { sha256, type BlobNames, type BlobPlace } from "../../keep.ts";
import { blobNamesBytesMax } from "../../policy/limits.ts";
import { ownerOnly, reasonOf, writeDurably } from "../durable.ts";

/** A place by one name. Ids of workspaces have no space in them. */
export const placeKey = ({ relay, workspace }: BlobPlace): string => workspace ?? `open ${relay}`;

/** By hash, for which places. */
const blobsAndPlaces = z.record(sha256, z.array(z.string()));
const schema = z.object({ version: z.literal(1), blobs: blobsAndPlaces });
type Places = ReadonlySet<string>;

/** All that is known of names, as backups have it. */
export const allNames = z.object({
  /** Nothing that a document of the profile ever named is missing. */
  isWhole: z.boolean(),
  documents: z.record(z.string().refine(isDocumentId), blobsAndPlaces),
});
export type AllNames = z.infer<typeof allNames>;

const brokenSuffix = ".broken";
const fileName = /^(\w+)\.json$/;
/** Lies among the names, and is lost with them. */
const wholeName = "whole";

export interface NamedBlobsOptions {
  /** The profile has nothing yet: all that is named from now on is known. */
  readonly isNewProfile: boolean;
}

export class NamedBlobs {
  readonly #folder: string;
  /** By document and hash, for which places. */
  readonly #named = new Map<string, ReadonlyMap<string, Places>>();
  /** Names were kept from the first start of the profile on, and not lost since. */
  #isFromStart = false;
  /** Files that are there and say nothing that can be understood. */
  #unreadable = 0;
  /** One write after another: each builds on what the one before it left. */
  #last: Promise<unknown> = Promise.resolve();

  /** Where the folder cannot be read nothing is known of all, and the app starts. */
  static async open(folder: string, { isNewProfile }: NamedBlobsOptions): Promise<NamedBlobs> {
    const named = new NamedBlobs(folder);
    await named.#load(isNewProfile);
    return named;
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves when it is on the disk; rejects with the system's error. */
  name(document: string, { blobs, place }: BlobNames): Promise<void> {
    const places = place ? [placeKey(place)] : [];
    return this.#add(document, new Map(blobs.map((each) => [each, places])));
  }

  /** What a backup knew. To be called before its documents are put back. Rejects with the system's error. */
  async restore(names: AllNames | undefined): Promise<void> {
    if (!names?.isWhole) await this.#inTurn(() => this.#isNotWhole());
    for (const [document, blobs] of Object.entries(names?.documents ?? {}))
      await this.#add(document, new Map(Object.entries(blobs)));
  }

  all(): AllNames {
    const documents = [...this.#named].map(([document, blobs]) => [document, written(blobs)] as const);
    return { isWhole: this.isWhole, documents: Object.fromEntries(documents) };
  }

  /** Whether all is known that documents of this profile ever named. */
  get isWhole(): boolean {
    return this.#isFromStart && this.#unreadable === 0;
  }

  /** Blobs that documents of this place name. */
  of(key: string): Set<string> {
    const found = new Set<string>();
    for (const blobs of this.#named.values())
      for (const [each, places] of blobs) if (places.has(key)) found.add(each);
    return found;
  }

  isOf(key: string, blob: string): boolean {
    for (const blobs of this.#named.values()) if (blobs.get(blob)?.has(key) === true) return true;
    return false;
  }

  isNamed(blob: string): boolean {
    for (const blobs of this.#named.values()) if (blobs.has(blob)) return true;
    return false;
  }

  #add(document: string, blobs: ReadonlyMap<string, readonly string[]>): Promise<void> {
    if (!isDocumentId(document)) throw new RangeError("not the id of a document");
    return this.#inTurn(async () => {
      const next = new Map(this.#named.get(document));
      let isNew = false;
      for (const [each, places] of blobs) {
        const before = next.get(each);
        if (before && places.every((place) => before.has(place))) continue;
        next.set(each, new Set([...(before ?? []), ...places]));
        isNew = true;
      }
      if (!isNew) return;
      await this.#write(document, next);
      this.#named.set(document, next);
    });
  }

  async #isNotWhole(): Promise<void> {
    this.#isFromStart = false;
    await rm(join(this.#folder, wholeName), { force: true });
  }

  async #load(isNewProfile: boolean): Promise<void> {
    let names: string[] = [];
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      if (isNewProfile) await writeDurably(join(this.#folder, wholeName), "", ownerOnly);
      names = await readdir(this.#folder);
      this.#isFromStart = names.includes(wholeName);
    } catch (error) {
      this.#unreadable++;
      console.error(`${this.#folder} cannot be read (${reasonOf(error)})`);
    }
    for (const name of names) {
      if (name.endsWith(brokenSuffix)) this.#unreadable++;
      const [, document = ""] = fileName.exec(name) ?? [];
      if (!isDocumentId(document)) continue;
      const file = this.#file(document);
      try {
        const { size } = await stat(file);
        if (size > blobNamesBytesMax) throw new RangeError("too large");
        const { blobs } = schema.parse(JSON.parse(await readFile(file, "utf8")));
        const sets = Object.entries(blobs).map(([each, places]) => [each, new Set(places)] as const);
        this.#named.set(document, new Map(sets));
      } catch (error) {
        // The document says again what it names now; of what else it had named nobody knows, so nothing is collected
        // as long as this file is there.
        this.#unreadable++;
        await rename(file, `${file}${brokenSuffix}`).catch(() => undefined);
        console.error(`${file} cannot be read (${reasonOf(error)})`);
      }
    }
  }

  #write(document: string, blobs: ReadonlyMap<string, Places>): Promise<void> {
    const kept: z.infer<typeof schema> = { version: 1, blobs: written(blobs) };
    const text = JSON.stringify(kept);
    return writeDurably(this.#file(document), text, ownerOnly);
  }

  #file(document: string): string {
    return join(this.#folder, `${document}.json`);
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(run);
    this.#last = done.catch(() => {});
    return done;
  }
}

const written = (blobs: ReadonlyMap<string, Places>): z.infer<typeof blobsAndPlaces> =>
  Object.fromEntries([...blobs].map(([each, places]) => [each, [...places]]));

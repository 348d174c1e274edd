/**
 * The backups of a profile, in a folder that is not the profile's: `backup-<time>.json` names what it has, and
 * `objects/` holds that, once for all of them. What is done here is done one after another, so nothing is removed
 * while something is being written.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { backupsToRemove, type KeptBackup, type RotationLimits } from "../../policy/backup-rotation.ts";
import { damagedBackupMs } from "../../policy/limits.ts";
import type { AllNames } from "../blobs/named.ts";
import { ownerOnly, writeDurably } from "../durable.ts";
import { codeOf } from "../keep/disk-calls.ts";
import type { KeptDocuments } from "../keep/kept-documents.ts";
import type { Values } from "../keep/values.ts";
import { backupAtMs, backupName } from "./backup-time.ts";
import { encodeManifest, hashesIn, isSame, parseManifest, type Manifest } from "./manifest.ts";
import { Objects, objectsIn, placeOf } from "./objects.ts";

export interface BackupsOptions {
  readonly folder: string;
  readonly documents: KeptDocuments;
  readonly values: Values;
  /** The profile's, by hash as objects are; need not be there. */
  readonly blobs: string;
  /** What its documents name. */
  readonly names: () => AllNames;
  /** Those of the profile that are no secret. */
  readonly settings: () => unknown;
  readonly nowMs: () => number;
  readonly limits: RotationLimits;
}

export interface ListedBackup {
  readonly name: string;
  readonly atMs: number;
  readonly documents: number;
  readonly bytes: number;
}

export class Backups {
  readonly #options: BackupsOptions;
  readonly #objects: Objects;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: BackupsOptions) {
    this.#options = options;
    this.#objects = new Objects(join(options.folder, "objects"));
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** Those that can be read, the newest first. */
  async list(): Promise<ListedBackup[]> {
    const listed: ListedBackup[] = [];
    for (const name of (await this.#names()).toReversed()) {
      const manifest = await this.manifest(name);
      if (!manifest) continue;
      const { atMs, documents, blobs } = manifest;
      const bytes = [...documents, ...blobs].reduce((sum, object) => sum + object.bytes, 0);
      listed.push({ name, atMs, documents: documents.length, bytes });
    }
    return listed;
  }

  /** When the last was made that there is; null where there is none. */
  async lastMs(): Promise<number | null> {
    const name = (await this.#names()).at(-1);
    return name === undefined ? null : backupAtMs(name);
  }

  /** Null where there is no such backup, or it is damaged. */
  async manifest(name: string): Promise<Manifest | null> {
    const text = await this.#text(name);
    return text === null ? null : parseManifest(text);
  }

  /** Null where it has nothing of the document, or that is damaged. */
  async document(name: string, document: string): Promise<Buffer | null> {
    const manifest = await this.manifest(name);
    const entry = manifest?.documents.find((each) => each.document === document);
    return entry ? this.#objects.read(entry.sha256) : null;
  }

  /** Null where it is not what its name says. */
  object(sha256: string): Promise<Buffer | null> {
    return this.#objects.read(sha256);
  }

  /** @returns its name; null where nothing has changed and `onlyIfChanged`. Rejects with the system's error */
  make({ onlyIfChanged }: { readonly onlyIfChanged: boolean }): Promise<string | null> {
    return this.alone(async () => {
      const last = await this.#newest();
      const manifest = await this.#gather(last);
      if (onlyIfChanged && last && isSame(last, manifest)) return null;
      const name = await this.#freeName(manifest.atMs);
      await writeDurably(join(this.folder, name), encodeManifest(manifest), ownerOnly);
      await this.#rotate();
      return name;
    });
  }

  /** Does something while nothing else is done here. */
  alone<Result>(job: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(job);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #newest(): Promise<Manifest | null> {
    for (const name of (await this.#names()).toReversed()) {
      const manifest = await this.manifest(name);
      if (manifest) return manifest;
    }
    return null;
  }

  async #gather(last: Manifest | null): Promise<Manifest> {
    const { values, settings, names, nowMs } = this.#options;
    await mkdir(this.folder, { recursive: true });
    const [ledger, library] = await Promise.all([values.read("ledger"), values.read("library")]);
    return {
      version: 1,
      atMs: nowMs(),
      documents: await this.#documents(last),
      blobs: await this.#blobs(),
      // After the documents: names only grow, so none of theirs is missing.
      names: names(),
      ledger: ledger === null ? null : JSON.parse(ledger),
      library: library === null ? null : JSON.parse(library),
      settings: settings(),
    };
  }

  async #documents(last: Manifest | null): Promise<Manifest["documents"]> {
    const { documents } = this.#options;
    const before = new Map(last?.documents.map((entry) => [entry.document, entry]));
    const entries: Manifest["documents"] = [];
    for (const document of await documents.documents()) {
      const known = before.get(document);
      const isKnown = known !== undefined && (await this.#objects.has(known));
      const read = await readWhole(documents, document, isKnown ? known.mark : undefined);
      if (read !== null && read !== "unchanged") {
        entries.push({ document, mark: read.mark, ...(await this.#objects.put(read.bytes)) });
      }
      // Of a document that cannot be read now, what was read last is better than nothing.
      else if (isKnown) entries.push(known);
    }
    return entries;
  }

  async #blobs(): Promise<Manifest["blobs"]> {
    const { blobs } = this.#options;
    const found = await objectsIn(blobs);
    for (const blob of found) await this.#objects.putFile(placeOf(blobs, blob.sha256), blob);
    return found;
  }

  /** Two in one second are a second apart in name. */
  async #freeName(atMs: number): Promise<string> {
    const taken = new Set(await this.#names());
    let freeMs = atMs;
    while (taken.has(backupName(freeMs))) freeMs += 1000;
    return backupName(freeMs);
  }

  async #rotate(): Promise<void> {
    const { limits, nowMs } = this.#options;
    const backups: KeptBackup[] = [];
    const named = new Map<string, readonly string[]>();
    for (const name of await this.#names()) {
      const text = await this.#text(name);
      if (text === null) continue;
      const manifest = parseManifest(text);
      if (manifest) {
        const all = [...manifest.documents, ...manifest.blobs];
        const objects = new Map(all.map(({ sha256, bytes }) => [sha256, bytes]));
        backups.push({ name, objects });
        named.set(name, [...objects.keys()]);
      }
      // A damaged one takes no good one's place; a person may still make something of it for some time.
      else if (nowMs() - (backupAtMs(name) ?? 0) < damagedBackupMs) named.set(name, hashesIn(text));
      else await rm(join(this.folder, name), { force: true });
    }
    for (const name of backupsToRemove(backups, limits)) {
      await rm(join(this.folder, name), { force: true });
      named.delete(name);
    }
    await this.#objects.keepOnly(new Set([...named.values()].flat()));
  }

  /** The oldest first. */
  async #names(): Promise<string[]> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    });
    return names.filter((name) => backupAtMs(name) !== null).toSorted();
  }

  async #text(name: string): Promise<string | null> {
    if (backupAtMs(name) === null) return null;
    return readFile(join(this.folder, name), "utf8").catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    });
  }
}

interface Whole {
  readonly mark: string;
  readonly bytes: Uint8Array;
}

/** Null where nothing of it can be read. The mark is taken first: what is written meanwhile is read again next time. */
async function readWhole(
  documents: KeptDocuments,
  document: string,
  knownMark: string | undefined,
): Promise<Whole | "unchanged" | null> {
  try {
    const { mark } = await documents.traces(document);
    if (mark === knownMark) return "unchanged";
    const chunks = await documents.all(document);
    return chunks.length === 0 ? null : { mark, bytes: Buffer.concat(chunks) };
  } catch (error) {
    console.warn(`nothing can be read of document ${document} to back it up`, error);
    return null;
  }
}

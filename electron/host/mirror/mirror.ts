/**
 * The readable copy: each document as a Markdown file in a folder that the person chose, for other programs to read.
 * One way only: what is written there is not read back. Files that somebody else wrote in are never overwritten.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mirrorIndexAfterMs } from "../../policy/limits.ts";
import {
  doWithOwn,
  editedNames,
  found,
  blobsOf,
  mayTake,
  mirrorNames,
  nameKey,
} from "../../policy/mirror.ts";
import { asUsual, reasonOf, writeDurably } from "../durable.ts";
import { MirrorIndex, type MirrorEntry } from "./mirror-index.ts";

export interface Readable {
  readonly title: string;
  readonly markdown: string;
  readonly heads: readonly string[];
}

export interface MirrorOptions {
  /** Null keeps none. Asked anew each time: the person may choose another. */
  readonly folder: () => string | null;
  /** Where blobs are, in folders named after the first two digits of their hashes. */
  readonly blobs: string;
  /** Says something to the person, once. */
  readonly say: (words: string) => void;
}

export class Mirror {
  readonly #options: MirrorOptions;
  #index: MirrorIndex | null = null;
  #indexTimer: NodeJS.Timeout | null = null;
  #problem: string | null = null;
  /** One after another: each sees what the one before it left. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  async state(): Promise<{ folder: string | null; documents: number; problem: string | null }> {
    const folder = this.#options.folder();
    if (folder === null) return { folder, documents: 0, problem: null };
    const index = await this.#inTurn(() => this.#open(folder));
    return { folder, documents: index?.size ?? 0, problem: this.#problem };
  }

  /** Heads by document, as the copy has them; null where none is kept. */
  async mirrors(): Promise<{ documents: Record<string, string[]> } | null> {
    const folder = this.#options.folder();
    if (folder === null) return null;
    const index = await this.#inTurn(() => this.#open(folder));
    return { documents: index?.heads() ?? {} };
  }

  /** @returns null, also where none is kept; or in words why it is not written, which the person has been told */
  write(document: string, text: Readable): Promise<string | null> {
    return this.#inTurn(async () => {
      const folder = this.#options.folder();
      if (folder === null) return null;
      const index = await this.#open(folder);
      if (!index) return this.#problem;
      try {
        await this.#write(index, document, text);
        this.#problem = null;
        this.#writeIndexLater();
      } catch (error) {
        this.#failed(index.folder, error);
      }
      return this.#problem;
    });
  }

  /** Writes what is to be written still. */
  async stop(): Promise<void> {
    await this.#inTurn(() => this.#writeIndex());
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Null where the folder is gone: it is not made again, for it may be a disk that is not plugged in. */
  async #open(folder: string): Promise<MirrorIndex | null> {
    if (!(await isFolder(folder))) {
      // What was written there is remembered: it may come back as it was.
      this.#failed(folder, null);
      return null;
    }
    if (this.#index?.folder !== folder) {
      await this.#writeIndex();
      this.#index = await MirrorIndex.read(folder);
      this.#problem = null;
    }
    return this.#index;
  }

  async #write(index: MirrorIndex, document: string, { title, markdown, heads }: Readable): Promise<void> {
    const { folder } = index;
    const wanted = sha256(markdown);
    const own = await this.#ownFile(index, document, wanted);
    const name = await freeName(index, document, title, wanted);
    await this.#copyBlobs(folder, markdown);
    if (own !== null && own.file !== name) await rename(join(folder, own.file), join(folder, name));
    const isThere = own?.isWanted === true || (await contentsOf(join(folder, name))) === wanted;
    if (!isThere) await writeDurably(join(folder, name), markdown, asUsual);
    index.set(document, { file: name, sha256: wanted, heads: [...heads] });
  }

  /** The document's file so far; null where it has none, or a person has made it theirs. */
  async #ownFile(
    index: MirrorIndex,
    document: string,
    wanted: string,
  ): Promise<{ file: string; isWanted: boolean } | null> {
    const own: MirrorEntry | undefined = index.of(document);
    if (!own) return null;
    const file = found(await contentsOf(join(index.folder, own.file)), wanted, own.sha256);
    if (doWithOwn(file) === "set-aside") {
      const aside = await setAside(index.folder, own.file);
      index.delete(document);
      this.#options.say(
        `“${own.file}” in the readable copy was edited outside Deckle. It is “${aside}” now, and Deckle goes on with a file of its own. What you write there does not come back into Deckle: import it.`,
      );
      return null;
    }
    return file === "nothing" ? null : { file: own.file, isWanted: file === "wanted" };
  }

  /** Those that are not here yet are there the next time. */
  async #copyBlobs(folder: string, markdown: string): Promise<void> {
    for (const { sha256: hash, name } of blobsOf(markdown)) {
      const to = join(folder, name);
      if (await isFile(to)) continue;
      const part = `${to}.part`;
      try {
        await mkdir(dirname(to), { recursive: true });
        await copyFile(join(this.#options.blobs, hash.slice(0, 2), hash), part);
        await rename(part, to);
      } catch (error) {
        await rm(part, { force: true });
        if (reasonOf(error) !== "ENOENT") throw error;
      }
    }
  }

  #writeIndexLater(): void {
    this.#indexTimer ??= setTimeout(() => void this.stop(), mirrorIndexAfterMs);
  }

  async #writeIndex(): Promise<void> {
    if (this.#indexTimer === null) return;
    clearTimeout(this.#indexTimer);
    this.#indexTimer = null;
    const index = this.#index;
    // Writing would make the folder: a disk may have been unplugged meanwhile.
    if (!index || !(await isFolder(index.folder))) return;
    await index.write().catch((error: unknown) => this.#failed(index.folder, error));
  }

  /** Said once, until it has worked again. `error` is null where the folder is not there. */
  #failed(folder: string, error: unknown): void {
    const words =
      error === null
        ? `The readable copy cannot be written: its folder ${folder} is not there. Plug in the disk that it is on, or choose another folder in the settings. Your documents are safe in Deckle.`
        : `The readable copy in ${folder} cannot be written: ${wordsFor(reasonOf(error))} Your documents are safe in Deckle.`;
    if (words === this.#problem) return;
    this.#problem = words;
    this.#options.say(words);
  }
}

function wordsFor(reason: string): string {
  switch (reason) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "Deckle may not write there. Let it, or choose another folder in the settings.";
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full. Make room there.";
    default:
      return `the disk said ${reason}. Check it, or choose another folder in the settings.`;
  }
}

async function freeName(
  index: MirrorIndex,
  document: string,
  title: string,
  wanted: string,
): Promise<string> {
  const own = index.of(document)?.file;
  for (const name of mirrorNames(title)) {
    if (own !== undefined && nameKey(name) === nameKey(own)) return name;
    const isAnothers = index.documentOf(name) !== undefined;
    const onDisk = isAnothers ? null : await contentsOf(join(index.folder, name));
    if (mayTake(found(onDisk, wanted, null), isAnothers)) return name;
  }
  throw new Error("too many documents of one title");
}

/** Its new name. */
async function setAside(folder: string, file: string): Promise<string> {
  for (const name of editedNames(file)) {
    if (await exists(join(folder, name))) continue;
    await rename(join(folder, file), join(folder, name));
    return name;
  }
  throw new Error("too many files were edited");
}

const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

/** The hash of what is in a file, something that nothing hashes to where it cannot be read; null where there is none. */
async function contentsOf(path: string): Promise<string | null> {
  try {
    return sha256(await readFile(path));
  } catch (error) {
    return reasonOf(error) === "ENOENT" ? null : "unreadable";
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (about) => about.isDirectory(),
    () => false,
  );
const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (about) => about.isFile(),
    () => false,
  );

/** Answers what windows ask about backups and where things are. What a disk refuses is told in words. */
import { mkdir } from "node:fs/promises";
import type { z } from "zod";
import type { calls, Failure } from "../../ipc.ts";
import { diskWords } from "../../policy/disk-words.ts";
import { reasonOf } from "../durable.ts";
import { titlesOf } from "./manifest.ts";
import { restore, type RestoringOptions } from "./restoring.ts";

type Answer<Name extends keyof typeof calls> = z.infer<(typeof calls)[Name]["answer"]>;

export interface BackupCallsOptions extends RestoringOptions {
  /** Takes in what the profile does not have of these settings, and starts the windows anew. */
  readonly restored: (settings: unknown) => Promise<{ readonly ok: true } | Failure>;
  /** Shows a folder in the system's way; resolves to "" or an error. */
  readonly showFolder: (folder: string) => Promise<string>;
}

const noBackup: Failure = {
  ok: false,
  code: "no-backup",
  message: "This backup is not there any more, or is damaged. Choose another one.",
};

export class BackupCalls {
  readonly #options: BackupCallsOptions;

  constructor(options: BackupCallsOptions) {
    this.#options = options;
  }

  backups(): Promise<Answer<"backups">> {
    const { backups } = this.#options;
    return orWords("The backups could not be read", async () => ({
      ok: true,
      folder: backups.folder,
      backups: await backups.list(),
    }));
  }

  backUpNow(): Promise<Answer<"backUpNow">> {
    return orWords("The backup was not made", async () => {
      const name = await this.#options.backups.make({ onlyIfChanged: false });
      return name === null ? noBackup : { ok: true, name };
    });
  }

  backupDocuments(name: string): Promise<Answer<"backupDocuments">> {
    return orWords("The backup could not be read", async () => {
      const manifest = await this.#options.backups.manifest(name);
      if (!manifest) return noBackup;
      const titles = titlesOf(manifest);
      const documents = manifest.documents.map(({ document, bytes }) => ({
        document,
        bytes,
        title: titles.get(document) ?? null,
      }));
      return { ok: true, documents };
    });
  }

  restoreBackup(name: string): Promise<Answer<"restoreBackup">> {
    return orWords("The backup was not restored", async () => {
      const restoration = await restore(this.#options, name);
      if (!restoration) return noBackup;
      const { documents, damaged, settings } = restoration;
      const taken = await this.#options.restored(settings);
      return taken.ok ? { ok: true, documents, damaged: [...damaged] } : taken;
    });
  }

  storageFolders(): Promise<Answer<"storageFolders">> {
    const { documents, backups } = this.#options;
    return orWords("The folders could not be read", async () => {
      const all = await documents.documents();
      let bytes = 0;
      for (const document of all) bytes += (await documents.traces(document)).bytes;
      return { ok: true, copy: documents.folder, backups: backups.folder, documents: all.length, bytes };
    });
  }

  showFolder(which: "copy" | "backups"): Promise<Answer<"showFolder">> {
    const { documents, backups, showFolder } = this.#options;
    const folder = which === "copy" ? documents.folder : backups.folder;
    return orWords(`The folder ${folder} could not be shown`, async () => {
      await mkdir(folder, { recursive: true });
      const problem = await showFolder(folder);
      if (problem === "") return { ok: true };
      return {
        ok: false,
        code: "not-shown",
        message: `No program shows the folder (${problem}). It is ${folder}`,
      };
    });
  }
}

async function orWords<Result>(what: string, job: () => Promise<Result>): Promise<Result | Failure> {
  try {
    return await job();
  } catch (error) {
    return { ok: false, code: "storage", message: `${what}: ${diskWords(reasonOf(error))}.` };
  }
}

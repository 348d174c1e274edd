/**
 * Backups, asked of main when the dialog opens, and what is brought back from one. Bringing back only ever adds: what is
 * here stays as it is, and what a backup has of it is merged into it.
 */
import type { Bridge } from "../../../electron/ipc.ts";
import type { EngineConnection } from "../../editor/connection.ts";
import type { DocumentId } from "../../engine/port.ts";
import { Store } from "../store.ts";

type Answer<Name extends "backups" | "backupDocuments"> = Extract<
  Awaited<ReturnType<Bridge[Name]>>,
  { ok: true }
>;
export type Backup = Answer<"backups">["backups"][number];
export type BackedUp = Answer<"backupDocuments">["documents"][number];

export type BackupList =
  | { state: "asking" }
  | { state: "unknown"; words: string }
  | { state: "known"; folder: string; backups: readonly Backup[] };

export type Chosen =
  | { state: "asking"; backup: string }
  | { state: "unknown"; backup: string; words: string }
  | { state: "known"; backup: string; documents: readonly BackedUp[] };

export type RestoringParts = {
  bridge: Pick<Bridge, "backups" | "backupDocuments" | "backUpNow" | "restoreBackup">;
  connection: Pick<EngineConnection, "ask">;
  /** Says it once the windows have started anew. */
  sayAfterRestart: (words: string) => void;
  /** Makes everything typed durable. @returns null, or in words why it is not */
  settle: () => Promise<string | null>;
};

export class Restoring {
  readonly list = new Store<BackupList>({ state: "asking" });
  readonly chosen = new Store<Chosen | null>(null);
  /** In words, why what was asked for last was not done, or not all of it. */
  readonly problem = new Store<string | null>(null);
  /** In words, what was done. */
  readonly done = new Store<string | null>(null);
  readonly isBusy = new Store(false);
  #parts: RestoringParts;

  constructor(parts: RestoringParts) {
    this.#parts = parts;
  }

  /** The dialog opens. */
  async start(): Promise<void> {
    this.list.set({ state: "asking" });
    this.chosen.set(null);
    this.problem.set(null);
    this.done.set(null);
    await this.#ask();
  }

  async choose(backup: string): Promise<void> {
    this.chosen.set({ state: "asking", backup });
    const answer = await this.#parts.bridge.backupDocuments(backup);
    if (this.chosen.get()?.backup !== backup) return;
    this.chosen.set(
      answer.ok
        ? { state: "known", backup, documents: answer.documents.toSorted(byTitle) }
        : { state: "unknown", backup, words: answer.message },
    );
  }

  async backUpNow(): Promise<void> {
    await this.#doing(async () => {
      const unsaved = await this.#parts.settle();
      const answer = await this.#parts.bridge.backUpNow();
      if (!answer.ok) return this.problem.set(answer.message);
      this.done.set("A backup was made just now.");
      if (unsaved !== null) this.problem.set(`It may lack what was typed last: ${unsaved}`);
      await this.#ask();
    });
  }

  /** Main starts the windows anew when it is done. */
  async bringBack(backup: string): Promise<void> {
    await this.#doing(async () => {
      const unsaved = await this.#parts.settle();
      if (unsaved !== null)
        return this.problem.set(`Nothing was brought back, for this window would start anew: ${unsaved}`);
      const answer = await this.#parts.bridge.restoreBackup(backup);
      if (!answer.ok) return this.problem.set(answer.message);
      const words = restoredWords(answer);
      this.done.set(words);
      this.#parts.sayAfterRestart(words);
    });
  }

  /** @returns the new document; null where none was made, and `problem` says why */
  async copyOf(backup: string, { document, title }: BackedUp): Promise<DocumentId | null> {
    let made: DocumentId | null = null;
    await this.#doing(async () => {
      const answer = await this.#parts.connection.ask({
        type: "copy-from-backup",
        backup,
        document,
        title: copyTitle(title),
      });
      if (answer.type === "created") made = answer.document;
      else if (answer.type === "failed") this.problem.set(`No copy was made: ${answer.message}`);
    });
    return made;
  }

  async #ask(): Promise<void> {
    const answer = await this.#parts.bridge.backups();
    this.list.set(
      answer.ok
        ? {
            state: "known",
            folder: answer.folder,
            backups: answer.backups.toSorted((a, b) => b.atMs - a.atMs),
          }
        : { state: "unknown", words: answer.message },
    );
  }

  async #doing(run: () => Promise<void>): Promise<void> {
    if (this.isBusy.get()) return;
    this.isBusy.set(true);
    this.problem.set(null);
    this.done.set(null);
    try {
      await run();
    } finally {
      this.isBusy.set(false);
    }
  }
}

function restoredWords({ documents, damaged }: { documents: number; damaged: readonly string[] }): string {
  const count = documents === 1 ? "1 document" : `${documents} documents`;
  const done = `What the backup has of ${count} is here again.`;
  if (damaged.length === 0) return done;
  const are = damaged.length === 1 ? "1 document is" : `${damaged.length} documents are`;
  return `${done} ${are} damaged in this backup and did not come back: try another one.`;
}

/** What no list knows comes last. */
const byTitle = ({ title: a }: BackedUp, { title: b }: BackedUp): number =>
  a === null || b === null ? Number(a === null) - Number(b === null) : a.localeCompare(b);

const copyTitle = (title: string | null): string => `${title?.trim() || "Untitled"} (from a backup)`;

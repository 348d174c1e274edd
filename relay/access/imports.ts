/**
 * Imports of one workspace, from when they are asked for until somebody else writes in the document.
 *
 * A device may bring changes of whatever authors only where nobody else has written: else it could forge the next
 * change of somebody who has. Whether a document is new is looked up on disk, which takes a while, and the grant is
 * written to disk, which takes another: what is written meanwhile is told here, and counts.
 */
import type { Caller, Done } from "./access.ts";
import type { Decision } from "./decision.ts";
import { endImports, importHistory } from "./documents.ts";
import type { Roster } from "./roster.ts";

/** Of the workspace. */
export interface ImportsSetting {
  readonly workspace: string;
  readonly roster: Roster;
  readonly nowMs: number;
  commentedBy(documentId: string): string | undefined;
  commentsOf(documentId: string): string | undefined;
  isNew(documentId: string): Promise<boolean>;
  decide(decision: (roster: Roster, nowMs: number) => Decision): Promise<Done>;
}

/** One that is being looked at and written down. */
interface Asked {
  readonly device: string;
  readonly documentId: string;
  readonly commented: string | undefined;
  /** Somebody else who has written since, there or in the document that it comments on. */
  overtaken?: { readonly by: Caller; readonly in: string };
}

const notNew = { ok: false, refusal: "not-new" } as const;

export class Imports {
  readonly #setting: ImportsSetting;
  readonly #asked = new Set<Asked>();

  constructor(setting: ImportsSetting) {
    this.#setting = setting;
  }

  /** Lets the device of this caller bring a history from elsewhere into a document that is new here. */
  async ask(caller: Caller, documentId: string): Promise<Done> {
    const { workspace, roster, nowMs } = this.#setting;
    // The list of documents has been there from the beginning, written in or not.
    if (documentId === workspace) return notNew;
    // Asked again, after a cut for instance: by now some of it may be here.
    if (roster.isImporting(caller.device, documentId, nowMs)) return { ok: true };
    const commented = this.#setting.commentedBy(documentId);
    const asked: Asked = { device: caller.device, documentId, commented };
    // Before it is looked up: what is written from now on is told here.
    this.#asked.add(asked);
    try {
      return await this.#grant(caller, asked);
    } finally {
      this.#asked.delete(asked);
    }
  }

  async #grant(caller: Caller, asked: Asked): Promise<Done> {
    const { workspace } = this.#setting;
    const { documentId, commented } = asked;
    const [isNew, isCommentedNew] = await Promise.all([
      this.#setting.isNew(documentId),
      commented === undefined || commented === workspace ? false : this.#setting.isNew(commented),
    ]);
    const done = await this.#setting.decide((roster, nowMs) => {
      const isStillNew = isNew && asked.overtaken === undefined;
      const wanted = { documentId, commented, isNew: isStillNew, isCommentedNew };
      return importHistory(roster, caller, wanted, nowMs);
    });
    if (!done.ok || !asked.overtaken) return done;
    // While it was written down.
    this.wrote(asked.overtaken.by, asked.overtaken.in);
    return notNew;
  }

  /**
   * A device has brought something into a document: what others import there ends at once in memory, then on disk.
   * Where that cannot be written it may go on after a restart, until somebody else writes there again. And where a
   * node has not heard yet that another granted it, what is written there in that moment does not end it.
   */
  wrote(caller: Caller, documentId: string): void {
    for (const asked of this.#asked) {
      const isThere = asked.documentId === documentId || asked.commented === documentId;
      if (isThere && asked.device !== caller.device) asked.overtaken = { by: caller, in: documentId };
    }
    const { roster } = this.#setting;
    if (!roster.hasImports) return;
    // Its comments came with it, and are no newer than it is.
    const comments = this.#setting.commentsOf(documentId);
    const ended = [documentId, ...(comments === undefined ? [] : [comments])].flatMap((each) =>
      roster.endImports(each, caller.device),
    );
    if (ended.length === 0) return;
    void this.#setting.decide((before, nowMs) => endImports(before, caller, ended, nowMs));
  }
}

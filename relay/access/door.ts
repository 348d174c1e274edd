/**
 * The door of a relay, in front of all its workspaces: nonces, tickets and who showed too many invites that are none.
 * An address that names no workspace is answered as one that knows nobody, in the same words and with the same work.
 */
import type { Purpose } from "../protocol/challenge.ts";
import { Access, type AccessSetting, type Caller } from "./access.ts";
import { Attempts } from "./attempts.ts";
import { Comments } from "./comments.ts";
import { MemberSession } from "./member-session.ts";
import { Nonces } from "./nonces.ts";
import type { Crypto, Records } from "./ports.ts";
import { Tickets } from "./tickets.ts";

export interface DoorSetting {
  /** By which apps reach the relay. */
  readonly origins: ReadonlySet<string>;
  readonly crypto: Crypto;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, run: () => void) => void;
  /** The document that this one is the comments on, as its id says; undefined is no comments. */
  readonly commentedBy: (documentId: string) => string | undefined;
  /** The comments on this document; undefined where there can be none. */
  readonly commentsOf: (documentId: string) => string | undefined;
}

const nobody: Records = {
  load: () => Promise.resolve([]),
  write: () => Promise.resolve({ ok: false, stale: false, reason: "there is no such workspace" }),
  audit: () => Promise.resolve({ entries: [] }),
};

export class Door {
  readonly nonces: Nonces;
  readonly tickets: Tickets;
  readonly attempts = new Attempts();
  readonly comments: Comments;
  readonly setting: DoorSetting;
  readonly #accesses = new Map<string, Access>();

  constructor(setting: DoorSetting) {
    this.setting = setting;
    this.nonces = new Nonces(setting.crypto);
    this.tickets = new Tickets(setting.crypto);
    this.comments = new Comments(setting.commentedBy);
  }

  /** Opens the access to one more workspace. False where its records cannot be believed: nobody gets in there. */
  async add(
    setting: Omit<AccessSetting, "door">,
  ): Promise<{ readonly access: Access; readonly isOpen: boolean }> {
    const access = new Access({ ...setting, door: this });
    this.#accesses.set(setting.workspace, access);
    return { access, isOpen: await access.open() };
  }

  /** One that is not there is known by its name all the same: a signature for it is checked, and is right. */
  at(workspace: string): Access {
    return this.#accesses.get(workspace) ?? this.#nobodyAt(workspace);
  }

  /** Its records cannot be read or believed now: who is a member cannot be told from who is none. */
  isShut(workspace: string): boolean {
    return this.#accesses.get(workspace)?.isOpen === false;
  }

  /** Who shows a ticket, and where it leads; it is of no use any more after this. */
  redeem(ticket: string, purpose: Purpose): { readonly access: Access; readonly caller: Caller } | undefined {
    const found = this.tickets.redeem(ticket, purpose, this.setting.nowMs());
    const access = this.at(found?.workspace ?? "");
    const caller = access.callerOf(found?.device ?? "");
    return caller && { access, caller };
  }

  /** Whose socket it is that shows this ticket; undefined is nobody's. */
  admit(ticket: string): MemberSession | undefined {
    const entered = this.redeem(ticket, "sync");
    return entered && new MemberSession(entered.access, entered.caller);
  }

  /** Writes down what waits to be. */
  async stop(): Promise<void> {
    await Promise.all([...this.#accesses.values()].map((each) => each.stop()));
  }

  #nobodyAt(workspace: string): Access {
    const isNew = (): Promise<boolean> => Promise.resolve(false);
    return new Access({
      workspace,
      records: nobody,
      door: this,
      isNew,
      onChanged: () => {},
      onLost: () => {},
    });
  }
}

/**
 * What one socket of a member may do in one workspace, asked anew each time; and what is written down about it.
 * Nothing is decided here: `authorize.ts` does that.
 */
import { sharesKnownMax } from "../protocol/limits.ts";
import { isAtLeast, lesser, type Role, type Share } from "../protocol/roles.ts";
import type { Access, Caller } from "./access.ts";

/** 8 bytes of a device's id begin the actors of all that it writes. */
const actorPrefixChars = 16;

/** What may be done in a document. Of comments the narrowing of the document that they are about counts as well. */
export interface SharedDocument {
  readonly share: Role | Share;
  readonly isComments: boolean;
}

export class MemberSession {
  readonly mode = "member";
  readonly caller: Caller;
  readonly #access: Access;
  readonly #actorPrefix: string;
  /** By document, what was last asked for; of the roster as it is in this version, so nothing of before counts. */
  readonly #shares = new Map<string, SharedDocument>();
  #sharesOf = -1;

  constructor(access: Access, caller: Caller) {
    this.#access = access;
    this.caller = caller;
    this.#actorPrefix = caller.device.slice(0, actorPrefixChars);
  }

  get workspace(): string {
    return this.#access.workspace;
  }
  /** What presence of this member's device is told to come from, before what tells its sockets apart. */
  get presenceName(): string {
    return this.#actorPrefix;
  }
  get role(): Role | undefined {
    return this.#access.roster.roleOfDevice(this.caller.device);
  }
  /** `unknown` is that the records cannot be read or believed now: nobody may do anything then. */
  get standing(): "in" | "out" | "unknown" {
    if (!this.#access.isOpen) return "unknown";
    return this.role === undefined ? "out" : "in";
  }

  /** Asked for every frame, and most are about the same few documents. */
  shareOf(documentId: string): SharedDocument {
    const { version } = this.#access.roster;
    if (version !== this.#sharesOf || this.#shares.size >= sharesKnownMax) {
      this.#shares.clear();
      this.#sharesOf = version;
    }
    let known = this.#shares.get(documentId);
    if (!known) this.#shares.set(documentId, (known = this.#lookUp(documentId)));
    return known;
  }

  #lookUp(documentId: string): SharedDocument {
    const { roster } = this.#access;
    const own = roster.shareOfDevice(this.caller.device, documentId);
    const commented = this.#access.commentedBy(documentId);
    if (commented === undefined) return { share: own, isComments: false };
    return { share: lesser(own, roster.shareOfDevice(this.caller.device, commented)), isComments: true };
  }
  isAuthor(actor: string): boolean {
    return actor.startsWith(this.#actorPrefix);
  }

  /** Whether it may bring changes of whatever authors into this document now. */
  mayImport(documentId: string): boolean {
    const { roster, nowMs } = this.#access;
    if (!roster.isRecovering(nowMs) && !roster.isImporting(this.caller.device, documentId, nowMs))
      return false;
    return isAtLeast(this.shareOf(documentId).share, "editor");
  }

  /** Something that it brought is in this document now. */
  wrote(documentId: string): void {
    this.#access.wrote(this.caller, documentId);
  }

  connected(): void {
    this.#access.note({ what: "connected", ...this.#author });
  }
  refused(documentId: string, reason: string): void {
    this.#access.note({ what: "refused", ...this.#author, documentId, reason });
  }

  get #author(): { readonly who: string; readonly device: string } {
    return { who: this.caller.member, device: this.caller.device };
  }
}

/**
 * What the HTTP API about access is asked and answers: JSON in the body of a POST, at most `accessBodyBytesMax`.
 *
 * `nonce`, `ticket`, `offer` and `accept` need no ticket. All others carry one for `manage` in the header
 * `Authorization: Ticket …`, and are about the workspace that it is for.
 */
import type { Purpose } from "./challenge.ts";
import type { Role, Share } from "./roles.ts";

export interface ProofMessage {
  readonly workspace: string;
  readonly purpose: Purpose;
  readonly origin: string;
  readonly nonce: string;
  readonly publicKey: string;
  readonly signature: string;
}

/** By path under `/access/`: what is sent, and what comes back where it is done. */
export interface AccessCalls {
  nonce: { sends: { readonly workspace: string }; gets: { readonly nonce: string } };
  ticket: { sends: ProofMessage; gets: { readonly ticket: string; readonly lastsMs: number } };
  offer: {
    /** Whoever knows the secret has the invite. Its id is no secret, and is of no use here. */
    sends: { readonly workspace: string; readonly secret: string };
    /** `isDevice`: it adds a device to somebody who is in already. `name` is the workspace's. */
    gets: { readonly role: Role; readonly isDevice: boolean; readonly name: string };
  };
  accept: {
    /** The invite's id, which is signed, is the hash of the secret. */
    sends: ProofMessage & { readonly secret: string; readonly name: string; readonly deviceName: string };
    gets: object;
  };
  people: { sends: object; gets: PeopleMessage };
  invite: {
    sends: {
      readonly id: string;
      readonly role: Role;
      readonly member?: string;
      readonly uses: number;
      readonly lastsMs: number;
    };
    gets: object;
  };
  withdraw: { sends: { readonly invite: string }; gets: object };
  revoke: { sends: { readonly device: string }; gets: object };
  remove: { sends: { readonly member: string }; gets: object };
  role: { sends: { readonly member: string; readonly role: Role }; gets: object };
  narrow: {
    sends: { readonly documentId: string; readonly member?: string; readonly share?: Share };
    gets: object;
  };
  /** Names the workspace. */
  rename: { sends: { readonly name: string }; gets: object };
  /**
   * Lets this device, for a while, bring changes of whatever authors into a document that is new to the workspace: a
   * draft or a history from elsewhere. Whoever may write may do it; it is written down.
   */
  import: { sends: { readonly documentId: string }; gets: object };
  /** What was written down after this number, oldest first; for owners. */
  audit: { sends: { readonly after: number }; gets: { readonly entries: readonly AuditMessage[] } };
}

export interface AuditMessage {
  readonly number: number;
  readonly atMs: number;
  readonly what: string;
  /** A member's id, or `operator`. */
  readonly who: string;
  readonly device?: string;
  readonly member?: string;
  readonly invite?: string;
  readonly documentId?: string;
  readonly role?: Role;
  readonly share?: Share;
  readonly reason?: string;
}
export type AccessCall = keyof AccessCalls;

/** Who is in the workspace, as far as who asks may know: owners see invites and devices of all, others their own. */
export interface PeopleMessage {
  /** Of the workspace. */
  readonly name: string;
  readonly you: { readonly member: string; readonly device: string; readonly role: Role };
  readonly members: readonly {
    readonly id: string;
    readonly name: string;
    readonly role: Role;
    readonly endedMs?: number;
  }[];
  readonly devices: readonly {
    readonly id: string;
    readonly member: string;
    readonly name: string;
    readonly sinceMs: number;
    readonly endedMs?: number;
  }[];
  readonly invites: readonly {
    readonly id: string;
    readonly role: Role;
    readonly member?: string;
    readonly usesLeft: number;
    readonly expiresMs: number;
  }[];
  /** Documents in which somebody may do less; everybody but owners where no member is named. For owners. */
  readonly narrowings: readonly {
    readonly documentId: string;
    readonly member?: string;
    readonly share: Share;
  }[];
}

/** Why not. A name for programs; the words are the app's. */
export interface RefusedMessage {
  readonly refused:
    | "forbidden"
    | "invite-invalid"
    | "already-member"
    | "last-owner"
    | "too-many"
    /** A document that is to be imported is there already. */
    | "not-new"
    | "unavailable"
    | "malformed";
}

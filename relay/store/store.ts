/** What a relay keeps: the log of changes, who the relay is, and the means to copy and to prove it whole. */
import type { Records } from "../access/ports.ts";
import type { ChangeLog } from "../sync/ports.ts";

export interface Identity {
  /** The peer id that the relay answers with; stays over restarts. */
  readonly relayId: string;
  /** Document id of the default workspace. */
  readonly workspace: string;
  /**
   * Names the numbering of the feed. Another one means that sequences were given again, after a restore or because
   * commits are missing from the file: whoever follows the feed reads it from the start.
   */
  readonly epoch: string;
}

export interface Verified {
  readonly documents: number;
  readonly changes: number;
  /** One line a finding; empty is a whole store. */
  readonly faults: readonly string[];
  /** What once was wrong and is no more. */
  readonly notes: readonly string[];
}

export interface Stats {
  readonly documents: number;
  readonly changes: number;
  /** Of all changes, as they came. */
  readonly bytes: number;
  readonly segments: number;
  /** Changes that were set aside. */
  readonly damaged: number;
  readonly fileBytes: number;
  readonly walBytes: number;
  readonly largest: readonly {
    readonly documentId: string;
    readonly changes: number;
    readonly bytes: number;
  }[];
}

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface Store extends ChangeLog {
  /** Who may do what in the workspace whose documents these are. */
  readonly records: Records;
  readonly identity: Identity;
  /** Whether it takes changes, as far as is known; for `/readyz`. */
  isReady(): boolean;
  /** A consistent copy, taken while others write, proved whole before it gets its name. Overwrites nothing. */
  backup(file: string): Promise<Outcome>;
  verify(): Promise<Verified>;
  /** Undefined where the store cannot tell. */
  stats(): Promise<Stats | undefined>;
  /** Lets go of memory that only makes it faster: nobody asks for much. */
  rest(): Promise<void>;
  /** Every commit that was answered is in the store after this. */
  stop(): Promise<void>;
}

/** What a relay keeps: the log of changes, who the relay is, and the means to copy and to prove it whole. */
import type { ChangeLog } from "../sync/ports.ts";

export interface Identity {
  /** The peer id that the relay answers with; stays over restarts. */
  readonly relayId: string;
  /** Document id of the default workspace. */
  readonly workspace: string;
}

export interface Verified {
  readonly documents: number;
  readonly changes: number;
  /** One line a finding; empty is a whole store. */
  readonly faults: readonly string[];
}

export interface Store extends ChangeLog {
  readonly identity: Identity;
  /** Whether it answers at all, for `/readyz`. */
  isReady(): boolean;
  /** A consistent copy, taken while others write. */
  backup(file: string): Promise<void>;
  verify(): Promise<Verified>;
  /** Every commit that was answered is in the store after this. */
  stop(): Promise<void>;
}

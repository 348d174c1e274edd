/** What the sync layer needs from outside: a durable log, sockets, time. Others implement these. */
import type { CloseName } from "../protocol/codes.ts";
import type { Change } from "./chunk.ts";
import type { LoggedChange } from "./graph.ts";

export interface Batch {
  readonly documentId: string;
  readonly changes: readonly Change[];
}
export type Committed =
  /** `rows[b][i]` is the row of `batches[b].changes[i]`, also where the change was there already. */
  | { readonly ok: true; readonly rows: readonly (readonly number[])[] }
  | { readonly ok: false; readonly reason: string };
export type Bytes =
  | { readonly ok: true; readonly chunks: readonly Uint8Array[] }
  /** A chunk that is not what was stored. It has been set aside and will not be listed again. */
  | { readonly ok: false; readonly reason: string };
export type Listed =
  | { readonly ok: true; readonly changes: readonly LoggedChange[] }
  | { readonly ok: false; readonly reason: string };

/** The truth on disk. Rows grow within a document; a change is in it once. */
export interface ChangeLog {
  list(documentId: string, afterRow: number): Promise<Listed>;
  read(documentId: string, rows: readonly number[]): Promise<Bytes>;
  /** All or nothing; resolved once it survives power loss. */
  commit(batches: readonly Batch[]): Promise<Committed>;
}

/** One joined socket. `id` is ours and unique; `peerId` is only what the client calls itself. */
export interface Connection {
  readonly id: number;
  readonly peerId: string;
  /** Takes receipts. */
  readonly deckle: boolean;
  readonly unsentBytes: number;
  send(frame: Uint8Array): void;
  close(name: CloseName): void;
}

export type Action = "read" | "write" | "present";

export interface Timing {
  nowMs(): number;
  /** With a delay of 0: once what has arrived by now was handed over. */
  after(delayMs: number, run: () => void): void;
}

/** What happened, for the log; never content. */
export type Report = (event: string, facts: Readonly<Record<string, string | number>>) => void;

/**
 * What the store's thread is asked and what it answers. Batches and lists go over as one block of bytes with the
 * lengths of its parts: a block is moved, not copied, and thousands of small arrays would each cost more than they
 * hold.
 */
import type { Batch, Bytes, Committed, FeedPage, Listed, Logged, Range, Snapshot } from "../sync/ports.ts";
import type { AuditPage, Row, RowChange, Written } from "../access/ports.ts";
import type { Identity, Outcome, Stats, Verified } from "./store.ts";

export interface PackedBatches {
  readonly documentIds: readonly string[];
  /** For each batch: first, count, bytes of heads, of index, of body. */
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
export type PackedList =
  | {
      readonly ok: true;
      readonly next: number;
      /** For each stretch: first, count, bytes of index. */
      readonly numbers: Float64Array<ArrayBuffer>;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly ok: false; readonly reason: string };

/** By name: what a call takes, and what comes back. */
export interface Calls {
  list: { takes: { documentId: string; from: number }; gives: PackedList };
  read: { takes: { documentId: string; ranges: readonly Range[] }; gives: Bytes };
  commit: { takes: PackedBatches; gives: Committed };
  feed: { takes: { after: number; count: number }; gives: FeedPage };
  snapshot: { takes: { documentId: string }; gives: Snapshot | undefined };
  keepSnapshot: { takes: { documentId: string; snapshot: Snapshot }; gives: undefined };
  verify: { takes: undefined; gives: Verified };
  stats: { takes: undefined; gives: Stats | undefined };
  rest: { takes: undefined; gives: undefined };
  accessRows: { takes: undefined; gives: readonly Row[] | undefined };
  writeAccess: { takes: { changes: readonly RowChange[]; audit: readonly string[] }; gives: Written };
  audit: { takes: { after: number; count: number }; gives: AuditPage | undefined };
  copyTo: { takes: { file: string }; gives: Outcome };
  stop: { takes: undefined; gives: undefined };
}
export type CallName = keyof Calls;

export type Request = {
  [Name in CallName]: { readonly id: number; readonly name: Name; readonly takes: Calls[Name]["takes"] };
}[CallName];

/** What the thread says by itself or in answer. `isReady` goes with every answer. */
export type Reply =
  | { readonly kind: "opened"; readonly identity: Identity; readonly isReady: boolean }
  /** Words for a person; the thread ends. */
  | { readonly kind: "problem"; readonly message: string }
  | { readonly kind: "answer"; readonly id: number; readonly gives: unknown; readonly isReady: boolean }
  | {
      readonly kind: "report";
      readonly event: string;
      readonly facts: Readonly<Record<string, string | number>>;
      readonly isReady: boolean;
    }
  | { readonly kind: "verified"; readonly verified: Verified };

/** What a thread is started for. */
export type Task =
  | { readonly kind: "serve"; readonly file: string }
  /** Proves a closed file and ends. */
  | { readonly kind: "verify"; readonly file: string };

export function packBatches(batches: readonly Batch[]): PackedBatches {
  const numbers = new Float64Array(5 * batches.length);
  const parts: Uint8Array[] = [];
  for (const [i, { first, count, heads, index, body }] of batches.entries()) {
    numbers.set([first, count, heads.length, index.length, body.length], 5 * i);
    parts.push(heads, index, body);
  }
  return { documentIds: batches.map((each) => each.documentId), numbers, bytes: joined(parts) };
}

export function unpackBatches({ documentIds, numbers, bytes }: PackedBatches): Batch[] {
  let at = 0;
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  return documentIds.map((documentId, i) => {
    const [first = 0, count = 0, ...lengths] = numbers.subarray(5 * i, 5 * i + 5);
    const [heads = 0, index = 0, body = 0] = lengths;
    return { documentId, first, count, heads: take(heads), index: take(index), body: take(body) };
  });
}

export function packList(listed: Listed): PackedList {
  if (!listed.ok) return listed;
  const { stretches, next } = listed;
  const numbers = new Float64Array(3 * stretches.length);
  for (const [i, { first, count, index }] of stretches.entries())
    numbers.set([first, count, index.length], 3 * i);
  return { ok: true, next, numbers, bytes: joined(stretches.map((each) => each.index)) };
}

export function unpackList(packed: PackedList): Listed {
  if (!packed.ok) return packed;
  const { next, numbers, bytes } = packed;
  const stretches: Logged[] = [];
  for (let i = 0, at = 0; i < numbers.length; i += 3) {
    const [first = 0, count = 0, length = 0] = [numbers[i], numbers[i + 1], numbers[i + 2]];
    stretches.push({ first, count, index: bytes.subarray(at, (at += length)) });
  }
  return { ok: true, stretches, next };
}

/** The whole of its buffer, so that it can be moved to another thread. */
export function movable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) return new Uint8Array(buffer);
  return joined([bytes]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

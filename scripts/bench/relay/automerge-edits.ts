/**
 * Automerge changes made by hand, and their headers read: a real change costs 5 µs here and 200 µs in Automerge,
 * and the clients must be light. What is built is what Automerge itself would write for the same edit, byte for byte
 * (`automerge-edits.test.ts`), since a server that loads documents encodes changes again and compares hashes.
 *
 * Only what a bench types: a text object, characters inserted in a run, one character deleted, bytes under a new key.
 * ASCII only. Format: automerge.org/automerge-binary-format-spec.
 */
import { hash } from "node:crypto";

const hashBytes = 32;
export const actorBytes = 16;
const seconds = 1_767_225_600;

/** Writes the two kinds of LEB128 and bytes into memory that is used again. */
class Sink {
  bytes: Buffer = Buffer.allocUnsafe(4 * 1024);
  length = 0;

  byte(value: number): void {
    if (this.length >= this.bytes.length) this.#reserve(1);
    this.bytes[this.length++] = value;
  }
  unsigned(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }
  signed(value: number): void {
    let rest = value;
    for (;;) {
      const low = ((rest % 0x80) + 0x80) % 0x80;
      rest = Math.floor(rest / 0x80);
      const isLast = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
      this.byte(isLast ? low : low | 0x80);
      if (isLast) return;
    }
  }
  append(value: Uint8Array): void {
    if (this.length + value.length > this.bytes.length) this.#reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }
  text(value: string): void {
    if (this.length + value.length > this.bytes.length) this.#reserve(value.length);
    this.length += this.bytes.write(value, this.length, "latin1");
  }
  #reserve(more: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** A run-length column; `null` is an absent value. Runs of two and more are runs, the rest literal. */
function writeRuns(sink: Sink, values: readonly (number | null)[], write: (value: number) => void): void {
  let literal: number[] = [];
  const flush = (): void => {
    if (literal.length === 0) return;
    sink.signed(-literal.length);
    for (const value of literal) write(value);
    literal = [];
  };
  for (let i = 0; i < values.length;) {
    const value = values[i] ?? null;
    let run = 1;
    while (i + run < values.length && (values[i + run] ?? null) === value) run++;
    i += run;
    if (value === null) {
      flush();
      sink.byte(0);
      sink.unsigned(run);
    } else if (run === 1) {
      literal.push(value);
    } else {
      flush();
      sink.signed(run);
      write(value);
    }
  }
  flush();
}

const repeated = (sink: Sink, value: number, times: number): void => {
  sink.signed(times === 1 ? -1 : times);
  sink.unsigned(value);
};

/** Column number and type in one, as the format has it. */
const column = {
  objectActor: 0x01,
  objectCounter: 0x02,
  keyActor: 0x11,
  keyCounter: 0x13,
  keyText: 0x15,
  insert: 0x34,
  action: 0x42,
  valueMeta: 0x56,
  value: 0x57,
  previousCount: 0x70,
  previousActor: 0x71,
  previousCounter: 0x73,
} as const;

const columnSink = new Sink();
const headSink = new Sink();

/** Columns in order; each part writes its bytes. Returns a view that the next call overwrites. */
function columns(parts: readonly (readonly [number, (sink: Sink) => void])[]): Buffer {
  headSink.length = 0;
  columnSink.length = 0;
  headSink.unsigned(parts.length);
  for (const [spec, write] of parts) {
    const before = columnSink.length;
    write(columnSink);
    headSink.unsigned(spec);
    headSink.unsigned(columnSink.length - before);
  }
  headSink.append(columnSink.bytes.subarray(0, columnSink.length));
  return headSink.bytes.subarray(0, headSink.length);
}

/** An operation's id: actors are numbered within the change, 0 being its author. */
export interface OpId {
  readonly actor: number;
  readonly counter: number;
}

/** Makes the text object `text` in the root. */
export function makeTextColumns(): Buffer {
  return columns([
    [column.keyText, (sink) => (sink.signed(-1), sink.unsigned(4), sink.text("text"))],
    [column.insert, (sink) => sink.unsigned(1)],
    [column.action, (sink) => repeated(sink, 4, 1)],
    [column.valueMeta, (sink) => repeated(sink, 0, 1)],
    [column.previousCount, (sink) => repeated(sink, 0, 1)],
  ]);
}

/** Inserts `text` after a character (`undefined`: at the start); its first operation is `startOp`. */
export function insertColumns(object: OpId, after: OpId | undefined, startOp: number, text: string): Buffer {
  const { length } = text;
  const keyActors: (number | null)[] = [after ? after.actor : null];
  const deltas = [after?.counter ?? 0];
  for (let i = 1; i < length; i++) {
    keyActors.push(0);
    deltas.push(i === 1 ? startOp - (after?.counter ?? 0) : 1);
  }
  const parts: [number, (sink: Sink) => void][] = [
    [column.objectActor, (sink) => repeated(sink, object.actor, length)],
    [column.objectCounter, (sink) => repeated(sink, object.counter, length)],
  ];
  // A column of nothing but absent values is left out.
  if (after || length > 1)
    parts.push([column.keyActor, (sink) => writeRuns(sink, keyActors, (value) => sink.unsigned(value))]);
  parts.push(
    [column.keyCounter, (sink) => writeRuns(sink, deltas, (value) => sink.signed(value))],
    [column.insert, (sink) => (sink.unsigned(0), sink.unsigned(length))],
    [column.action, (sink) => repeated(sink, 1, length)],
    [column.valueMeta, (sink) => repeated(sink, 0x16, length)],
    [column.value, (sink) => sink.text(text)],
    [column.previousCount, (sink) => repeated(sink, 0, length)],
  );
  return columns(parts);
}

/** Deletes one character. */
export function deleteColumns(object: OpId, at: OpId): Buffer {
  return columns([
    [column.objectActor, (sink) => repeated(sink, object.actor, 1)],
    [column.objectCounter, (sink) => repeated(sink, object.counter, 1)],
    [column.keyActor, (sink) => repeated(sink, at.actor, 1)],
    [column.keyCounter, (sink) => (sink.signed(-1), sink.signed(at.counter))],
    [column.insert, (sink) => sink.unsigned(1)],
    [column.action, (sink) => repeated(sink, 3, 1)],
    [column.valueMeta, (sink) => repeated(sink, 0, 1)],
    [column.previousCount, (sink) => repeated(sink, 1, 1)],
    [column.previousActor, (sink) => repeated(sink, at.actor, 1)],
    [column.previousCounter, (sink) => (sink.signed(-1), sink.signed(at.counter))],
  ]);
}

/** Puts bytes under a key of the root that nothing was under before. */
export function putBytesColumns(key: string, bytes: Uint8Array): Buffer {
  return columns([
    [column.keyText, (sink) => (sink.signed(-1), sink.unsigned(key.length), sink.text(key))],
    [column.insert, (sink) => sink.unsigned(1)],
    [column.action, (sink) => repeated(sink, 1, 1)],
    [column.valueMeta, (sink) => repeated(sink, bytes.length * 16 + 7, 1)],
    [column.value, (sink) => sink.append(bytes)],
    [column.previousCount, (sink) => repeated(sink, 0, 1)],
  ]);
}

export interface ChangeFields {
  /** Hashes, one after the other, sorted. */
  readonly deps: Uint8Array;
  readonly actor: Uint8Array;
  readonly seq: number;
  readonly startOp: number;
  /** The one other actor that the columns name, as number 1. */
  readonly other: Uint8Array | undefined;
  readonly columns: Uint8Array;
}
export interface BuiltChange {
  readonly bytes: Buffer;
  readonly hash: Buffer;
}

const bodySink = new Sink();
const chunkSink = new Sink();
const magic = Uint8Array.of(0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1);

export function buildChange(fields: ChangeFields): BuiltChange {
  const body = bodySink;
  body.length = 0;
  body.unsigned(fields.deps.length / hashBytes);
  body.append(fields.deps);
  body.unsigned(fields.actor.length);
  body.append(fields.actor);
  body.unsigned(fields.seq);
  body.unsigned(fields.startOp);
  body.signed(seconds);
  body.unsigned(0);
  body.unsigned(fields.other ? 1 : 0);
  if (fields.other) {
    body.unsigned(fields.other.length);
    body.append(fields.other);
  }
  body.append(fields.columns);
  chunkSink.length = 0;
  chunkSink.append(magic);
  chunkSink.unsigned(body.length);
  chunkSink.append(body.bytes.subarray(0, body.length));
  const bytes = Buffer.from(chunkSink.bytes.subarray(0, chunkSink.length));
  const digest = hash("sha256", bytes.subarray(8), "buffer");
  digest.copy(bytes, 4, 0, 4);
  return { bytes, hash: digest };
}

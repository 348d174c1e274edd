/**
 * A stretch of one document's log: changes in the order in which they were committed, as two byte strings.
 *
 * The *body* is what a sync message carries: for each change its LEB128 length and its chunk, so a stretch goes onto
 * the wire as it lies on disk. The *index* says what a graph must know of each change without reading its chunk:
 *
 *   hash (32 bytes), size of the chunk, actor, seq, number of deps, deps
 *
 * all numbers LEB128. An actor is 0, its length and its bytes where it is new in this stretch, else its place (from 1)
 * among those that were new. A dep is 0 and 32 bytes, or how many records before this one it stands. So a stretch
 * needs nothing outside itself, and a change of a long history takes about 40 bytes of index.
 */
import { actorBytesMax, changeDepsMax } from "../protocol/limits.ts";
import { ByteReader, ByteWriter, fromHex, Truncated } from "./bytes.ts";

/** Of the LEB128 length of a chunk. */
const lengthBytesMax = 4;

export interface Stretch {
  readonly count: number;
  readonly index: Uint8Array;
  readonly body: Uint8Array;
}

/** One record of an index. `deps`: a number is a record of the same index, bytes are the hash of one elsewhere. */
export interface IndexEntry {
  readonly hash: Uint8Array;
  /** Bytes of the chunk. */
  readonly size: number;
  /** Hex. */
  readonly actor: string;
  readonly seq: number;
  readonly deps: readonly (number | Uint8Array)[];
}

interface Indexable {
  readonly hash: string;
  readonly deps: readonly string[];
  readonly actor: string;
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** Writes records one after another. */
export class IndexWriter {
  readonly #writer = new ByteWriter();
  readonly #actors = new Map<string, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add({ hash, size, actor, seq, deps }: IndexEntry): void {
    const writer = this.#writer;
    writer.bytes(hash);
    writer.number(size);
    const place = this.#actors.get(actor);
    writer.number(place ?? 0);
    if (place === undefined) {
      this.#actors.set(actor, this.#actors.size + 1);
      writer.number(actor.length / 2);
      writer.hex(actor);
    }
    writer.number(seq);
    writer.number(deps.length);
    for (const dep of deps) {
      if (typeof dep === "number") {
        // 0 back would read as a hash that follows.
        if (dep < 0 || dep >= this.#count) throw new RangeError(`record ${dep} is not before ${this.#count}`);
        writer.number(this.#count - dep);
      } else {
        writer.byte(0);
        writer.bytes(dep);
      }
    }
    this.#count++;
  }

  done(): Uint8Array {
    return this.#writer.done();
  }
}

export function packBody(chunks: readonly Uint8Array[]): Pick<Stretch, "count" | "body"> {
  const body = new ByteWriter(chunks.reduce((sum, chunk) => sum + chunk.length + lengthBytesMax, 0));
  for (const chunk of chunks) {
    body.number(chunk.length);
    body.bytes(chunk);
  }
  return { count: chunks.length, body: body.done() };
}

/** Packs changes that are in log order. */
export function packStretch(changes: readonly Indexable[]): Stretch {
  const places = new Map<string, number>();
  const index = new IndexWriter();
  for (const { hash, deps, actor, seq, bytes } of changes) {
    index.add({
      hash: fromHex(hash),
      size: bytes.length,
      actor,
      seq,
      deps: deps.map((dep) => places.get(dep) ?? fromHex(dep)),
    });
    places.set(hash, index.count - 1);
  }
  return { index: index.done(), ...packBody(changes.map((each) => each.bytes)) };
}

/**
 * Goes through the records of an index without making an object for each: a long history has 10⁵ of them. What it
 * says is of the record that `next` went to. Nothing that it says is outside of the index, whatever the bytes are.
 */
export class IndexCursor {
  readonly index: Uint8Array;
  readonly #reader: ByteReader;
  /** In the order in which they were new, hex. */
  readonly actors: string[] = [];
  /** Where its 32 bytes begin. */
  hashAt = 0;
  /** Bytes of the chunk. */
  size = 0;
  /** A place in `actors`. */
  actor = 0;
  seq = 0;
  depCount = 0;
  /** Only the first `depCount` are of this record: shortening an array would have it allocated anew. */
  readonly #deps: number[] = [];
  #next = 0;

  constructor(index: Uint8Array) {
    this.index = index;
    this.#reader = new ByteReader(index);
  }

  get atEnd(): boolean {
    return this.#reader.atEnd;
  }

  /** From 0 on: a record. Below: `~offset` of the 32 bytes of a hash. */
  dep(i: number): number {
    const dep = this.#deps[i];
    if (dep === undefined) throw new RangeError(`no dep ${i}`);
    return dep;
  }

  /** False is what is no record; the cursor is of no use after that. */
  next(): boolean {
    try {
      return this.#read();
    } catch (error) {
      if (error instanceof Truncated) return false;
      throw error;
    }
  }

  #read(): boolean {
    const reader = this.#reader;
    this.hashAt = reader.skip(32);
    this.size = reader.number();
    const place = reader.number();
    if (place === 0) this.actors.push(reader.hex(reader.count(actorBytesMax, 1)));
    if (place > this.actors.length) return false;
    this.actor = place === 0 ? this.actors.length - 1 : place - 1;
    this.seq = reader.number();
    this.depCount = reader.count(changeDepsMax, 1);
    for (let i = 0; i < this.depCount; i++) {
      const back = reader.number();
      if (back > this.#next) return false;
      this.#deps[i] = back === 0 ? ~reader.skip(32) : this.#next - back;
    }
    this.#next++;
    return this.seq > 0;
  }
}

/** Whether these bytes are an index of `count` records. */
export function isIndex(index: Uint8Array, count: number): boolean {
  const cursor = new IndexCursor(index);
  for (let at = 0; at < count; at++) if (!cursor.next()) return false;
  return cursor.atEnd;
}

/**
 * Hands over the records of an index in order. False is an index that is not one; what was handed over before that
 * must not be used. The hashes are views of `index`.
 */
export function readIndex(
  index: Uint8Array,
  count: number,
  take: (entry: IndexEntry, at: number) => void,
): boolean {
  const cursor = new IndexCursor(index);
  const hash = (at: number): Uint8Array => index.subarray(at, at + 32);
  for (let at = 0; at < count; at++) {
    if (!cursor.next()) return false;
    const { size, seq } = cursor;
    const deps = Array.from({ length: cursor.depCount }, (_, i) => {
      const dep = cursor.dep(i);
      return dep < 0 ? hash(~dep) : dep;
    });
    take({ hash: hash(cursor.hashAt), size, actor: cursor.actors[cursor.actor] ?? "", seq, deps }, at);
  }
  return cursor.atEnd;
}

/** Hands over the chunks of a body in order, as views; false where it is not `count` chunks. */
export function readBody(
  body: Uint8Array,
  count: number,
  take: (chunk: Uint8Array, at: number) => void,
): boolean {
  try {
    const reader = new ByteReader(body);
    for (let at = 0; at < count; at++) take(reader.take(reader.number()), at);
    return reader.atEnd;
  } catch (error) {
    if (error instanceof Truncated) return false;
    throw error;
  }
}

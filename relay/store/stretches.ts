/**
 * Joins and cuts stretches (`relay/sync/segment.ts`), and finds chunks in a body. Chunks are never touched; of an
 * index only the deps change, which are relative inside a stretch and hashes across.
 */
import { IndexWriter, readIndex, type IndexEntry, type Stretch } from "../sync/segment.ts";

/** The bytes as a string with one character a byte: a key for maps, cheaper to make than hex. */
export const keyOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

/** Where each chunk of a body begins, its length before it, and where the last ends; undefined if it is no body. */
export function offsetsOf(body: Uint8Array, count: number): number[] | undefined {
  const offsets: number[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    offsets.push(at);
    let size = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = body[at++];
      if (byte === undefined || scale > 2 ** 42) return undefined;
      size += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    at += size;
    if (at > body.length) return undefined;
  }
  offsets.push(at);
  return at === body.length ? offsets : undefined;
}

/** Bytes of a LEB128 number. */
export function lengthOfNumber(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Whether index and body are what they say, and say the same. */
export function isStretch({ count, index, body }: Stretch): boolean {
  const offsets = count > 0 ? offsetsOf(body, count) : undefined;
  if (!offsets) return false;
  let fits = true;
  const read = readIndex(index, count, ({ size }, at) => {
    const [from = 0, to = 0] = [offsets[at], offsets[at + 1]];
    if (to - from !== size + lengthOfNumber(size)) fits = false;
  });
  return read && fits;
}

/** All entries of an index; undefined if it is none. */
export function entriesOf(index: Uint8Array, count: number): IndexEntry[] | undefined {
  const entries: IndexEntry[] = [];
  return readIndex(index, count, (entry) => entries.push(entry)) ? entries : undefined;
}

/** One stretch of several that follow each other; undefined where an index is none. */
export function joinStretches(parts: readonly Stretch[]): Stretch | undefined {
  const writer = new IndexWriter();
  const places = new Map<string, number>();
  for (const { index, count } of parts) {
    const base = writer.count;
    const read = readIndex(index, count, (entry) => {
      const deps = entry.deps.map((dep) =>
        typeof dep === "number" ? base + dep : (places.get(keyOf(dep)) ?? dep),
      );
      places.set(keyOf(entry.hash), writer.count);
      writer.add({ ...entry, deps });
    });
    if (!read) return undefined;
  }
  return { count: writer.count, index: writer.done(), body: Buffer.concat(parts.map((part) => part.body)) };
}

/**
 * The stretch from its change number `starts[0]` on, cut before each of the other `starts`, which ascend. Undefined
 * where it is no stretch.
 */
export function cutStretch(
  { count, index, body }: Stretch,
  starts: readonly number[],
): Stretch[] | undefined {
  const offsets = offsetsOf(body, count);
  const indexes = cutIndex(index, count, starts);
  return (
    offsets &&
    indexes?.map((each, i) => {
      const [from = 0, to = count] = [starts[i], starts[i + 1]];
      return { count: to - from, index: each, body: body.subarray(offsets[from], offsets[to]) };
    })
  );
}

/** The same for an index alone. */
export function cutIndex(
  index: Uint8Array,
  count: number,
  starts: readonly number[],
): Uint8Array[] | undefined {
  const writers: IndexWriter[] = [];
  const hashes: Uint8Array[] = [];
  const read = readIndex(index, count, (entry, at) => {
    hashes.push(entry.hash);
    if (at === starts[writers.length]) writers.push(new IndexWriter());
    const start = starts[writers.length - 1];
    if (start === undefined) return;
    const deps = entry.deps.map((dep) =>
      typeof dep === "number" ? (dep >= start ? dep - start : (hashes[dep] ?? dep)) : dep,
    );
    writers.at(-1)?.add({ ...entry, deps });
  });
  return read && writers.length === starts.length ? writers.map((each) => each.done()) : undefined;
}

/** Where to cut a stretch so that each piece has at most `bytesMax` of body, or one change. */
export function piecesOf({ count, body }: Stretch, bytesMax: number): number[] {
  const offsets = offsetsOf(body, count) ?? [];
  const starts = [0];
  let begun = 0;
  for (let at = 1; at < count; at++) {
    if ((offsets[at + 1] ?? 0) - begun <= bytesMax) continue;
    starts.push(at);
    begun = offsets[at] ?? 0;
  }
  return starts;
}

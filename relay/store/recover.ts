/**
 * Gets out of a damaged segment the changes that are whole. Each chunk carries its own checksum, and its hash is in
 * the index: a chunk counts only if it parses, and, where the index is whole, has the hash that belongs there. The
 * place of a chunk among the others must be certain too, since it is its address: counted from the front, or, after
 * a part that cannot be read, from the end.
 */
import { parseChange, type Change, type Hashing } from "../sync/chunk.ts";
import { fromHex } from "../sync/bytes.ts";
import { keyOf, entriesOf, lengthOfNumber, offsetsOf } from "./stretches.ts";

export interface Wreck {
  /** How many changes it held. */
  readonly count: number;
  /** Undefined where its checksum is wrong. */
  readonly index: Uint8Array | undefined;
  readonly body: Uint8Array;
  readonly bodyFits: boolean;
}
export interface Recovered {
  /** By place in the segment; undefined is lost. */
  readonly changes: readonly (Change | undefined)[];
  /** Of the lost ones, in their order, 32 bytes each; undefined where they are not known. */
  readonly lostHashes: Uint8Array | undefined;
}

const magic = Buffer.from([0x85, 0x6f, 0x4a, 0x83]);

export function recover({ count, index, body, bodyFits }: Wreck, hashing: Hashing): Recovered {
  const parse = (chunk: Uint8Array): Change | undefined => {
    const parsed = parseChange(chunk, hashing);
    return parsed.ok ? parsed.change : undefined;
  };
  const entries = index && entriesOf(index, count);
  if (!entries) {
    const changes = bodyFits ? chunksOf(body, count).map(parse) : fromBothEnds(body, count, parse);
    return { changes, lostHashes: undefined };
  }
  const lost: Uint8Array[] = [];
  let end = 0;
  const changes = entries.map(({ hash, size }) => {
    const begin = end + lengthOfNumber(size);
    end = begin + size;
    const change = parse(body.subarray(begin, end));
    if (change && keyOf(fromHex(change.hash)) === keyOf(hash)) return change;
    lost.push(hash);
    return undefined;
  });
  return { changes, lostHashes: Buffer.concat(lost) };
}

function chunksOf(body: Uint8Array, count: number): Uint8Array[] {
  const offsets = offsetsOf(body, count);
  return Array.from({ length: count }, (_, i) => {
    const chunk = offsets ? body.subarray(offsets[i], offsets[i + 1]) : new Uint8Array();
    return afterLength(chunk) ?? chunk;
  });
}

/** What follows a LEB128 number, if that is how long it is. */
function afterLength(bytes: Uint8Array): Uint8Array | undefined {
  let at = 0;
  let size = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    if (byte === undefined || scale > 2 ** 42) return undefined;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  return size <= bytes.length - at ? bytes.subarray(at, at + size) : undefined;
}

function fromBothEnds(
  body: Uint8Array,
  count: number,
  parse: (chunk: Uint8Array) => Change | undefined,
): (Change | undefined)[] {
  const changes: (Change | undefined)[] = [];
  let at = 0;
  while (changes.length < count) {
    const chunk = afterLength(body.subarray(at));
    const change = chunk && parse(chunk);
    if (!chunk || !change) break;
    changes.push(change);
    at += lengthOfNumber(chunk.length) + chunk.length;
  }
  const lacking = count - changes.length;
  const tail = lacking > 0 ? chainToEnd(body, at, lacking, parse) : [];
  return [...changes, ...Array.from({ length: lacking - tail.length }, () => undefined), ...tail];
}

/** The whole chunks that follow each other without a gap up to the end. */
function chainToEnd(
  body: Uint8Array,
  from: number,
  most: number,
  parse: (chunk: Uint8Array) => Change | undefined,
): Change[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (let found = bytes.indexOf(magic, from); found >= 0; found = bytes.indexOf(magic, found + 1)) {
    const chain: Change[] = [];
    // The length before the first one may be what is damaged: its own header says how long it is.
    let chunk = chunkAt(body, found);
    let at = found;
    while (chunk) {
      const change = parse(chunk);
      if (!change) break;
      chain.push(change);
      at += chunk.length;
      if (at === body.length) return chain.length <= most ? chain : [];
      chunk = afterLength(body.subarray(at));
      at += chunk ? lengthOfNumber(chunk.length) : 0;
    }
  }
  return [];
}

/** A chunk by its header: magic, checksum, type, length, content. */
function chunkAt(body: Uint8Array, at: number): Uint8Array | undefined {
  const content = afterLength(body.subarray(at + 9));
  return content && body.subarray(at, content.byteOffset - body.byteOffset + content.length);
}

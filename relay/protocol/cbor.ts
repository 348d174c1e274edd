/**
 * The CBOR (RFC 8949) that automerge-repo frames use, and nothing else.
 *
 * Refused: tags, indefinite lengths, duplicate or non-text keys, text that is not UTF-8, nesting, item counts and
 * texts past the limits, bytes after the end. Hand-written because general decoders build objects out of tags and
 * take duplicate keys; decoding returns a value or `malformed`, it never throws.
 */
import { frameDepthMax, frameItemsMax, frameTextBytesMax } from "./limits.ts";

export type Decoded = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

class Malformed extends Error {}

export function decodeCbor(bytes: Uint8Array): Decoded {
  try {
    const decoder = new Decoder(bytes);
    const value = decoder.item(0);
    return decoder.atEnd ? { ok: true, value } : { ok: false };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false };
    throw error;
  }
}

class Decoder {
  readonly #bytes: Uint8Array;
  #at = 0;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  item(depth: number): unknown {
    if (depth > frameDepthMax || ++this.#items > frameItemsMax) throw new Malformed();
    const initial = this.#unsigned(1);
    const major = initial >> 5;
    const info = initial & 31;
    if (major === 7) return this.#simple(info);
    const argument = this.#argument(info);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return -1 - argument;
      case 2:
        return this.#slice(argument);
      case 3:
        return this.#text(argument);
      case 4: {
        if (argument > frameItemsMax) throw new Malformed();
        return Array.from({ length: argument }, () => this.item(depth + 1));
      }
      case 5:
        return this.#map(argument, depth);
      default:
        throw new Malformed();
    }
  }

  #map(size: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null);
    if (size > frameItemsMax) throw new Malformed();
    for (let i = 0; i < size; i++) {
      const key = this.item(depth + 1);
      if (typeof key !== "string" || key in map) throw new Malformed();
      map[key] = this.item(depth + 1);
    }
    return map;
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 26:
        return viewOf(this.#slice(4)).getFloat32(0);
      case 27:
        return viewOf(this.#slice(8)).getFloat64(0);
      default:
        throw new Malformed();
    }
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new Malformed();
    const value = this.#unsigned(1 << (info - 24));
    if (!Number.isSafeInteger(value)) throw new Malformed();
    return value;
  }

  /** Big-endian; above 2^53 it is not exact. */
  #unsigned(length: number): number {
    let value = 0;
    const from = this.#skip(length);
    for (let at = from; at < this.#at; at++) value = value * 256 + (this.#bytes[at] ?? 0);
    return value;
  }

  #skip(length: number): number {
    const from = this.#at;
    if (length > this.#bytes.length - from) throw new Malformed();
    this.#at += length;
    return from;
  }

  #slice(length: number): Uint8Array {
    const from = this.#skip(length);
    return this.#bytes.subarray(from, from + length);
  }

  #text(length: number): string {
    if (length > frameTextBytesMax) throw new Malformed();
    const from = this.#skip(length);
    const text =
      (length <= rememberedBytesMax ? rememberedText(this.#bytes, from, this.#at) : undefined) ??
      decodeUtf8(this.#bytes.subarray(from, this.#at));
    if (text === undefined) throw new Malformed();
    return text;
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/**
 * Frames have the same few texts: keys, types, ids of peers and documents. To compare is a tenth of decoding, and the
 * string comes with what V8 knows of it as a key. One text a slot, so this stays small whatever comes.
 */
const remembered: string[] = Array.from({ length: 512 }, () => "");
const rememberedBytesMax = 64;

/** `undefined` where it is not ASCII. */
function rememberedText(bytes: Uint8Array, from: number, to: number): string | undefined {
  let mixed = to - from;
  let all = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    all |= byte;
    mixed = Math.imul(mixed, 31) + byte;
  }
  if (all >= 0x80) return undefined;
  const slot = (mixed ^ (mixed >>> 9)) & (remembered.length - 1);
  const known = remembered[slot] ?? "";
  if (isText(known, bytes, from, to)) return known;
  let text = "";
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] ?? 0);
  remembered[slot] = text;
  return text;
}

function isText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let at = from; at < to; at++) if (text.charCodeAt(at - from) !== bytes[at]) return false;
  return true;
}

/** This layer has no `TextDecoder` (it is no part of es2024), and the texts are short. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i++] ?? 0;
    const following =
      first < 0x80 ? 0 : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1;
    if (following < 0) return undefined;
    let point = following === 0 ? first : first & (0x3f >> following);
    for (let n = 0; n < following; n++) {
      const next = bytes[i++];
      if (next === undefined || (next & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    const shortest = following === 2 ? 0x800 : following === 3 ? 0x10000 : 0;
    if (point < shortest || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}

export type Encodable =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly Encodable[]
  | { readonly [key: string]: Encodable };

export function encodeCbor(value: Encodable): Uint8Array {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return concat(parts);
}

/**
 * A map's encoding in two halves, so that a frame for many peers is encoded once: `shared` holds all entries but
 * the last, whose value is appended per peer with `encodeCbor`.
 */
export function encodeSharedMap(entries: { readonly [key: string]: Encodable }, lastKey: string): Uint8Array {
  const keys = Object.keys(entries);
  const parts: Uint8Array[] = [header(5, keys.length + 1)];
  for (const key of keys) {
    write(key, parts);
    const value = entries[key];
    if (value !== undefined) write(value, parts);
  }
  write(lastKey, parts);
  return concat(parts);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function write(value: Encodable, parts: Uint8Array[]): void {
  if (typeof value === "string") {
    const text = encodeUtf8(value);
    parts.push(header(3, text.length), text);
  } else if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError("only safe integers are encoded");
    if (Math.abs(value) < 0x100000000) parts.push(value < 0 ? header(1, -1 - value) : header(0, value));
    else parts.push(float64(value));
  } else if (typeof value === "boolean") {
    parts.push(Uint8Array.of(value ? 0xf5 : 0xf4));
  } else if (value instanceof Uint8Array) {
    parts.push(header(2, value.length), value);
  } else if (isList(value)) {
    parts.push(header(4, value.length));
    for (const each of value) write(each, parts);
  } else {
    const entries = Object.entries(value);
    parts.push(header(5, entries.length));
    for (const [key, each] of entries) {
      write(key, parts);
      write(each, parts);
    }
  }
}

const isList = (
  value: readonly Encodable[] | { readonly [key: string]: Encodable },
): value is readonly Encodable[] => Array.isArray(value);

function header(major: number, argument: number): Uint8Array {
  const top = major << 5;
  if (argument < 24) return Uint8Array.of(top | argument);
  if (argument < 0x100) return Uint8Array.of(top | 24, argument);
  const bytes = new Uint8Array(argument < 0x10000 ? 3 : 5);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, top | (bytes.length === 3 ? 25 : 26));
  if (bytes.length === 3) view.setUint16(1, argument);
  else view.setUint32(1, argument);
  return bytes;
}

/** Larger integers go as doubles, as stock clients send them: they read 8-byte integers as BigInt. */
function float64(value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0xfb);
  view.setFloat64(1, value);
  return bytes;
}

function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text.toWellFormed()) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000)
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else
      bytes.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 63),
        0x80 | ((point >> 6) & 63),
        0x80 | (point & 63),
      );
  }
  return Uint8Array.from(bytes);
}

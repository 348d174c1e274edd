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
  const writer = new Writer(sizeOf(value));
  writer.item(value);
  return writer.bytes;
}

/**
 * A map's encoding in two halves, so that a frame for many peers is encoded once: `shared` holds all entries but
 * the last, whose value is appended per peer with `encodeCbor`.
 */
export function encodeSharedMap(entries: { readonly [key: string]: Encodable }, lastKey: string): Uint8Array {
  const count = Object.keys(entries).length + 1;
  const writer = new Writer(sizeOf(entries) - headerSize(count - 1) + headerSize(count) + sizeOf(lastKey));
  writer.header(5, count);
  writer.entries(entries);
  writer.item(lastKey);
  return writer.bytes;
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

const isList = (
  value: readonly Encodable[] | { readonly [key: string]: Encodable },
): value is readonly Encodable[] => Array.isArray(value);

const headerSize = (argument: number): number =>
  argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x10000 ? 3 : 5;

/** Whether it goes as an integer. Larger ones go as doubles, as stock clients send them: they read 8 bytes as BigInt. */
const isShort = (value: number): boolean => Math.abs(value) < 0x100000000;

/** Bytes that it takes: what is encoded is measured first and then written once, for each frame goes through here. */
function sizeOf(value: Encodable): number {
  if (typeof value === "string") {
    const size = utf8Size(value);
    return headerSize(size) + size;
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError("only safe integers are encoded");
    return isShort(value) ? headerSize(value < 0 ? -1 - value : value) : 9;
  }
  if (typeof value === "boolean") return 1;
  if (value instanceof Uint8Array) return headerSize(value.length) + value.length;
  let size = 0;
  if (isList(value)) {
    for (const each of value) size += sizeOf(each);
    return headerSize(value.length) + size;
  }
  for (const key in value) {
    const each = value[key];
    if (each === undefined) throw new RangeError(`${key} has no value`);
    size += sizeOf(key) + sizeOf(each);
  }
  return headerSize(Object.keys(value).length) + size;
}

class Writer {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  item(value: Encodable): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "boolean") this.#byte(value ? 0xf5 : 0xf4);
    else if (value instanceof Uint8Array) {
      this.header(2, value.length);
      this.bytes.set(value, this.#at);
      this.#at += value.length;
    } else if (isList(value)) {
      this.header(4, value.length);
      for (const each of value) this.item(each);
    } else {
      this.header(5, Object.keys(value).length);
      this.entries(value);
    }
  }

  entries(map: { readonly [key: string]: Encodable }): void {
    for (const key in map) {
      const value = map[key];
      if (value === undefined) continue;
      this.#text(key);
      this.item(value);
    }
  }

  header(major: number, argument: number): void {
    const top = major << 5;
    const size = headerSize(argument);
    if (size === 1) return this.#byte(top | argument);
    this.#byte(top | (size === 2 ? 24 : size === 3 ? 25 : 26));
    for (let shift = 8 * (size - 2); shift >= 0; shift -= 8) this.#byte((argument >>> shift) & 0xff);
  }

  #byte(byte: number): void {
    this.bytes[this.#at++] = byte;
  }

  #number(value: number): void {
    if (isShort(value)) return value < 0 ? this.header(1, -1 - value) : this.header(0, value);
    this.#byte(0xfb);
    new DataView(this.bytes.buffer).setFloat64(this.#at, value);
    this.#at += 8;
  }

  #text(text: string): void {
    const size = utf8Size(text);
    this.header(3, size);
    if (size === text.length) for (let i = 0; i < size; i++) this.#byte(text.charCodeAt(i));
    else for (const character of text.toWellFormed()) this.#point(character.codePointAt(0) ?? 0);
  }

  #point(point: number): void {
    const following = followingBytes(point);
    if (following === 0) return this.#byte(point);
    this.#byte(((0xff << (7 - following)) & 0xff) | (point >> (6 * following)));
    for (let shift = 6 * (following - 1); shift >= 0; shift -= 6) this.#byte(0x80 | ((point >> shift) & 63));
  }
}

/** This layer has no `TextEncoder`. */
const followingBytes = (point: number): number =>
  point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;

function utf8Size(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return utf8SizeOfAny(text);
  return text.length;
}

function utf8SizeOfAny(text: string): number {
  let size = 0;
  for (const character of text.toWellFormed()) size += 1 + followingBytes(character.codePointAt(0) ?? 0);
  return size;
}

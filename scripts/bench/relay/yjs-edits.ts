/**
 * Yjs updates made and read by hand (version 1): one typed run an update, and which run of which writer an update
 * brings. What is built is what Yjs emits for the same typing (`yjs-edits.test.ts`). Reads the structures that typing
 * and deleting leave behind; anything else throws and fails the row.
 */
const contentDeleted = 1;
const contentString = 4;
const structGc = 0;
const structSkip = 10;
const hasOrigin = 0x80;
const hasRightOrigin = 0x40;
const hasParentSub = 0x20;

export class YWriter {
  #bytes: Buffer = Buffer.allocUnsafe(256);
  #length = 0;

  unsigned(value: number): this {
    let rest = value;
    this.#reserve(10);
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
    this.#bytes[this.#length++] = rest;
    return this;
  }
  byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }
  /** ASCII. */
  text(value: string): this {
    this.unsigned(value.length);
    this.#reserve(value.length);
    this.#length += this.#bytes.write(value, this.#length, "latin1");
    return this;
  }
  bytes(value: Uint8Array): this {
    this.unsigned(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }
  done(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }
  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** The update of a writer who types on after what they typed before; the first goes to the document's start. */
export function typedUpdate(client: number, clock: number, text: string): Buffer {
  const writer = new YWriter().unsigned(1).unsigned(1).unsigned(client).unsigned(clock);
  if (clock === 0) writer.byte(contentString).unsigned(1).text("text");
  else
    writer
      .byte(contentString | hasOrigin)
      .unsigned(client)
      .unsigned(clock - 1);
  return writer.text(text).unsigned(0).done();
}

export class YReader {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = this.#bytes[this.#at++];
      if (next === undefined) throw new Error("an update that ends too early");
      value += (next & 0x7f) * scale;
      if (next < 0x80) return value;
    }
  }
  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }
  bytes(): Buffer {
    const length = this.unsigned();
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new Error("an update that ends too early");
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  /** A client and a clock. */
  skipId(): void {
    this.unsigned();
    this.unsigned();
  }
}

/** Calls `run` for each run of clocks of a client that the update holds. Its deletions are not looked at. */
export function readUpdate(
  update: Buffer,
  run: (client: number, clock: number, length: number) => void,
): void {
  const reader = new YReader(update);
  for (let clients = reader.unsigned(); clients > 0; clients--) {
    let structs = reader.unsigned();
    const client = reader.unsigned();
    let clock = reader.unsigned();
    for (; structs > 0; structs--) {
      const info = reader.byte();
      const length = readStruct(reader, info);
      if (info !== structSkip) run(client, clock, length);
      clock += length;
    }
  }
}

function readStruct(reader: YReader, info: number): number {
  if (info === structGc || info === structSkip) return reader.unsigned();
  if (info & hasOrigin) reader.skipId();
  if (info & hasRightOrigin) reader.skipId();
  if ((info & (hasOrigin | hasRightOrigin)) === 0) {
    if (reader.unsigned() === 1) reader.bytes();
    else reader.skipId();
    if (info & hasParentSub) reader.bytes();
  }
  const content = info & 0x1f;
  if (content === contentDeleted) return reader.unsigned();
  // A UTF-16 unit is a byte: what the bench types is ASCII.
  if (content === contentString) return reader.bytes().length;
  throw new Error(`an update with content of kind ${content}`);
}

export function stateVector(clocks: ReadonlyMap<number, number>): Buffer {
  const writer = new YWriter().unsigned(clocks.size);
  for (const [client, clock] of clocks) writer.unsigned(client).unsigned(clock);
  return writer.done();
}

/**
 * A server's WebSocket frame (RFC 6455 §5.2) in one buffer: final, binary, unmasked. The `ws` package writes header and
 * payload one after another, which costs a second buffer and a gathering system call for each frame; where one edit
 * goes to hundreds of sockets that is the larger part of it.
 */
const finalBinary = 0x82;
const length16 = 126;
const length64 = 127;

/** Bytes of a frame with a payload of this length. */
export const frameSize = (length: number): number => headerLengthOf(length) + length;

/** Writes a frame whose payload is `first` and then `second`; returns where it ends. */
export function writeFrame(into: Buffer, at: number, first: Uint8Array, second: Uint8Array): number {
  const payload = writeHeader(into, at, first.length + second.length);
  into.set(first, payload);
  into.set(second, payload + first.length);
  return payload + first.length + second.length;
}

/** What goes before a payload of this length, where copying it would cost more than another buffer. */
export function frameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(headerLengthOf(length));
  writeHeader(header, 0, length);
  return header;
}

const headerLengthOf = (length: number): number => (length < length16 ? 2 : length < 0x10000 ? 4 : 10);

/** Where the payload begins. */
function writeHeader(into: Buffer, at: number, length: number): number {
  into[at] = finalBinary;
  if (length < length16) {
    into[at + 1] = length;
    return at + 2;
  }
  if (length < 0x10000) {
    into[at + 1] = length16;
    return into.writeUInt16BE(length, at + 2);
  }
  into[at + 1] = length64;
  into.writeUInt32BE(0, at + 2);
  return into.writeUInt32BE(length, at + 6);
}

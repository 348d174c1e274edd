/**
 * A server's WebSocket frame (RFC 6455 §5.2) in one buffer: final, binary, unmasked. The `ws` package writes header and
 * payload one after another, which costs a second buffer and a gathering system call for each frame; where one edit
 * goes to hundreds of sockets that is the larger part of it.
 */
const finalBinary = 0x82;
const length16 = 126;
const length64 = 127;

/** The payload is `first` and then `second`. */
export function binaryFrame(first: Uint8Array, second: Uint8Array): Buffer {
  const length = first.length + second.length;
  const headerLength = headerLengthOf(length);
  const frame = Buffer.allocUnsafe(headerLength + length);
  writeHeader(frame, length);
  frame.set(first, headerLength);
  frame.set(second, headerLength + first.length);
  return frame;
}

/** What goes before a payload of this length, where copying it would cost more than another buffer. */
export function frameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(headerLengthOf(length));
  writeHeader(header, length);
  return header;
}

const headerLengthOf = (length: number): number => (length < length16 ? 2 : length < 0x10000 ? 4 : 10);

function writeHeader(frame: Buffer, length: number): void {
  const headerLength = headerLengthOf(length);
  frame[0] = finalBinary;
  if (headerLength === 2) frame[1] = length;
  else if (headerLength === 4) {
    frame[1] = length16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = length64;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
}

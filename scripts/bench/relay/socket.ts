/**
 * A WebSocket client that costs next to nothing, because clients and server share two cores: one read buffer for
 * all sockets, frames handed over as views, no events, no queue of its own, mask key 0 (the server unmasks all the same).
 *
 * A payload is valid only during the call that brings it. Pings are answered. Not for servers that are not trusted:
 * the handshake's key is not checked, and what is no frame of RFC 6455 ends the socket.
 */
import { connect, type Socket } from "node:net";

const handshakeMs = 20_000;
const readBytes = 256 * 1024;
/** Reads are handled to their end within the callback, so every socket may read into the same memory. */
const readBuffer = Buffer.allocUnsafe(readBytes);

const opcodeText = 1;
const opcodeBinary = 2;
const opcodeClose = 8;
const opcodePing = 9;
const opcodePong = 10;

export class LightSocket {
  readonly #socket: Socket;
  #isOpen = false;
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #neededBytes = 2;
  #fragments: Buffer[] = [];
  isClosed = false;
  /** Why it ended: the close code, or what the system said. */
  closedBy = "";
  receivedBytes = 0;
  onMessage: (payload: Buffer) => void = () => {};
  onClose: () => void = () => {};
  #opened: () => void = () => {};

  private constructor(port: number) {
    this.#socket = connect({
      host: "127.0.0.1",
      port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes) => {
          this.#read(readBuffer.subarray(0, bytes));
          return true;
        },
      },
    });
    this.#socket.on("error", (error) => (this.closedBy ||= error.message));
    this.#socket.on("close", () => {
      this.isClosed = true;
      this.closedBy ||= "closed";
      this.onClose();
    });
  }

  /** Rejects if the server does not answer the upgrade. */
  static async open(url: string): Promise<LightSocket> {
    const { port, pathname, search } = new URL(url);
    const socket = new LightSocket(Number(port));
    socket.#socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        socket.terminate();
        reject(new Error("the server did not answer the upgrade"));
      }, handshakeMs);
      socket.#opened = () => (clearTimeout(late), resolve());
      socket.onClose = () => (clearTimeout(late), reject(new Error(`no connection: ${socket.closedBy}`)));
    });
    socket.onClose = () => {};
    return socket;
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** The parts are one message. */
  send(parts: readonly Uint8Array[]): void {
    if (this.isClosed) return;
    let length = 0;
    for (const part of parts) length += part.length;
    this.#write(opcodeBinary, length, parts);
  }

  /** Stops reading, as a client does whose machine went to sleep. */
  stall(): void {
    this.#socket.pause();
  }

  close(): void {
    if (this.isClosed) return;
    this.#write(opcodeClose, 2, [Uint8Array.of(0x03, 0xe8)]);
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), 500).unref();
  }

  terminate(): void {
    this.#socket.destroy();
  }

  #write(opcode: number, length: number, parts: readonly Uint8Array[]): void {
    const head = length < 126 ? 6 : length < 0x10000 ? 8 : 14;
    const frame = Buffer.allocUnsafe(head + length);
    frame[0] = 0x80 | opcode;
    if (head === 6) frame[1] = 0x80 | length;
    else if (head === 8) {
      frame[1] = 0x80 | 126;
      frame.writeUInt16BE(length, 2);
    } else {
      frame[1] = 0x80 | 127;
      frame.writeBigUInt64BE(BigInt(length), 2);
    }
    frame.fill(0, head - 4, head);
    let at = head;
    for (const part of parts) {
      frame.set(part, at);
      at += part.length;
    }
    this.#socket.write(frame);
  }

  #read(bytes: Buffer): void {
    this.receivedBytes += bytes.length;
    if (this.#partialBytes > 0) {
      this.#partial.push(Buffer.from(bytes));
      this.#partialBytes += bytes.length;
      if (this.#partialBytes < this.#neededBytes) return;
      const whole = this.#partial.length === 1 ? this.#partial[0] : Buffer.concat(this.#partial);
      this.#partial = [];
      this.#partialBytes = 0;
      this.#consume(whole ?? bytes);
    } else {
      this.#consume(bytes);
    }
  }

  /** Handles what is whole and keeps a copy of the rest. */
  #consume(bytes: Buffer): void {
    let at = 0;
    if (!this.#isOpen) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return this.#keep(bytes, bytes.length + 1);
      if (!bytes.toString("latin1", 0, 12).endsWith("101")) {
        this.closedBy = bytes.toString("latin1", 0, bytes.indexOf("\r\n"));
        return this.terminate();
      }
      this.#isOpen = true;
      at = end + 4;
      this.#opened();
    }
    while (bytes.length - at >= 2 && !this.isClosed) {
      const short = (bytes[at + 1] ?? 0) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length - at < head) return this.#keep(bytes.subarray(at), head);
      const length =
        short < 126
          ? short
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : Number(bytes.readBigUInt64BE(at + 2));
      if (bytes.length - at < head + length) return this.#keep(bytes.subarray(at), head + length);
      const first = bytes[at] ?? 0;
      this.#frame(first & 15, (first & 0x80) !== 0, bytes.subarray(at + head, at + head + length));
      at += head + length;
    }
    if (at < bytes.length) this.#keep(bytes.subarray(at), 2);
  }

  #keep(rest: Buffer, needed: number): void {
    this.#partial = [Buffer.from(rest)];
    this.#partialBytes = rest.length;
    this.#neededBytes = needed;
  }

  #frame(opcode: number, isFinal: boolean, payload: Buffer): void {
    if (opcode === opcodePing) this.#write(opcodePong, payload.length, [payload]);
    else if (opcode === opcodeClose) {
      this.closedBy = payload.length >= 2 ? `code ${payload.readUInt16BE(0)}` : "closed by the server";
      this.#socket.destroy();
    } else if (opcode <= opcodeBinary) {
      if (isFinal && opcode !== 0) return this.onMessage(payload);
      this.#fragments.push(Buffer.from(payload));
      if (isFinal) this.onMessage(Buffer.concat(this.#fragments.splice(0)));
    } else if (opcode !== opcodePong && opcode !== opcodeText) this.terminate();
  }
}

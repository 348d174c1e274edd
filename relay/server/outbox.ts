/**
 * The frames that go to one socket within a turn, written at its end: small ones as one buffer, in one system call. All
 * sockets' turns end in one callback; where one edit goes to hundreds of sockets that, and not the bytes, is the cost.
 */
import type { Socket } from "node:net";
import { copiedFrameBytesMax } from "../protocol/limits.ts";
import { frameHeader, frameSize, writeFrame } from "./frame.ts";

/** Have something to write. */
let due: Outbox[] = [];

function flushAll(): void {
  const all = due;
  due = [];
  for (const each of all) each.flush();
}

export class Outbox {
  readonly #wire: Socket;
  readonly #onSent: () => void;
  /** What every payload ends with. */
  readonly #tail: Uint8Array;
  #payloads: Uint8Array[] = [];
  #bytes = 0;
  #isDue = false;

  constructor(wire: Socket, tail: Uint8Array, onSent: () => void) {
    this.#wire = wire;
    this.#tail = tail;
    this.#onSent = onSent;
  }

  /** That the system has not taken yet, framing aside. */
  get bytes(): number {
    return this.#bytes + this.#wire.writableLength;
  }

  push(payload: Uint8Array): void {
    this.#payloads.push(payload);
    this.#bytes += payload.length;
    if (this.#isDue) return;
    this.#isDue = true;
    if (due.push(this) === 1) process.nextTick(flushAll);
  }

  /** For what is written past it: a frame that closes the socket comes after all others. */
  flush(): void {
    this.#isDue = false;
    if (this.#payloads.length === 0) return;
    const payloads = this.#payloads;
    this.#payloads = [];
    this.#bytes = 0;
    if (this.#wire.destroyed) return;
    let from = 0;
    for (const [i, payload] of payloads.entries()) {
      if (payload.length <= copiedFrameBytesMax) continue;
      this.#writeSmall(payloads, from, i);
      this.#writeLarge(payload);
      from = i + 1;
    }
    this.#writeSmall(payloads, from, payloads.length);
  }

  #writeSmall(payloads: readonly Uint8Array[], from: number, to: number): void {
    if (from === to) return;
    let size = 0;
    for (let i = from; i < to; i++) size += frameSize((payloads[i]?.length ?? 0) + this.#tail.length);
    const frames = Buffer.allocUnsafe(size);
    let at = 0;
    for (let i = from; i < to; i++) {
      const payload = payloads[i];
      if (payload) at = writeFrame(frames, at, payload, this.#tail);
    }
    this.#wire.write(frames, this.#onSent);
  }

  /** Copying it would cost more than further buffers. */
  #writeLarge(payload: Uint8Array): void {
    const wire = this.#wire;
    wire.cork();
    wire.write(frameHeader(payload.length + this.#tail.length));
    wire.write(payload);
    wire.write(this.#tail, this.#onSent);
    wire.uncork();
  }
}

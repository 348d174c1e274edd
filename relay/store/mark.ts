/**
 * A note beside the store's file of how far its log had come: one line, written over after each commit. A file that
 * is behind its mark has lost commits that were answered, which the file alone cannot tell: a write-ahead log that was
 * flipped or cut simply ends sooner. Never ahead of what was committed, so what it says is certain; after power loss
 * it may be behind by `markSyncMs`, and one that is not there says nothing. It also is a second copy of who the relay
 * is.
 */
import { closeSync, constants, fdatasync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { markSyncMs } from "../protocol/limits.ts";
import type { Identity } from "./store.ts";

export interface Reached {
  /** Of the last commit. */
  readonly sequence: number;
  /** How often who may do what was written. A file that is behind would let in again who was revoked. */
  readonly accessRevision: number;
}
export interface MarkState extends Identity, Reached {}

export const markOf = (file: string): string => `${file}-mark`;

/** The first version had no revision. */
const line = /^(deckle-store [12] ([0-9a-f]+) (\d{16}) (\S+) (\S+)(?: (\d{16}))?) ([0-9a-f]{8})\n$/;
const checksum = (text: string): string => crc32(text).toString(16).padStart(8, "0");

/** Undefined where there is none, or none that can be believed. */
export function readMark(file: string): MarkState | undefined {
  let text;
  try {
    text = readFileSync(markOf(file), "latin1");
  } catch {
    return undefined;
  }
  const [, said = "", epoch, sequence, relayId, workspace, revision = "0", sum] = line.exec(text) ?? [];
  if (!epoch || !sequence || !relayId || !workspace || sum !== checksum(said)) return undefined;
  return { epoch, sequence: Number(sequence), relayId, workspace, accessRevision: Number(revision) };
}

/** Always as many, as the line is written over in its place. */
const digits = (value: number): string => String(value).padStart(16, "0");

export class Mark {
  readonly #handle: number;
  readonly #identity: Identity;
  #syncedAtMs = Date.now();
  #syncing = false;
  #closed = false;

  /** Throws what the file system does. */
  constructor(file: string, identity: Identity) {
    this.#handle = openSync(markOf(file), constants.O_RDWR | constants.O_CREAT);
    this.#identity = identity;
  }

  write({ sequence, accessRevision }: Reached): void {
    const { epoch, relayId, workspace } = this.#identity;
    const said = `deckle-store 2 ${epoch} ${digits(sequence)} ${relayId} ${workspace} ${digits(accessRevision)}`;
    writeSync(this.#handle, Buffer.from(`${said} ${checksum(said)}\n`, "latin1"), 0, undefined, 0);
    this.#sync();
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    fsyncSync(this.#handle);
    if (!this.#syncing) closeSync(this.#handle);
  }

  #sync(): void {
    const nowMs = Date.now();
    if (this.#syncing || Math.abs(nowMs - this.#syncedAtMs) < markSyncMs) return;
    this.#syncedAtMs = nowMs;
    this.#syncing = true;
    // A fault of the disk shows where it matters, with the next commit.
    fdatasync(this.#handle, () => {
      this.#syncing = false;
      if (this.#closed) closeSync(this.#handle);
    });
  }
}

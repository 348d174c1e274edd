/**
 * For tests of stores: changes with real headers and hashes whose content is noise, made fast and from a seed, and a
 * model of what a document's log is.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteWriter, fromHex, toHex } from "../sync/bytes.ts";
import type { Change } from "../sync/chunk.ts";
import type { Batch } from "../sync/ports.ts";
import { packStretch } from "../sync/segment.ts";
import { nodeHashing } from "./hashing.ts";

/** Numbers from 0 to 1 from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A folder that is gone at the end of its scope; in memory if speed counts and the system has a place for it. */
export function temporaryFolder({ inMemory = false } = {}): {
  readonly path: string;
  [Symbol.dispose](): void;
} {
  const shared = "/dev/shm";
  const path = mkdtempSync(join(inMemory && existsSync(shared) ? shared : tmpdir(), "deckle-store-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function makeChange(deps: readonly string[], actor: string, seq: number, content: Uint8Array): Change {
  const body = new ByteWriter();
  body.hashes(deps);
  body.number(actor.length / 2);
  body.bytes(fromHex(actor));
  body.number(seq);
  body.bytes(content);
  const hashed = new ByteWriter();
  hashed.byte(1);
  hashed.number(body.done().length);
  hashed.bytes(body.done());
  const hash = nodeHashing.sha256(hashed.done());
  const bytes = Buffer.concat([Uint8Array.of(0x85, 0x6f, 0x4a, 0x83), hash.subarray(0, 4), hashed.done()]);
  return { hash: toHex(hash), deps, actor, seq, bytes };
}

/** A document's log as it should be: what was committed, in order. */
export class Author {
  readonly documentId: string;
  readonly log: Change[] = [];
  readonly #random: () => number;
  readonly #actors: string[];
  readonly #seqs = new Map<string, number>();
  #heads: string[] = [];

  constructor(documentId: string, random: () => number, actors = 3) {
    this.documentId = documentId;
    this.#random = random;
    this.#actors = Array.from({ length: actors }, () => toHex(this.#bytes(16)));
  }

  get heads(): Uint8Array {
    return fromHex([...this.#heads].sort().join(""));
  }

  /** The next changes as a batch; with `forks`, now and then a second branch or a merge of all. */
  batch(count: number, contentBytes = 60, forks = true): Batch {
    const first = this.log.length;
    for (let i = 0; i < count; i++) this.#write(contentBytes, forks);
    return { documentId: this.documentId, first, heads: this.heads, ...packStretch(this.log.slice(first)) };
  }

  /** Of the last batch: it was not committed. What is written next stands on what was before it. */
  takeBack(batch: Batch): void {
    const taken = this.log.splice(batch.first);
    for (const { actor } of taken) this.#seqs.set(actor, (this.#seqs.get(actor) ?? 1) - 1);
    const inner = new Set(this.log.flatMap((change) => change.deps));
    this.#heads = this.log.map((change) => change.hash).filter((hash) => !inner.has(hash));
  }

  #write(contentBytes: number, forks: boolean): void {
    const actor = this.#actors[Math.floor(this.#random() * this.#actors.length)] ?? "00";
    const seq = (this.#seqs.get(actor) ?? 0) + 1;
    this.#seqs.set(actor, seq);
    const chance = forks ? this.#random() : 1;
    const old = this.log[Math.floor(this.#random() * this.log.length)];
    const deps = chance < 0.1 && old ? [old.hash] : chance < 0.3 ? this.#heads : this.#heads.slice(-1);
    const change = makeChange([...deps].sort(), actor, seq, this.#bytes(contentBytes));
    this.#heads = [...this.#heads.filter((head) => !deps.includes(head)), change.hash];
    this.log.push(change);
  }

  #bytes(length: number): Uint8Array {
    const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => this.#random() * 2 ** 32);
    return new Uint8Array(words.buffer, 0, length);
  }
}

/** Documents to begin with, as Automerge changes: so much text, or 260,000 keystrokes of one person. */
import { createHash, randomBytes } from "node:crypto";
import { actorBytes, buildChange, deleteColumns, insertColumns, makeTextColumns } from "./automerge-edits.ts";
import type { OpId } from "./automerge-edits.ts";
import type { Content } from "./client.ts";
import { keystrokes } from "./keystrokes.ts";
import { words } from "./words.ts";

/** What one message uploads; well under what any server takes. */
const pieceBytesMax = 8 * 1024 * 1024;

/** A part of a document's history, in order. */
export interface Piece {
  /** After it. */
  readonly heads: Buffer;
  readonly changes: readonly Buffer[];
}
export interface Seed {
  readonly documentId: string;
  /** Who made the text object; in the changes of others actor number 1. */
  readonly actor: Buffer;
  readonly object: OpId;
  readonly maxOp: number;
  readonly heads: Buffer;
  readonly pieces: readonly Piece[];
}

/** @param device whose 8 bytes its author's actor begins with, where a relay looks at that */
export async function makeSeed(content: Content, device?: Uint8Array): Promise<Seed> {
  const chain = new Chain(device);
  chain.add(makeTextColumns(), 1);
  if (content.kind === "text") {
    const text = words(content.chars);
    for (let at = 0; at < text.length; at += content.charsPerChange)
      chain.type(at, text.slice(at, at + content.charsPerChange));
  } else {
    for (const { at, text } of await keystrokes()) {
      if (text === undefined) chain.delete(at);
      else chain.type(at, text);
    }
  }
  return chain.seed();
}

/** One writer's changes, each on top of the one before, and the ids of the characters that stand. */
class Chain {
  readonly #actor = randomBytes(actorBytes);

  constructor(device?: Uint8Array) {
    if (device) this.#actor.set(device);
  }

  readonly #object: OpId = { actor: 0, counter: 1 };
  readonly #counters: number[] = [];
  readonly #pieces: Piece[] = [];
  #changes: Buffer[] = [];
  #bytes = 0;
  #heads: Buffer = Buffer.alloc(0);
  #seq = 0;
  #maxOp = 0;

  add(columns: Buffer, operations: number): void {
    const { bytes, hash } = buildChange({
      deps: this.#heads,
      actor: this.#actor,
      seq: ++this.#seq,
      startOp: this.#maxOp + 1,
      other: undefined,
      columns,
    });
    this.#maxOp += operations;
    this.#heads = hash;
    this.#changes.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= pieceBytesMax) this.#cut();
  }

  type(at: number, text: string): void {
    const startOp = this.#maxOp + 1;
    const before = this.#counters[at - 1];
    const after = before === undefined ? undefined : { actor: 0, counter: before };
    this.add(insertColumns(this.#object, after, startOp, text), text.length);
    if (at === this.#counters.length) for (let i = 0; i < text.length; i++) this.#counters.push(startOp + i);
    else this.#counters.splice(at, 0, ...Array.from(text, (_, i) => startOp + i));
  }

  delete(at: number): void {
    const [counter] = this.#counters.splice(at, 1);
    if (counter === undefined) throw new RangeError(`nothing to delete at ${at}`);
    this.add(deleteColumns(this.#object, { actor: 0, counter }), 1);
  }

  seed(): Seed {
    this.#cut();
    return {
      documentId: newDocumentId(),
      actor: this.#actor,
      object: { actor: 1, counter: 1 },
      maxOp: this.#maxOp,
      heads: this.#heads,
      pieces: this.#pieces,
    };
  }

  #cut(): void {
    if (this.#changes.length > 0) this.#pieces.push({ heads: this.#heads, changes: this.#changes });
    this.#changes = [];
    this.#bytes = 0;
  }
}

/** The same document under another id. */
export const renamed = (seed: Seed): Seed => ({ ...seed, documentId: newDocumentId() });

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** 16 random bytes in base 58 with a checksum, as automerge-repo names documents. */
export function newDocumentId(): string {
  const id = randomBytes(16);
  // A leading zero byte would be written as a leading "1".
  id[0] ||= 1;
  let rest = BigInt(`0x${Buffer.concat([id, sha256(sha256(id)).subarray(0, 4)]).toString("hex")}`);
  let text = "";
  for (; rest > 0n; rest /= 58n) text = (alphabet[Number(rest % 58n)] ?? "") + text;
  return text;
}

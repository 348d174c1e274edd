/**
 * For tests only: frames of a real stock client, recorded and then spoiled in every layer that a relay reads.
 *
 * The layers: the bytes of a frame; its CBOR heads; its fields (missing, exchanged, of another type); the lists of
 * the sync message; the bytes of a change, whose checksum is made right again, so that nothing refuses it early.
 * The same seed gives the same frames for the same recording.
 */
import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import * as A from "@automerge/automerge";
import { cbor, generateAutomergeUrl, Repo, type PeerId } from "@automerge/automerge-repo";
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket";
import { chunk, deflatedChunk, leb, syncMessage, type Forged } from "./harness-forge.ts";
import { find, until, type Content, type Stage } from "./harness.ts";
import { decodeCbor } from "./protocol/cbor.ts";

export interface Recording {
  readonly peerId: string;
  readonly frames: readonly Uint8Array[];
}

class RecordingAdapter extends WebSocketClientAdapter {
  readonly frames: Uint8Array[] = [];

  override send(message: Parameters<WebSocketClientAdapter["send"]>[0]): void {
    this.frames.push(cbor.encode(message));
    super.send(message);
  }
}

/** Everything that a stock client says: it makes documents, finds one, edits at the same time as another, is present. */
export async function record(stage: Stage, url: string): Promise<Recording> {
  const adapter = new RecordingAdapter(url, 100);
  const peerId = "recorded" as PeerId;
  const repo = new Repo({ network: [adapter], peerId });
  stage.defer(() => adapter.disconnect());
  const other = stage.repo(url);
  const own = repo.create<Content>({ title: "own", text: "deflated? ".repeat(100) });
  const foreign = other.create<Content>({ title: "foreign" });
  const found = await find(repo, foreign.url);
  const copy = await find(other, own.url);
  for (let i = 0; i < 12; i++) {
    own.change((doc) => void (doc[`own${i}`] = `${i} `.repeat(i * 40)));
    copy.change((doc) => void (doc[`copy${i}`] = i));
    found.change((doc) => void (doc[`found${i}`] = i));
    own.broadcast({ cursor: i });
    await until(
      "level",
      () => own.heads().join() === copy.heads().join() && found.heads().join() === foreign.heads().join(),
    );
  }
  void repo.find(generateAutomergeUrl()).catch(() => {});
  await until("asked", () => adapter.frames.some((each) => decoded(each)?.["type"] === "request"));
  return { peerId, frames: [...adapter.frames] };
}

type Fields = Record<string, unknown>;

function decoded(frame: Uint8Array): Fields | undefined {
  const result = decodeCbor(frame);
  return result.ok && typeof result.value === "object" && result.value ? { ...result.value } : undefined;
}

export type Layer = "bytes" | "heads" | "fields" | "lists" | "change";
export interface Mutated {
  readonly layer: Layer;
  readonly bytes: Uint8Array;
}

const layers: readonly Layer[] = ["bytes", "heads", "fields", "lists", "change", "change"];
const interesting: readonly unknown[] = [
  0,
  -1,
  2 ** 31,
  2 ** 53 - 1,
  "",
  "x",
  "__proto__",
  "../../x",
  "a\0b",
  "x".repeat(5_000),
  true,
  [],
  {},
  [[[[[[[[[]]]]]]]]],
  { deckle: { version: 1 } },
  new Uint8Array(0),
  new Uint8Array(2_000),
];

export class Mutator {
  readonly #random: () => number;
  readonly #frames: readonly Uint8Array[];
  readonly #joins: readonly Uint8Array[];
  readonly #changes: readonly Uint8Array[];
  /** Frames that name a document are made to name this one, for the most part. */
  documentId: string;

  constructor(random: () => number, { frames }: Recording, documentId: string) {
    this.#random = random;
    this.#frames = frames;
    this.#joins = frames.filter((each) => decoded(each)?.["type"] === "join");
    this.#changes = frames.flatMap((each) => syncOf(decoded(each))?.changes ?? []);
    this.documentId = documentId;
    if (this.#joins.length === 0 || this.#changes.length === 0) throw new RangeError("nothing was recorded");
  }

  join(): Mutated {
    return this.#spoil(this.#pick(this.#joins), this.#pick(["bytes", "heads", "fields"]));
  }
  next(): Mutated {
    return this.#spoil(this.#pick(this.#frames), this.#pick(layers));
  }

  #spoil(frame: Uint8Array, layer: Layer): Mutated {
    const fields = decoded(frame);
    if (fields?.["documentId"] !== undefined && this.#random() < 0.9) fields["documentId"] = this.documentId;
    const named = fields ? encodeFields(fields) : frame;
    switch (layer) {
      case "bytes":
        return { layer, bytes: this.#bytes(named) };
      case "heads":
        return { layer, bytes: this.#heads(named) };
      case "fields":
        return { layer, bytes: encodeFields(this.#fields(fields ?? {})) };
      case "lists":
      case "change": {
        const sync = syncOf(fields);
        if (!sync || !fields) return { layer: "bytes", bytes: this.#bytes(named) };
        const data = syncMessage(layer === "lists" ? this.#lists(sync) : this.#change(sync));
        return { layer, bytes: encodeFields({ ...fields, data }) };
      }
    }
  }

  #bytes(original: Uint8Array): Uint8Array {
    let bytes = Buffer.from(original);
    for (let left = 1 + this.#below(4); left > 0; left--) {
      const at = this.#below(bytes.length + 1);
      const length = 1 + this.#below(16);
      const noise = Buffer.from(Array.from({ length }, () => this.#below(256)));
      const [front, back] = [bytes.subarray(0, at), bytes.subarray(at)];
      const other = this.#pick(this.#frames);
      switch (this.#below(6)) {
        case 0:
          if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << this.#below(8));
          break;
        case 1:
          bytes = Buffer.concat([front, noise, back]);
          break;
        case 2:
          bytes = Buffer.concat([front, back.subarray(length)]);
          break;
        case 3:
          bytes = Buffer.from(front);
          break;
        case 4:
          bytes = Buffer.concat([front, front.subarray(-length), back]);
          break;
        default:
          bytes = Buffer.concat([front, other.subarray(this.#below(other.length))]);
      }
    }
    return bytes;
  }

  /** Lengths and types: the first bytes of a frame are nearly all heads. */
  #heads(original: Uint8Array): Uint8Array {
    const bytes = Uint8Array.from(original);
    const at = this.#below(Math.min(bytes.length, 200));
    const byte = bytes[at] ?? 0;
    bytes[at] = this.#below(2) ? (byte & 0xe0) | this.#below(32) : (byte & 0x1f) | (this.#below(8) << 5);
    return bytes;
  }

  #fields(original: Fields): Fields {
    const fields = { ...original };
    const keys = Object.keys(fields);
    const [one, two] = [this.#pick(keys), this.#pick(keys)];
    const foreign = decoded(this.#pick(this.#frames)) ?? {};
    switch (this.#below(5)) {
      case 0:
        [fields[one], fields[two]] = [fields[two], fields[one]];
        break;
      case 1:
        delete fields[one];
        break;
      case 2:
        fields[one] = this.#pick(interesting);
        break;
      case 3:
        fields[this.#pick(["extra", "type", "count", "__proto__x", "data"])] = this.#pick(interesting);
        break;
      default:
        fields[one] = foreign[one] ?? this.#pick(interesting);
    }
    return fields;
  }

  #lists(sync: Forged): Forged {
    const heads = sync.heads ?? [];
    const hash = (): string =>
      Buffer.from(Array.from({ length: 32 }, () => this.#below(256))).toString("hex");
    const many = (): string[] => Array.from({ length: this.#below(200) }, hash);
    const noise = (): Buffer => Buffer.from(Array.from({ length: this.#below(100) }, () => this.#below(256)));
    switch (this.#below(8)) {
      case 0:
        return { ...sync, heads: [...heads, ...heads] };
      case 1:
        return { ...sync, heads: many() };
      case 2:
        return { ...sync, need: [...heads, ...many()] };
      case 3:
        return {
          ...sync,
          have: Array.from({ length: this.#below(20) }, () => ({ lastSync: many(), bloom: noise() })),
        };
      case 4:
        return { ...sync, changes: Array.from({ length: 10 }, () => this.#pick(this.#changes)) };
      case 5:
        return { ...sync, changes: [...(sync.changes ?? []), noise(), ...(sync.changes ?? [])].reverse() };
      case 6: {
        const bloom = Buffer.concat([
          leb(this.#below(1_000)),
          leb(this.#below(64)),
          leb(this.#below(20)),
          noise(),
        ]);
        return { ...sync, have: [{ lastSync: heads, bloom }] };
      }
      default:
        return { ...sync, version: 0x40 + this.#below(6), tail: noise() };
    }
  }

  /** A change with other content and the right checksum. */
  #change(sync: Forged): Forged {
    const original = this.#pick(this.#changes);
    const deflated = original[8] === 2;
    const body = deflated ? inflateRawSync(contentOf(original)) : contentOf(original);
    const spoilt = this.#below(2) ? this.#bytes(body) : Buffer.from(body);
    for (let left = this.#below(3); left > 0 && spoilt.length > 0; left--)
      spoilt[this.#below(spoilt.length)] = this.#below(256);
    const whole = chunk(1, spoilt);
    const bytes = deflated ? deflatedChunk(spoilt, Buffer.from(whole.hash.slice(0, 8), "hex")) : whole.bytes;
    const before = this.#below(2) ? this.#changes.slice(0, 20) : [];
    return { ...sync, heads: [whole.hash], changes: [...before, bytes] };
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }
  #pick<T>(list: readonly T[]): T {
    const picked = list[this.#below(list.length)];
    if (picked === undefined) throw new RangeError("an empty list");
    return picked;
  }
}

/** What is between a chunk's head and its end. */
function contentOf(bytes: Uint8Array): Uint8Array {
  let at = 9;
  while ((bytes[at] ?? 0) >= 0x80) at++;
  return bytes.subarray(at + 1);
}

function syncOf(fields: Fields | undefined): Forged | undefined {
  const data = fields?.["data"];
  if (!(data instanceof Uint8Array) || (fields?.["type"] !== "sync" && fields?.["type"] !== "request"))
    return undefined;
  const { heads, need, have, changes } = A.decodeSyncMessage(data);
  return { heads, need, have, changes };
}

/** As a stock client encodes. */
const encodeFields = (fields: Fields): Uint8Array => cbor.encode(fields);

/** Names a frame in a message to a person. */
export const fingerprint = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex").slice(0, 12);

/**
 * Brings blobs to the relay of the place that we are at, and from there, in the background: one up and one down at a
 * time. There is no queue to lose: what is to be done follows from what documents of the place name, what is here
 * and what the relay is known to have, and is looked at again after everything.
 *
 * A blob goes to a place only where a document that was of that place then has named it.
 */
import type { BlobState } from "../../ipc.ts";
import { blobPieceBytesFirst, blobPieceBytesMin, blobPieceMsWanted } from "../../policy/limits.ts";
import { blobPieceBytesMax } from "../../../relay/protocol/limits.ts";
import { Lane, type Tried } from "./lane.ts";
import type { KnownOnRelay } from "./known.ts";
import type { NamedBlobs } from "./named.ts";
import type { RelayBlobs } from "./relay-blobs.ts";
import type { BlobFiles } from "./store.ts";

/** Where blobs go now. */
export interface Destination {
  /** As documents name it (`placeKey`). */
  readonly place: string;
  /** Whether this device may bring blobs there. */
  readonly mayWrite: boolean;
  readonly blobs: RelayBlobs;
}

export interface TransfersOptions {
  readonly files: BlobFiles;
  readonly named: NamedBlobs;
  readonly known: KnownOnRelay;
  /** Where we are now; null is a place without a relay. */
  readonly destination: () => Destination | null;
  /** A blob has come. */
  readonly onCame: (sha256: string) => void;
  /** How many times shorter waits are, in tests. */
  readonly hurry?: number;
}

type Direction = "up" | "down";

export class Transfers {
  readonly #options: TransfersOptions;
  readonly #lanes: Readonly<Record<Direction, Lane>>;
  #pieceBytes = blobPieceBytesFirst;

  constructor(options: TransfersOptions) {
    this.#options = options;
    const { hurry = 1 } = options;
    const timing = { random: Math.random, nowMs: Date.now, hurry };
    this.#lanes = {
      up: new Lane({ ...timing, waiting: () => this.#toSend(), attempt: (blob) => this.#send(blob) }),
      down: new Lane({ ...timing, waiting: () => this.#toFetch(), attempt: (blob) => this.#fetch(blob) }),
    };
  }

  /** Something is new: a blob, or a name. */
  wake(): void {
    this.#lanes.up.wake();
    this.#lanes.down.wake();
  }

  /** We are at another place, or may do something else there: what failed before says nothing any more. */
  turned(): void {
    this.#lanes.up.startOver();
    this.#lanes.down.startOver();
  }

  /** Nothing begins any more. */
  stop(): void {
    this.#lanes.up.stop();
    this.#lanes.down.stop();
  }

  async state(sha256: string): Promise<BlobState> {
    const { files, named, known, destination } = this.#options;
    const at = destination();
    const isHere = await files.has(sha256);
    const isOfPlace = at !== null && named.isOf(at.place, sha256);
    const isOnRelay = at !== null && (await known.at(at.place))(sha256);
    const isComing = isOfPlace && !this.#lanes.down.isRefused(sha256);
    return {
      here: isHere ? "here" : isComing ? "coming" : "missing",
      relay: isOnRelay ? "on-relay" : isHere && isOfPlace ? "waiting" : null,
    };
  }

  async #toSend(): Promise<string[]> {
    const { files, named, known, destination } = this.#options;
    const at = destination();
    if (!at?.mayWrite) return [];
    const isOnRelay = await known.at(at.place);
    const found: string[] = [];
    for (const each of named.of(at.place)) if (!isOnRelay(each) && (await files.has(each))) found.push(each);
    return found;
  }

  async #toFetch(): Promise<string[]> {
    const { files, named, destination } = this.#options;
    const at = destination();
    if (!at) return [];
    const found: string[] = [];
    for (const each of named.of(at.place)) if (!(await files.has(each))) found.push(each);
    return found;
  }

  async #send(sha256: string): Promise<Tried> {
    const { files, known, destination } = this.#options;
    const at = destination();
    // Compared with its name once in this process: the relay would refuse what is damaged only after all of it.
    const bytes = await files.read(sha256);
    if (!at || !bytes) return { how: "refused", isFurther: false };
    const totalBytes = bytes.length;
    let isFurther = false;
    let told = await at.blobs.progress(sha256, totalBytes);
    while (told.ok && !told.isComplete) {
      // Turned away meanwhile: it goes on when we are back.
      if (destination()?.place !== at.place) return { how: "again", isFurther };
      const { offset } = told;
      const startedMs = performance.now();
      const piece = bytes.slice(offset, Math.min(offset + this.#pieceBytes, totalBytes));
      if (piece.length === 0) return { how: "again", isFurther };
      told = await at.blobs.append({ sha256, totalBytes, offset, bytes: piece });
      const tookMs = performance.now() - startedMs;
      const isQuick = told.ok && tookMs < blobPieceMsWanted;
      this.#pieceBytes = isQuick
        ? Math.min(this.#pieceBytes * 2, blobPieceBytesMax)
        : Math.max(this.#pieceBytes / 2, blobPieceBytesMin);
      // Somebody else brings it, or the relay has lost it: not at once again.
      if (told.ok && told.offset <= offset) return { how: "again", isFurther };
      isFurther ||= told.ok;
    }
    if (!told.ok) return { how: told.why === "unreachable" ? "again" : "refused", isFurther };
    await known.note(at.place, sha256);
    return { how: "done", isFurther: true };
  }

  async #fetch(sha256: string): Promise<Tried> {
    const { files, known, destination, onCame } = this.#options;
    const at = destination();
    if (!at) return { how: "refused", isFurther: false };
    const before = await files.partBytes(sha256);
    const told = await at.blobs.read(sha256, before, ({ from, content }) =>
      files.download(sha256, from, content),
    );
    const after = await files.partBytes(sha256);
    const isFurther = after > before;
    const isAllHere = told.ok ? after >= told.totalBytes : told.why === "past-end";
    if (!isAllHere) {
      const isAgain = told.ok || told.why === "unreachable";
      return { how: isAgain ? "again" : "refused", isFurther };
    }
    if (!(await files.finish(sha256))) return { how: "refused", isFurther: false };
    onCame(sha256);
    await known.note(at.place, sha256);
    return { how: "done", isFurther: true };
  }
}

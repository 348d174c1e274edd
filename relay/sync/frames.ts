/**
 * What goes out about one document, encoded: once for all who get the same. All are frames but for their last value
 * (`Connection.send`). The last piece that was read from the log is kept for a moment, a saved document's frame
 * for as long as the document: those who come back at once want the same.
 */
import { encodeSharedMap, type Encodable } from "../protocol/cbor.ts";
import { lastReadMs } from "../protocol/limits.ts";
import { encodeSyncMessage, type OutgoingMessage } from "./message.ts";
import { haveAll, type Piece } from "./peering.ts";
import type { Bytes, ChangeLog, Range } from "./ports.ts";
import type { SavedDocument } from "./saved-document.ts";
import { packBody } from "./segment.ts";

interface FramesSetting {
  readonly relayId: string;
  readonly documentId: string;
  readonly log: Pick<ChangeLog, "read">;
  after(delayMs: number, run: () => void): void;
}

/** Changes from the log. */
export interface PieceRead {
  readonly name: string;
  readonly bytes: Promise<Bytes>;
  /** What went out with them, by the heads that were told. */
  readonly framesByHeads: Map<string, Uint8Array>;
}

export class Frames {
  readonly #setting: FramesSetting;
  #lastRead: PieceRead | undefined;
  /** For as long as somebody keeps the document. */
  readonly #framesBySaved = new WeakMap<SavedDocument, Uint8Array>();

  constructor(setting: FramesSetting) {
    this.#setting = setting;
  }

  sync(message: OutgoingMessage): Uint8Array {
    return this.other("sync", { data: encodeSyncMessage(message) });
  }

  other(type: string, more: Record<string, Encodable> = {}): Uint8Array {
    const { relayId: senderId, documentId } = this.#setting;
    return encodeSharedMap({ type, senderId, documentId, ...more }, "targetId");
  }

  saved(saved: SavedDocument): Uint8Array {
    const { heads, bytes } = saved;
    const frame =
      this.#framesBySaved.get(saved) ??
      this.sync({ heads, need: [], have: [haveAll(heads)], changes: packBody([bytes]) });
    this.#framesBySaved.set(saved, frame);
    return frame;
  }

  read(ranges: readonly Range[]): PieceRead {
    const name = ranges.map(({ from, to }) => `${from}-${to}`).join();
    if (this.#lastRead?.name === name) return this.#lastRead;
    const { log, documentId } = this.#setting;
    const read: PieceRead = { name, bytes: log.read(documentId, ranges), framesByHeads: new Map() };
    this.#lastRead = read;
    this.#setting.after(lastReadMs, () => {
      if (this.#lastRead === read) this.#lastRead = undefined;
    });
    return read;
  }

  /** The same for all who want the same and are sure to have what is before it. */
  piece(piece: Piece, read: PieceRead, changes: OutgoingMessage["changes"]): Uint8Array {
    const { heads, need, have } = piece;
    if (need.length > 0 || have[0]?.lastSync !== heads) return this.sync({ heads, need, have, changes });
    const name = heads.join();
    const frame = read.framesByHeads.get(name) ?? this.sync({ heads, need, have, changes });
    read.framesByHeads.set(name, frame);
    return frame;
  }
}

/**
 * What the peers of one document upload, on its way into the graph: in order for each peer, in slices, so that a long
 * history does not stall the rest, and within bounds for what deflated changes may grow to. A whole document is taken
 * apart elsewhere first. Nothing here is durable yet; the room commits.
 */
import {
  changeInflatedBytesMax,
  chunkOverheadBytes,
  frameInflatedBytesMax,
  ingestAtOnceBytesMax,
  ingestSliceBytesMax,
  ingestSliceChangesMax,
} from "../protocol/limits.ts";
import type { Refused } from "../protocol/messages.ts";
import { isDocumentChunk, isPlainChunk, parseChange, type Change, type Hashing } from "./chunk.ts";
import type { Added, ChangeGraph } from "./graph.ts";
import type { Heard, Peering } from "./peering.ts";
import type { Documents, Report } from "./ports.ts";
import { readBody } from "./segment.ts";
import type { Turns } from "./turns.ts";

export interface IngestSetting {
  readonly documentId: string;
  readonly hashing: Hashing;
  readonly documents: Documents;
  readonly report: Report;
  readonly turns: Pick<Turns, "add" | "hold" | "release">;
  /** Changes were accepted and wait for a commit. */
  accepted(bytes: number): void;
  /** Changes of this peer lack what they depend on, and are kept for now. */
  orphaned(peering: Peering): void;
  /** Everything that this peer has sent so far is taken in. */
  finished(peering: Peering): void;
  /** A change that nobody has here and that this peer may not bring. */
  refused(peering: Peering, why: Refused): void;
  /** A whole document could not be taken apart. */
  unreadable(peering: Peering): void;
  onBug(error: unknown): void;
}

/** A sync message on its way into the graph. */
interface Upload {
  readonly claim: Heard;
  readonly bytes: number;
  chunks: readonly Uint8Array[];
  /** Chunks before this one are taken in. */
  at: number;
  inflatableBytes: number;
  /** A document in it is being taken apart. */
  unpacking: boolean;
}

export class Ingest {
  readonly #setting: IngestSetting;
  readonly #graph: ChangeGraph;
  /** Peers whose changes are being taken in, and what they sent, oldest first. */
  readonly #uploads = new Map<Peering, Upload[]>();

  constructor(graph: ChangeGraph, setting: IngestSetting) {
    this.#graph = graph;
    this.#setting = setting;
  }

  get isBusy(): boolean {
    return this.#uploads.size > 0;
  }

  /** The peer's claim is handed to its peering once the changes it brought are in the graph. */
  add(peering: Peering, claim: Heard, chunks: readonly Uint8Array[], bytes: number): void {
    const upload: Upload = {
      claim,
      chunks,
      bytes: bytes + chunkOverheadBytes * chunks.length,
      at: 0,
      inflatableBytes: frameInflatedBytesMax,
      unpacking: false,
    };
    this.#setting.turns.hold(peering.connection, upload.bytes);
    const waiting = this.#uploads.get(peering);
    if (waiting) {
      waiting.push(upload);
      return;
    }
    this.#uploads.set(peering, [upload]);
    if (bytes <= ingestAtOnceBytesMax && chunks.every(isPlainChunk)) this.#work(peering);
    else this.#continueLater(peering, upload);
  }

  /** Gives up what these connections were sending: it has to be sent again. */
  drop(connectionIds: ReadonlySet<number>): void {
    for (const peering of this.#uploads.keys())
      if (connectionIds.has(peering.connection.id)) this.#drop(peering);
  }

  #drop(peering: Peering): void {
    const { turns } = this.#setting;
    for (const { bytes } of this.#uploads.get(peering) ?? []) turns.release(peering.connection, bytes);
    this.#uploads.delete(peering);
  }

  /** Takes in one slice of what a peer uploaded, in order, and leaves the rest for later turns. */
  #work(peering: Peering): void {
    const uploads = this.#uploads.get(peering) ?? [];
    for (let upload = uploads[0]; upload; upload = uploads[0]) {
      if (upload.unpacking) return;
      this.#accept(peering, upload);
      if (upload.unpacking) return;
      if (upload.at < upload.chunks.length) return this.#continueLater(peering, upload);
      uploads.shift();
      this.#setting.turns.release(peering.connection, upload.bytes);
      peering.wait(upload.claim, this.#graph.length);
      const next = uploads[0];
      if (next && next.chunks.length > 0) return this.#continueLater(peering, next);
    }
    this.#uploads.delete(peering);
    this.#setting.finished(peering);
  }

  #continueLater(peering: Peering, upload: Upload): void {
    this.#setting.turns.add(peering.connection.id, () => {
      // It may have been given up meanwhile.
      if (this.#uploads.get(peering)?.[0] === upload) this.#work(peering);
    });
  }

  #accept(peering: Peering, upload: Upload): void {
    const to = upload.at + ingestSliceChangesMax;
    const { length: before, orphanBytes } = this.#graph;
    let bytes = 0;
    let hashed = 0;
    // What has inflated far costs as much as many changes: the slice ends there too.
    while (upload.at < Math.min(to, upload.chunks.length) && hashed < ingestSliceBytesMax) {
      const chunk = upload.chunks[upload.at++];
      if (!chunk) break;
      if (isDocumentChunk(chunk)) {
        upload.unpacking = true;
        this.#unpack(peering, upload, chunk);
        break;
      }
      bytes += chunk.length;
      hashed += chunk.length + this.#place(peering, upload, chunk);
    }
    if (this.#graph.length > before) {
      // Before anybody else's turn: what others may bring depends on it.
      peering.connection.wrote(this.#setting.documentId);
      this.#setting.accepted(bytes);
    }
    if (this.#graph.orphanBytes > orphanBytes) this.#setting.orphaned(peering);
  }

  /** Returns to how many bytes it inflated. */
  #place(peering: Peering, upload: Upload, chunk: Uint8Array): number {
    const { hashing, documentId, report } = this.#setting;
    const { connection } = peering;
    const parsed = parseChange(chunk, hashing, Math.min(upload.inflatableBytes, changeInflatedBytesMax));
    upload.inflatableBytes -= parsed.inflatedBytes;
    const result = parsed.ok ? this.#add(peering, parsed.change) : parsed.fault;
    if (result !== "accepted" && result !== "known" && result !== "orphaned")
      report("change-refused", { document: documentId, connection: connection.id, why: result });
    return parsed.inflatedBytes;
  }

  /**
   * Asked for each change, and not once for the frame: a long upload is worked off for seconds, in which a device may
   * be revoked. What is known may be said again by anybody.
   */
  #add(peering: Peering, change: Change): Added | Refused {
    const { connection } = peering;
    const why = connection.refusalOf(this.#setting.documentId, change);
    if (why === undefined || this.#graph.knows(change.hash)) return this.#graph.add(change, connection.id);
    this.#setting.refused(peering, why);
    return why;
  }

  /** Puts the changes of a whole document in its place. */
  #unpack(peering: Peering, upload: Upload, document: Uint8Array): void {
    this.#setting.documents
      .changes(document)
      .then((changes) => {
        if (this.#uploads.get(peering)?.[0] !== upload) return;
        upload.unpacking = false;
        const chunks: Uint8Array[] = [];
        if (!changes || !readBody(changes.body, changes.count, (chunk) => void chunks.push(chunk))) {
          const { documentId, report } = this.#setting;
          report("change-refused", {
            document: documentId,
            connection: peering.connection.id,
            why: "unreadable-document",
          });
          this.#drop(peering);
          return this.#setting.unreadable(peering);
        }
        // They come from a process that was given a bound, so they are not counted as inflating again.
        upload.inflatableBytes = Number.MAX_SAFE_INTEGER;
        upload.chunks = [...chunks, ...upload.chunks.slice(upload.at)];
        upload.at = 0;
        this.#work(peering);
      })
      .catch((error: unknown) => this.#setting.onBug(error));
  }
}

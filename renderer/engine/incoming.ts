/**
 * How much of each document is here of what the relay is sending of it, from the relay's own words.
 *
 * Before each piece of a long catch-up the relay says how much it has sent with that piece, in bytes of changes, and
 * of how much. What it names counts once the piece has come, so a number is never more than what is here. It ends
 * when the last piece was handed on, when the relay says that it has no document, and with the connection.
 */
import type { ProgressMessage } from "../../relay/protocol/messages.ts";
import { receivingDocumentsMax } from "./limits.ts";
import type { Receiving } from "./port.ts";

/** `announcedBytes`: what is here once the next sync message is. */
type Catch = { receivedBytes: number; announcedBytes: number; totalBytes: number };

export class Incoming {
  private readonly tell: (documentId: string, receiving: Receiving | null) => void;
  private readonly catchByDocument = new Map<string, Catch>();

  constructor(tell: (documentId: string, receiving: Receiving | null) => void) {
    this.tell = tell;
  }

  /** The relay said what the next sync message of a document brings it to. */
  announced({ documentId, sentBytes, totalBytes }: ProgressMessage): void {
    const before = this.catchByDocument.get(documentId);
    // 0 is said before a document that comes whole, in one message.
    const announced = sentBytes === 0 ? totalBytes : sentBytes;
    if (!before) {
      // What somebody wrote after the catch-up was counted is more than the total, and no catch-up.
      if (announced > totalBytes || this.catchByDocument.size >= receivingDocumentsMax) return;
    }
    const isSame = before?.totalBytes === totalBytes && announced > before.announcedBytes;
    const receivedBytes = isSame ? before.receivedBytes : 0;
    const next = { receivedBytes, announcedBytes: Math.min(announced, totalBytes), totalBytes };
    this.catchByDocument.set(documentId, next);
    if (!isSame) this.tell(documentId, { receivedBytes, totalBytes });
  }

  /** A sync message of a document has come. */
  came(documentId: string): void {
    const one = this.catchByDocument.get(documentId);
    if (!one || one.receivedBytes === one.announcedBytes) return;
    one.receivedBytes = one.announcedBytes;
    this.tell(documentId, { receivedBytes: one.receivedBytes, totalBytes: one.totalBytes });
  }

  /** What had come of a document was handed on. */
  handedOn(documentId: string): void {
    const one = this.catchByDocument.get(documentId);
    if (one && one.receivedBytes >= one.totalBytes) this.end(documentId);
  }

  end(documentId: string): void {
    if (this.catchByDocument.delete(documentId)) this.tell(documentId, null);
  }

  stop(): void {
    for (const documentId of this.catchByDocument.keys()) this.end(documentId);
  }
}

/**
 * What a benchmark sees of a client, whatever server it talks to: it joins a document, edits it, and says which
 * edits of others reached it. No client holds a document: the protocols are spoken on bytes.
 */
import { Histogram } from "./histogram.ts";

/** Longer than any server needs to bring a client level; a row that waits for it has failed. */
export const joinMs = 60_000;

/** What a document holds before anyone measures. */
export type Content =
  /** So much text, written in changes of so many characters. */
  | { readonly kind: "text"; readonly chars: number; readonly charsPerChange: number }
  /** A document of about 100,000 characters that took 260,000 keystrokes, one change each. */
  | { readonly kind: "history" };

/** Who edits what, and when: shared by the clients of one document. A writer's edits are all of one length. */
export class Ledger {
  readonly #writers: { readonly chars: number; readonly sentAtMs: number[] }[] = [];
  latency = new Histogram();
  sent = 0;
  delivered = 0;
  /** Runs in the moment in which a reader got something, before anything else does. */
  onDeliver: () => void = () => {};

  send(writer: number, nowMs: number, chars = 1): void {
    this.sent++;
    (this.#writers[writer] ??= { chars, sentAtMs: [] }).sentAtMs.push(nowMs);
  }

  /** Forgets the figures, not the edits: what is under way is still told apart. */
  reset(): void {
    this.sent = this.delivered = 0;
    this.latency = new Histogram();
  }

  charsPerEdit(writer: number): number {
    return this.#writers[writer]?.chars ?? 1;
  }

  /** Edits `first` to `last` of a writer, counted from 1, are at one reader. */
  deliver(writer: number, first: number, last: number, nowMs: number): void {
    const times = this.#writers[writer]?.sentAtMs;
    for (let number = first; number <= last; number++) {
      const sentAtMs = times?.[number - 1];
      if (sentAtMs === undefined) continue;
      this.delivered++;
      this.latency.add(nowMs - sentAtMs);
    }
    this.onDeliver();
  }
}

export interface Client {
  /** Unique within the run; the writer's number in a ledger. */
  readonly index: number;
  readonly isClosed: boolean;
  readonly closedBy: string;
  /** Edits of others that it has, each counted once. */
  readonly received: number;
  /** Edits that it had already, its own among them: what a server sent in vain. */
  readonly repeats: number;
  readonly receivedBytes: number;
  readonly unsentBytes: number;
  /** Presence messages of others. */
  readonly presences: number;
  /**
   * Connects, fresh or `from` where an earlier client stood, and resolves once it has all that a client at `until`
   * has; without that, what the document was seeded with.
   */
  join(from?: Standing, until?: Standing): Promise<void>;
  /** Where the client stands, for a later client to come back with. */
  standing(): Standing;
  /** Types a character, sent when the client library would send it. */
  edit(): void;
  /** Tells the others where its cursor is. */
  present(): void;
  /** One edit of so many bytes that merge with nothing. */
  upload(bytes: number): void;
  /** One of the frames that ask for a document which nobody has, or a socket that does. */
  askForUnknown(): void;
  stall(): void;
  close(): void;
  terminate(): void;
}

/** What a client knew when it left. */
export interface Standing {
  readonly bytes: Uint8Array;
  /** Edits by writer. */
  readonly editsByWriter: ReadonlyMap<number, number>;
}

/** A document on one server, as the generator knows it. */
export interface Scene {
  /** What its server calls it. */
  readonly documentId: string;
  readonly ledger: Ledger;
  /** With a ledger of its own, its edits are in nobody's figures. */
  client(index: number, ledger?: Ledger): Client;
  /** A client that hands over each change (Automerge) or update (Yjs) as it comes, valid during the call. */
  listener(index: number, onBytes: (bytes: Buffer) => void): Client;
  /** Brings the content to the server. The seeding client has left when it resolves. */
  seed(): Promise<void>;
  /** Another document with the same content. */
  another(): Scene;
}

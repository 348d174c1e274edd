/**
 * Gathers a document's incoming sync messages where applying them is slow.
 *
 * Automerge applies changes in a time that grows with the document and not with their number: 120 ms
 * in a body of 500,000 characters, for one as for a hundred. A typist sends one every 80 ms. So after
 * a slow message the next ones wait, as long as leaves most of the time to everything else
 * (`limits.ts`), and are applied as one: as if the sender had not sent until then.
 *
 * Documents that are quick to apply, and messages that nothing slow came shortly before, pass at once.
 * A document's messages keep their order, and none is lost or waits for ever.
 */
import * as A from "@automerge/automerge/slim";
import type { Message } from "@automerge/automerge-repo/slim";
import type { Clock, Timer } from "./clock.ts";
import { applySlowMs, gatherBytesMax, gatherMostMs, gatherTimes } from "./limits.ts";

export type DocumentMessage = Message & { documentId: string };
type SyncMessage = DocumentMessage & { data: Uint8Array };
type Held = { message: SyncMessage; sync: A.DecodedSyncMessage };

/** A document that is slow to apply changes to. */
type Slow = {
  /** Changes that come in before this wait until then. */
  until: number;
  held: Held[];
  heldBytes: number;
  timer: Timer | null;
  /** Whether what was handed on last brought changes: else it took no time, and says nothing of the document. */
  brought: boolean;
};

export class Gathering {
  private readonly clock: Clock;
  private readonly handOn: (message: DocumentMessage) => void;
  private readonly slowByDocument = new Map<string, Slow>();

  constructor(clock: Clock, handOn: (message: DocumentMessage) => void) {
    this.clock = clock;
    this.handOn = handOn;
  }

  receive(message: DocumentMessage): void {
    const slow = this.slowByDocument.get(message.documentId);
    if (!slow) return this.handOn(message);
    const sync = isSync(message) ? decoded(message.data) : null;
    if (!isSync(message) || !sync) {
      this.release(slow);
      return this.handOn(message);
    }
    const brings = sync.changes.length > 0;
    if (slow.held.length === 0 && (!brings || this.clock.now() >= slow.until)) {
      slow.brought = brings;
      return this.handOn(message);
    }
    slow.held.push({ message, sync });
    slow.heldBytes += message.data.length;
    if (slow.heldBytes > gatherBytesMax) return this.release(slow);
    slow.timer ??= this.clock.after(Math.max(0, slow.until - this.clock.now()), () => this.release(slow));
  }

  /** A message of a document was applied, and took so long. */
  applied(document: string, tookMs: number): void {
    const slow = this.slowByDocument.get(document);
    if (tookMs < applySlowMs) {
      if (slow?.brought && slow.held.length === 0) this.slowByDocument.delete(document);
      return;
    }
    const until = this.clock.now() + Math.min(gatherMostMs, gatherTimes * tookMs);
    if (slow) slow.until = until;
    else this.slowByDocument.set(document, { until, held: [], heldBytes: 0, timer: null, brought: true });
  }

  /** Hands on all that waits, and forgets what was slow: the connection ends. */
  stop(): void {
    for (const slow of this.slowByDocument.values()) this.release(slow);
    this.slowByDocument.clear();
  }

  private release(slow: Slow): void {
    slow.timer?.cancel();
    slow.timer = null;
    const { held } = slow;
    slow.held = [];
    slow.heldBytes = 0;
    const failures: unknown[] = [];
    for (const run of runsOf(held)) {
      slow.brought = run.some(({ sync }) => sync.changes.length > 0);
      try {
        this.handOn(merged(run));
      } catch (error) {
        failures.push(error); // what comes after it is not lost for that
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

const isSync = (message: DocumentMessage): message is SyncMessage =>
  message.type === "sync" && message.data !== undefined;

function decoded(data: Uint8Array): A.DecodedSyncMessage | null {
  try {
    return A.decodeSyncMessage(data);
  } catch {
    return null; // the repo will say so
  }
}

/** Cuts what is held into what one message can say. */
function runsOf(held: readonly Held[]): [Held, ...Held[]][] {
  const runs: [Held, ...Held[]][] = [];
  for (const one of held) {
    const run = runs.at(-1);
    if (run && continues(run[0], one)) run.push(one);
    else runs.push([one]);
  }
  return runs;
}

/** Not over empty heads: those say that the sender has lost the document, and make the receiver start over. */
const continues = (first: Held, next: Held): boolean =>
  next.message.senderId === first.message.senderId &&
  next.message.data[0] === first.message.data[0] && // the message format's version
  first.sync.heads.length > 0 &&
  next.sync.heads.length > 0;

/**
 * What the messages say together. The sender's heads and what it has are as in the last; what it
 * asked for in any of them it may still need.
 */
function merged([first, ...rest]: [Held, ...Held[]]): SyncMessage {
  const last = rest.at(-1);
  if (!last) return first.message;
  const all = [first, ...rest].map(({ sync }) => sync);
  const data = A.encodeSyncMessage({
    ...last.sync,
    need: [...new Set(all.flatMap(({ need }) => need))],
    changes: all.flatMap(({ changes }) => changes),
  });
  return { ...last.message, data };
}

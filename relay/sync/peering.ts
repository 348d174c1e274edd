/**
 * What one connection has of one document, and what to tell it next: the relay's half of Automerge's sync.
 *
 * The transport keeps order, so it is enough to know how far in the graph's order the peer was served (`#sentUpTo`)
 * and what of before that is still to go (`#backlog`). `#certain` means that all of it is sure to be there; without
 * it a Bloom filter may have claimed a change that the peer lacks, which the peer's `need` then names. A peer whose
 * heads go back (it lost data) is served anew from what it claims. A peer that reports the same over and over is
 * answered a bounded number of times. Only durable positions are ever told. Not for sending: it returns pieces.
 */
import {
  catchUpBytesMax,
  catchUpChangesMax,
  documentChangeBytesMax,
  documentFromBytes,
  restartAtOnceChangesMax,
  stalledRoundsMax,
  toldHeadsMax,
  toldMax,
  waitingClaimsMax,
} from "../protocol/limits.ts";
import type { Refused } from "../protocol/messages.ts";
import { BloomFilter } from "./bloom.ts";
import type { ChangeGraph } from "./graph.ts";
import type { Claim, Have } from "./message.ts";
import type { Connection } from "./ports.ts";

/** A sync message but for the bytes of its changes. */
export interface Piece extends Claim {
  readonly positions: readonly number[];
}

export interface Heard extends Claim {
  readonly request: boolean;
  readonly takesDocuments: boolean;
  /** The message brought changes, which are accepted, refused or known by now. */
  readonly brought: boolean;
}

interface Waiting {
  heard: Heard;
  /** The graph's length that must be durable before this may be answered. */
  awaits: number;
}

export class Peering {
  readonly connection: Connection;
  readonly #waiting: Waiting[] = [];
  #theirHeads: readonly string[] | undefined;
  #sentUpTo = 0;
  #backlog: number[] = [];
  #sentNeeds = new Set<number>();
  #certain = false;
  /** Of their heads, those that the graph had when they were told. */
  #theirPositions: readonly number[] = [];
  #lastSync: readonly string[] = [];
  #owes = false;
  /** It has heads that the graph has not: only a message of its own can ask for them. */
  #lacksTheirs = false;
  #stalls = 0;
  /** It has nothing and takes a whole document; undecided until it was tried. */
  #takesDocument = false;
  /** Bytes of changes that were to go when it was last served anew, and that have gone since. */
  #totalBytes = 0;
  #sentBytes = 0;
  #claimedChanges = 0;
  #documentsSent = 0;
  /** A filter of a long history takes a while to make: the last one, and what it was made of. */
  #have: { readonly of: string; readonly have: Have } | undefined;
  #restart: Heard | undefined;
  /** Messages that went to it and that nothing it said can be an answer to yet. */
  #unanswered = 0;
  /** Set while the bytes of a piece are read: nothing may overtake it. */
  reading = false;
  /** Why something that it brought was not kept, as far as it was told. */
  readonly refusedFor = new Set<Refused>();
  /** Heads of the last receipt, so that none is sent twice. */
  #receipted = "";
  /** Of the last messages to it that it has not echoed, what heads they told. */
  readonly #told: string[] = [];
  /** The last heads that were an echo and not receipted. */
  #echoed = "";

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Keeps what a peer said until the changes it brought are durable. Many at once are folded: the last one counts. */
  wait(heard: Heard, awaits: number): void {
    const last = this.#waiting.at(-1);
    if (last && this.#waiting.length >= waitingClaimsMax) {
      last.heard = {
        ...heard,
        request: heard.request || last.heard.request,
        brought: heard.brought || last.heard.brought,
      };
      last.awaits = awaits;
    } else {
      this.#waiting.push({ heard, awaits });
    }
  }

  /** What was said and can be answered now, in order. */
  due(durable: number): Heard | undefined {
    const first = this.#waiting[0];
    if (!first || first.awaits > durable) return undefined;
    this.#waiting.shift();
    return first.heard;
  }

  /** Positions have shifted, as another node's changes came before those that wait. */
  awaitAtLeast(length: number): void {
    for (const each of this.#waiting) each.awaits = Math.max(each.awaits, length);
  }

  /** Changes that it brought wait for a commit, whether it was the first to bring them or not. */
  awaitsWhatItBrought(durable: number): boolean {
    return this.#waiting.some(({ heard, awaits }) => heard.brought && awaits > durable);
  }

  /** What was waited for will not come: a commit failed. */
  awaitOnly(durable: number): void {
    for (const each of this.#waiting) each.awaits = Math.min(each.awaits, durable);
  }

  /** Everything below `position` was sent and nothing is asked of it: the shared frame of a commit is right for it. */
  isLevelAt(position: number): boolean {
    return (
      this.#certain &&
      !this.reading &&
      !this.#restart &&
      this.#sentUpTo === position &&
      this.#backlog.length === 0 &&
      !this.#lacksTheirs
    );
  }

  /**
   * Whether these heads of what it brought, or only told, are to be receipted. What it was told it knows to be durable:
   * to say so once more to each reader that has taken in a change would be a third of all frames.
   */
  takesReceipt(heads: readonly string[], brought: boolean): boolean {
    const key = keyOfHeads(heads);
    const told = this.#told.indexOf(key);
    this.#told.splice(0, told + 1);
    // Who says the same once more does not go by what it was told.
    const isEcho = told >= 0 && !brought && this.#echoed !== key;
    if (isEcho) this.#echoed = key;
    if (isEcho || heads.length === 0 || this.#receipted === key) return false;
    this.#receipted = key;
    return true;
  }

  #tell(heads: readonly string[]): void {
    if (!this.connection.deckle || heads.length > toldHeadsMax) return;
    if (this.#told.push(keyOfHeads(heads)) > toldMax) this.#told.shift();
  }

  /** The shared frame of a commit went out to it; as it told the heads, it was an answer as well. */
  sentShared(upTo: number, heads: readonly string[]): void {
    this.#tell(heads);
    this.#unanswered++;
    this.#sentUpTo = upTo;
    this.#owes = false;
  }

  /** Whether it should be sent the document as a whole, which is tried once each time it is served anew. */
  get wantsDocument(): boolean {
    return this.#takesDocument && !this.reading;
  }

  /** It was sent a document that holds all positions below `upTo`; 0 is that there is none to send. */
  sentDocument(upTo: number, graph: ChangeGraph): void {
    this.#takesDocument = false;
    if (upTo === 0) return;
    this.#documentsSent++;
    this.#unanswered++;
    this.#backlog = this.#backlog.filter((position) => position >= upTo);
    this.#sentUpTo = Math.max(this.#sentUpTo, upTo);
    this.#totalBytes = this.#bytesOf(graph);
    this.#sentBytes = 0;
    this.#owes = false;
  }

  /** How many changes it said that it has beyond what both have, when it last spoke. */
  get claimedChanges(): number {
    return this.#claimedChanges;
  }

  /** Bytes of changes, for whoever waits for them. */
  get progress(): { readonly sentBytes: number; readonly totalBytes: number } {
    return { sentBytes: this.#sentBytes, totalBytes: this.#totalBytes };
  }

  /** Takes in what it said. True where all that it has is durable here. */
  hear(heard: Heard, graph: ChangeGraph): boolean {
    const known = positionsOf(heard.heads, graph);
    const complete = known.length === heard.heads.length;
    const before = this.#theirHeads;
    // As they were known then, or as they are now that what was unknown has come.
    const positionsBefore = this.#lacksTheirs ? positionsOf(before ?? [], graph) : this.#theirPositions;
    const same = before !== undefined && !heard.brought && isSameSet(before, heard.heads);
    // Automerge's way to say that it does not know what it was told both have.
    const startsOver = this.#lastSync.length > 0 && heard.have.every((each) => each.lastSync.length === 0);
    this.#theirHeads = heard.heads;
    this.#theirPositions = known;
    this.#lastSync = heard.have.flatMap((each) => each.lastSync);
    this.#claimedChanges = heard.have.reduce((sum, each) => sum + each.bloom.entries, 0);

    const wentBack =
      before !== undefined &&
      complete &&
      (this.#leapt(heard, known, positionsBefore) || !graph.covers(known, positionsBefore));
    const needs = this.#freshNeeds(heard, graph);
    // It said the same again, and not in answer to anything that went to it: what it was sent did not help it.
    const isDocumentRefused = heard.heads.length === 0 && this.#documentsSent > 0;
    const isStuck = same && needs.length === 0 && (this.#unanswered === 0 || startsOver || isDocumentRefused);
    if (this.#unanswered > 0) this.#unanswered--;
    this.#lacksTheirs = !complete;
    // Heads that nobody knows, and nothing brought for them, are no progress either, however often they are others.
    const isUnknown = !complete && !heard.brought;
    if ((same && !heard.request && needs.length === 0) || isUnknown) {
      if (++this.#stalls > stalledRoundsMax) return complete;
    } else if (!same) {
      this.#stalls = 0;
    }
    if (heard.brought || !complete) this.#owes = true;
    if (before === undefined || heard.request || wentBack || isStuck || this.#restart) this.#restart = heard;
    else {
      this.#addNeeds(needs);
      this.#settleCertainty(graph);
    }
    return complete;
  }

  /**
   * Far ahead of where it was, though nothing went to it and it brought nothing: elsewhere it may have, or it says now
   * this and now that. To look whether it has all that it had costs the way between, so it is served anew, in its turn.
   */
  #leapt({ brought }: Heard, known: readonly number[], before: readonly number[]): boolean {
    if (brought || this.#unanswered > 0) return false;
    return Math.max(0, ...known) - Math.min(...before, Number.MAX_SAFE_INTEGER) > restartAtOnceChangesMax;
  }

  /** What a filter claimed wrongly. */
  #freshNeeds({ need }: Heard, graph: ChangeGraph): number[] {
    if (need.length === 0) return [];
    return positionsOf(need, graph).filter((each) => each < this.#sentUpTo && !this.#sentNeeds.has(each));
  }

  #addNeeds(needs: readonly number[]): void {
    if (needs.length === 0) return;
    for (const each of needs) this.#sentNeeds.add(each);
    this.#backlog = [...new Set([...this.#backlog, ...needs])].sort((a, b) => a - b);
  }

  #settleCertainty(graph: ChangeGraph): void {
    if (this.#certain || this.#lacksTheirs) return;
    if ((graph.since(this.#theirPositions)[0] ?? graph.durable) < this.#sentUpTo) return;
    this.#certain = true;
    this.#have = undefined;
    this.#sentNeeds.clear();
  }

  /** What both have, as far as the peer has said. */
  #shared(graph: ChangeGraph): number[] {
    return [...new Set([...this.#theirPositions, ...positionsOf(this.#lastSync, graph)])];
  }

  #haveSince(graph: ChangeGraph): Have {
    const shared = this.#shared(graph);
    const of = `${graph.durable} ${shared.join(" ")}`;
    if (this.#have?.of !== of) this.#have = { of, have: haveSince(shared, graph) };
    return this.#have.have;
  }

  /** What it lacks is to be worked out anew: `restart` does it, until then nothing is sent to it. */
  get wantsRestart(): boolean {
    return this.#restart !== undefined;
  }

  /** Costs the size of the history where it has little of it. */
  restart(graph: ChangeGraph): void {
    const heard = this.#restart;
    if (!heard) return;
    this.#restart = undefined;
    const missing = graph.since(this.#shared(graph));
    const send = notHad(missing, heard.have, graph);
    this.#backlog = send;
    this.#certain = send.length === missing.length;
    this.#sentUpTo = graph.durable;
    this.#sentNeeds.clear();
    this.#addNeeds(this.#freshNeeds(heard, graph));
    this.#settleCertainty(graph);
    this.#owes = true;
    this.#totalBytes = this.#bytesOf(graph);
    this.#sentBytes = 0;
    const isNew = heard.heads.length === 0 && send.length === graph.durable;
    // A document that it was sent and has nothing of all the same is not sent it again.
    if (heard.heads.length > 0) this.#documentsSent = 0;
    const isLong = this.#totalBytes >= documentFromBytes;
    const isOfSmallChanges = this.#totalBytes <= graph.durable * documentChangeBytesMax;
    this.#takesDocument =
      isNew && heard.takesDocuments && isLong && isOfSmallChanges && this.#documentsSent === 0;
  }

  #bytesOf(graph: ChangeGraph): number {
    if (this.#backlog.length === graph.durable) return graph.sizeUpTo(graph.durable);
    return this.#backlog.reduce((sum, position) => sum + graph.size(position), 0);
  }

  /** The next message for this peer, or nothing; the caller sends it before it asks again. */
  next(graph: ChangeGraph): Piece | undefined {
    if (this.#theirHeads === undefined || this.reading || this.#restart) return undefined;
    const behind = this.#sentUpTo < graph.durable;
    if (!this.#owes && !behind && this.#backlog.length === 0) return undefined;
    const positions = this.#take(graph);
    // Only its own: it is answered when all that it sent is durable. Each answer may cost it a filter of what is left.
    if (!this.#owes && positions.length === 0) return undefined;
    const last = this.#backlog.length === 0 && this.#sentUpTo === graph.durable;
    const headPositions = last
      ? graph.headPositions
      : graph.headsBelow(Math.max(0, ...positions.slice(-1)) + 1);
    this.#owes = false;
    this.#unanswered++;
    const heads = graph.hashesOf(headPositions);
    this.#tell(heads);
    const need = [...new Set([...this.#theirHeads.filter((hash) => !graph.knows(hash)), ...graph.missing()])];
    return {
      positions,
      heads,
      need,
      have: [this.#certain ? haveAll(heads) : this.#haveSince(graph)],
    };
  }

  #take(graph: ChangeGraph): number[] {
    const taken: number[] = [];
    let bytes = 0;
    const fits = (position: number): boolean => {
      const size = graph.size(position);
      if (taken.length > 0 && (bytes + size > catchUpBytesMax || taken.length >= catchUpChangesMax))
        return false;
      bytes += size;
      taken.push(position);
      this.#sentBytes += size;
      return true;
    };
    const stopAt = this.#backlog.findIndex((position) => !fits(position));
    this.#backlog = stopAt < 0 ? [] : this.#backlog.slice(stopAt);
    if (stopAt >= 0) return taken;
    while (this.#sentUpTo < graph.durable) {
      if (graph.origin(this.#sentUpTo) !== this.connection.id && !fits(this.#sentUpTo)) break;
      this.#sentUpTo++;
    }
    return taken;
  }
}

/**
 * "I have all up to these heads": right only for a peer that is sure to know them once it has read the message.
 * It makes the peer send what it has beyond them, and costs no filter.
 */
export const haveAll = (heads: readonly string[]): Have => ({ lastSync: heads, bloom: BloomFilter.of([]) });

function haveSince(shared: readonly number[], graph: ChangeGraph): Have {
  const words = graph.since(shared).map((position) => graph.words(position));
  return { lastSync: graph.hashesOf(shared), bloom: BloomFilter.of(words) };
}

/** Of `missing`, what no filter claims, and all that depends on such a change (a filter may claim it wrongly). */
function notHad(missing: readonly number[], have: readonly Have[], graph: ChangeGraph): number[] {
  const filters = have.map((each) => each.bloom);
  if (filters.every((each) => each.entries === 0)) return [...missing];
  const send = new Set<number>();
  for (const position of missing) {
    const words = graph.words(position);
    if (graph.deps(position).some((dep) => send.has(dep)) || !filters.some((filter) => filter.has(words)))
      send.add(position);
  }
  return [...send];
}

const keyOfHeads = (heads: readonly string[]): string => heads.join("");

const positionsOf = (hashes: readonly string[], graph: ChangeGraph): number[] =>
  hashes.flatMap((hash) => graph.position(hash) ?? []);

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 1 && b.length === 1) return a[0] === b[0];
  const set = new Set(a);
  return set.size === new Set(b).size && b.every((each) => set.has(each));
}

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
  stalledRoundsMax,
  waitingClaimsMax,
} from "../protocol/limits.ts";
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
  #shared: readonly number[] = [];
  #owes = false;
  #stalls = 0;
  /** Set while the bytes of a piece are read: nothing may overtake it. */
  reading = false;
  /** Heads of the last receipt, so that none is sent twice. */
  receipted = "";

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

  /** What was waited for will not come: a commit failed. */
  awaitOnly(durable: number): void {
    for (const each of this.#waiting) each.awaits = Math.min(each.awaits, durable);
  }

  /** Everything below `position` was sent, nothing else is owed: the shared frame of a commit is right for it. */
  isLevelAt(position: number): boolean {
    return (
      this.#certain &&
      !this.reading &&
      this.#sentUpTo === position &&
      this.#backlog.length === 0 &&
      !this.#owes
    );
  }

  sentShared(upTo: number): void {
    this.#sentUpTo = upTo;
  }

  hear(heard: Heard, graph: ChangeGraph): void {
    const known = positionsOf(heard.heads, graph);
    const complete = known.length === heard.heads.length;
    const base = [...new Set([...known, ...heard.have.flatMap((each) => positionsOf(each.lastSync, graph))])];
    const before = this.#theirHeads;
    const same = before !== undefined && !heard.brought && isSameSet(before, heard.heads);
    this.#theirHeads = heard.heads;
    this.#shared = base;

    const freshNeeds = positionsOf(heard.need, graph).filter(
      (each) => each < this.#sentUpTo && !this.#sentNeeds.has(each),
    );
    if (same && !heard.request && freshNeeds.length === 0) {
      if (++this.#stalls > stalledRoundsMax) return;
    } else if (!same) {
      this.#stalls = 0;
    }
    const wentBack = before !== undefined && complete && !graph.covers(known, positionsOf(before, graph));
    if (before === undefined || heard.request || wentBack || (same && freshNeeds.length === 0)) {
      this.#startOver(base, heard.have, graph);
    }
    const backlog = new Set(this.#backlog);
    for (const each of freshNeeds) {
      this.#sentNeeds.add(each);
      if (!backlog.has(each)) this.#backlog.push(each);
    }
    if (freshNeeds.length > 0) this.#backlog.sort((a, b) => a - b);
    if (heard.brought || !complete) this.#owes = true;
    if (!this.#certain && complete && (graph.since(known)[0] ?? graph.durable) >= this.#sentUpTo) {
      this.#certain = true;
      this.#sentNeeds.clear();
    }
  }

  #startOver(base: readonly number[], have: readonly Have[], graph: ChangeGraph): void {
    const missing = graph.since(base);
    const send = notHad(missing, have, graph);
    this.#backlog = send;
    this.#certain = send.length === missing.length;
    this.#sentUpTo = graph.durable;
    this.#sentNeeds.clear();
    this.#owes = true;
  }

  /** The next message for this peer, or nothing; the caller sends it before it asks again. */
  next(graph: ChangeGraph): Piece | undefined {
    if (this.#theirHeads === undefined || this.reading) return undefined;
    const behind = this.#sentUpTo < graph.durable;
    if (!this.#owes && !behind && this.#backlog.length === 0) return undefined;
    const positions = this.#take(graph);
    const last = this.#backlog.length === 0 && this.#sentUpTo === graph.durable;
    const headPositions = last
      ? graph.headPositions
      : graph.headsBelow(Math.max(0, ...positions.slice(-1)) + 1);
    this.#owes = false;
    const heads = graph.hashesOf(headPositions);
    const need = [...new Set([...this.#theirHeads.filter((hash) => !graph.knows(hash)), ...graph.missing()])];
    return {
      positions,
      heads,
      need,
      have: [this.#certain ? haveAll(heads) : haveSince(this.#shared, graph)],
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
  const send = new Set<number>();
  for (const position of missing) {
    const words = graph.words(position);
    if (graph.deps(position).some((dep) => send.has(dep)) || !filters.some((filter) => filter.has(words)))
      send.add(position);
  }
  return [...send];
}

const positionsOf = (hashes: readonly string[], graph: ChangeGraph): number[] =>
  hashes.flatMap((hash) => graph.position(hash) ?? []);

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const set = new Set(a);
  return set.size === new Set(b).size && b.every((each) => set.has(each));
}

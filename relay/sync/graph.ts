/**
 * The history of one document as metadata: which change depends on which, in an order where deps come first.
 *
 * A change is a position in that order. Positions below `durable` are on disk; those above are accepted and wait for
 * their commit, and nothing outside may learn of them. A change whose deps are missing is an orphan and has no
 * position yet. An (actor, seq) pair has one change: a second one would make every peer refuse the document.
 *
 * A durable change is about 60 bytes in typed arrays: hash, deps, the sum of sizes so far, and its *ordinal*, which is
 * its number in the log. The two orders differ where a damaged change was healed later. Bytes of changes are held
 * only while they wait.
 */
import { areAncestors, extendHeads, notAncestors } from "./ancestry.ts";
import type { HashWords } from "./bloom.ts";
import { fromHex, toHex } from "./bytes.ts";
import type { Change } from "./chunk.ts";
import { Dependencies } from "./dependencies.ts";
import { grownFloat64, grownInt32, nextCapacity, noFloat64, noInt32 } from "./growth.ts";
import { HashList } from "./hash-list.ts";
import { Origins, type Origin } from "./origins.ts";
import { Orphans, type Held, type LoggedChange } from "./orphans.ts";
import { syncHeadsMax } from "../protocol/limits.ts";
import type { Logged, Range } from "./ports.ts";
import { IndexCursor, isIndex } from "./segment.ts";
import { Sequences } from "./sequences.ts";

export type Added =
  | "accepted"
  | "known"
  | "orphaned"
  | "conflicting-seq"
  | "too-many-orphans"
  | "too-many-heads";

/** What was accepted and did not become durable. */
export interface TakenBack {
  readonly change: Change;
  readonly origin: Origin;
}

const noOrdinal = -1;
/** Of a record of an index that has no position. */
const notPlaced = -1;

export class ChangeGraph {
  readonly #hashes = new HashList();
  readonly #deps = new Dependencies();
  readonly #sequences = new Sequences();
  readonly #origins = new Origins();
  /** Bytes of all chunks up to and including this one. */
  #sizes: Float64Array = noFloat64;
  #ordinals: Int32Array = noInt32;
  /** From position `durable` on. One of the log is there when what it missed was brought and waits itself. */
  #waiting: Held[] = [];
  /** Durable positions, ascending. */
  readonly #heads = new Set<number>();
  /** The heads once all that waits is durable; made where they may be too many. */
  #tips: Set<number> | undefined;
  /** Made when there is one: most documents never have any. */
  #orphans: Orphans | undefined;
  /** Orphans that peers brought and whose missing dep the log brought: `adopt` places them. */
  #adoptable: string[] = [];
  #durable = 0;
  /** The deps of the change that is being placed: the first so many of these. */
  readonly #found: number[] = [];

  get durable(): number {
    return this.#durable;
  }
  /** Accepted changes, durable or not. */
  get length(): number {
    return this.#hashes.length;
  }
  get orphanCount(): number {
    return this.#orphans?.count ?? 0;
  }
  /** What it takes of memory, about. */
  get bytes(): number {
    const arrays =
      this.#hashes.byteLength + this.#deps.byteLength + this.#sizes.byteLength + this.#ordinals.byteLength;
    const waiting = this.sizeUpTo(this.length) - this.sizeUpTo(this.#durable) + 400 * this.#waiting.length;
    const others = this.#sequences.byteLength + this.#origins.byteLength + (this.#orphans?.byteLength ?? 0);
    return 3_000 + arrays + waiting + others;
  }

  /** Of what is durable, as are the others of its kind. */
  get heads(): string[] {
    return this.hashesOf(this.headPositions);
  }
  get headPositions(): number[] {
    return [...this.#heads];
  }
  /** 32 bytes each, ascending. */
  headBytes(): Uint8Array {
    return this.headBytesOf(this.#durable);
  }
  /** As they will be once all below `length` is durable. */
  headBytesOf(length: number): Uint8Array {
    return fromHex(this.hashesOf(this.headsBelow(length)).sort().join(""));
  }
  /** The heads that the history has where it ends at `end`. */
  headsBelow(end: number): number[] {
    // From what is nearest: the whole history is looked through only for an end that lies in it.
    const heads = new Set<number>(end >= this.#durable ? this.#heads : []);
    extendHeads(heads, this.#deps, end >= this.#durable ? this.#durable : 0, end);
    return [...heads];
  }

  /** The durable position of a hash. */
  position(hash: string): number | undefined {
    const position = this.#hashes.find(hash);
    return position >= 0 && position < this.#durable ? position : undefined;
  }
  /** Durable or not, placed or not. */
  knows(hash: string): boolean {
    return this.#hashes.find(hash) >= 0 || this.#orphans?.has(hash) === true;
  }

  hash(position: number): string {
    return this.#hashes.hex(this.#checked(position));
  }
  hashesOf(positions: readonly number[]): string[] {
    return positions.map((position) => this.hash(position));
  }
  words(position: number): HashWords {
    return this.#hashes.words(this.#checked(position));
  }
  deps(position: number): number[] {
    return this.#deps.list(this.#checked(position));
  }
  /** Bytes of the chunk. */
  size(position: number): number {
    return this.sizeUpTo(this.#checked(position) + 1) - this.sizeUpTo(position);
  }
  /** Bytes of the chunks at all positions below this one. */
  sizeUpTo(position: number): number {
    return position > 0 ? (this.#sizes[this.#checked(position - 1)] ?? 0) : 0;
  }
  /** The number that the log has given it. */
  ordinal(position: number): number | undefined {
    const ordinal = this.#ordinals[this.#checked(position)];
    return ordinal === noOrdinal ? undefined : ordinal;
  }
  /** 0 also where it is long ago. */
  origin(position: number): Origin {
    if (this.#checked(position) < this.#durable) return this.#origins.at(position);
    const held = this.#waiting[position - this.#durable];
    return held?.from === "peer" ? held.origin : 0;
  }
  /** The change, until its commit is done. */
  waiting(position: number): Change | undefined {
    if (this.#checked(position) < this.#durable) return undefined;
    const held = this.#waiting[position - this.#durable];
    return held?.from === "peer" ? held.change : undefined;
  }
  /** Where the log has the chunks of these positions, in their order. */
  ranges(positions: readonly number[]): Range[] {
    const ranges: { from: number; to: number }[] = [];
    let last: { from: number; to: number } | undefined;
    for (const position of positions) {
      const ordinal = this.ordinal(position);
      if (ordinal === undefined) throw new RangeError(`position ${position} is not in the log`);
      if (last?.to === ordinal) last.to++;
      else ranges.push((last = { from: ordinal, to: ordinal + 1 }));
    }
    return ranges;
  }
  /** Bytes of changes that peers brought and that cannot be placed. */
  get orphanBytes(): number {
    return this.#orphans?.broughtBytes ?? 0;
  }
  /** Hashes that orphans wait for and that nobody brought. */
  missing(): string[] {
    return this.#orphans?.missing() ?? [];
  }

  /** Durable positions that are not ancestors of (nor among) the given ones, ascending. */
  since(known: readonly number[]): number[] {
    return notAncestors(this.#deps, this.#durable, this.#heads, known);
  }
  /** Whether every target is an ancestor of, or among, `heads`. */
  covers(heads: readonly number[], targets: readonly number[]): boolean {
    return areAncestors(this.#deps, heads, targets);
  }

  add(change: Change, origin: Origin): Added {
    if (this.#adoptable.length > 0) this.adopt();
    if (this.knows(change.hash)) return "known";
    if (this.#sequences.has(change.actor, change.seq)) return "conflicting-seq";
    const held: Held = { from: "peer", change, origin };
    const missing = this.#findDeps(change.deps);
    if (missing !== undefined)
      return (this.#orphans ??= new Orphans()).keep(held, missing) ? "orphaned" : "too-many-orphans";
    // One that waits may be a head no longer: it is counted as one, for the little while until it is durable.
    const heads = this.#heads.size + this.#waiting.length;
    if (heads >= syncHeadsMax && !this.#leavesHeadsFew(change.deps.length)) return "too-many-heads";
    this.#append(held);
    this.#waiting.push(held);
    this.#adoptAfter(change.hash, false);
    return "accepted";
  }

  /**
   * Takes in records of the log, which are durable at once. What is there already is skipped, as is the later of two
   * with one (actor, seq). False is what is no index; then nothing has changed. After the last one `adopt` is due.
   */
  load({ first, count, index }: Logged): boolean {
    if (this.length > this.#durable)
      throw new RangeError("what waits for a commit would come before the log");
    if (!isIndex(index, count)) return false;
    const cursor = new IndexCursor(index);
    const records = { cursor, positions: new Int32Array(count), offsets: new Uint32Array(count) };
    this.reserve(count);
    for (let at = 0; at < count && cursor.next(); at++) {
      records.offsets[at] = cursor.hashAt;
      records.positions[at] = this.#loadRecord(records, first + at);
    }
    this.#becomeDurable(this.length);
    return true;
  }

  /** Room for `more` changes without growing in between: for who knows how many are to be loaded. */
  reserve(more: number): void {
    this.#hashes.reserve(more);
    const needed = this.length + more;
    this.#deps.reserve(needed - this.#deps.length);
    if (needed <= this.#sizes.length) return;
    const capacity = nextCapacity(this.#sizes.length, needed);
    this.#sizes = grownFloat64(this.#sizes, capacity);
    this.#ordinals = grownInt32(this.#ordinals, capacity);
  }

  /** Places orphans whose deps `load` brought; they wait for a commit like others. Returns how many. */
  adopt(): number {
    const before = this.length;
    this.#settle(this.#adoptable, false);
    return this.length - before;
  }

  /** All positions below `upTo` are on disk now. Those that had no ordinal have got `first` and those after it. */
  commit(upTo: number, first: number): void {
    if (upTo < this.#durable || upTo > this.length) throw new RangeError(`no commit up to ${upTo}`);
    let next = first;
    for (let position = this.#durable; position < upTo; position++) {
      if (this.#ordinals[position] === noOrdinal) this.#ordinals[position] = next++;
      this.#origins.add(position, this.origin(position));
    }
    this.#waiting.splice(0, upTo - this.#durable);
    this.#becomeDurable(upTo);
  }

  /** Forgets everything that is not durable; returns who had brought it. */
  rollBack(): Set<Origin> {
    const origins = this.#orphans?.removeBrought() ?? new Set<Origin>();
    this.#adoptable = [];
    for (const { origin } of this.takeBack()) origins.add(origin);
    return origins;
  }

  /** Forgets the orphans that this one brought: nobody was told of them. */
  forgetOrphansOf(origin: Origin): void {
    this.#orphans?.removeBrought(origin);
  }

  /** Forgets what was accepted and is not durable, and returns it in its order. Orphans stay. */
  takeBack(): TakenBack[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { change } of waiting.toReversed()) this.#sequences.delete(change.actor, change.seq);
    this.#hashes.truncate(this.#durable);
    this.#deps.truncate(this.#durable);
    const taken: TakenBack[] = [];
    for (const held of waiting) {
      if (held.from === "peer") taken.push({ change: held.change, origin: held.origin });
      else this.#takeLogged(held);
    }
    this.#becomeDurable(this.length);
    return taken;
  }

  #checked(position: number): number {
    if (position >= 0 && position < this.length) return position;
    throw new RangeError(`no change at position ${position}`);
  }

  /** Puts the positions of deps into `#found`; returns the first that has none. */
  #findDeps(deps: readonly string[]): string | undefined {
    for (let i = 0; i < deps.length; i++) {
      const dep = deps[i] ?? "";
      const position = this.#hashes.find(dep);
      if (position < 0) return dep;
      this.#found[i] = position;
    }
    return undefined;
  }

  /** Whether the heads are no more than may be, after a change whose deps are the first so many in `#found`. */
  #leavesHeadsFew(depCount: number): boolean {
    if (!this.#tips) {
      this.#tips = new Set(this.#heads);
      extendHeads(this.#tips, this.#deps, this.#durable, this.length);
    }
    let covered = 0;
    for (let i = 0; i < depCount; i++) if (this.#tips.has(this.#found[i] ?? -1)) covered++;
    return this.#tips.size - covered < syncHeadsMax;
  }

  /** Gives a change whose deps are in `#found` the next position. */
  #append(held: Held): void {
    const { change } = held;
    this.#hashes.push(change.hash);
    this.#sequences.add(change.actor, change.seq);
    if (held.from === "peer") this.#describe(change.deps.length, held.change.bytes.length, noOrdinal);
    else this.#describe(change.deps.length, held.change.size, held.change.ordinal);
  }

  /** Of the hash that was added last: `#found` has its deps. */
  #describe(depCount: number, size: number, ordinal: number): void {
    const position = this.length - 1;
    for (let i = 0; this.#tips && i < depCount; i++) this.#tips.delete(this.#found[i] ?? -1);
    this.#tips?.add(position);
    if (position >= this.#sizes.length) this.reserve(0);
    this.#deps.push(this.#found, depCount);
    this.#sizes[position] = this.sizeUpTo(position) + size;
    this.#ordinals[position] = ordinal;
  }

  #becomeDurable(upTo: number): void {
    this.#tips = undefined;
    extendHeads(this.#heads, this.#deps, this.#durable, upTo);
    this.#durable = upTo;
  }

  /** Returns its position, or `notPlaced`. Nothing waits, so that what is placed here is durable. */
  #loadRecord(records: Records, ordinal: number): number {
    const { cursor, positions, offsets } = records;
    const { index, hashAt, seq, size, depCount } = cursor;
    const known = this.#hashes.findAt(index, hashAt);
    if (known >= 0) return known;
    const actor = cursor.actors[cursor.actor] ?? "";
    if (this.#sequences.has(actor, seq)) return notPlaced;
    for (let i = 0; i < depCount; i++) {
      const dep = cursor.dep(i);
      let position = dep >= 0 ? (positions[dep] ?? notPlaced) : notPlaced;
      // Also for a record before this one: it may have been an orphan then.
      if (position < 0) position = this.#hashes.findAt(index, dep >= 0 ? (offsets[dep] ?? 0) : ~dep);
      if (position < 0) {
        this.#takeLogged({ from: "log", change: loggedChange(records, ordinal) });
        return notPlaced;
      }
      this.#found[i] = position;
    }
    this.#hashes.pushAt(index, hashAt);
    this.#sequences.add(actor, seq);
    this.#describe(depCount, size, ordinal);
    const position = this.length - 1;
    if (this.orphanCount > 0) {
      const hash = this.hash(position);
      this.#orphans?.remove(hash);
      this.#adoptAfter(hash, true);
    }
    return position;
  }

  /** Places what the log has and nothing waits for, or keeps it until its deps are there. */
  #takeLogged(held: Held): void {
    const { hash, deps } = held.change;
    const missing = this.#findDeps(deps);
    if (missing === undefined) return this.#append(held);
    const orphans = (this.#orphans ??= new Orphans());
    if (orphans.get(hash)?.from === "log") return;
    // Where a peer had brought it too, it need not be committed any more.
    orphans.remove(hash);
    orphans.keep(held, missing);
  }

  #adoptAfter(hash: string, isDurable: boolean): void {
    if (this.orphanCount > 0) this.#settle([...(this.#orphans?.arrived(hash) ?? [])], isDurable);
  }

  /**
   * Places those of these orphans that miss nothing more, and those that waited for them; what is left of a list is
   * nothing. Where the log brought what was missing, only orphans of the log get positions, as they are durable.
   */
  #settle(orphans: string[], isDurable: boolean): void {
    const all = this.#orphans;
    for (let orphan = orphans.pop(); all && orphan !== undefined; orphan = orphans.pop()) {
      const held = all.get(orphan);
      if (!held) continue;
      if (isDurable && held.from === "peer") {
        this.#adoptable.push(orphan);
        continue;
      }
      const missing = this.#findDeps(held.change.deps);
      if (missing !== undefined) {
        all.await(missing, orphan);
        continue;
      }
      all.remove(orphan);
      if (this.#sequences.has(held.change.actor, held.change.seq)) continue;
      this.#append(held);
      if (!isDurable) this.#waiting.push(held);
      for (const each of all.arrived(orphan)) orphans.push(each);
    }
  }
}

/** The records of a stretch that is loaded, up to the one at which the cursor is. */
interface Records {
  readonly cursor: IndexCursor;
  readonly positions: Int32Array;
  /** Where the hash of each begins. */
  readonly offsets: Uint32Array;
}

function loggedChange({ cursor, offsets }: Records, ordinal: number): LoggedChange {
  const { index, hashAt, seq, size } = cursor;
  const hash = (at: number): string => toHex(index, at, at + 32);
  const deps = Array.from({ length: cursor.depCount }, (_, i) => {
    const dep = cursor.dep(i);
    return hash(dep < 0 ? ~dep : (offsets[dep] ?? 0));
  });
  return { hash: hash(hashAt), deps, actor: cursor.actors[cursor.actor] ?? "", seq, size, ordinal };
}

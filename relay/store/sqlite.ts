/**
 * The store in one SQLite file, synchronous: what a thread of its own runs (`thread.ts`). Nothing here waits.
 *
 * One transaction a commit, forced to disk before it returns. Everything read is checked: what is damaged is put right
 * as far as it can be (`repair.ts`), the rest is set aside and heals when a peer brings it again. A file whose
 * structure is damaged is not written to any more, so that it can still be salvaged; what is readable is served.
 * Failures of the disk are values; after one the next call may succeed.
 */
import type Database from "better-sqlite3";
import {
  mergeFanIn,
  ordinalsMax,
  segmentBytesMax,
  segmentFullBytes,
  storedDocumentsMax,
  structureCheckMs,
  walPagesMin,
} from "../protocol/limits.ts";
import type { Hashing } from "../sync/chunk.ts";
import type {
  Batch,
  Bytes,
  Committed,
  FeedEntry,
  FeedPage,
  Listed,
  Range,
  Report,
  Snapshot,
} from "../sync/ports.ts";
import type { AuditPage, Row, RowChange, Written } from "../access/ports.ts";
import { AccessRows, Stale } from "./access-rows.ts";
import { Damaged } from "./damaged.ts";
import { Documents, type Document } from "./documents.ts";
import { nodeHashing } from "./hashing.ts";
import { Mark, type Reached } from "./mark.ts";
import { levelOf, merge } from "./merge.ts";
import { checkEntries, meetMark } from "./opening.ts";
import { isCorrupt, reasonOf, salvageAdvice, StoreProblem } from "./problem.ts";
import { Repair } from "./repair.ts";
import { scan, type Tables } from "./scan.ts";
import { openFile } from "./schema.ts";
import { type Segment, checksumOfBody, rowOf, Segments } from "./segments.ts";
import { Snapshots, unforced } from "./snapshots.ts";
import { pagesInLog, statsOf } from "./stats.ts";
import type { Identity, Stats, Verified } from "./store.ts";
import { cutIndex, cutStretch, isStretch, offsetsOf, piecesOf } from "./stretches.ts";
import { verifyTables } from "./verify.ts";

type Failed = { readonly ok: false; readonly reason: string };
const failed = (reason: string): Failed => ({ ok: false, reason });

/** Rolls a commit back: one of its documents must be put right first. */
class DamagedEntry extends Error {
  readonly number: number;
  constructor(number: number) {
    super("the entry of a document is damaged");
    this.number = number;
  }
}
/** Rolls a commit back: it is not what the caller said. */
class BadBatch extends Error {}

/** A segment whose bytes were proved, and where its chunks begin. */
interface LastRead {
  row: Segment | undefined;
  offsets: ReturnType<typeof offsetsOf>;
}

export class SqliteStore {
  readonly identity: Identity;
  readonly file: string;
  readonly #db: Database.Database;
  readonly #report: Report;
  readonly #mark: Mark;
  readonly #tables: Tables;
  readonly #snapshots: Snapshots;
  readonly #access: AccessRows;
  readonly #repair: Repair;
  readonly #write: (batches: readonly Batch[]) => (number | undefined)[];
  /** Numbers of documents with many small segments. */
  readonly #toMerge = new Set<number>();
  #sequence: number;
  #accessRevision: number;
  #marked: Reached;
  /** Why nothing is written any more. */
  #broken: string | undefined;
  #structureCheckedAtMs = Number.NEGATIVE_INFINITY;
  #verifying = 0;

  /** Throws `StoreProblem` with words for the person who starts the relay. */
  constructor(file: string, report: Report = () => {}, hashing: Hashing = nodeHashing) {
    this.file = file;
    this.#report = report;
    const db = openFile(file);
    this.#db = db;
    try {
      const documents = new Documents(db);
      this.#sequence = documents.lastSequence();
      this.#tables = {
        db,
        documents,
        segments: new Segments(db),
        damaged: new Damaged(db),
        nextSequence: () => ++this.#sequence,
      };
      this.#repair = new Repair(this.#tables, hashing, report);
      const entries = checkEntries(this.#tables, this.#repair, file);
      for (const number of entries.toMerge) this.#toMerge.add(number);
      this.identity = meetMark(this.#tables, file, report);
      this.#access = new AccessRows(db);
      this.#accessRevision = this.#access.revision;
      this.#mark = new Mark(file, this.identity);
      this.#marked = this.#reached;
      this.#mark.write(this.#marked);
      this.#snapshots = new Snapshots(db);
    } catch (error) {
      db.close();
      throw error instanceof StoreProblem ? error : new StoreProblem(`${file}: ${reasonOf(error)}`);
    }
    this.#write = db.transaction((batches: readonly Batch[]) => batches.map((each) => this.#append(each)));
  }

  isReady(): boolean {
    return this.#db.open && this.#broken === undefined;
  }

  list(documentId: string, from: number): Listed {
    return this.#guarded((): Listed => {
      const document = this.#find(documentId);
      if (!document) return { ok: true, stretches: [], next: 0 };
      const { segments, faults } = scan(this.#tables, document, from);
      if (faults.length > 0) {
        const reason = this.#putRight(document);
        return reason === undefined ? this.list(documentId, from) : failed(reason);
      }
      const stretches = segments.map(({ first, count, index }) => {
        if (first >= from) return { first, count, index };
        const [rest] = cutIndex(index, count, [from - first]) ?? [];
        return { first: from, count: first + count - from, index: rest ?? index };
      });
      return { ok: true, stretches, next: document.next };
    });
  }

  read(documentId: string, ranges: readonly Range[]): Bytes {
    return this.#guarded((): Bytes => {
      const document = this.#find(documentId);
      if (!document) return failed(`${documentId} is not there`);
      const parts: Uint8Array[] = [];
      let count = 0;
      const last: LastRead = { row: undefined, offsets: undefined };
      for (const range of ranges) {
        const lacking = this.#readRange(document, range, parts, last);
        if (lacking !== undefined) return failed(lacking);
        count += range.to - range.from;
      }
      const [only] = parts;
      return { ok: true, count, body: only && parts.length === 1 ? only : Buffer.concat(parts) };
    });
  }

  commit(batches: readonly Batch[]): Committed {
    if (this.#broken !== undefined) return failed(this.#broken);
    return this.#guarded((): Committed => {
      try {
        const sequences = this.#write(batches);
        this.#note();
        return { ok: true, sequences };
      } catch (error) {
        if (error instanceof BadBatch) return failed(error.message);
        if (!(error instanceof DamagedEntry)) throw error;
        const reason = this.#rebuild(error.number);
        return reason === undefined ? this.commit(batches) : failed(reason);
      }
    });
  }

  feed(after: number, count: number): FeedPage {
    return this.#guarded((): FeedPage => {
      const found = this.#tables.documents.feed(after, count + 1);
      const entries: FeedEntry[] = [];
      for (const each of found.slice(0, count)) {
        if ("damaged" in each) {
          const reason = this.#rebuild(each.number);
          return reason === undefined ? this.feed(after, count) : failed(reason);
        }
        if (each.sequence <= (entries.at(-1)?.sequence ?? after))
          return failed(this.#break(`the feed is not in order: ${salvageAdvice}`));
        entries.push({ sequence: each.sequence, documentId: each.id, heads: each.heads });
      }
      return { ok: true, entries, isLast: found.length <= count };
    });
  }

  /** Each step is a turn: others may have theirs in between. */
  *snapshot(documentId: string): Generator<undefined, Snapshot | undefined> {
    try {
      const document = this.#find(documentId);
      return document && (yield* this.#snapshots.read(document.number, documentId, document.next));
    } catch (error) {
      this.#notice(error);
      return undefined;
    }
  }

  *keepSnapshot(documentId: string, snapshot: Snapshot): Generator<undefined, void> {
    try {
      const document = this.isReady() ? this.#find(documentId) : undefined;
      if (document) yield* this.#snapshots.keep(document.number, documentId, snapshot);
    } catch (error) {
      this.#report("store-snapshot-lost", { document: documentId, reason: this.#notice(error) });
    }
  }

  *verify(): Generator<undefined, Verified> {
    // What it looks at must not be merged away under it.
    this.#verifying++;
    try {
      return yield* verifyTables(this.#tables, this.#snapshots, nodeHashing);
    } catch (error) {
      return { documents: 0, changes: 0, faults: [this.#notice(error)], notes: [] };
    } finally {
      this.#verifying--;
    }
  }

  /** Undefined where they are not all what was last written: `relay/access/` lets nobody in then. */
  accessRows(): readonly Row[] | undefined {
    try {
      return this.#access.load();
    } catch (error) {
      this.#notice(error);
      return undefined;
    }
  }

  writeAccess(changes: readonly RowChange[], audit: readonly string[]): Written {
    if (this.#broken !== undefined) return { ok: false, stale: false, reason: this.#broken };
    try {
      this.#db.transaction(() => this.#access.write(changes, audit)).immediate();
      this.#accessRevision = this.#access.revision;
      this.#note();
      return { ok: true };
    } catch (error) {
      const stale = error instanceof Stale;
      return { ok: false, stale, reason: stale ? "somebody else wrote first" : this.#notice(error) };
    }
  }

  audit(after: number, count: number): AuditPage | undefined {
    try {
      return this.#access.audit(after, count);
    } catch (error) {
      this.#notice(error);
      return undefined;
    }
  }

  /** Gives back the pages that SQLite keeps in memory. */
  rest(): void {
    try {
      this.#db.pragma("shrink_memory");
    } catch (error) {
      this.#notice(error);
    }
  }

  stats(): Stats | undefined {
    try {
      return statsOf(this.#tables, this.file);
    } catch (error) {
      this.#notice(error);
      return undefined;
    }
  }

  /** A consistent copy that others may write beside. Rejects. */
  async copyTo(file: string): Promise<void> {
    await this.#db.backup(file);
  }

  /** One short piece of what can wait: the log into the file, small segments into larger ones. Whether there is more. */
  tidy(): boolean {
    if (!this.isReady()) return false;
    try {
      if (pagesInLog(this.#db) >= walPagesMin) {
        this.#db.pragma("wal_checkpoint(PASSIVE)");
        return true;
      }
      return this.#snapshots.tidy() || this.#mergeOne();
    } catch (error) {
      this.#report("store-tidying-failed", { reason: this.#notice(error) });
      return false;
    }
  }

  /** Safe to call twice. */
  close(): void {
    if (!this.#db.open) return;
    this.#db.close();
    this.#mark.close();
  }

  #append(batch: Batch): number | undefined {
    const { documentId: id, first, count, heads } = batch;
    const { documents, segments } = this.#tables;
    const found = documents.find(id);
    if (found && "damaged" in found) throw new DamagedEntry(found.number);
    if (first !== (found?.next ?? 0)) return undefined;
    if (heads.length % 32 !== 0 || !isStretch(batch))
      throw new BadBatch(`a batch for ${id} is not what it says`);
    const next = first + count;
    if (next > ordinalsMax) throw new BadBatch(`${id} has as many changes as a document can have`);
    const number = found?.number ?? Math.max(documents.lastNumber(), segments.lastDocument()) + 1;
    if (number > storedDocumentsMax) throw new BadBatch("there are as many documents as a store can have");
    const starts = batch.body.length > segmentBytesMax ? piecesOf(batch, segmentBytesMax) : [0];
    const pieces = starts.length === 1 ? [batch] : (cutStretch(batch, starts) ?? []);
    for (const [i, piece] of pieces.entries())
      segments.insert(number, id, first + (starts[i] ?? 0), levelOf(piece.body.length), piece);
    const sequence = this.#tables.nextSequence();
    const tail = (found?.tail ?? 0) + pieces.length;
    const bytes = (found?.bytes ?? 0) + batch.body.length;
    const document = { number, id, next, sequence, bytes, heads, settled: found?.settled ?? 0, tail };
    if (found) documents.append(document);
    else documents.add(document);
    // After a full segment, what is small before it can become one.
    if (tail >= mergeFanIn || batch.body.length >= segmentFullBytes) this.#toMerge.add(number);
    return sequence;
  }

  /**
   * Hands over the bodies of a range; words if ordinals are missing. `last` is what was read and proved for the range
   * before: ten thousand ranges of one segment must not read it ten thousand times.
   */
  #readRange(
    document: Document,
    { from, to }: Range,
    parts: Uint8Array[],
    last: LastRead,
  ): string | undefined {
    const { number, id } = document;
    const { segments } = this.#tables;
    for (let at = from; at < to;) {
      // One at a time: a segment is large, and most ranges are a few changes.
      const isLast = last.row && last.row.first <= at && at < last.row.first + last.row.count;
      const row = isLast ? last.row : segments.whole(number, segments.begin(number, at), to, 1)[0];
      const end = row ? row.first + row.count : at;
      if (!row || row.first > at || end <= at) {
        const reason = this.#putRight(document);
        return reason ?? `changes ${at} to ${to - 1} of ${id} are not all there`;
      }
      const offsets = isLast
        ? last.offsets
        : row.bodyChecksum === checksumOfBody(id, row.first, row) && row.row === rowOf(number, row.first)
          ? offsetsOf(row.body, row.count)
          : undefined;
      if (!offsets) {
        const reason = this.#putRight(document, new Set([row.row]));
        return reason ?? `changes ${row.first} to ${end - 1} of ${id} were damaged`;
      }
      Object.assign(last, { row, offsets });
      const until = Math.min(to, end);
      const isWhole = at === row.first && until === end;
      parts.push(isWhole ? row.body : row.body.subarray(offsets[at - row.first], offsets[until - row.first]));
      at = until;
    }
    return undefined;
  }

  #mergeOne(): boolean {
    if (this.#verifying > 0) return false;
    const [number] = this.#toMerge;
    if (number === undefined) return false;
    const [document] = this.#tables.documents.after(number - 1, 1);
    if (!document || "damaged" in document || document.number !== number) {
      this.#toMerge.delete(number);
      return true;
    }
    const merged = unforced(this.#db, () => merge(this.#tables, document));
    // Others have their turn: one long document must not keep all from being merged.
    this.#toMerge.delete(number);
    if (merged.kind === "merged") this.#toMerge.add(number);
    if (merged.kind === "damaged") this.#putRight(document, merged.rows);
    return true;
  }

  #find(documentId: string): Document | undefined {
    const found = this.#tables.documents.find(documentId);
    if (!found || !("damaged" in found)) return found;
    const reason = this.#rebuild(found.number);
    if (reason !== undefined) throw new StoreProblem(reason);
    const again = this.#tables.documents.find(documentId);
    return again && !("damaged" in again) ? again : undefined;
  }

  /** Undefined if the document is in order now, else why not. */
  #putRight(document: Document, bodies?: ReadonlySet<number>): string | undefined {
    this.#report("store-damaged", { document: document.id });
    return this.#mending(() => this.#repair.document(document, bodies));
  }
  #rebuild(number: number): string | undefined {
    this.#report("store-entry-damaged", { number });
    return this.#mending(() => this.#repair.row(number));
  }

  #mending(mend: () => boolean): string | undefined {
    if (this.#broken !== undefined) return this.#broken;
    if (!this.#isStructureWhole() || !mend())
      this.#break(`the file's structure is damaged: ${salvageAdvice}`);
    this.#note();
    return this.#broken;
  }

  /** Writing into a damaged tree would damage what is still whole. */
  #isStructureWhole(): boolean {
    const nowMs = Date.now();
    if (Math.abs(nowMs - this.#structureCheckedAtMs) < structureCheckMs) return true;
    this.#structureCheckedAtMs = nowMs;
    return this.#db.pragma("quick_check(1)", { simple: true }) === "ok";
  }

  #break(reason: string): string {
    if (this.#broken === undefined) this.#report("store-broken", { reason });
    return (this.#broken ??= reason);
  }

  /** What went wrong, in words. */
  #notice(error: unknown): string {
    const reason = reasonOf(error);
    if (isCorrupt(error)) this.#break(reason);
    return reason;
  }

  #guarded<Result>(run: () => Result): Result | Failed {
    try {
      return run();
    } catch (error) {
      return failed(this.#notice(error));
    }
  }

  get #reached(): Reached {
    return { sequence: this.#sequence, accessRevision: this.#accessRevision };
  }

  /** Sets the mark forward. That it cannot be written must not make a commit that is on disk look failed. */
  #note(): void {
    const reached = this.#reached;
    const { sequence, accessRevision } = this.#marked;
    if (reached.sequence === sequence && reached.accessRevision === accessRevision) return;
    this.#marked = reached;
    try {
      this.#mark.write(reached);
    } catch (error) {
      this.#report("store-mark-failed", { reason: reasonOf(error) });
    }
  }
}

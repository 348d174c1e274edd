/**
 * Puts a document right after damage was found, in one transaction: what can be recovered keeps its ordinals, the
 * rest is set aside, and the document gets new heads and a new place in the feed, by which whoever has the lost
 * changes learns that they are lacking. Only for files whose structure is whole.
 */
import type { Hashing } from "../sync/chunk.ts";
import type { Report } from "../sync/ports.ts";
import { packStretch } from "../sync/segment.ts";
import { piecesOf, cutStretch } from "./stretches.ts";
import { documentIdPattern } from "../protocol/ids.ts";
import { segmentBytesMax } from "../protocol/limits.ts";
import type { Document } from "./documents.ts";
import { HeadsFinder } from "./heads.ts";
import { levelOf } from "./merge.ts";
import { recover } from "./recover.ts";
import { scan, type Fault, type Tables } from "./scan.ts";
import { checksumOfBody, checksumOfIndex, rowOf, type Segment } from "./segments.ts";

export class Repair {
  readonly #tables: Tables;
  readonly #hashing: Hashing;
  readonly #report: Report;

  constructor(tables: Tables, hashing: Hashing, report: Report) {
    this.#tables = tables;
    this.#hashing = hashing;
    this.#report = report;
  }

  /** `bodies` are rows whose body was found damaged. False if the document is not right afterwards. */
  document(document: Document, bodies: ReadonlySet<number> = new Set()): boolean {
    const { db } = this.#tables;
    return db.transaction(() => {
      const { segments: rows, faults } = scan(this.#tables, document, 0);
      if (faults.length === 0 && bodies.size === 0) return true;
      for (const fault of faults) this.#mend(document, fault);
      for (const { row, first, count } of rows)
        if (bodies.has(row)) this.#mend(document, { kind: "row", row, first, to: first + count });
      return this.settle(document);
    })();
  }

  /**
   * Makes the row of a document again, or takes it away if nothing is left that says which document it was. False if
   * the document is not right afterwards.
   */
  row(number: number): boolean {
    const { db, documents, segments, damaged } = this.#tables;
    return db.transaction(() => {
      documents.remove(number);
      const claims = new Map<string, number>();
      for (const row of segments.indexes(number, 0)) {
        const { id, first, count } = row;
        if (row.row !== rowOf(number, first) || !documentIdPattern.test(id)) continue;
        if (row.indexChecksum === checksumOfIndex(id, first, row))
          claims.set(id, Math.max(claims.get(id) ?? 0, first + count));
      }
      const [claim, another] = claims;
      if (!claim || another || documents.find(claim[0])) {
        const unknown = { id: null, first: 0, count: 0, hashes: new Uint8Array(), bytes: new Uint8Array() };
        damaged.setAside({ ...unknown, reason: `the entry of document ${number} was damaged` });
        return true;
      }
      const [id, end] = claim;
      const next = damaged.of(id).reduce((max, { first, count }) => Math.max(max, first + count), end);
      const hints = { settled: 0, tail: 0 };
      const document = { number, id, next, sequence: this.#tables.nextSequence(), bytes: 0, ...hints };
      documents.add({ ...document, heads: new Uint8Array() });
      this.#report("store-entry-rebuilt", { document: id, changes: next });
      const made = { ...document, heads: new Uint8Array() };
      return this.document(made) && this.settle(made);
    })();
  }

  /** Brings the row of a document in line with its log; false if the log is not in order. */
  settle(document: Document): boolean {
    const { segments, faults } = scan(this.#tables, document, 0);
    const finder = new HeadsFinder();
    for (const { index, count } of segments) finder.addIndex(index, count);
    this.#tables.documents.append({
      ...document,
      sequence: this.#tables.nextSequence(),
      bytes: this.#tables.segments.bodyBytes(document.number),
      heads: finder.heads(),
    });
    return faults.length === 0;
  }

  #mend(document: Document, fault: Fault): void {
    const { number, id, heads } = document;
    const { damaged, segments } = this.#tables;
    const { first, to } = fault;
    if (fault.kind === "gap") {
      damaged.setAside({ id, first, count: to - first, reason: "lost", hashes: heads, bytes: empty });
      this.#report("store-changes-lost", { document: id, first, count: to - first });
      return;
    }
    const [row] = segments.whole(number, first, first + 1, 1);
    segments.remove(fault.row);
    if (row) this.#recover(document, row, first, to);
  }

  #recover({ number, id, heads }: Document, row: Segment, first: number, to: number): void {
    const { damaged, segments } = this.#tables;
    const { index, body } = row;
    const count = countOf(id, row, first, to);
    const indexFits = row.indexChecksum === checksumOfIndex(id, first, { count, index });
    const bodyFits = row.bodyChecksum === checksumOfBody(id, first, { count, body });
    // Where neither fits, nothing but the row's own words say that it belongs here.
    const belongs = indexFits || bodyFits || (row.id === id && row.first === first && row.count === count);
    const setAside = (from: number, until: number, hashes: Uint8Array): void => {
      damaged.setAside({ id, first: from, count: until - from, reason: "damaged", hashes, bytes: body });
      this.#report("store-changes-damaged", { document: id, first: from, count: until - from });
    };
    if (count === 0 || !belongs) return setAside(first, to, heads);
    const wreck = { count, index: indexFits ? index : undefined, body, bodyFits };
    const { changes, lostHashes } = recover(wreck, this.#hashing);
    let lost = 0;
    for (let at = 0; at < count;) {
      const isLost = changes[at] === undefined;
      let end = at;
      while (end < count && (changes[end] === undefined) === isLost) end++;
      if (isLost) {
        const hashes = lostHashes?.subarray(32 * lost, 32 * (lost += end - at));
        setAside(first + at, first + end, hashes ?? heads);
      } else {
        const survivors = changes.slice(at, end).flatMap((change) => change ?? []);
        const stretch = packStretch(survivors);
        const starts = piecesOf(stretch, segmentBytesMax);
        cutStretch(stretch, starts)?.forEach((piece, i) =>
          segments.insert(number, id, first + at + (starts[i] ?? 0), levelOf(piece.body.length), piece),
        );
      }
      at = end;
    }
    this.#report("store-segment-mended", { document: id, first, count });
  }
}

const empty = new Uint8Array();

/** How many changes a damaged row held, if that is certain. 0: it is not, or others have its ordinals. */
function countOf(id: string, { count, index, body, ...sums }: Segment, first: number, to: number): number {
  for (const each of new Set([count, to - first])) {
    if (each <= 0 || first + each > to) continue;
    if (sums.indexChecksum === checksumOfIndex(id, first, { count: each, index })) return each;
    if (sums.bodyChecksum === checksumOfBody(id, first, { count: each, body })) return each;
  }
  return count === to - first ? count : 0;
}

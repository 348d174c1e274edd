/**
 * Merging: a document that is typed in gets a small segment with each commit, and would be slow to open. So
 * `mergeFanIn` neighbours of one level become one of the next, oldest first, up to `segmentBytesMax`. A full segment
 * is never touched again, and each byte is rewritten once a level. What is merged is verified first: damage is never
 * given a good checksum.
 */
import { mergeFanIn, mergeSegmentsMax, segmentBytesMax, segmentFullBytes } from "../protocol/limits.ts";
import type { Document } from "./documents.ts";
import type { Tables } from "./scan.ts";
import { checksumOfBody, checksumOfIndex, type SegmentSize } from "./segments.ts";
import { isStretch, joinStretches } from "./stretches.ts";

/** Of segments that are not merged. */
export const levelFull = 100;

export const levelOf = (bodyBytes: number): number => (bodyBytes >= segmentFullBytes ? levelFull : 0);

export type Merged =
  | { readonly kind: "merged" }
  | { readonly kind: "nothing" }
  /** One of these rows is not what was written. */
  | { readonly kind: "damaged"; readonly rows: ReadonlySet<number> };

/** One merge of a document's log, in one transaction. */
export function merge(tables: Tables, document: Document): Merged {
  const { db, documents, segments } = tables;
  const { number } = document;
  const rows = segments.sizes(number, document.settled, 4 * mergeSegmentsMax);
  const settled = settledIn(rows, document.settled);
  const run = runIn(rows);
  if (!run) {
    const tail = Math.min(rows.filter((row) => row.level === 0).length, mergeFanIn - 1);
    if (tail !== document.tail || settled !== document.settled) documents.hint(number, settled, tail);
    return { kind: "nothing" };
  }
  return db.transaction((): Merged => {
    const joined = join(tables, document, run.rows);
    if (joined.kind === "damaged") return joined;
    for (const { row } of run.rows) segments.remove(row);
    const isFull = joined.stretch.body.length >= segmentFullBytes;
    segments.insert(number, document.id, run.rows[0].first, isFull ? levelFull : run.level, joined.stretch);
    const small = run.rows.filter((row) => row.level === 0).length;
    documents.hint(number, settled, Math.max(0, document.tail - small));
    return { kind: "merged" };
  })();
}

interface Run {
  readonly rows: readonly [SegmentSize, ...SegmentSize[]];
  /** Of what they become. */
  readonly level: number;
}

const isFull = (row: SegmentSize): boolean => row.level === levelFull;
const follows = (row: SegmentSize, before: SegmentSize): boolean => before.first + before.count === row.first;

/** Nothing is to be merged any more up to here: full segments, and single ones between them. */
function settledIn(rows: readonly SegmentSize[], from: number): number {
  let settled = from;
  for (const [at, row] of rows.entries()) {
    const next = rows[at + 1];
    const isAlone = next !== undefined && (isFull(next) || !follows(next, row));
    if (!isFull(row) && !isAlone) break;
    settled = row.first + row.count;
  }
  return settled;
}

/** What is worth a merge, oldest first. */
function runIn(rows: readonly SegmentSize[]): Run | undefined {
  for (let at = 0; at < rows.length;) {
    const group: SegmentSize[] = [];
    for (const row of rows.slice(at)) {
      const last = group.at(-1);
      if (isFull(row) || (last && !follows(row, last))) break;
      group.push(row);
    }
    // Where a full one or a gap comes after it, nothing will be added: it becomes one at last.
    const isClosed = at + group.length < rows.length;
    const run = isClosed ? closedRun(group) : openRun(group);
    if (run) return run;
    at += Math.max(1, group.length);
  }
  return undefined;
}

function closedRun(group: readonly SegmentSize[]): Run | undefined {
  const run = fitting(group);
  return run && run.length > 1 ? { rows: run, level: levelFull } : undefined;
}

/** Neighbours of one level, if they are many or fill a segment. */
function openRun(group: readonly SegmentSize[]): Run | undefined {
  for (let at = 0; at < group.length;) {
    const level = group[at]?.level ?? 0;
    const length = group.slice(at).findIndex((row) => row.level !== level);
    const same = length < 0 ? group.slice(at) : group.slice(at, at + length);
    const run = fitting(same);
    const isWorth = run && run.length > 1 && (run.length >= mergeFanIn || run.length < same.length);
    if (isWorth) return { rows: run, level: level + 1 };
    at += same.length;
  }
  return undefined;
}

/** As many of the first as one segment takes. */
function fitting([first, ...others]: readonly SegmentSize[]): Run["rows"] | undefined {
  if (!first) return undefined;
  const rows: [SegmentSize, ...SegmentSize[]] = [first];
  let bytes = first.bodyBytes;
  for (const row of others) {
    bytes += row.bodyBytes;
    if (bytes > segmentBytesMax || rows.length >= mergeSegmentsMax) break;
    rows.push(row);
  }
  return rows;
}

type Joined =
  | { readonly kind: "joined"; readonly stretch: NonNullable<ReturnType<typeof joinStretches>> }
  | Extract<Merged, { kind: "damaged" }>;

function join({ segments }: Tables, { number, id }: Document, run: Run["rows"]): Joined {
  const last = run.at(-1) ?? run[0];
  const parts = segments.whole(number, run[0].first, last.first + 1, run.length);
  const rows = new Set(run.map((each) => each.row));
  let next = run[0].first;
  for (const part of parts) {
    const { row, first } = part;
    const fits =
      rows.has(row) &&
      part.id === id &&
      first === next &&
      part.indexChecksum === checksumOfIndex(id, first, part) &&
      part.bodyChecksum === checksumOfBody(id, first, part) &&
      isStretch(part);
    if (!fits) return { kind: "damaged", rows: new Set([row]) };
    next += part.count;
  }
  const stretch = joinStretches(parts);
  return stretch && parts.length === run.length ? { kind: "joined", stretch } : { kind: "damaged", rows };
}

/** What there is in a store, in numbers. */
import { statSync } from "node:fs";
import type Database from "better-sqlite3";
import { z } from "zod";
import { largestDocumentsMax } from "../protocol/limits.ts";
import type { Tables } from "./scan.ts";
import type { Stats } from "./store.ts";

const totalsRow = z.tuple([z.number(), z.number(), z.number()]);
const largestRows = z.array(z.tuple([z.string(), z.number(), z.number()]));
const logRow = z.tuple([z.object({ log: z.number(), checkpointed: z.number() })]);

export function statsOf({ db, segments, damaged }: Tables, file: string): Stats {
  const totals = db.prepare(
    "SELECT count(*), coalesce(sum(next), 0), coalesce(sum(bytes), 0) FROM documents",
  );
  const [documents, ordinals, bytes] = totalsRow.parse(totals.raw().get());
  const largest = db.prepare("SELECT id, next, bytes FROM documents ORDER BY bytes DESC LIMIT ?");
  const setAside = damaged.count();
  return {
    documents,
    changes: ordinals - setAside,
    bytes,
    segments: segments.count(),
    damaged: setAside,
    fileBytes: sizeOf(file),
    walBytes: sizeOf(`${file}-wal`),
    largest: largestRows
      .parse(largest.raw().all(largestDocumentsMax))
      .map(([documentId, changes, size]) => ({ documentId, changes, bytes: size })),
  };
}

/** Pages in the write-ahead log that are not in the file yet. */
export function pagesInLog(db: Database.Database): number {
  const [{ log, checkpointed }] = logRow.parse(db.pragma("wal_checkpoint(NOOP)"));
  return log - checkpointed;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

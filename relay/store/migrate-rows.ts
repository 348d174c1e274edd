/**
 * From schema 1, where each change was a row, to segments. Runs inside the transaction of opening: it is all done or
 * not at all. Every chunk is proved by its own hash; what does not parse is set aside, as it would be when read.
 */
import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { z } from "zod";
import { segmentBytesMax } from "../protocol/limits.ts";
import { parseChange, type Change } from "../sync/chunk.ts";
import { packStretch } from "../sync/segment.ts";
import { Damaged } from "./damaged.ts";
import { Documents } from "./documents.ts";
import { nodeHashing } from "./hashing.ts";
import { HeadsFinder } from "./heads.ts";
import { newEpoch, writeIdentityValue } from "./identity.ts";
import { levelOf } from "./merge.ts";
import { StoreProblem } from "./problem.ts";
import { Segments } from "./segments.ts";

const metaRow = z.object({ key: z.string(), value: z.string() });
const documentRow = z.object({ number: z.number(), id: z.string() });
const changeRow = z.object({
  row: z.number(),
  hash: z.instanceof(Uint8Array),
  chunk: z.instanceof(Uint8Array),
  chunkChecksum: z.number(),
});

const rowsAtOnce = 500;

/** `createTables` makes the tables of this version, once the old ones are out of their way. */
export function migrateRows(db: Database.Database, createTables: () => void): void {
  db.exec(`ALTER TABLE meta RENAME TO meta1; ALTER TABLE documents RENAME TO documents1;
           ALTER TABLE damaged RENAME TO damaged1`);
  createTables();
  for (const { key, value } of z.array(metaRow).parse(db.prepare("SELECT key, value FROM meta1").all()))
    writeIdentityValue(db, key, value);
  writeIdentityValue(db, "epoch", newEpoch());
  // In the order in which they were last committed to: that is their feed.
  const documents = db.prepare(
    `SELECT number, id FROM documents1 ORDER BY (SELECT max(row) FROM changes WHERE document = number), number`,
  );
  let sequence = 0;
  for (const { number, id } of z.array(documentRow).parse(documents.all()))
    migrateDocument(db, number, id, ++sequence);
  db.exec("DROP TABLE changes; DROP TABLE damaged1; DROP TABLE documents1; DROP TABLE meta1");
}

function migrateDocument(db: Database.Database, number: number, id: string, sequence: number): void {
  const segments = new Segments(db);
  const damaged = new Damaged(db);
  const finder = new HeadsFinder();
  let waiting: Change[] = [];
  let waitingBytes = 0;
  let next = 0;
  let bytes = 0;
  const flush = (): void => {
    if (waiting.length === 0) return;
    const stretch = packStretch(waiting);
    segments.insert(number, id, next, levelOf(stretch.body.length), stretch);
    finder.addIndex(stretch.index, stretch.count);
    next += stretch.count;
    bytes += stretch.body.length;
    waiting = [];
    waitingBytes = 0;
  };
  const setAside = (hashes: Uint8Array, chunk: Uint8Array, reason: string): void =>
    damaged.setAside({ id, first: 0, count: 0, reason, hashes, bytes: chunk });
  for (const { hash, chunk, chunkChecksum } of rowsOf(db, "changes", number)) {
    // The checksum says whose the chunk is, the hash that it is whole.
    const belongs = chunkChecksum === crc32(chunk, crc32(id));
    const parsed = parseChange(chunk, nodeHashing);
    if (!belongs || !parsed.ok) {
      setAside(hash, chunk, "found damaged while the file was brought to another version");
      continue;
    }
    if (waitingBytes + chunk.length > segmentBytesMax) flush();
    waiting.push(parsed.change);
    waitingBytes += chunk.length + 4;
  }
  flush();
  for (const { hash, chunk } of rowsOf(db, "damaged1", number)) setAside(hash, chunk, "damaged");
  const hints = { settled: 0, tail: 0 };
  new Documents(db).add({ number, id, next, sequence, bytes, heads: finder.heads(), ...hints });
}

/** By row. A page at a time: what is open for reading cannot be written beside. */
function* rowsOf(
  db: Database.Database,
  table: "changes" | "damaged1",
  document: number,
): Generator<z.infer<typeof changeRow>, undefined> {
  const page = db.prepare(
    `SELECT row, coalesce(hash, x'') AS hash, coalesce(chunk, x'') AS chunk,
       coalesce(chunkChecksum, 0) AS chunkChecksum FROM ${table}
     WHERE document = ? AND row > ? ORDER BY row LIMIT ${rowsAtOnce}`,
  );
  for (let last = Number.MIN_SAFE_INTEGER; ;) {
    const rows = z.array(changeRow).parse(page.all(document, last));
    yield* rows;
    if (rows.length < rowsAtOnce) return undefined;
    const end = rows.at(-1)?.row ?? last;
    // A damaged tree may lead in circles.
    if (end <= last) throw new StoreProblem("the changes are not in order: the file is damaged");
    last = end;
  }
}

/**
 * Damage at random places of a store's file and of its write-ahead log: never a wrong byte is served, every loss is
 * said, what is whole is served or can be salvaged, and what was lost heals when it is committed again.
 */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromHex, toHex } from "../sync/bytes.ts";
import type { Snapshot } from "../sync/ports.ts";
import { packStretch, readBody } from "../sync/segment.ts";
import { makeDocumentId } from "./documentId.ts";
import { Author, randomFrom, temporaryFolder } from "./harness.ts";
import { HeadsFinder } from "./heads.ts";
import { markOf } from "./mark.ts";
import { StoreProblem } from "./problem.ts";
import { salvage } from "./salvage.ts";
import { SqliteStore } from "./sqlite.ts";
import type { Verified } from "./store.ts";
import { entriesOf } from "./stretches.ts";
import { verifyFile } from "./verify.ts";

const runs = Number(process.env["STORE_RUNS"] ?? 1_000);
const seed = Number(process.env["STORE_SEED"] ?? 7);
const random = randomFrom(seed);
const upTo = (below: number): number => Math.floor(random() * below);

// Thousands of files that need not survive anything.
const folder = temporaryFolder({ inMemory: true });
let salvages = 0;
afterAll(() => folder[Symbol.dispose]());
const base = join(folder.path, "base.sqlite");
const file = join(folder.path, "relay.sqlite");
const parts = ["", "-wal", "-mark"];
const authors = Array.from({ length: 4 }, () => new Author(makeDocumentId(), random));
type Model = Pick<Author, "documentId" | "log" | "heads">;
const modelsNow = (): Model[] =>
  authors.map(({ documentId, log, heads }) => ({ documentId, log: [...log], heads }));
/** What each copy of the store holds. */
const modelsByState = new Map<string, Model[]>();
let snapshot: Snapshot;
let identity: SqliteStore["identity"];

function must(holds: boolean, words: string): void {
  if (!holds) throw new Error(words);
}

function finish<Result>(steps: Generator<undefined, Result>): Result {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

function copy(from: string, to: string): void {
  for (const part of parts) {
    if (existsSync(from + part)) copyFileSync(from + part, to + part);
    else writeFileSync(to + part, "");
  }
}

beforeAll(() => {
  const store = new SqliteStore(base);
  ({ identity } = store);
  const [one, two, three] = authors;
  for (let i = 0; i < 80; i++)
    store.commit(authors.slice(0, [4, 2, 1, 1][i % 4]).map((each) => each.batch(1 + (i % 2))));
  while (store.tidy());
  for (const each of [one, two, three]) if (each) store.commit([each.batch(20, 300)]);
  if (!one) return;
  snapshot = {
    upTo: one.log.length,
    heads: one.heads,
    bytes: Uint8Array.from({ length: 9_000 }, () => upTo(256)),
  };
  finish(store.keepSnapshot(one.documentId, snapshot));
  store.close();
  // What follows stays in the log: it is copied as a killed process leaves it.
  const logged = new SqliteStore(base);
  copy(base, `${base}.closed`);
  modelsByState.set("closed", modelsNow());
  for (let i = 0; i < 12; i++) logged.commit(authors.slice(i % 4).map((each) => each.batch(1)));
  copy(base, `${base}.killed`);
  modelsByState.set("killed", modelsNow());
  logged.close();
});

/** A copy of the bytes with one kind of damage at a random place. */
function damaged(bytes: Buffer): { bytes: Buffer; what: string } {
  const copied = Buffer.from(bytes);
  // Half of the places are where SQLite keeps its structure: the first bytes of a page.
  const at =
    random() < 0.5
      ? upTo(bytes.length)
      : Math.min(bytes.length - 1, upTo(bytes.length / 4096) * 4096 + upTo(60));
  const length = 1 + upTo(random() < 0.5 ? 8 : 5_000);
  switch (upTo(5)) {
    case 0:
      copied[at] = (copied[at] ?? 0) ^ (1 << upTo(8));
      return { bytes: copied, what: `a bit flipped at ${at}` };
    case 1:
      copied[at] = upTo(256);
      return { bytes: copied, what: `a byte changed at ${at}` };
    case 2:
      copied.fill(0, at, Math.min(copied.length, at + length));
      return { bytes: copied, what: `${length} zeroes at ${at}` };
    case 3:
      for (let i = at; i < Math.min(at + length, copied.length); i++) copied[i] = upTo(256);
      return { bytes: copied, what: `${length} bytes of noise at ${at}` };
    default:
      return { bytes: copied.subarray(0, at), what: `cut at ${at}` };
  }
}

interface Seen {
  /** By document: the ordinals that were served and are right. */
  readonly held: Map<string, Set<number>>;
  readonly complaints: string[];
}

/** Asks for everything. What comes must be what was written. */
function examine(store: SqliteStore, models: readonly Model[]): Seen {
  const held = new Map<string, Set<number>>();
  const complaints: string[] = [];
  for (const { documentId, log } of models) {
    const found = new Set<number>();
    held.set(documentId, found);
    for (let tries = 0; tries < 3; tries++) {
      found.clear();
      const listed = store.list(documentId, 0);
      if (!listed.ok) {
        complaints.push(listed.reason);
        break;
      }
      let isRead = true;
      for (const { first, count, index } of listed.stretches) {
        const read = store.read(documentId, [{ from: first, to: first + count }]);
        if (!read.ok) {
          complaints.push(read.reason);
          isRead = false;
          break;
        }
        const entries = entriesOf(index, count);
        const isWhole = readBody(read.body, read.count, (chunk, i) => {
          const written = log[first + i];
          const hash = entries?.[i]?.hash ?? Buffer.from("none");
          if (!written || Buffer.compare(fromHex(written.hash), hash) || Buffer.compare(written.bytes, chunk))
            throw new Error(`change ${first + i} of ${documentId} is not what was written`);
          found.add(first + i);
        });
        expect([isWhole, read.count]).toEqual([true, count]);
      }
      if (isRead) break;
    }
  }
  return { held, complaints };
}

/** The feed says of each document the heads of what is held of it. */
function examineFeed(store: SqliteStore, { held, complaints }: Seen, models: readonly Model[]): void {
  const page = store.feed(0, 100);
  if (!page.ok) return void complaints.push(page.reason);
  for (const { documentId, heads } of page.entries) {
    const model = models.find((each) => each.documentId === documentId);
    expect(model, `a document ${documentId} that nobody wrote`).toBeDefined();
    const finder = new HeadsFinder();
    const changes = model?.log.filter((_, i) => held.get(documentId)?.has(i)) ?? [];
    const { index, count } = packStretch(changes);
    finder.addIndex(index, count);
    const areRight = toHex(heads) === toHex(finder.heads());
    must(
      areRight || complaints.length > 0,
      `the feed has heads of ${documentId} that are not those of its changes`,
    );
  }
}

const lacking = ({ held }: Seen, models: readonly Model[]): number =>
  models.reduce((sum, { documentId, log }) => sum + log.length - (held.get(documentId)?.size ?? 0), 0);

/** Brings what is lacking again, as a peer would; then everything is there. */
function heal(store: SqliteStore, { held }: Seen, models: readonly Model[]): void {
  for (const { documentId, log, heads } of models) {
    const missing = log.filter((_, i) => !held.get(documentId)?.has(i));
    if (missing.length === 0) continue;
    const listed = store.list(documentId, 0);
    if (!listed.ok) throw new Error(listed.reason);
    const committed = store.commit([{ documentId, first: listed.next, heads, ...packStretch(missing) }]);
    expect(committed.ok && committed.sequences[0]).toBeGreaterThan(0);
    const again = store.list(documentId, 0);
    const hashes = new Set<string>();
    if (again.ok)
      for (const { index, count } of again.stretches)
        for (const { hash } of entriesOf(index, count) ?? []) hashes.add(toHex(hash));
    expect(log.filter((change) => !hashes.has(change.hash))).toEqual([]);
    const page = store.feed(0, 100);
    const entry = page.ok ? page.entries.find((each) => each.documentId === documentId) : undefined;
    expect(toHex(entry?.heads ?? new Uint8Array())).toBe(toHex(heads));
  }
}

function tryVerify(): Verified["faults"] {
  try {
    return verifyFile(file).faults;
  } catch (error) {
    if (!(error instanceof StoreProblem)) throw error;
    return [error.message];
  }
}

interface Tally {
  refused: number;
  lost: number;
  healed: number;
  broken: number;
  salvaged: number;
}

/** One damaged store: proved, opened, read, healed or salvaged. */
function trial(part: string, models: readonly Model[], tally: Tally): void {
  const before = tryVerify();
  const untouched = readFileSync(file + part);
  const events: string[] = [];
  let store: SqliteStore;
  try {
    store = new SqliteStore(file, (event) => events.push(event));
  } catch (error) {
    if (!(error instanceof StoreProblem)) throw error;
    must(before.length > 0, `proved whole, but refused: ${error.message}`);
    tally.refused++;
    writeFileSync(file + part, untouched);
    trySalvage(models, tally);
    return;
  }
  let wasReady = true;
  try {
    expect({ ...store.identity, epoch: "" }).toEqual({ ...identity, epoch: "" });
    const seen = examine(store, models);
    examineFeed(store, seen, models);
    const [one] = models;
    const kept = one && finish(store.snapshot(one.documentId));
    const isKept =
      kept && toHex(kept.bytes) + toHex(kept.heads) === toHex(snapshot.bytes) + toHex(snapshot.heads);
    must(isKept !== false, "a snapshot that nobody wrote");
    const lost = lacking(seen, models);
    if (lost > 0) {
      tally.lost++;
      must(before.length > 0, `proved whole, but ${lost} changes are lost`);
      must(events.length + seen.complaints.length > 0, `${lost} changes are lost, and nobody was told`);
    }
    wasReady = store.isReady();
    if (!wasReady) {
      tally.broken++;
      must(!store.commit([]).ok, "something was written into a damaged structure");
    } else if (lost > 0) {
      heal(store, seen, models);
      tally.healed++;
    }
  } finally {
    store.close();
  }
  if (!wasReady) trySalvage(models, tally);
}

/** What is salvaged is right, and holds at least what whole rows held: no page but the damaged ones is lost. */
function trySalvage(models: readonly Model[], tally: Tally): void {
  const to = join(folder.path, `salvaged-${salvages++}.sqlite`);
  tally.salvaged++;
  const salvaged = salvage(file, to);
  expect(salvaged.ok, JSON.stringify(salvaged)).toBe(true);
  const store = new SqliteStore(to);
  const seen = examine(store, models);
  examineFeed(store, seen, models);
  expect(seen.complaints).toEqual([]);
  expect(store.isReady()).toBe(true);
  heal(store, seen, models);
  store.close();
}

describe(`damage at ${runs} random places`, () => {
  test.each([
    ["the file, closed in order", "closed", "", 0.6],
    ["the write-ahead log of a killed process", "killed", "-wal", 0.3],
    ["the file of a killed process", "killed", "", 0.1],
  ] as const)(
    "%s",
    (_name, state, part, share) => {
      const models = modelsByState.get(state) ?? [];
      const tally: Tally = { refused: 0, lost: 0, healed: 0, broken: 0, salvaged: 0 };
      const source = `${base}.${state}`;
      const whole = readFileSync(source + part);
      for (let run = 0; run < runs * share; run++) {
        const harm = damaged(whole);
        copy(source, file);
        writeFileSync(file + part, harm.bytes);
        try {
          trial(part, models, tally);
        } catch (error) {
          throw new Error(`seed ${seed}, run ${run}: ${harm.what}`, { cause: error });
        }
      }
      console.log(`${_name}: ${JSON.stringify(tally)}`);
      expect(tally.lost).toBeGreaterThan(0);
    },
    120_000,
  );
});

test("a note on how far the log had come that is damaged itself says nothing", () => {
  copy(`${base}.killed`, file);
  writeFileSync(markOf(file), "deckle-store 1 00 0000000000009999 a b 00000000\n");
  expect(tryVerify()).toEqual([]);
  const store = new SqliteStore(file);
  expect(store.identity).toEqual(identity);
  store.close();
});

test("an old copy of the file in the place of the newer one is noticed, and the feed is numbered anew", () => {
  copy(`${base}.closed`, file);
  copyFileSync(markOf(`${base}.killed`), markOf(file));
  expect(tryVerify().join()).toMatch(/\d+ commits that were answered are not in the file/);
  const store = new SqliteStore(file);
  expect(store.identity.epoch).not.toBe(identity.epoch);
  expect(store.identity.workspace).toBe(identity.workspace);
  store.close();
  const { faults, notes } = verifyFile(file);
  expect(faults).toEqual([]);
  expect(notes.join()).toMatch(/commits that were answered/);
});

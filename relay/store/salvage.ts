/**
 * Makes a new store of everything that can still be read of a damaged one, whatever the state of its structure: rows
 * are taken from its pages one by one and prove themselves, by their checksums or each change by its hash. What is
 * missing is set aside in the new store, so that it heals from whoever has it. The damaged file is only read.
 */
import { existsSync } from "node:fs";
import { mergeFanIn, ordinalsMax } from "../protocol/limits.ts";
import { documentIdPattern } from "../protocol/ids.ts";
import type { Change } from "../sync/chunk.ts";
import { packStretch, type Stretch } from "../sync/segment.ts";
import { AccessRows } from "./access-rows.ts";
import { moveDurably, removeStore, standAlone } from "./backup.ts";
import { Damaged } from "./damaged.ts";
import { Documents, provenDocument, type Document } from "./documents.ts";
import { isMadeDocumentId } from "./documentId.ts";
import { nodeHashing } from "./hashing.ts";
import { identityOf, isIdentityValue, writeIdentityValue } from "./identity.ts";
import { readMark } from "./mark.ts";
import { levelOf } from "./merge.ts";
import { Pages, type RawRow } from "./pages.ts";
import { reasonOf, StoreProblem } from "./problem.ts";
import { recover } from "./recover.ts";
import { Repair } from "./repair.ts";
import type { Tables } from "./scan.ts";
import { openFile } from "./schema.ts";
import { checksumOfBody, checksumOfIndex, Segments, type Segment } from "./segments.ts";
import type { Verified } from "./store.ts";
import { salvageAccess } from "./salvage-access.ts";
import { cutStretch, isStretch } from "./stretches.ts";
import { verifyFile } from "./verify.ts";

export type Salvaged =
  /** What the new store holds and, as faults, what it lacks. */
  { readonly ok: true; readonly verified: Verified } | { readonly ok: false; readonly reason: string };

export function salvage(from: string, to: string): Salvaged {
  if (!existsSync(from)) return { ok: false, reason: `${from} is not there` };
  if (existsSync(to)) return { ok: false, reason: `${to} is there already: name another file` };
  const temporary = `${to}.part-${process.pid}`;
  removeStore(temporary);
  let work: Salvage | undefined;
  try {
    work = new Salvage(from, temporary);
    const findings = work.run();
    work.close();
    standAlone(temporary);
    const verified = verifyFile(temporary);
    moveDurably(temporary, to);
    return { ok: true, verified: { ...verified, faults: [...findings, ...verified.faults] } };
  } catch (error) {
    work?.close();
    removeStore(temporary);
    return { ok: false, reason: `nothing was salvaged: ${reasonOf(error)}` };
  }
}

class Salvage {
  readonly #from: string;
  readonly #pages: Pages;
  readonly #tables: Tables;
  /** By id: where its log ended, as far as its entry can be believed. */
  readonly #entries = new Map<string, Document>();
  readonly #numbers = new Map<string, number>();
  #sequence = 0;

  constructor(from: string, to: string) {
    this.#from = from;
    this.#pages = new Pages(from);
    const db = openFile(to);
    const tables = { db, documents: new Documents(db), segments: new Segments(db), damaged: new Damaged(db) };
    this.#tables = { ...tables, nextSequence: () => ++this.#sequence };
  }

  close(): void {
    this.#pages.close();
    this.#tables.db.close();
  }

  /** One line a finding, but for what the new file says itself. */
  run(): string[] {
    const { db } = this.#tables;
    const findings: string[] = [];
    db.transaction(() => {
      for (const row of this.#pages.rows()) this.#takeWhole(row);
      for (const row of this.#pages.rows()) this.#takeWreck(row);
      this.#makeEntries();
      const mark = readMark(this.#from);
      findings.push(...salvageAccess(this.#from, this.#pages, mark, new AccessRows(db)));
      try {
        identityOf(db, mark, false, this.#from);
      } catch (error) {
        if (!(error instanceof StoreProblem)) throw error;
        identityOf(db, undefined, true, this.#from);
        findings.push("who the relay was is lost: it has a new name and a new, empty workspace");
      }
    })();
    return findings;
  }

  /** What proves itself: nothing is taken twice. */
  #takeWhole(raw: RawRow): void {
    const entry = provenDocument([raw.row, ...raw.values.slice(1)]);
    if (entry) {
      const known = this.#entries.get(entry.id);
      if (!known || known.next < entry.next) this.#entries.set(entry.id, entry);
      return;
    }
    this.#takeIdentity(raw);
    this.#takeSetAside(raw);
    const segment = segmentOf(raw);
    if (!segment || !fits(segment).both || !isStretch(segment)) return;
    this.#insert(segment.id, segment.first, segment);
  }

  /** What is left of the others: each change proves itself, the row says where it was. */
  #takeWreck(raw: RawRow): void {
    const segment = segmentOf(raw);
    if (!segment) return;
    const { id, first, count, index, body } = segment;
    const { both, indexFits, bodyFits } = fits(segment);
    if (both || count > ordinalsMax) return;
    const isKnown =
      indexFits || bodyFits || this.#numbers.has(id) || this.#entries.has(id) || isMadeDocumentId(id);
    // A damaged count must not make us look for millions of changes: each takes at least a byte.
    if (!isKnown || count > body.length) return;
    const wreck = { count, index: indexFits ? index : undefined, body, bodyFits };
    const { changes } = recover(wreck, nodeHashing);
    for (const { at, survivors } of runsOf(changes)) this.#insert(id, first + at, packStretch(survivors));
  }

  /** Those of its changes whose ordinals are not there yet. */
  #insert(id: string, first: number, stretch: Stretch): void {
    const { segments } = this.#tables;
    const number = this.#numbers.get(id) ?? this.#numbers.size + 1;
    this.#numbers.set(id, number);
    const end = first + stretch.count;
    for (let at = first; at < end;) {
      const [row] = segments.sizes(number, segments.begin(number, at), 1);
      const covered = row && row.first <= at ? row.first + row.count : at;
      if (covered > at) {
        at = covered;
        continue;
      }
      const [next] = segments.sizes(number, at, 1);
      const until = Math.min(end, next?.first ?? end);
      const starts = until === end ? [at - first] : [at - first, until - first];
      const piece = until - at === stretch.count ? stretch : cutStretch(stretch, starts)?.[0];
      if (piece) segments.insert(number, id, at, levelOf(piece.body.length), piece);
      at = until;
    }
  }

  #takeIdentity({ values }: RawRow): void {
    const [key, value, checksum] = values;
    if (values.length !== 3 || typeof key !== "string" || typeof value !== "string") return;
    // The feed of the new file is another one, and what else stands there is found again.
    if (["relayId", "workspace"].includes(key) && isIdentityValue(key, value, checksum))
      writeIdentityValue(this.#tables.db, key, value);
  }

  #takeSetAside({ values }: RawRow): void {
    const [, id, first, count, reason, hashes, bytes] = values;
    if (values.length !== 7 || typeof id !== "string" || !documentIdPattern.test(id)) return;
    if (typeof first !== "number" || typeof count !== "number" || typeof reason !== "string") return;
    if (!(hashes instanceof Uint8Array) || !(bytes instanceof Uint8Array) || first < 0 || count < 0) return;
    const { damaged } = this.#tables;
    if (
      first + count > ordinalsMax ||
      damaged.of(id).some((each) => each.first === first && each.count === count)
    )
      return;
    damaged.setAside({ id, first, count, reason, hashes, bytes });
  }

  #makeEntries(): void {
    const { documents, damaged, segments } = this.#tables;
    const repair = new Repair(this.#tables, nodeHashing, () => {});
    for (const id of this.#entries.keys())
      if (!this.#numbers.has(id)) this.#numbers.set(id, this.#numbers.size + 1);
    const order = (id: string): number => this.#entries.get(id)?.sequence ?? 0;
    const byFeed = [...this.#numbers].sort(([a], [b]) => order(a) - order(b));
    for (const [id, number] of byFeed) {
      const entry = this.#entries.get(id);
      let next = entry?.next ?? 0;
      for (const { first, count } of damaged.of(id)) next = Math.max(next, first + count);
      for (let at = 0; ;) {
        const rows = segments.sizes(number, at, 1_000);
        for (const { first, count } of rows) at = Math.max(at, first + count);
        next = Math.max(next, at);
        if (rows.length < 1_000) break;
      }
      const hints = { settled: 0, tail: Math.min(next, mergeFanIn) };
      const document = {
        number,
        id,
        next,
        sequence: ++this.#sequence,
        bytes: 0,
        // Of an older entry they would not speak for what came after it.
        heads: entry?.next === next ? entry.heads : new Uint8Array(),
        ...hints,
      };
      documents.add(document);
      repair.document(document);
      repair.settle(document);
    }
  }
}

function segmentOf({ row, values }: RawRow): Segment | undefined {
  if (values.length !== 9) return undefined;
  const [, id, first, count, level, indexChecksum, bodyChecksum, index, body] = values;
  if (typeof id !== "string" || !documentIdPattern.test(id)) return undefined;
  if (typeof first !== "number" || typeof count !== "number" || typeof level !== "number") return undefined;
  if (typeof indexChecksum !== "number" || typeof bodyChecksum !== "number") return undefined;
  if (!(index instanceof Uint8Array) || !(body instanceof Uint8Array)) return undefined;
  if (first < 0 || count < 1 || first + count > ordinalsMax) return undefined;
  return { row, id, first, count, level, indexChecksum, bodyChecksum, index, body };
}

function fits(segment: Segment): { both: boolean; indexFits: boolean; bodyFits: boolean } {
  const { id, first } = segment;
  const indexFits = segment.indexChecksum === checksumOfIndex(id, first, segment);
  const bodyFits = segment.bodyChecksum === checksumOfBody(id, first, segment);
  return { both: indexFits && bodyFits, indexFits, bodyFits };
}

function runsOf(changes: readonly (Change | undefined)[]): { at: number; survivors: Change[] }[] {
  const runs: { at: number; survivors: Change[] }[] = [];
  for (const [at, change] of changes.entries()) {
    if (!change) continue;
    if (at > 0 && changes[at - 1]) runs.at(-1)?.survivors.push(change);
    else runs.push({ at, survivors: [change] });
  }
  return runs;
}

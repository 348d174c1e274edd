/**
 * What was set aside: ordinals that are not given again, by which hashes one knows that their changes came back, and a
 * look at them.
 */
import type Database from "better-sqlite3";
import { z } from "zod";
import { damagedBytesMax } from "../protocol/limits.ts";

export interface SetAside {
  /** Null where nobody knows. */
  readonly id: string | null;
  readonly first: number;
  /** 0 where it is not known which ordinals they had. */
  readonly count: number;
  readonly reason: string;
  /**
   * Once these changes are there, with all that they stand on, so is what was lost: its own hashes, or where they are
   * not known the heads that the document had. 32 bytes each; empty where nobody knows those either.
   */
  readonly hashes: Uint8Array;
  readonly bytes: Uint8Array;
}

const entry = z.object({
  id: z.string().nullable(),
  first: z.number(),
  count: z.number(),
  reason: z.string(),
  hashes: z.instanceof(Uint8Array),
});
export type DamagedEntry = z.infer<typeof entry>;
const total = z.object({ count: z.number() });

export class Damaged {
  readonly #insert: Database.Statement;
  readonly #of: Database.Statement;
  readonly #unnamed: Database.Statement;
  readonly #count: Database.Statement;

  constructor(db: Database.Database) {
    this.#insert = db.prepare(
      "INSERT INTO damaged (id, first, count, reason, hashes, bytes) VALUES (?, ?, ?, ?, ?, ?)",
    );
    const read = "SELECT id, first, count, reason, hashes FROM damaged WHERE";
    this.#of = db.prepare(`${read} id = ? ORDER BY first`);
    this.#unnamed = db.prepare(`${read} id IS NULL ORDER BY entry`);
    this.#count = db.prepare("SELECT coalesce(sum(count), 0) AS count FROM damaged");
  }

  setAside({ id, first, count, reason, hashes, bytes }: SetAside): void {
    this.#insert.run(id, first, count, reason, hashes, bytes.subarray(0, damagedBytesMax));
  }

  /** By first ordinal. An entry that is itself damaged is left out: its ordinals are found missing again. */
  of(id: string): DamagedEntry[] {
    return this.#of.all(id).flatMap((value) => entry.safeParse(value).data ?? []);
  }

  /** What concerns no document in particular. */
  unnamed(): DamagedEntry[] {
    return this.#unnamed.all().flatMap((value) => entry.safeParse(value).data ?? []);
  }

  count(): number {
    return total.safeParse(this.#count.get()).data?.count ?? 0;
  }
}

/** Who the relay is: made once, kept in the file with checksums, with a second copy in the mark. */
import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { makeDocumentId } from "./documentId.ts";
import type { MarkState } from "./mark.ts";
import { StoreProblem } from "./problem.ts";
import type { Identity } from "./store.ts";

const keys = ["relayId", "workspace", "epoch"] as const;

export const newEpoch = (): string => randomBytes(8).toString("hex");

const checksumOf = (key: string, value: string): number => crc32(`${key} ${value}`);

export const isIdentityValue = (key: string, value: string, checksum: unknown): boolean =>
  checksum === checksumOf(key, value);

/** Null is there and not what was written. */
export function readIdentityValue(db: Database.Database, key: string): string | null | undefined {
  const row: unknown = db.prepare("SELECT value, checksum FROM meta WHERE key = ?").raw().get(key);
  if (!Array.isArray(row)) return undefined;
  const [value, checksum]: readonly unknown[] = row;
  return typeof value === "string" && isIdentityValue(key, value, checksum) ? value : null;
}

export function writeIdentityValue(db: Database.Database, key: string, value: string): void {
  db.prepare("INSERT OR REPLACE INTO meta (key, value, checksum) VALUES (?, ?, ?)").run(
    key,
    value,
    checksumOf(key, value),
  );
}

/**
 * Reads it, makes what a new file lacks, and takes what is damaged from the mark. `isNew` is a file without any
 * document: in any other what is missing was lost. Throws `StoreProblem` where a name is gone for good.
 */
export function identityOf(
  db: Database.Database,
  mark: MarkState | undefined,
  isNew: boolean,
  file: string,
): Identity {
  const made: Identity = {
    relayId: `relay-${randomBytes(12).toString("hex")}`,
    workspace: makeDocumentId(),
    epoch: newEpoch(),
  };
  return db.transaction((): Identity => {
    const values = keys.map((key) => {
      const found = readIdentityValue(db, key);
      if (typeof found === "string") return found;
      // The numbering of the feed can be begun anew at any time, a name cannot.
      const value =
        mark?.[key] ?? (key === "epoch" || (found === undefined && isNew) ? made[key] : undefined);
      if (value === undefined) {
        throw new StoreProblem(
          `${file} does not say any more who this relay is (${key}): restore the latest backup`,
        );
      }
      writeIdentityValue(db, key, value);
      return value;
    });
    const [relayId = "", workspace = "", epoch = ""] = values;
    return { relayId, workspace, epoch };
  })();
}

/** What goes wrong with a file, in words for the person who runs the relay. */
import Database from "better-sqlite3";

/** Thrown where a store cannot be opened; the message is meant to be shown. */
export class StoreProblem extends Error {}

export const salvageAdvice = "stop the relay and copy what is readable with `deckle-relay repair`";

/**
 * Whether SQLite itself found the structure of the file damaged. A short read is a file that was cut; what is too big to
 * be read nobody could have written.
 */
export const isCorrupt = (error: unknown): boolean =>
  error instanceof Database.SqliteError &&
  /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ|TOOBIG)/.test(error.code);

export function reasonOf(error: unknown): string {
  if (error instanceof StoreProblem) return error.message;
  if (!(error instanceof Database.SqliteError)) {
    const message = error instanceof Error ? error.message : String(error);
    return message === "The database connection is not open" ? "the store is closed" : message;
  }
  const { code } = error;
  if (code === "SQLITE_FULL") return "the disk is full";
  if (isCorrupt(error)) return `the file's structure is damaged (${code}): ${salvageAdvice}`;
  if (code.startsWith("SQLITE_IOERR")) return `the disk cannot be read or written (${code})`;
  if (code.startsWith("SQLITE_READONLY")) return `the file cannot be written (${code})`;
  if (code.startsWith("SQLITE_BUSY")) return "the file is in use by another relay: stop it first";
  if (code.startsWith("SQLITE_CANTOPEN")) return `the file cannot be opened (${code})`;
  return `${error.message} (${code})`;
}

/**
 * Copies of a store: a backup is one file that needs nothing beside it and was proved whole before it got its name;
 * restoring proves it once more and gives the feed a new epoch. Neither writes over a store unless told to, and even
 * then what was there is kept under another name.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import Database from "better-sqlite3";
import { newEpoch, writeIdentityValue } from "./identity.ts";
import { markOf } from "./mark.ts";
import { reasonOf, StoreProblem } from "./problem.ts";
import { openFile } from "./schema.ts";
import type { Outcome, Verified } from "./store.ts";
import { verifyFile } from "./verify.ts";

const failed = (reason: string): Outcome => ({ ok: false, reason });

/** `copy` writes a consistent copy into the file that it is given. */
export async function writeBackup(
  file: string,
  copy: (temporary: string) => Promise<void>,
  verify: (file: string) => Verified | Promise<Verified> = verifyFile,
): Promise<Outcome> {
  if (existsSync(file)) return failed(`${file} is there already: name another file`);
  const temporary = `${file}.part-${process.pid}`;
  try {
    removeStore(temporary);
    await copy(temporary);
    standAlone(temporary);
    const { faults } = await verify(temporary);
    if (faults.length > 0) {
      removeStore(temporary);
      return failed(`the copy is not whole, and neither is the store: ${faults.slice(0, 3).join("; ")}`);
    }
    if (existsSync(file)) throw new StoreProblem(`${file} is there already: name another file`);
    moveDurably(temporary, file);
    return { ok: true };
  } catch (error) {
    removeStore(temporary);
    return failed(`there is no backup: ${reasonOf(error)}`);
  }
}

/**
 * Makes a store of a backup. `replace` moves away the store that is there, with what belongs to it, to names that end
 * in `.replaced-N`. No relay may have it open.
 */
export async function restore(from: string, to: string, { replace = false } = {}): Promise<Outcome> {
  if (!existsSync(from)) return failed(`${from} is not there`);
  const isThere = existsSync(to) || existsSync(`${to}-wal`);
  if (isThere && !replace) return failed(`${to} is there already: say that it is to be replaced`);
  const temporary = `${to}.part-${process.pid}`;
  try {
    if (isThere) refuseIfInUse(to);
    removeStore(temporary);
    await copyOf(from, temporary);
    // A backup of an older version is brought to this one here, so that what is proved is what will run.
    const db = openFile(temporary);
    writeIdentityValue(db, "epoch", newEpoch());
    db.close();
    standAlone(temporary);
    const { faults } = verifyFile(temporary);
    if (faults.length > 0) {
      removeStore(temporary);
      return failed(`${from} is not whole: ${faults.slice(0, 3).join("; ")}`);
    }
    if (isThere) moveAway(to);
    moveDurably(temporary, to);
    return { ok: true };
  } catch (error) {
    removeStore(temporary);
    return failed(`nothing was restored: ${reasonOf(error)}`);
  }
}

async function copyOf(from: string, to: string): Promise<void> {
  const db = new Database(from, { readonly: true, timeout: 1_000 });
  try {
    await db.backup(to);
  } finally {
    db.close();
  }
}

/** A file that is complete without a write-ahead log. */
export function standAlone(file: string): void {
  const db = new Database(file);
  try {
    db.pragma("journal_mode = DELETE");
  } finally {
    db.close();
  }
  sync(file);
}

function refuseIfInUse(file: string): void {
  if (!existsSync(file)) return;
  const db = new Database(file, { readonly: true, timeout: 0 });
  try {
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
  } catch (error) {
    // A damaged store is what one restores over.
    if (reasonOf(error).includes("in use")) throw error;
  } finally {
    db.close();
  }
}

const partsOf = (file: string): string[] => [file, `${file}-wal`, `${file}-shm`, markOf(file)];

/** To the first free name that ends in `.replaced-N`, with all that belongs to it. */
export function moveAway(file: string): void {
  let n = 1;
  const name = (part: string): string => part.replace(file, `${file}.replaced-${n}`);
  while (partsOf(file).some((part) => existsSync(name(part)))) n++;
  // The log first: the file alone is an older state of itself, the log alone is nothing.
  for (const part of partsOf(file).reverse()) if (existsSync(part)) renameSync(part, name(part));
}

/** Survives power loss, the name as well. */
export function moveDurably(from: string, to: string): void {
  renameSync(from, to);
  sync(dirname(resolve(to)));
}

/** With all that belongs to it. */
export function removeStore(file: string): void {
  for (const part of [...partsOf(file), `${file}-journal`]) rmSync(part, { force: true });
}

function sync(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

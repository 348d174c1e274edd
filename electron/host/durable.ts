/**
 * Writes a small file whole or not at all: beside it first, to the disk, then in its place. What was there
 * before stays until then, whatever happens.
 */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Only the person may read it, or whoever they let read what they make. */
export const ownerOnly = 0o600;
export const asUsual = 0o666;

let written = 0;

/** Rejects with the system's error; nothing is left behind then. Makes the folder if it is not there. */
export async function writeDurably(file: string, text: string | Uint8Array, mode: number): Promise<void> {
  const folder = dirname(file);
  // Not named after the file, whose name may be as long as a name can be.
  const temporary = join(folder, `.deckle-${process.pid}-${++written}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeAndSync(temporary, text, mode);
    await rename(temporary, file);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** `ENOSPC` and the like, for a sentence that says what to do. */
export function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

async function writeAndSync(file: string, text: string | Uint8Array, mode: number): Promise<void> {
  const handle = await open(file, "w", mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Without it a power cut may undo the rename. Windows cannot open folders and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(join(folder, "."), "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

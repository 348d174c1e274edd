/** Files as the store of blobs needs them: hashed, moved so that a power cut cannot undo it, or not there. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

/** Undefined is no such file. */
export async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** None where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return [];
    throw error;
  }
}

/** Hex. Piece by piece: others get their turn in between. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file, { highWaterMark: 256 * 1024 }))
    if (Buffer.isBuffer(piece)) hash.update(piece);
  return hash.digest("hex");
}

/** What is in the file is on the disk before it has its name, and the name is before this resolves. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await sync(from, "r+");
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await rename(from, to);
  if (process.platform === "win32") return;
  await sync(dirname(to), "r");
  await sync(dirname(dirname(to)), "r");
}

async function sync(path: string, flags: "r" | "r+"): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

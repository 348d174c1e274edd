/** What a build was made from, without reading it: a hash over names, sizes and times. Tests are not part of it. */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Beside the source, and no part of what is built. */
const ignored = /\.test\.tsx?$|[\\/]node_modules[\\/]/;

export async function stampOf(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  const files = (await Promise.all(paths.map(filesOf))).flat().filter((file) => !ignored.test(file));
  for (const file of files.toSorted()) {
    const { size, mtimeMs } = await stat(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

export async function filesOf(path: string): Promise<string[]> {
  const about = await stat(path);
  if (!about.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Takes away images and files that nothing needs, as `policy/blob-garbage.ts` decides. */
import { garbageIn } from "../../policy/blob-garbage.ts";
import type { BlobShelves } from "./routes.ts";

/** Rejects where one of the files cannot be taken away; the others are tried the next time. */
export async function collectBlobs(
  { files, named, unnamed }: BlobShelves,
  nowMs: number,
): Promise<readonly string[]> {
  const garbage = (): string[] =>
    garbageIn({
      unnamed: unnamed.sinceMs,
      isFresh: (sha256) => unnamed.isFresh(sha256),
      isNamed: (sha256) => named.isNamed(sha256),
      areNamesWhole: named.isWhole,
      nowMs,
    });
  const removed: string[] = [];
  for (const each of garbage()) {
    // It may have been named, or kept once more, since the first of them was removed.
    const isGone = await files.removeIf(each, () => garbage().includes(each));
    if (isGone) removed.push(each);
    if (isGone || !(await files.has(each))) await unnamed.clear([each]);
  }
  return removed;
}

/**
 * Which blobs may go: those of which it is known that they came from a window here, that nothing has named them since,
 * and that this is long ago. Of any other nothing is known that would let it go: a profile that was restored, or lost
 * its names, has blobs that documents name and have not said so yet.
 *
 * What a document ever named stays: older versions, backups and the undo of somebody else name it still.
 */
import { blobUnnamedMs } from "./limits.ts";

export interface Inventory {
  /** By SHA-256, since when it is here without a name. */
  readonly unnamed: ReadonlyMap<string, number>;
  /** Kept since this process began: a window may hold it still, whatever the clock says. */
  readonly isFresh: (sha256: string) => boolean;
  readonly isNamed: (sha256: string) => boolean;
  /** All that documents of this profile ever named is known. */
  readonly areNamesWhole: boolean;
  readonly nowMs: number;
}

export function garbageIn({ unnamed, isFresh, isNamed, areNamesWhole, nowMs }: Inventory): string[] {
  if (!areNamesWhole) return [];
  return [...unnamed].flatMap(([sha256, sinceMs]) =>
    sinceMs + blobUnnamedMs < nowMs && !isFresh(sha256) && !isNamed(sha256) ? [sha256] : [],
  );
}

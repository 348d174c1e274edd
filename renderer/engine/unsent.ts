/** What a relay lacks of a document, by the heads that it has said it holds. */
import * as A from "@automerge/automerge/slim";
import type { Author } from "./author.ts";

/** How many changes of `doc` lie beyond `heads`; heads that are not in the document count for nothing. */
export function changesBeyond(doc: A.Doc<unknown>, heads: readonly string[]): number {
  const known = heads.filter((head) => A.hasHeads(doc, [head]));
  // To a relay that has nothing all of it: to list a long history takes 100 ms, its length is known.
  if (known.length === 0) return A.stats(doc).numChanges;
  return A.getChangesMetaSince(doc, known).length;
}

/**
 * Whether heads that the relay told of a document say more of what it has than those it is known to have. They count
 * only once they are all here; and a document that comes in pieces is told piece by piece.
 */
export function saysMore(doc: A.Doc<unknown>, told: readonly string[], known: readonly string[]): boolean {
  if (told.length === 0 || told.join() === known.join() || !A.hasHeads(doc, [...told])) return false;
  return changesBeyond(doc, told) <= changesBeyond(doc, known);
}

/**
 * What a relay has, by heads that it is known to have and heads that it now says it has: a receipt is for what was
 * brought, and may be of before what else it told.
 */
export function knownOf(doc: A.Doc<unknown>, before: readonly string[], now: readonly string[]): string[] {
  if (before.length === 0 || changesBeyond(doc, now) === 0) return [...now];
  const together = [...new Set([...before, ...now])];
  const beyond = changesBeyond(doc, together);
  return [...([now, before].find((heads) => changesBeyond(doc, heads) === beyond) ?? together)];
}

/** Whether a device wrote any of what lies beyond `heads`; where nothing is known of the relay it counts as having all. */
export function wroteBeyond(
  doc: A.Doc<unknown>,
  heads: readonly string[],
  author: Pick<Author, "wrote">,
): boolean {
  const known = heads.filter((head) => A.hasHeads(doc, [head]));
  return known.length > 0 && A.getChangesMetaSince(doc, known).some(({ actor }) => author.wrote(actor));
}

/**
 * What a search finds in the textblocks of a document. A block is searched once: nodes are persistent, so what was
 * found in one is kept with it, and going on is going over what is known already until something new comes.
 */
import type { Node } from "prosemirror-model";
import type { FindQuery, Found } from "./find-query.ts";

export type Search = {
  readonly query: FindQuery;
  /** Nothing else is searched; null is all of the document. */
  readonly within: Found | null;
};

export type Textblock = { readonly block: Node; readonly start: number };

/** By query, what was found in a block. */
const caches = new WeakMap<FindQuery, WeakMap<Node, readonly Found[]>>();

function cacheOf(query: FindQuery): WeakMap<Node, readonly Found[]> {
  let cache = caches.get(query);
  if (!cache) caches.set(query, (cache = new WeakMap()));
  return cache;
}

/** Every position of the block is one character of it. */
export const blockText = (block: Node): string =>
  block.textBetween(0, block.content.size, undefined, "\ufffc");

/** A pattern takes too long for it. */
export const isTooLong = (query: FindQuery, block: Node): boolean => block.content.size > query.blockCharsMax;

/** The textblocks that touch a stretch, in order. */
export function textblocksOf(doc: Node, from = 0, to = doc.content.size): Textblock[] {
  const all: Textblock[] = [];
  doc.nodesBetween(from, to, (block, pos) => {
    if (block.isTextblock) all.push({ block, start: pos + 1 });
    return !block.isTextblock;
  });
  return all;
}

/** What is found in a block, at its places in the document. */
export function foundIn({ query, within }: Search, { block, start }: Textblock): readonly Found[] {
  if (within && (start > within.to || start + block.content.size < within.from)) return [];
  const cache = cacheOf(query);
  let found = cache.get(block);
  if (!found) cache.set(block, (found = isTooLong(query, block) ? [] : query.find(blockText(block))));
  const placed = found.map(({ from, to }) => ({ from: start + from, to: start + to }));
  return within ? placed.filter(({ from, to }) => from >= within.from && to <= within.to) : placed;
}

export type Seek = { readonly from: number; readonly by: 1 | -1 };

/**
 * The nearest in a direction, round the end of the document. Blocks that were searched before cost nothing, so that
 * asking again goes on where it was left.
 * @returns "later" where time was up before anything was found, null where there is nothing
 */
export function seekIn(
  search: Search,
  doc: Node,
  { from, by }: Seek,
  isLate: () => boolean,
): Found | "later" | null {
  const blocks = textblocksOf(doc);
  const first = Math.max(
    0,
    by === 1
      ? blocks.findIndex(({ block, start }) => start + block.content.size >= from)
      : blocks.findLastIndex(({ start }) => start <= from),
  );
  const isAhead = (found: Found): boolean => (by === 1 ? found.from >= from : found.to <= from);
  // The first block comes again at the end, for what lies in it on the other side.
  for (let i = 0; i <= blocks.length; i++) {
    const at = blocks[(first + by * i + 2 * blocks.length) % blocks.length];
    if (!at) return null;
    const isNew = !cacheOf(search.query).has(at.block);
    const all = foundIn(search, at);
    const ahead = i === 0 ? all.filter(isAhead) : all;
    const found = by === 1 ? ahead[0] : ahead.at(-1);
    if (found) return found;
    if (isNew && isLate()) return "later";
  }
  return null;
}

/**
 * Where each top-level block of a document starts: as a position and as an offset in the CRDT. An
 * edit changes few blocks, so an index is made from that of the document before: what is the same
 * before and after the change is copied and shifted, and only the changed blocks are measured.
 */
import type { Node } from "prosemirror-model";

export type BlockIndex = {
  /** Offset of each block; after the last one, the whole length. */
  readonly offsets: Int32Array;
  /** Position before each block; after the last one, the size of the content. */
  readonly positions: Int32Array;
  readonly length: number;
};

const indices = new WeakMap<Node, BlockIndex>();

type Indexed = { readonly children: readonly Node[]; readonly index: BlockIndex };
const empty: Indexed = {
  children: [],
  index: { offsets: new Int32Array(1), positions: new Int32Array(1), length: 0 },
};
/** Documents indexed last, a few as several may be open: one of them is what the next was made from. */
let recent: readonly Indexed[] = [];
const recentMax = 4;
const worthKeeping = 64;

/** The one of the recent documents that this one was made from, by a block that both begin or end with. */
function originOf(children: readonly Node[]): Indexed {
  const first = children[0];
  const last = children.at(-1);
  return recent.find((one) => one.children[0] === first || one.children.at(-1) === last) ?? empty;
}

/** @param flatLength the length of a block in the CRDT */
export function blockIndex(doc: Node, flatLength: (block: Node) => number): BlockIndex {
  const known = indices.get(doc);
  if (known) return known;
  const { children } = doc;
  const origin = originOf(children);
  const index = indexFrom(origin, children, flatLength);
  indices.set(doc, index);
  // A few blocks on a workbench are no document to go on from.
  if (children.length >= worthKeeping)
    recent = [{ children, index }, ...recent.filter((one) => one !== origin)].slice(0, recentMax);
  return index;
}

function indexFrom(old: Indexed, children: readonly Node[], flatLength: (block: Node) => number): BlockIndex {
  const count = children.length;
  const oldCount = old.children.length;
  const most = Math.min(count, oldCount);
  let same = 0;
  while (same < most && children[same] === old.children[same]) same++;
  let tail = 0;
  while (tail < most - same && children[count - 1 - tail] === old.children[oldCount - 1 - tail]) tail++;
  const offsets = new Int32Array(count + 1);
  const positions = new Int32Array(count + 1);
  offsets.set(old.index.offsets.subarray(0, same + 1));
  positions.set(old.index.positions.subarray(0, same + 1));
  for (let i = same; i < count - tail; i++) {
    const child = children[i] as Node;
    offsets[i + 1] = (offsets[i] as number) + flatLength(child);
    positions[i + 1] = (positions[i] as number) + child.nodeSize;
  }
  const first = count - tail;
  const oldFirst = oldCount - tail;
  const offsetShift = (offsets[first] as number) - (old.index.offsets[oldFirst] as number);
  const positionShift = (positions[first] as number) - (old.index.positions[oldFirst] as number);
  for (let i = 1; i <= tail; i++) {
    offsets[first + i] = (old.index.offsets[oldFirst + i] as number) + offsetShift;
    positions[first + i] = (old.index.positions[oldFirst + i] as number) + positionShift;
  }
  return { offsets, positions, length: offsets[count] as number };
}

/** The last of `starts` (all but the final entry) that is not above `value`. */
function lastUpTo(starts: Int32Array, value: number): number {
  let low = 0;
  let high = starts.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return Math.max(low, 0);
}

/** The block that a position lies in, or before which it lies; the count of blocks at the very end. */
export function indexOfPosition({ positions }: BlockIndex, pos: number): number {
  return pos >= (positions.at(-1) as number) ? positions.length - 1 : lastUpTo(positions, pos);
}

/** The block whose text an offset is in or at the end of: an offset before a marker is of the block before. */
export function indexOfOffset({ offsets }: BlockIndex, offset: number): number {
  let low = 0;
  let high = Math.max(offsets.length - 2, 0);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] as number) < offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

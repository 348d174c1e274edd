/**
 * The headings of a document, wherever they stand, and where each is. What a top-level block holds is found once, for
 * a node never changes: for each further document it is a walk over the top-level blocks that does not look into them.
 * A heading keeps its key while it is edited and while others come and go, so that whoever shows it can follow it.
 */
import type { Node } from "prosemirror-model";
import { schema } from "../document/schema.ts";
import { headingCharsMax } from "./limits.ts";

export type Heading = { readonly key: number; readonly level: number; readonly text: string };

type Found = { readonly node: Node; /** From the start of its top-level block. */ readonly offset: number };
type Shown = { readonly level: number; readonly text: string };

const none: readonly Found[] = [];
const foundByBlock = new WeakMap<Node, readonly Found[]>();
const shownByNode = new WeakMap<Node, Shown>();

function foundIn(block: Node): readonly Found[] {
  if (block.type !== schema.nodes.heading && (block.inlineContent || block.isLeaf)) return none;
  const known = foundByBlock.get(block);
  if (known) return known;
  const found: Found[] = [];
  const look = (node: Node, offset: number): boolean => {
    if (node.type === schema.nodes.heading) found.push({ node, offset });
    return !node.inlineContent;
  };
  if (look(block, 0)) block.descendants((node, offset) => look(node, offset + 1));
  foundByBlock.set(block, found);
  return found;
}

function shownOf(node: Node): Shown {
  let shown = shownByNode.get(node);
  if (!shown) {
    const text = node
      .textBetween(0, Math.min(node.content.size, headingCharsMax))
      .replace(/\s+/g, " ")
      .trim();
    shown = { level: node.attrs["level"] as number, text };
    shownByNode.set(node, shown);
  }
  return shown;
}

const isSame = (a: Shown | undefined, b: Shown | undefined): boolean =>
  a !== undefined && b !== undefined && a.level === b.level && a.text === b.text;

export class Headings {
  #nextKey = 1;
  #doc: Node | null = null;
  #nodes: readonly Node[] = [];
  #list: readonly Heading[] = [];
  #positions: readonly number[] = [];

  /** The same list as before where no heading changed. */
  get list(): readonly Heading[] {
    return this.#list;
  }

  /** Where each of them begins. */
  get positions(): readonly number[] {
    return this.#positions;
  }

  /** Looks at this document from now on. */
  update(doc: Node): void {
    if (doc === this.#doc) return;
    this.#doc = doc;
    const nodes: Node[] = [];
    const positions: number[] = [];
    let start = 0;
    for (const block of doc.children) {
      for (const { node, offset } of foundIn(block)) {
        nodes.push(node);
        positions.push(start + offset);
      }
      start += block.nodeSize;
    }
    this.#positions = positions;
    if (nodes.length === this.#nodes.length && nodes.every((node, i) => node === this.#nodes[i])) return;
    this.#nodes = nodes;
    this.#reconcile(nodes.map(shownOf));
  }

  /** The heading of the section that this position is in; -1 before the first one. */
  indexAt(pos: number): number {
    return lastIndexWhere(this.#positions.length, (index) => (this.#positions[index] ?? 0) <= pos);
  }

  #reconcile(now: readonly Shown[]): void {
    const old = this.#list;
    let start = 0;
    while (start < now.length && isSame(old[start], now[start])) start++;
    let end = 0;
    const endMax = Math.min(old.length, now.length) - start;
    while (end < endMax && isSame(old.at(-1 - end), now.at(-1 - end))) end++;
    if (start === now.length && now.length === old.length) return;
    const changed = this.#kept(old.slice(start, old.length - end), now.slice(start, now.length - end));
    this.#list = [...old.slice(0, start), ...changed, ...old.slice(old.length - end)];
  }

  /** Those that moved stay what they are; the others are, in order, what stood there, and new ones are new. */
  #kept(was: readonly Heading[], now: readonly Shown[]): Heading[] {
    const left = new Set(was);
    const wasByShown = Map.groupBy(was.toReversed(), ({ level, text }) => `${level} ${text}`);
    const moved = now.map(({ level, text }) => {
      const same = wasByShown.get(`${level} ${text}`)?.pop();
      if (same) left.delete(same);
      return same;
    });
    const others = left.values();
    return now.map((shown, i) => moved[i] ?? { key: others.next().value?.key ?? this.#nextKey++, ...shown });
  }
}

/** The last index below `length` for which it is so, where it is so for all before it; -1 where for none. */
export function lastIndexWhere(length: number, isSo: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * The words and characters of a document, counted block by block and remembered by node: a node never changes, so a key
 * costs its own paragraph again and no more.
 *
 * All text that is read counts: lists, tables, captions, footnotes, code. Formulas do not, nor what is shown by an
 * object in the line that is no text (a picture, a file's name, a footnote's number); they stand between words.
 *
 * Whatever may take long is a generator that yields between pieces of work. Whoever runs it stops where there is no
 * time, and may drop it: what was counted is remembered.
 */
import type { Fragment, Node } from "prosemirror-model";
import type { Selection } from "prosemirror-state";
import { schema } from "../document/schema.ts";
import { countText, noCounts, pieces, plus } from "./counting.ts";
import type { Counts } from "./counting.ts";

export type Counting = Generator<void, Counts, void>;

const { math_block, document_link } = schema.nodes;
const { math } = schema.marks;

function textOf(content: Fragment): string {
  let text = "";
  content.forEach((node) => {
    if (node.text !== undefined) text += math.isInSet(node.marks) ? "\n" : node.text;
    else text += node.type === document_link ? (node.attrs["title"] as string) : "\n";
  });
  return text;
}

function* countInline(content: Fragment): Counting {
  let counts = noCounts;
  for (const piece of pieces(textOf(content))) {
    counts = plus(counts, countText(piece));
    yield;
  }
  return counts;
}

export class NodeCounts {
  #countsByNode = new WeakMap<Node, Counts>();
  #last: { doc: Node; counts: Counts } | null = null;

  /** Of a whole document, from the one that was counted last where they have most in common. */
  *ofDocument(doc: Node): Counting {
    const last = this.#last;
    let counts = noCounts;
    if (last === null) counts = yield* this.#ofAll(doc.children);
    else if (last.doc === doc) return last.counts;
    else counts = plus(last.counts, yield* this.difference(last.doc, doc));
    this.#last = { doc, counts };
    return counts;
  }

  /** What `after` has more than `before`. */
  *difference(before: Node, after: Node): Counting {
    const old = before.children;
    const now = after.children;
    let start = 0;
    while (start < old.length && start < now.length && old[start] === now[start]) start++;
    let oldEnd = old.length;
    let end = now.length;
    while (oldEnd > start && end > start && old[oldEnd - 1] === now[end - 1]) {
      oldEnd--;
      end--;
    }
    const less = yield* this.#ofAll(old.slice(start, oldEnd));
    return plus(yield* this.#ofAll(now.slice(start, end)), less, -1);
  }

  *ofSelection(doc: Node, { ranges }: Selection): Counting {
    let counts = noCounts;
    for (const { $from, $to } of ranges) counts = plus(counts, yield* this.#between(doc, $from.pos, $to.pos));
    return counts;
  }

  *#ofAll(nodes: readonly Node[]): Counting {
    let counts = noCounts;
    for (const node of nodes)
      counts = plus(counts, this.#countsByNode.get(node) ?? (yield* this.#ofBlock(node)));
    return counts;
  }

  *#ofBlock(block: Node): Counting {
    if (block.type === math_block || block.isLeaf) return noCounts;
    const counts = block.inlineContent
      ? yield* countInline(block.content)
      : yield* this.#ofAll(block.children);
    this.#countsByNode.set(block, counts);
    return counts;
  }

  /** @param from where in the node's content, as for `Node.cut` */
  *#between(node: Node, from: number, to: number): Counting {
    if (node.type === math_block || from >= to) return noCounts;
    if (node.inlineContent) return yield* countInline(node.content.cut(from, to));
    let counts = noCounts;
    let start = 0;
    for (const child of node.children) {
      const end = start + child.nodeSize;
      if (start >= to) break;
      if (end > from && !child.isLeaf) {
        const isWhole = from <= start + 1 && to >= end - 1;
        const part = isWhole
          ? this.#ofAll([child])
          : this.#between(child, Math.max(0, from - start - 1), Math.min(child.content.size, to - start - 1));
        counts = plus(counts, yield* part);
      }
      start = end;
    }
    return counts;
  }
}

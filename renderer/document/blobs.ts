/**
 * The blobs that a document names: SHA-256, in hex. What is not shown counts as well (hidden blocks, code that
 * was an image, blocks of a newer version): a blob is kept for as long as anything names it.
 */
import type { Fragment, Node } from "prosemirror-model";
import type { Span } from "./render.ts";
import { scalarsFrom, stringOf } from "./scalar.ts";

export const isBlobHash = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

const hashesOf = (stored: object): string[] => Object.values(stored).map(stringOf).filter(isBlobHash);

/** @param content of the schema: a document, or what a step inserts */
export function blobsIn(content: Node | Fragment): Set<string> {
  const found = new Set<string>();
  content.descendants((node) => {
    for (const hash of hashesOf(node.attrs)) found.add(hash);
    if (node.type.name.startsWith("unknown_"))
      for (const hash of hashesOf(scalarsFrom(node.attrs["data"]))) found.add(hash);
  });
  return found;
}

/** @param spans of the body, as the CRDT has them */
export function blobsOfSpans(spans: Iterable<Span>): Set<string> {
  const found = new Set<string>();
  for (const span of spans) {
    const stored: unknown = span.type === "block" ? span.value["attrs"] : span.marks;
    if (typeof stored !== "object" || stored === null) continue;
    for (const hash of hashesOf(stored)) found.add(hash);
  }
  return found;
}

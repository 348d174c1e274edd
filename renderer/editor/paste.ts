/** What is pasted or dropped: containers become new ones, links are checked once more. */
import { Fragment, Slice } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { isSafeHref } from "../document/link.ts";
import { schema } from "../document/schema.ts";

const { link } = schema.marks;

function cleaned(node: Node): Node {
  if (node.isText) {
    const mark = link.isInSet(node.marks);
    return mark && !isSafeHref(mark.attrs["href"] as string)
      ? node.mark(mark.removeFromSet(node.marks))
      : node;
  }
  const content = cleanedFragment(node.content);
  // A pasted copy with the id of its original would be one container with it.
  const attrs = "id" in node.attrs ? { ...node.attrs, id: "" } : node.attrs;
  return node.type.create(attrs, content, node.marks);
}

function cleanedFragment(fragment: Fragment): Fragment {
  return Fragment.fromArray(fragment.content.map(cleaned));
}

export const cleanedSlice = (slice: Slice): Slice =>
  new Slice(cleanedFragment(slice.content), slice.openStart, slice.openEnd);

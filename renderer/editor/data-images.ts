/** Pictures that are written out in what was pasted (`data:image/…`): taken out, stored, and put back by their hash. */
import { Fragment, Slice } from "prosemirror-model";
import type { Node } from "prosemirror-model";

const isDataImage = (node: Node): boolean =>
  typeof node.attrs["source"] === "string" && /^data:image\//i.test(node.attrs["source"]);

/** The addresses of the pictures that are written out in a slice, each once. */
export function dataImagesIn(slice: Slice): string[] {
  const found = new Set<string>();
  slice.content.descendants((node) => void (isDataImage(node) && found.add(node.attrs["source"] as string)));
  return [...found];
}

/** The image that is all there is of a slice, in however many boxes; null where there is more. */
export function onlyImageIn(slice: Slice): Node | null {
  let at = slice.content;
  while (at.childCount === 1 && at.firstChild) {
    if (at.firstChild.type.name.startsWith("image")) return at.firstChild;
    at = at.firstChild.content;
  }
  return null;
}

/** The slice with what is known of each picture; what could not be stored has no address any more. */
export function withStored(slice: Slice, stored: ReadonlyMap<string, Record<string, unknown>>): Slice {
  const changed = (node: Node): Node => {
    if (node.isText) return node;
    const attrs = isDataImage(node)
      ? { ...node.attrs, source: "", ...stored.get(node.attrs["source"] as string) }
      : node.attrs;
    return node.type.create(attrs, Fragment.fromArray(node.content.content.map(changed)), node.marks);
  };
  return new Slice(Fragment.fromArray(slice.content.content.map(changed)), slice.openStart, slice.openEnd);
}

/** The picture of a `data:` address as a file; null where it is not well written. */
export function fileFrom(address: string): File | null {
  const [, type = "", parameters = "", body = ""] =
    /^data:(image\/[\w.+-]+)((?:;[^,]*)?),([^]*)$/i.exec(address) ?? [];
  if (type === "") return null;
  try {
    const bytes = /;base64$/i.test(parameters)
      ? Uint8Array.from(atob(decodeURIComponent(body)), (letter) => letter.charCodeAt(0))
      : new TextEncoder().encode(decodeURIComponent(body));
    return new File([bytes], "", { type: type.toLowerCase() });
  } catch {
    return null;
  }
}

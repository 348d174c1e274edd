/**
 * Automerge spans → ProseMirror document. Total and deterministic: any run of markers, marks and
 * text gives a schema-valid document, and every replica with the same spans gives the same one.
 * What the schema does not know is shown as near as can be (an unknown block as a paragraph, an
 * unknown container not at all) and stays in the CRDT, because edits write only what they change.
 */
import type { Attrs, Mark, Node } from "prosemirror-model";
import { containerTypes, depthMax, listTypes, marksFrom, parseContainer, storedAttrsOf } from "./block.ts";
import type { Container } from "./block.ts";
import { nodeType, schema } from "./schema.ts";

/** As `Automerge.spans` gives them. Values are not trusted: they may come from anyone. */
export type Span =
  | { type: "text"; value: string; marks?: Record<string, unknown> }
  | { type: "block"; value: Record<string, unknown> };

/** A string that may be wrapped: Automerge gives scalar strings as `ImmutableString` objects. */
function stringOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "val" in value && typeof value.val === "string")
    return value.val;
  return null;
}

const leafTypes = new Set(["paragraph", "heading", "code_block", "horizontal_rule"]);
const noAttrs: Record<string, unknown> = {};

type Leaf = {
  type: string;
  path: Container[];
  attrs: Record<string, unknown>;
  implicit: boolean;
  content: Node[];
};

/** The valid part of a stored path: lists hold items, items stand in lists, the rest as it comes. */
function validPath(stored: unknown): Container[] {
  if (!Array.isArray(stored)) return [];
  const path: Container[] = [];
  for (const entry of stored as unknown[]) {
    const container = parseContainer(stringOf(entry));
    if (!container || !containerTypes.has(container.type)) continue;
    const parent = path.at(-1);
    const inList = parent !== undefined && listTypes.has(parent.type);
    if (inList !== (container.type === "list_item")) {
      if (!inList) continue; // an item outside a list
      path.pop(); // a list that holds no item
    }
    if (path.length === depthMax) break;
    path.push(container);
  }
  const last = path.at(-1);
  if (last && listTypes.has(last.type)) path.pop();
  return path;
}

/** Attributes of `type` read from stored ones, each replaced by its default where it is not valid. */
function attrsFor(type: string, stored: Record<string, unknown>, prefix: string): Record<string, unknown> {
  const attrs: Record<string, unknown> = {};
  for (const name of Object.keys(storedAttrsOf(type))) {
    const raw = stored[prefix + name];
    const value = stringOf(raw) ?? raw;
    const spec = nodeType(type).spec.attrs?.[name];
    if (value === undefined || !spec || typeof spec.validate !== "function") continue;
    try {
      spec.validate(value);
      attrs[name] = value;
    } catch {
      // Not a value this attribute can have: its default shows, the stored one stays.
    }
  }
  return attrs;
}

function leafFrom(value: Record<string, unknown>): Leaf {
  const type = stringOf(value["type"]) ?? "";
  const attrs = value["attrs"];
  return {
    type: leafTypes.has(type) ? type : "paragraph",
    path: validPath(value["parents"]),
    attrs: typeof attrs === "object" && attrs !== null ? (attrs as Record<string, unknown>) : noAttrs,
    implicit: false,
    content: [],
  };
}

function addText(leaf: Leaf, text: string, marks: readonly Mark[]): void {
  if (leaf.type === "code_block") {
    leaf.content.push(schema.text(text));
    return;
  }
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    if (end > start) leaf.content.push(schema.text(text.slice(start, end), marks));
    leaf.content.push(schema.nodes.hard_break.create(null, null, marks));
    start = end + 1;
  }
  if (start < text.length) leaf.content.push(schema.text(text.slice(start), marks));
}

function leavesOf(spans: Iterable<Span>): Leaf[] {
  const leaves: Leaf[] = [];
  for (const span of spans) {
    if (span.type === "block") {
      leaves.push(leafFrom(span.value));
      continue;
    }
    if (span.value === "") continue;
    let leaf = leaves.at(-1);
    if (!leaf || leaf.type === "horizontal_rule") {
      leaf = { type: "paragraph", path: leaf?.path ?? [], attrs: noAttrs, implicit: true, content: [] };
      leaves.push(leaf);
    }
    addText(leaf, span.value, marksFrom(span.marks));
  }
  if (leaves.length === 0)
    leaves.push({ type: "paragraph", path: [], attrs: noAttrs, implicit: true, content: [] });
  return leaves;
}

function nodeFrom(leaf: Leaf): Node {
  const attrs: Attrs = attrsFor(leaf.type, leaf.attrs, "");
  const all = leaf.type === "paragraph" ? { implicit: leaf.implicit } : attrs;
  return nodeType(leaf.type).create(all, leaf.content);
}

type Open = { container: Container; attrs: Record<string, unknown>; children: Node[] };

/**
 * Renders a document.
 * @param spans what `Automerge.spans(doc, ["body"])` gives
 * @returns a `doc` node that passes `check()`; equal for equal spans
 */
export function render(spans: Iterable<Span>): Node {
  const top: Node[] = [];
  const open: Open[] = [];
  const close = (depth: number): void => {
    while (open.length > depth) {
      const { container, attrs, children } = open.pop() as Open;
      const node = nodeType(container.type).create({ ...attrs, id: container.id }, children);
      (open.at(-1)?.children ?? top).push(node);
    }
  };
  for (const leaf of leavesOf(spans)) {
    let shared = 0;
    while (
      shared < open.length &&
      shared < leaf.path.length &&
      open[shared]?.container.type === leaf.path[shared]?.type &&
      open[shared]?.container.id === leaf.path[shared]?.id
    )
      shared++;
    close(shared);
    for (const container of leaf.path.slice(shared))
      open.push({ container, attrs: attrsFor(container.type, leaf.attrs, `${container.id}/`), children: [] });
    (open.at(-1)?.children ?? top).push(nodeFrom(leaf));
  }
  close(0);
  return schema.nodes.doc.create(null, top);
}

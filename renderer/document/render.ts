/**
 * Automerge spans → ProseMirror document. Total and deterministic: any run of markers, marks and
 * text gives a schema-valid document, and every replica with the same spans gives the same one.
 * What the schema does not know is shown as near as can be (an unknown block as a paragraph) and
 * stays in the CRDT, because edits write only what they change.
 */
import type { Node } from "prosemirror-model";
import {
  attrsFrom,
  codeTypes,
  containerTypes,
  dataFrom,
  endType,
  listTypes,
  parseContainer,
} from "./block.ts";
import type { Container } from "./block.ts";
import { depthMax } from "./limits.ts";
import { stringOf } from "./scalar.ts";
import { nodeType, schema } from "./schema.ts";
import { addInline } from "./stored-marks.ts";
import { tableRows } from "./table.ts";
import type { RawCell, RawRow } from "./table.ts";

/** As `Automerge.spans` gives them. Values are not trusted: they may come from anyone. */
export type Span =
  | { type: "text"; value: string; marks?: Record<string, unknown> }
  | { type: "block"; value: Record<string, unknown> };

const leafTypes = new Set(["paragraph", "heading", "code_block", "math_block", "horizontal_rule", "image"]);
/** Types that a path cannot name though the schema has them: they are stored under another. */
const notInPaths = new Set(["doc", "table_header", "unknown_container"]);
const noAttrs: Record<string, unknown> = {};

type Leaf = {
  type: string;
  path: Container[];
  attrs: Record<string, unknown>;
  implicit: boolean;
  content: Node[];
};

/**
 * The valid part of a stored path: lists hold items, tables rows and rows cells, and none of these
 * stands elsewhere; the rest as it comes.
 * @param isEnd whether it is an end marker's, whose last entry is a row or a cell
 */
function validPath(stored: unknown, isEnd: boolean): Container[] {
  if (!Array.isArray(stored)) return [];
  const path: Container[] = [];
  for (const entry of stored as unknown[]) {
    const container = parseContainer(stringOf(entry));
    if (!container || notInPaths.has(container.type)) continue;
    const needed = partOf.get(container.type);
    if (needed) {
      // An item outside a list, a cell outside a row.
      if (!needed.has(path.at(-1)?.type ?? "")) continue;
    } else while (path.length > 0 && holdsOnly.has((path.at(-1) as Container).type)) path.pop();
    if (path.length >= depthMax) break;
    path.push(container);
  }
  const complete = (last: Container): boolean =>
    isEnd ? last.type === "table_row" || last.type === "table_cell" : !holdsOnly.has(last.type);
  while (path.length > 0 && !complete(path.at(-1) as Container)) path.pop();
  return path;
}

/** What may stand only in these. */
const partOf = new Map([
  ["list_item", listTypes],
  ["table_row", new Set(["table"])],
  ["table_cell", new Set(["table_row"])],
]);
/** What holds nothing else than such parts. */
const holdsOnly = new Set([...listTypes, "table", "table_row"]);

function leafFrom(value: Record<string, unknown>): Leaf {
  const type = stringOf(value["type"]) ?? "";
  const stored = value["attrs"];
  const attrs = typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : noAttrs;
  // An end of nothing has no path, and is then a block that nobody knows.
  const path = validPath(value["parents"], type === endType);
  return { type, path, attrs, implicit: false, content: [] };
}

/** Whether a leaf is an end marker that ends something. */
const isEnd = ({ type, path }: Leaf): boolean => type === endType && path.length > 0;

function addText(leaf: Leaf, text: string, marks: Record<string, unknown> | undefined): void {
  if (codeTypes.has(leaf.type)) leaf.content.push(schema.text(text));
  else addInline(leaf.content, text, marks);
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
    if (!leaf || leaf.type === "horizontal_rule" || isEnd(leaf)) {
      leaf = { type: "paragraph", path: leaf?.path ?? [], attrs: noAttrs, implicit: true, content: [] };
      leaves.push(leaf);
    }
    addText(leaf, span.value, span.marks);
  }
  placeAfterEnds(leaves);
  if (leaves.length === 0)
    leaves.push({ type: "paragraph", path: [], attrs: noAttrs, implicit: true, content: [] });
  return leaves;
}

/**
 * Text right after an end marker was typed in a row or a cell that somebody deleted. It goes to the
 * cell that follows in the same table; else to the one before, if that has its row still; else it
 * stands after the table.
 */
function placeAfterEnds(leaves: readonly Leaf[]): void {
  for (let i = 1; i < leaves.length; i++) {
    const leaf = leaves[i] as Leaf;
    const before = leaves[i - 1] as Leaf;
    if (!leaf.implicit || !isEnd(before)) continue;
    const depth = before.path.findLastIndex(({ type }) => type === "table") + 1;
    const next = leaves[i + 1];
    const isInTable =
      next !== undefined &&
      before.path.slice(0, depth).every((one, j) => isSame(one, next.path[j] as Container | undefined));
    if (!isInTable) leaf.path = before.path.slice(0, depth - 1);
    else if (!isEnd(next)) leaf.path = next.path.slice(0, depth + 2);
    else if (before.path.length === depth + 2) leaf.path = before.path;
    else leaf.path = before.path.slice(0, depth - 1);
  }
}

const isSame = (a: Container, b: Container | undefined): boolean => a.type === b?.type && a.id === b.id;

function nodeFrom(leaf: Leaf): Node {
  if (!leafTypes.has(leaf.type)) {
    if (leaf.type === "") return schema.nodes.paragraph.create(null, leaf.content);
    const own = Object.entries(leaf.attrs).filter(([name]) => !name.includes("/"));
    const attrs = { type: leaf.type, data: dataFrom(own.map(([name, value]) => [name, plain(value)])) };
    return schema.nodes.unknown_block.create(attrs, leaf.content);
  }
  if (leaf.type === "paragraph")
    return schema.nodes.paragraph.create({ implicit: leaf.implicit }, leaf.content);
  const type = nodeType(leaf.type);
  return type.create(
    attrsFrom(type, (name) => plain(leaf.attrs[name])),
    leaf.content,
  );
}

const plain = (value: unknown): unknown => stringOf(value) ?? value;

/** A container whose blocks are being read. */
type Open = {
  container: Container;
  /** Reads an attribute of it, as its first block has it. */
  attrs: Record<string, unknown>;
  children: Node[];
  rows: RawRow[];
  cells: RawCell[];
  tail: number;
};

class Builder {
  private readonly top: Node[] = [];
  private readonly open: Open[] = [];

  add(leaf: Leaf): void {
    let shared = 0;
    while (shared < this.open.length && shared < leaf.path.length) {
      const { container } = this.open[shared] as Open;
      if (!isSame(container, leaf.path[shared])) break;
      shared++;
    }
    this.close(shared);
    for (const container of leaf.path.slice(shared))
      this.open.push({ container, attrs: leaf.attrs, children: [], rows: [], cells: [], tail: 0 });
    const inner = this.open.at(-1);
    if (isEnd(leaf)) {
      (inner as Open).tail++;
      this.close(leaf.path.length - 1);
    } else (inner?.children ?? this.top).push(nodeFrom(leaf));
  }

  finish(): Node {
    this.close(0);
    return schema.nodes.doc.create(null, this.top);
  }

  private close(depth: number): void {
    while (this.open.length > depth) {
      const open = this.open.pop() as Open;
      const parent = this.open.at(-1);
      const { type } = open.container;
      if (type === "table_cell") (parent as Open).cells.push(rawCell(open));
      else if (type === "table_row")
        (parent as Open).rows.push({ id: open.container.id, cells: open.cells, tail: open.tail });
      else (parent?.children ?? this.top).push(containerFrom(open));
    }
  }
}

const reader =
  ({ container, attrs }: Open) =>
  (name: string): unknown =>
    plain(attrs[`${container.id}/${name}`]);

function rawCell(open: Open): RawCell {
  const read = reader(open);
  return {
    column: open.container.id,
    isHeader: read("header") === true,
    attrs: attrsFrom(schema.nodes.table_cell, read),
    children: open.children,
    tail: open.tail,
  };
}

function containerFrom(open: Open): Node {
  const { container, children } = open;
  const { type, id } = container;
  if (!containerTypes.has(type)) {
    const prefix = `${id}/`;
    const own = Object.entries(open.attrs)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]): [string, unknown] => [name.slice(prefix.length), plain(value)]);
    return schema.nodes.unknown_container.create({ type, id, data: dataFrom(own) }, children);
  }
  if (type === "table") return schema.nodes.table.create({ id }, tableRows(id, open.rows));
  return nodeType(type).create({ ...attrsFrom(nodeType(type), reader(open)), id }, children);
}

/**
 * Renders a document.
 * @param spans what `Automerge.spans(doc, ["body"])` gives
 * @returns a `doc` node that passes `check()`; equal for equal spans
 */
export function render(spans: Iterable<Span>): Node {
  const builder = new Builder();
  for (const leaf of leavesOf(spans)) builder.add(leaf);
  return builder.finish();
}

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
  isOneContainer,
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
    else if (!isEnd(next)) {
      leaf.path = next.path.slice(0, depth + 2);
      leaf.attrs = next.attrs; // what they say of the cell
    } else if (before.path.length === depth + 2) leaf.path = before.path;
    else leaf.path = before.path.slice(0, depth - 1);
  }
}

const tableParts = new Set(["table", "table_row", "table_cell"]);

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
  /** What each of its blocks says of its attributes, and of its kind (that of where it is now). */
  said: { type: string; attrs: Record<string, unknown> }[];
  children: Node[];
  rows: RawRow[];
  cells: RawCell[];
  tail: number;
};

class Builder {
  private readonly top: Node[] = [];
  private readonly open: Open[] = [];

  add(leaf: Leaf): void {
    const path = this.reached(leaf.path);
    let shared = 0;
    while (shared < this.open.length && shared < path.length) {
      const { container } = this.open[shared] as Open;
      if (!isOneContainer(container, path[shared])) break;
      shared++;
    }
    this.close(shared);
    for (const container of path.slice(shared))
      this.open.push({ container, said: [], children: [], rows: [], cells: [], tail: 0 });
    const inner = this.open.at(-1);
    if (isEnd(leaf)) {
      (inner as Open).tail++;
      this.close(path.length - 1);
      return;
    }
    for (const [i, open] of this.open.entries())
      open.said.push({ type: (path[i] as Container).type, attrs: leaf.attrs });
    (inner?.children ?? this.top).push(nodeFrom(leaf));
  }

  /**
   * The path of a block that follows what is open. Where a container of it is open elsewhere, somebody
   * moved that (indented its item, put it in a quote) while another added to it: it is there now.
   */
  private reached(path: Container[]): Container[] {
    for (let i = path.length - 1; i >= 0; i--) {
      const container = path[i] as Container;
      if (tableParts.has(container.type)) continue;
      const opened = this.open[i];
      if (opened && isOneContainer(opened.container, container)) return path;
      const at = this.open.findIndex((open) => isOneContainer(open.container, container));
      if (at < 0) continue;
      const moved = [...this.open.slice(0, at + 1).map((open) => open.container), ...path.slice(i + 1)];
      return moved.length > depthMax ? path : moved;
    }
    return path;
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

/** The value that most say; on a tie one that is something, for a block added meanwhile knows nothing of it. */
function mostSaid<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: T | undefined = values[0];
  for (const [value, count] of counts) {
    const most = counts.get(best as T) ?? 0;
    if (count > most || (count === most && best === undefined)) best = value;
  }
  return best;
}

const reader =
  ({ container, said }: Open) =>
  (name: string): unknown =>
    mostSaid(said.map(({ attrs }) => plain(attrs[`${container.id}/${name}`]) ?? undefined));

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
  const { container, children, said } = open;
  const { id } = container;
  const type = mostSaid(said.map((one) => one.type)) ?? container.type;
  if (!containerTypes.has(type)) {
    const own = Object.entries(saidOfUnknown(open));
    return schema.nodes.unknown_container.create({ type, id, data: dataFrom(own) }, children);
  }
  if (type === "table") return schema.nodes.table.create({ id }, tableRows(id, open.rows));
  return nodeType(type).create({ ...attrsFrom(nodeType(type), reader(open)), id }, children);
}

/** Every attribute that blocks of an unknown container say it has, each as most say. One pass: the names may be many. */
function saidOfUnknown({ container, said }: Open): Record<string, unknown> {
  const prefix = `${container.id}/`;
  const values = new Map<string, unknown[]>();
  for (const { attrs } of said)
    for (const [name, value] of Object.entries(attrs)) {
      if (!name.startsWith(prefix)) continue;
      const list = values.get(name.slice(prefix.length)) ?? [];
      list.push(plain(value));
      values.set(name.slice(prefix.length), list);
    }
  const most: Record<string, unknown> = {};
  for (const [name, list] of values) if (list.length * 2 >= said.length) most[name] = mostSaid(list);
  return most;
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

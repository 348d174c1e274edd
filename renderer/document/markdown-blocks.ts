/**
 * mdast → blocks. Total: what the schema has no node for comes through as text. Each container gets
 * an id of its own; a footnote's is the one that its references name.
 */
import type { Blockquote, FootnoteDefinition, List, ListItem, Nodes, Paragraph } from "mdast";
import { Fragment } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { nestingMax } from "./markdown-bounds.ts";
import { isShowable, Phrasing, textOf } from "./markdown-inline.ts";
import type { References } from "./markdown-references.ts";
import { tableFrom } from "./markdown-tables.ts";
import { sliceOf } from "./markdown-tree.ts";
import type { Parsed } from "./markdown-tree.ts";
import { orderedStartMax, schema } from "./schema.ts";

const { nodes } = schema;

/** GitHub's alerts: a quote whose first line is one of these alone. */
const alert = /^\[!(note|tip|important|warning|caution)\][ \t]*(?:\n|$)/i;
/** A task without a word is none to GFM. */
const emptyTask = /^\[([ xX])\]$/;

/** The blocks of a parsed piece. */
export const blocksOf = (parsed: Parsed, references: References, newId: () => string): Node[] =>
  new Blocks(parsed.source, references, newId).all(parsed.tree, 0);

class Blocks {
  readonly #source: string;
  readonly #references: References;
  readonly #newId: () => string;
  readonly #phrasing: Phrasing;

  constructor(source: string, references: References, newId: () => string) {
    this.#source = source;
    this.#references = references;
    this.#newId = newId;
    this.#phrasing = new Phrasing(references, source);
  }

  all(children: readonly Nodes[], depth: number): Node[] {
    return children.flatMap((child) => this.#one(child, depth));
  }

  #one(node: Nodes, depth: number): Node[] {
    switch (node.type) {
      case "paragraph":
        return [this.#paragraph(node)];
      case "heading":
        return [nodes.heading.create({ level: node.depth }, this.#phrasing.all(node.children))];
      case "thematicBreak":
        return [nodes.horizontal_rule.create()];
      case "code":
        return [codeBlock(node.value, node.lang ?? "")];
      case "math":
        return [mathBlock(node.value)];
      case "html":
        return [codeBlock(node.value.replace(/\n$/, ""), "html")];
      case "table":
        return [
          tableFrom(node, this.#newId, (children) => this.#phrasing.all(children)) ??
            codeBlock(sliceOf(node, this.#source), "markdown"),
        ];
      case "blockquote":
        return this.#quote(node, depth);
      case "list":
        return this.#list(node, depth);
      case "listItem":
        return this.#item(node, depth);
      case "definition":
        return this.#references.isTarget(node) ? [] : [paragraphOf(sliceOf(node, this.#source))];
      case "footnoteDefinition":
        return this.#footnote(node, depth);
      default:
        return [nodes.paragraph.create(null, this.#phrasing.one(node))];
    }
  }

  /** A formula between double dollars, or an image, that has its paragraph for itself is a block. */
  #paragraph(node: Paragraph): Node {
    const only = node.children.length === 1 ? node.children[0] : undefined;
    if (only?.type === "inlineMath" && sliceOf(only, this.#source).startsWith("$$"))
      return mathBlock(only.value.trim());
    const picture = only && this.#phrasing.picture(only);
    if (picture && isShowable(picture)) return nodes.image.create({ ...picture });
    return nodes.paragraph.create(null, this.#phrasing.all(node.children));
  }

  #quote(node: Blockquote, depth: number): Node[] {
    if (depth >= nestingMax) return this.all(node.children, depth);
    const id = this.#newId();
    const kind = this.#alertOf(node);
    if (kind === null)
      return [nodes.blockquote.create({ id }, atLeastOne(this.all(node.children, depth + 1)))];
    const [first, ...rest] = node.children;
    const under = first?.type === "paragraph" ? withoutFirstLine(first) : null;
    const blocks = this.all(under ? [under, ...rest] : rest, depth + 1);
    return [nodes.callout.create({ id, kind }, atLeastOne(blocks))];
  }

  /** The kind of callout that a quote is; null for any other quote. */
  #alertOf({ children: [first] }: Blockquote): string | null {
    const [opening, next] = first?.type === "paragraph" ? first.children : [];
    if (opening?.type !== "text" || this.#isEscaped(opening)) return null;
    const found = alert.exec(opening.value);
    // Where no line ends in that text, nothing but a line's end may come after it.
    if (!found || (!found[0].endsWith("\n") && next && next.type !== "break")) return null;
    return found[1]?.toLowerCase() ?? null;
  }

  #isEscaped(node: Nodes): boolean {
    return !sliceOf(node, this.#source).startsWith("[");
  }

  /** A bullet list is one of tasks or one of other items, so a mixed one becomes several. */
  #list(node: List, depth: number): Node[] {
    if (depth >= nestingMax) return node.children.flatMap((item) => this.#item(item, depth));
    if (node.ordered) {
      const attrs = { id: this.#newId(), start: Math.min(node.start ?? 1, orderedStartMax) };
      const items = node.children.map((item) =>
        nodes.list_item.create({ id: this.#newId() }, atLeastOne(this.#item(item, depth + 1))),
      );
      return [nodes.ordered_list.create(attrs, items)];
    }
    const lists: { id: string; isTasks: boolean; items: Node[] }[] = [];
    for (const item of node.children) {
      const checked = this.#checked(item);
      const isTasks = checked !== null;
      let list = lists.at(-1);
      if (list?.isTasks !== isTasks) lists.push((list = { id: this.#newId(), isTasks, items: [] }));
      const attrs = { id: this.#newId(), checked: checked ?? false };
      const isEmpty = isTasks && typeof item.checked !== "boolean";
      const blocks = this.all(isEmpty ? item.children.slice(1) : item.children, depth + 1);
      list.items.push(
        nodes.list_item.create(attrs, isEmpty ? [nodes.paragraph.create(), ...blocks] : atLeastOne(blocks)),
      );
    }
    return lists.map(({ id, isTasks, items }) =>
      (isTasks ? nodes.task_list : nodes.bullet_list).create({ id }, items),
    );
  }

  /** Whether the task is done that an item is; null where it is none. */
  #checked(item: ListItem): boolean | null {
    if (typeof item.checked === "boolean") return item.checked;
    const [first] = item.children;
    const only = first?.type === "paragraph" && first.children.length === 1 ? first.children[0] : undefined;
    if (only?.type !== "text" || this.#isEscaped(only)) return null;
    const mark = emptyTask.exec(only.value)?.[1];
    return mark === undefined ? null : mark !== " ";
  }

  /** The blocks of an item that shows no check box: the box is text. */
  #item(item: ListItem, depth: number): Node[] {
    const blocks = this.all(item.children, depth);
    if (typeof item.checked !== "boolean") return blocks;
    return withPrefix(item.checked ? "[x] " : "[ ] ", blocks);
  }

  #footnote(node: FootnoteDefinition, depth: number): Node[] {
    const blocks = this.all(node.children, depth);
    const id = this.#references.idOf(node);
    if (id === null) return withPrefix(`[^${node.label ?? node.identifier}]: `, blocks);
    return [nodes.footnote.create({ id }, atLeastOne(blocks))];
  }
}

/** A paragraph after its first line; null where there is no more. */
function withoutFirstLine(paragraph: Paragraph): Paragraph | null {
  const [first, ...rest] = paragraph.children;
  if (first?.type !== "text") return paragraph;
  const lineEnd = first.value.indexOf("\n");
  if (lineEnd >= 0) {
    const value = first.value.slice(lineEnd + 1);
    return { ...paragraph, children: value === "" ? rest : [{ type: "text", value }, ...rest] };
  }
  const after = rest.slice(1); // the hard break
  return after.length > 0 ? { ...paragraph, children: after } : null;
}

const paragraphOf = (value: string): Node => nodes.paragraph.create(null, textOf(value));

export const codeBlock = (value: string, language: string): Node =>
  nodes.code_block.create({ language }, value === "" ? [] : [schema.text(value)]);

const mathBlock = (value: string): Node =>
  nodes.math_block.create(null, value === "" ? [] : [schema.text(value)]);

const atLeastOne = (blocks: Node[]): Node[] => (blocks.length > 0 ? blocks : [nodes.paragraph.create()]);

/** Puts `prefix` before the first paragraph, or into one of its own. */
function withPrefix(prefix: string, blocks: Node[]): Node[] {
  const first = blocks[0];
  if (first?.type !== nodes.paragraph) return [paragraphOf(prefix.trimEnd()), ...blocks];
  return [first.copy(Fragment.from(schema.text(prefix)).append(first.content)), ...blocks.slice(1)];
}

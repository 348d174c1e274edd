/**
 * Footnotes: their numbers, making one, taking one away. A number is where the first reference
 * stands among the references; it is shown by decorations and is nowhere in the document.
 */
import type { Node } from "prosemirror-model";
import { NodeSelection, Plugin, Selection, TextSelection } from "prosemirror-state";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import { ReplaceStep } from "prosemirror-transform";
import { Decoration, DecorationSet } from "prosemirror-view";
import { changedChildren, isTextStep } from "../document/identify.ts";
import { schema } from "../document/schema.ts";
import { newId } from "./identify-plugin.ts";

const { footnote, footnote_reference, paragraph } = schema.nodes;

type Found = { node: Node; pos: number; id: string };

function found(doc: Node): Found[] {
  const list: Found[] = [];
  doc.descendants((node, pos) => {
    if (node.type === footnote) list.push({ node, pos, id: node.attrs["id"] as string });
    else if (node.type === footnote_reference) list.push({ node, pos, id: node.attrs["footnote"] as string });
  });
  return list;
}

/** Numbers by footnote: those that are referred to, in the order of their first references. */
function numbersOf(list: readonly Found[]): Map<string, number> {
  const numbers = new Map<string, number>();
  const known = new Set(list.flatMap(({ node, id }) => (node.type === footnote ? [id] : [])));
  for (const { node, id } of list)
    if (node.type === footnote_reference && known.has(id) && !numbers.has(id))
      numbers.set(id, numbers.size + 1);
  return numbers;
}

function decorationsOf(doc: Node): DecorationSet {
  const list = found(doc);
  const numbers = numbersOf(list);
  return DecorationSet.create(
    doc,
    list.map(({ node, pos, id }) => {
      const number = numbers.get(id);
      const name = number === undefined ? "Footnote without a number" : `Footnote ${number}`;
      return Decoration.node(pos, pos + node.nodeSize, {
        "data-number": number === undefined ? "?" : String(number),
        role: node.type === footnote ? "note" : "doc-noteref",
        "aria-label": name,
      });
    }),
  );
}

/** What of footnotes these blocks hold, in order: where that stays the same, so do all numbers. */
function sequenceOf(blocks: readonly Node[]): string {
  let sequence = "";
  const add = (node: Node): void => {
    if (node.type === footnote) sequence += `[${node.attrs["id"] as string}]`;
    else if (node.type === footnote_reference) sequence += `(${node.attrs["footnote"] as string})`;
  };
  for (const block of blocks) {
    add(block);
    block.descendants(add);
  }
  return sequence;
}

/** Whether nothing but text was typed, erased or marked: whatever the length of its block, no number changes. */
const isPlainTyping = (tr: Transaction): boolean =>
  tr.steps.every((step, i) => {
    const before = tr.docs[i] as Node;
    if (!isTextStep(step, before)) return false;
    if (!(step instanceof ReplaceStep)) return true;
    let plain = true;
    const look = (node: Node): void => void (plain &&= node.type !== footnote_reference);
    before.nodesBetween(step.from, step.to, look);
    step.slice.content.forEach(look);
    return plain;
  });

/** Shows the numbers; Mod-click on a reference goes to its footnote. */
export const footnotesPlugin = (): Plugin<DecorationSet> =>
  new Plugin<DecorationSet>({
    state: {
      init: (_, { doc }) => decorationsOf(doc),
      apply: (tr, decorations) => {
        if (!tr.docChanged) return decorations;
        if (isPlainTyping(tr)) return decorations.map(tr.mapping, tr.doc);
        const now = sequenceOf(changedChildren(tr.before, tr.doc));
        return now === sequenceOf(changedChildren(tr.doc, tr.before))
          ? decorations.map(tr.mapping, tr.doc)
          : decorationsOf(tr.doc);
      },
    },
    props: {
      decorations(state) {
        return this.getState(state);
      },
      handleClickOn: (view, _pos, node, _nodePos, event) => {
        if (node.type !== footnote_reference || !(event.metaKey || event.ctrlKey)) return false;
        return intoFootnote(node)(view.state, view.dispatch);
      },
    },
  });

/** The reference that is selected, or that the caret is beside; null where there is none. */
export function referenceAt({ selection }: EditorState): { node: Node; pos: number } | null {
  if (selection instanceof NodeSelection)
    return selection.node.type === footnote_reference ? { node: selection.node, pos: selection.from } : null;
  const { $head, empty } = selection;
  if (!empty) return null;
  const [before, after] = [$head.nodeBefore, $head.nodeAfter];
  if (before?.type === footnote_reference) return { node: before, pos: $head.pos - before.nodeSize };
  return after?.type === footnote_reference ? { node: after, pos: $head.pos } : null;
}

/** The footnote that a reference names; null where it is gone. */
export function footnoteOf(doc: Node, reference: Node): { node: Node; pos: number } | null {
  const id = reference.attrs["footnote"] as string;
  return found(doc).find(({ node, id: own }) => node.type === footnote && own === id) ?? null;
}

const intoFootnote =
  (reference: Node): Command =>
  (state, dispatch) => {
    const target = footnoteOf(state.doc, reference);
    if (!target) return false;
    const $end = state.doc.resolve(target.pos + target.node.nodeSize - 1);
    dispatch?.(state.tr.setSelection(Selection.near($end, -1)).scrollIntoView());
    return true;
  };

/** From a reference to the end of its footnote, and from anywhere in a footnote to after its first reference. */
export const crossFootnote: Command = (state, dispatch) => {
  const at = referenceAt(state);
  if (at && intoFootnote(at.node)(state, dispatch)) return true;
  const { $head } = state.selection;
  for (let depth = $head.depth; depth > 0; depth--) {
    const around = $head.node(depth);
    if (around.type !== footnote) continue;
    const first = found(state.doc).find(
      ({ node, id }) => node.type === footnote_reference && id === around.attrs["id"],
    );
    if (!first) return false;
    const $after = state.doc.resolve(first.pos + first.node.nodeSize);
    dispatch?.(state.tr.setSelection(Selection.near($after, -1)).scrollIntoView());
    return true;
  }
  return false;
};

/** A reference at the caret, and the caret in its new footnote at the document's end. */
export const insertFootnote: Command = (state, dispatch) => {
  const { $to } = state.selection;
  const { parent } = $to;
  if (!parent.inlineContent || !parent.canReplaceWith($to.index(), $to.index(), footnote_reference))
    return false;
  if (dispatch) {
    const id = newId();
    const tr = state.tr.insert($to.pos, footnote_reference.create({ footnote: id }));
    const end = tr.doc.content.size;
    tr.insert(end, footnote.create({ id }, paragraph.create()));
    dispatch(tr.setSelection(TextSelection.create(tr.doc, end + 2)).scrollIntoView());
  }
  return true;
};

/** Takes away the footnote at `pos` and its references; the caret goes to where the first of these was. */
export const removeFootnote =
  (pos: number): Command =>
  (state, dispatch) => {
    const id = state.doc.nodeAt(pos)?.attrs["id"] as unknown;
    const all = found(state.doc).filter(
      (one) => one.id === id && (one.node.type !== footnote || one.pos === pos),
    );
    const { tr } = state;
    for (const one of all.toReversed()) tr.delete(one.pos, one.pos + one.node.nodeSize);
    const reference = all.find(({ node }) => node.type === footnote_reference);
    const back = tr.doc.resolve(tr.mapping.map(reference?.pos ?? pos, -1));
    dispatch?.(tr.setSelection(Selection.near(back, -1)).scrollIntoView());
    return true;
  };

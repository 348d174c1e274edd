/**
 * Formulas as they are printed, and as their source where the caret is. The source is always what is in the document;
 * what is printed is drawn beside it and hides it. What is known of formulas is kept through edits: a key costs its
 * own paragraph.
 */
import type { Node } from "prosemirror-model";
import { Plugin, PluginKey, Selection, TextSelection } from "prosemirror-state";
import type { EditorState, Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import type { EditorView, NodeViewConstructor } from "prosemirror-view";
import { schema } from "../document/schema.ts";
import { changedStretch } from "./changed-stretch.ts";
import type { Stretch } from "./changed-stretch.ts";
import { showFormula } from "./formula.ts";

const { math_block } = schema.nodes;
const { math } = schema.marks;

/** Formulas in the text of a block, by their places in the document. */
export function formulasIn(textblock: Node, start: number): (Stretch & { readonly tex: string })[] {
  const formulas: { from: number; to: number; tex: string }[] = [];
  textblock.forEach((child, offset) => {
    if (!child.isText || !math.isInSet(child.marks)) return;
    const from = start + offset;
    const last = formulas.at(-1);
    if (last?.to === from) {
      last.to += child.nodeSize;
      last.tex += child.text ?? "";
    } else formulas.push({ from, to: from + child.nodeSize, tex: child.text ?? "" });
  });
  return formulas;
}

const isSource = (spec: { isSource?: boolean }): boolean => spec.isSource === true;
const isPrinted = (spec: { isPrinted?: boolean }): boolean => spec.isPrinted === true;

function printed(tex: string) {
  return (view: EditorView, getPos: () => number | undefined): HTMLElement => {
    const dom = document.createElement("span");
    dom.className = "formula";
    showFormula(dom, tex, false);
    dom.addEventListener("mousedown", (event) => {
      const pos = getPos();
      if (event.button !== 0 || pos === undefined) return;
      event.preventDefault();
      view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, pos)));
      view.focus();
    });
    return dom;
  };
}

function decorationsIn(doc: Node, { from, to }: Stretch): Decoration[] {
  const decorations: Decoration[] = [];
  doc.nodesBetween(from, to, (node, pos) => {
    if (!node.isTextblock) return true;
    for (const formula of formulasIn(node, pos + 1))
      decorations.push(
        Decoration.inline(formula.from, formula.to, { class: "formula-source" }, { isSource: true }),
        Decoration.widget(formula.to, printed(formula.tex), {
          key: `formula ${formula.tex}`,
          side: -1,
          marks: [],
          ignoreSelection: true,
          isPrinted: true,
        }),
      );
    return false;
  });
  return decorations;
}

const all = (doc: Node): DecorationSet =>
  DecorationSet.create(doc, decorationsIn(doc, { from: 0, to: doc.content.size }));

function follow(tr: Transaction, set: DecorationSet): DecorationSet {
  const changed = changedStretch(tr);
  if (!changed) return set.map(tr.mapping, tr.doc);
  const mapped = set.map(tr.mapping, tr.doc);
  const old = mapped.find(changed.from, changed.to);
  const now = decorationsIn(tr.doc, changed);
  return old.length === 0 && now.length === 0 ? mapped : mapped.remove(old).add(tr.doc, now);
}

const key = new PluginKey<DecorationSet>("math");

/** All but what the caret, or an end of the selection, is in or beside: there the source stands. */
function decorations(state: EditorState): DecorationSet {
  let set = key.getState(state) ?? DecorationSet.empty;
  const { $anchor, $head } = state.selection;
  for (const $pos of $anchor.sameParent($head) && $anchor.pos === $head.pos ? [$head] : [$anchor, $head]) {
    const { parent, depth, pos } = $pos;
    if (parent.type === math_block)
      set = set.add(state.doc, [
        Decoration.node($pos.before(depth), $pos.after(depth), { class: "is-edited" }),
      ]);
    const sources = set.find(pos, pos, isSource);
    const beside = sources.flatMap(({ to }) => set.find(to, to, isPrinted));
    if (sources.length > 0) set = set.remove([...sources, ...beside]);
  }
  return set;
}

const ways: Readonly<Record<string, "up" | "down" | "left" | "right">> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

/** The source of a block that is not edited is not on the screen, so no arrow of the browser's finds it. */
function intoBlock(view: EditorView, event: KeyboardEvent): boolean {
  const way = ways[event.key];
  const { $head, empty } = view.state.selection;
  if (!way || !empty || !$head.parent.isTextblock || $head.depth === 0) return false;
  if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || !view.endOfTextblock(way))
    return false;
  // Left or right by where the caret is: texts run either way.
  const isBack =
    way === "up" || (way !== "down" && $head.parentOffset === 0 && $head.parent.content.size > 0);
  const $edge = view.state.doc.resolve(isBack ? $head.before() : $head.after());
  const found = Selection.findFrom($edge, isBack ? -1 : 1, true);
  if (found?.$head.parent.type !== math_block) return false;
  view.dispatch(view.state.tr.setSelection(found).scrollIntoView());
  return true;
}

const blockView: NodeViewConstructor = (first, view, getPos) => {
  let node = first;
  const dom = document.createElement("div");
  dom.className = "formula-block";
  const source = dom.appendChild(document.createElement("pre"));
  source.dataset["math"] = "true";
  source.spellcheck = false;
  const contentDOM = source.appendChild(document.createElement("code"));
  const shown = dom.appendChild(document.createElement("div"));
  shown.className = "formula";
  shown.contentEditable = "false";
  showFormula(shown, node.textContent, true);
  shown.addEventListener("mousedown", (event) => {
    const pos = getPos();
    if (event.button !== 0 || pos === undefined) return;
    event.preventDefault();
    const end = pos + 1 + node.content.size;
    view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, end)));
    view.focus();
  });
  return {
    dom,
    contentDOM,
    update(next: Node) {
      if (next.type !== node.type) return false;
      if (next.textContent !== node.textContent) showFormula(shown, next.textContent, true);
      node = next;
      return true;
    },
    stopEvent: (event) => event.target instanceof globalThis.Node && shown.contains(event.target),
    ignoreMutation: ({ target }) => shown.contains(target),
  };
};

export const mathPlugin = (): Plugin<DecorationSet> =>
  new Plugin<DecorationSet>({
    key,
    state: {
      init: (_, { doc }) => all(doc),
      apply: (tr, set) => (tr.docChanged ? follow(tr, set) : set),
    },
    props: {
      decorations,
      nodeViews: { math_block: blockView },
      handleKeyDown: intoBlock,
    },
  });

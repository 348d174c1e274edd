/**
 * Tasks: the box of each item, and checking it. The boxes are widgets, not part of a node view: an
 * item's view is kept where its list becomes one of another kind.
 */
import type { Node } from "prosemirror-model";
import { splitListItemKeepMarks } from "prosemirror-schema-list";
import { Plugin } from "prosemirror-state";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import type { EditorView } from "prosemirror-view";
import { isTextStep } from "../document/identify.ts";
import { schema } from "../document/schema.ts";

const { list_item, task_list } = schema.nodes;

/** Positions of the items that the selected text lies in directly. */
function selectedTasks({ doc, selection }: EditorState): number[] {
  const found = new Set<number>();
  for (const { $from, $to } of selection.ranges)
    doc.nodesBetween($from.pos, $to.pos, (node, pos) => {
      if (!node.isTextblock) return;
      const $pos = doc.resolve(pos);
      if ($pos.depth > 1 && $pos.parent.type === list_item && $pos.node(-1).type === task_list)
        found.add($pos.before());
    });
  return [...found];
}

const isChecked = (doc: Node, pos: number): boolean => doc.nodeAt(pos)?.attrs["checked"] === true;

/** Checks the selected tasks; where all of them are checked, unchecks them. */
export const toggleTask: Command = (state, dispatch) => {
  const tasks = selectedTasks(state);
  if (tasks.length === 0) return false;
  const checked = !tasks.every((pos) => isChecked(state.doc, pos));
  const { tr } = state;
  for (const pos of tasks) tr.setNodeAttribute(pos, "checked", checked);
  dispatch?.(tr);
  return true;
};

export const isTaskChecked = (state: EditorState): boolean => {
  const tasks = selectedTasks(state);
  return tasks.length > 0 && tasks.every((pos) => isChecked(state.doc, pos));
};

/** Enter in an item: what is new is not done yet. An item with nothing in it is, where text follows the caret. */
export const splitItem: Command = (state, dispatch) =>
  splitListItemKeepMarks(list_item)(
    state,
    dispatch &&
      ((tr) => {
        const { $from } = tr.selection;
        const second = $from.before(-1);
        const $second = tr.doc.resolve(second);
        const before = $second.nodeBefore;
        if (before?.type === list_item && $second.nodeAfter?.attrs["checked"] === true) {
          const isFirstNew = before.textContent === "" && $from.parent.content.size > 0;
          tr.setNodeAttribute(isFirstNew ? second - before.nodeSize : second, "checked", false);
        }
        dispatch(tr);
      }),
  );

function box(checked: boolean): (view: EditorView, getPos: () => number | undefined) => HTMLElement {
  return (view, getPos) => {
    const dom = document.createElement("span");
    dom.className = "task-box";
    dom.setAttribute("role", "checkbox");
    dom.setAttribute("aria-checked", String(checked));
    dom.setAttribute("aria-label", "Done");
    dom.contentEditable = "false";
    // The caret stays where it is.
    dom.addEventListener("mousedown", (event) => event.preventDefault());
    dom.addEventListener("click", () => {
      const pos = getPos();
      const item = pos === undefined ? null : view.state.doc.nodeAt(pos - 1);
      if (pos === undefined || item?.type !== list_item || !view.editable) return;
      view.dispatch(view.state.tr.setNodeAttribute(pos - 1, "checked", !checked));
    });
    return dom;
  };
}

function boxesIn(doc: Node, from: number, to: number): Decoration[] {
  const boxes: Decoration[] = [];
  doc.nodesBetween(from, to, (node, pos, parent) => {
    if (node.type !== list_item || parent?.type !== task_list) return;
    const checked = node.attrs["checked"] === true;
    boxes.push(
      Decoration.widget(pos + 1, box(checked), {
        side: -1,
        key: checked ? "task-done" : "task",
        ignoreSelection: true,
        stopEvent: () => true,
      }),
    );
  });
  return boxes;
}

/** The stretch of top-level blocks that `after` does not have from `before`, by identity. */
function changedStretch(before: Node, after: Node): { from: number; to: number } {
  let from = 0;
  let start = 0;
  while (start < before.childCount && start < after.childCount && before.child(start) === after.child(start))
    from += after.child(start++).nodeSize;
  let to = after.content.size;
  for (let old = before.childCount, now = after.childCount; old > start && now > start; old--, now--) {
    if (before.child(old - 1) !== after.child(now - 1)) break;
    to -= after.child(now - 1).nodeSize;
  }
  return { from, to };
}

function followed(boxes: DecorationSet, tr: Transaction): DecorationSet {
  if (!tr.docChanged) return boxes;
  const mapped = boxes.map(tr.mapping, tr.doc);
  if (tr.steps.every((step, i) => isTextStep(step, tr.docs[i] as Node))) return mapped;
  const { from, to } = changedStretch(tr.before, tr.doc);
  return mapped.remove(mapped.find(from, to)).add(tr.doc, boxesIn(tr.doc, from, to));
}

export const tasksPlugin = (): Plugin<DecorationSet> =>
  new Plugin<DecorationSet>({
    state: {
      init: (_, { doc }) => DecorationSet.create(doc, boxesIn(doc, 0, doc.content.size)),
      apply: (tr, boxes) => followed(boxes, tr),
    },
    props: {
      decorations(state) {
        return this.getState(state);
      },
    },
  });

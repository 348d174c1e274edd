/**
 * Focus: the paragraph, or the sentence, that the caret is in is as it is, and the rest steps back. One block and at
 * most one stretch are marked, whatever the document's length; the look of the rest is the root's (`document.css`).
 */
import { Plugin } from "prosemirror-state";
import type { EditorState } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

export type FocusMode = "off" | "paragraph" | "sentence";

const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });

/** Offsets in a text of the sentence that a caret is in; at a border it is the one before, which is being written. */
export function sentenceAt(text: string, offset: number): { from: number; to: number } {
  let from = 0;
  for (const { index, segment } of sentences.segment(text)) {
    from = index;
    if (offset <= index + segment.length) return { from, to: index + segment.length };
  }
  return { from, to: text.length };
}

function marked(state: EditorState, mode: FocusMode): DecorationSet | null {
  const { $head } = state.selection;
  if (mode === "off" || !$head.parent.isTextblock) return null;
  if (mode === "paragraph") {
    const block = Decoration.node($head.before(), $head.after(), { class: "in-focus" });
    return DecorationSet.create(state.doc, [block]);
  }
  const text = $head.parent.textBetween(0, $head.parent.content.size, undefined, "\ufffc");
  const { from, to } = sentenceAt(text, $head.parentOffset);
  const start = $head.start();
  return DecorationSet.create(state.doc, [
    Decoration.inline(start + from, start + to, { class: "in-focus" }),
  ]);
}

/** @param mode asked at each change, for a person may choose another at any time */
export const focusModePlugin = (mode: () => FocusMode): Plugin =>
  new Plugin({ props: { decorations: (state) => marked(state, mode()) } });

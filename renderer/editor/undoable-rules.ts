/**
 * Input rules that undo takes back to the keys that were pressed, and redo brings again. What was typed goes into the
 * document first, and what the rule makes of it is a step of the history of its own: whatever arrives from others in
 * between, no letter is missing.
 */
import { closeHistory, undo } from "prosemirror-history";
import { inputRules } from "prosemirror-inputrules";
import type { InputRule } from "prosemirror-inputrules";
import { Plugin } from "prosemirror-state";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";

/** Whether a rule was what happened last. */
type IsFresh = boolean;
type UndoableSpec = { readonly isUndoableRules?: boolean };

/** Rules may be asked before the last key is in the document and after it: ranges end where the text does. */
export function undoableRules(rules: readonly InputRule[]): Plugin<IsFresh> {
  const plain = inputRules({ rules });
  const asked = plain.props.handleTextInput;
  /** Of the view, what prosemirror-inputrules uses. */
  const apply = (
    view: EditorView,
    dispatch: (tr: Transaction) => void,
    from: number,
    to: number,
    text: string,
  ): boolean => {
    const stage = { state: view.state, composing: view.composing, dispatch } as unknown as EditorView;
    return asked?.call(plain, stage, from, to, text, () => view.state.tr) === true;
  };
  const applyTyped = (view: EditorView, pos: number): boolean =>
    apply(view, (tr) => view.dispatch(closeHistory(tr).setMeta(plugin, true)), pos, pos, "");

  const plugin: Plugin<IsFresh> = new Plugin<IsFresh>({
    isUndoableRules: true,
    state: {
      init: () => false,
      apply: (tr, isFresh) => tr.getMeta(plugin) === true || (isFresh && !tr.docChanged && !tr.selectionSet),
    },
    props: {
      handleTextInput(view, from, to, text, insert) {
        if (!apply(view, () => undefined, from, to, text)) return false;
        view.dispatch(insert());
        applyTyped(view, from + text.length);
        return true;
      },
      handleDOMEvents: {
        compositionend(view) {
          // ProseMirror takes over what was composed after this event.
          setTimeout(() => {
            const { empty, head } = view.state.selection;
            if (!view.isDestroyed && empty) applyTyped(view, head);
          });
          return false;
        },
      },
    },
  });
  return plugin;
}

/** Right after a rule: gives back the keys that were pressed. */
export const undoRule: Command = (state, dispatch) => {
  const isFresh = (plugin: Plugin, of: EditorState): boolean =>
    (plugin.spec as UndoableSpec).isUndoableRules === true && plugin.getState(of) === true;
  return state.plugins.some((plugin) => isFresh(plugin, state)) && undo(state, dispatch);
};

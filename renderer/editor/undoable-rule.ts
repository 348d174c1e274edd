/**
 * Input rules that one undo takes back to the keys that were pressed. A rule's edit begins a step of the history of
 * its own; the key that set it off is not in the document then, and is typed once that was undone.
 */
import { closeHistory, undo } from "prosemirror-history";
import { InputRule } from "prosemirror-inputrules";
import type { InputRuleOptions } from "prosemirror-inputrules";
import type { Command, EditorState, Transaction } from "prosemirror-state";

type Handler = (
  state: EditorState,
  match: RegExpMatchArray,
  start: number,
  end: number,
) => Transaction | null;

export const undoableRule = (pattern: RegExp, handler: Handler, options: InputRuleOptions = {}): InputRule =>
  new InputRule(
    pattern,
    (...given) => {
      const tr = handler(...given);
      return tr && closeHistory(tr);
    },
    options,
  );

/** What prosemirror-inputrules remembers of a rule until anything else happens. */
type Applied = { readonly from: number; readonly to: number; readonly text: string } | null;

/** Right after a rule: gives back the keys that were pressed. */
export const undoRule: Command = (state, dispatch, view) => {
  const applied = state.plugins
    .filter(({ spec }) => (spec as { isInputRules?: boolean }).isInputRules === true)
    .map((plugin) => plugin.getState(state) as Applied)
    .find((each) => each !== null);
  if (!applied || !view || !undo(state)) return false;
  if (!dispatch) return true;
  undo(state, dispatch);
  const { from, to, text } = applied;
  if (text !== "") dispatch(view.state.tr.insertText(text, from, to).scrollIntoView());
  return true;
};

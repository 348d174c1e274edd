/**
 * prosemirror-collab with its state made visible. `level.ts` has to rebase in ways that
 * `receiveTransaction` does not offer, so the shape of the plugin's state (1.3.1: `version` and
 * `unconfirmed`, replaced whole by a transaction's meta) is relied on here and nowhere else.
 */
import { collab } from "prosemirror-collab";
import type { EditorState, Plugin, PluginKey, Transaction } from "prosemirror-state";
import type { Step, Transform } from "prosemirror-transform";

export type Unconfirmed = { readonly step: Step; readonly inverted: Step; readonly origin: Transform };
export type CollabState = { readonly version: number; readonly unconfirmed: readonly Unconfirmed[] };

export const collabPlugin = (clientId: string): Plugin => collab({ clientID: clientId });

const probe = collab();
/** prosemirror-collab keeps one key for all its plugins; it is read off one of them. */
const key = probe.spec.key as PluginKey<CollabState>;

export function collabState(state: EditorState): CollabState {
  const found = key.getState(state);
  if (!found) throw new RangeError("this state has no collab plugin");
  return found;
}

export const setCollabState = (tr: Transaction, next: CollabState): Transaction => tr.setMeta(key, next);

/** Whether the transaction brings the authority's word rather than the person's edit. */
export const isFromAuthority = (tr: Transaction): boolean => tr.getMeta(key) !== undefined;

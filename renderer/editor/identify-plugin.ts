/**
 * Gives every container that an edit made or copied an id of its own, before the edit is sent.
 * The engine's transactions are left alone: their ids are the document's.
 */
import { Plugin } from "prosemirror-state";
import { idFrom } from "../document/id.ts";
import { identify, staysValid } from "../document/identify.ts";
import { isFromAuthority } from "./collab.ts";

export const newId = (): string => idFrom((count) => crypto.getRandomValues(new Uint8Array(count)));

export const identifyPlugin = (): Plugin =>
  new Plugin({
    filterTransaction: (tr) => isFromAuthority(tr) || staysValid(tr),
    appendTransaction: (transactions, _before, state) => {
      const own = transactions.filter((tr) => tr.docChanged && !isFromAuthority(tr));
      return own.length > 0 ? identify(transactions, state, newId) : null;
    },
  });

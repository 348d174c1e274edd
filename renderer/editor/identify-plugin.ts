/**
 * Gives every container that an edit made or copied an id of its own, before the edit is sent.
 * The engine's transactions are left alone: their ids are the document's.
 */
import { Plugin } from "prosemirror-state";
import { identify } from "../document/identify.ts";
import { isFromAuthority } from "./collab.ts";

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const idLength = 12; // 70 bits: no two containers of a document meet

/** A random id in base58. 58 does not divide 256: bytes from 232 up are thrown away, not folded. */
export function newId(): string {
  let id = "";
  while (id.length < idLength) {
    for (const byte of crypto.getRandomValues(new Uint8Array(idLength * 2))) {
      if (byte < 232 && id.length < idLength) id += alphabet[byte % 58];
    }
  }
  return id;
}

export const identifyPlugin = (): Plugin =>
  new Plugin({
    appendTransaction: (transactions, _before, state) => {
      const own = transactions.filter((tr) => tr.docChanged && !isFromAuthority(tr));
      return own.length > 0 ? identify(transactions, state, newId) : null;
    },
  });

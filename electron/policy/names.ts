/**
 * Names that people give themselves, their computers and their workspaces. A relay takes the same ones; main
 * looks first, for what a relay says of a wrong name is no words.
 */
import type { Failure } from "../ipc.ts";
import { memberNameCharsMax } from "../../relay/protocol/limits.ts";

export type GivenName = { readonly ok: true; readonly name: string } | Failure;

/** They are shown on one line, and what cannot be seen could make two names look like one. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** `whose` begins a sentence: "Your name". */
export function givenName(text: string, whose: string): GivenName {
  const name = text.trim();
  if (name === "") return refuse(`${whose} is empty. Give one: others see it.`);
  if (name.length > memberNameCharsMax) {
    return refuse(`${whose} is too long: it may have ${memberNameCharsMax} characters.`);
  }
  if (unseen.test(name)) return refuse(`${whose} has characters in it that cannot be seen. Type it anew.`);
  return { ok: true, name };
}

function refuse(message: string): GivenName {
  return { ok: false, code: "name-refused", message };
}

/** What a computer calls itself, made a name that can be offered to the person. */
export function offeredName(host: string): string {
  const seen = host.replace(/\.(local|lan|home|localdomain)$/i, "").replaceAll(new RegExp(unseen, "gu"), "");
  return seen.trim().slice(0, memberNameCharsMax).trim() || "This computer";
}

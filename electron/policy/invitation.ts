/**
 * An invite as a person reads it before they decide: which relay, which workspace, as what. Nothing is
 * connected to for it, and its secret goes nowhere from here.
 */
import type { Failure } from "../ipc.ts";
import { parseInviteLink, type InviteLink } from "../../relay/protocol/invite-link.ts";
import { parseRelayUrl, type Relay } from "./relay-url.ts";

export const inviteScheme = "deckle";

export interface Invitation extends Omit<InviteLink, "relay"> {
  readonly relay: Relay;
}

export type ReadInvitation = { readonly ok: true; readonly invitation: Invitation } | Failure;

export function readInvitation(text: string): ReadInvitation {
  const link = parseInviteLink(text);
  if (!link) {
    return refuse(
      "This is not a whole invite link. It begins with deckle://join? and ends in 22 letters and digits after a #: copy all of it, or ask for it again.",
    );
  }
  const parsed = parseRelayUrl(link.relay);
  if (!parsed.ok) {
    return refuse(
      `This invite leads to a relay that cannot be used: ${parsed.message} Ask for a link with another address.`,
    );
  }
  return { ok: true, invitation: { ...link, relay: parsed.relay } };
}

function refuse(message: string): ReadInvitation {
  return { ok: false, code: "invite-unreadable", message };
}

/** The first of these words, if any, that is the link of an invite: what the system starts us with. */
export function inviteAmong(words: readonly string[]): string | null {
  return words.find((word) => parseInviteLink(word) !== undefined) ?? null;
}

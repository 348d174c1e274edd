/**
 * Why a relay did not do what it was asked, as a person reads it: what it is, and what to do now. One closed
 * table; the codes are the relay's, and `unreachable` where it said nothing that we understand.
 */
import type { RefusedMessage } from "../../relay/protocol/access-messages.ts";
import type { Role } from "../../relay/protocol/roles.ts";
import type { Failure } from "../ipc.ts";
import type { Relay } from "./relay-url.ts";

export type Refused = RefusedMessage["refused"];
export type Refusal = Refused | "unreachable";

/** What was asked for: to be taken in, or something about who may do what. */
export type Asked = "join" | "manage";

const tryLater = "The relay cannot write anything down at the moment. Try again in a minute.";
const otherVersion =
  "The relay did not understand what it was asked. It may be of another version than this Deckle: update both.";
const notIn = "The relay does not let this device in. Ask an owner of the workspace for a new invite.";

const words: Readonly<Record<Refused, Readonly<Record<Asked, string>>>> = {
  forbidden: {
    join: notIn,
    manage: "You may not do this, or what it is about is not there any more. Ask an owner of the workspace.",
  },
  "invite-invalid": {
    join: "This invite cannot be used any more: it is used up, has expired or was withdrawn. Ask for a new one.",
    manage: "This invite is not there any more: it is used up, has expired or was withdrawn.",
  },
  "already-member": {
    join: "This device is in the workspace already, as somebody whom this invite is not for.",
    manage: "This device is in the workspace already.",
  },
  "last-owner": {
    join: "The workspace would be left without an owner.",
    manage: "A workspace needs an owner. Make somebody else an owner first.",
  },
  "too-many": {
    join: "The workspace has as many people or devices as it can have. Ask an owner to revoke what is not used.",
    manage: "The workspace has as many of these as it can have. Take away some that are not used.",
  },
  "not-new": {
    join: "This document is in the workspace already.",
    manage: "This document is in the workspace already, so its history cannot be brought in as a new one.",
  },
  unavailable: { join: tryLater, manage: tryLater },
  malformed: { join: otherVersion, manage: otherVersion },
};

export const refusedCodes: readonly Refused[] = Object.keys(words) as Refused[];

const unreachable = ({ origin }: Relay): string =>
  `The relay at ${origin} could not be reached, or does not answer as one that has members. Check the connection and try again; if it stays so, ask whoever runs the relay.`;

export function refusalOf(refusal: Refusal, asked: Asked, relay: Relay): Failure {
  const message = refusal === "unreachable" ? unreachable(relay) : words[refusal][asked];
  return { ok: false, code: refusal, message };
}

/** Why there is no ticket: the relay says that it does not let us in, or nothing that we could go by. */
export function ticketRefusal(refusal: Refusal, relay: Relay): Failure {
  return refusal === "forbidden"
    ? { ok: false, code: "refused", message: notIn }
    : { ok: false, code: "unreachable", message: unreachable(relay) };
}

/** A link promises one thing and the relay another: it is not what the person agreed to. */
export function otherRole(link: Role, relay: Role): Failure {
  return {
    ok: false,
    code: "other-role",
    message: `The link says that you would join as ${link}, and the relay that you would as ${relay}. Nothing was joined; ask for a new link.`,
  };
}

/** It has just said that the invite is good, so this is not about the invite alone. */
export function refusedAfterOffer({ origin }: Relay): Failure {
  return {
    ok: false,
    code: "invite-invalid",
    message: `The relay knows this invite and did not take this device in all the same. Somebody may have used it up just now: then ask for a new one. If it happens again, the relay may not know that it is reached at ${origin}: tell whoever runs it.`,
  };
}

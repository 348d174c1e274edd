/**
 * The workspace that the profile is in: tickets to connect with, and who may do what there. Main keeps no
 * list of people; the relay is asked each time.
 */
import { randomBytes } from "node:crypto";
import type { z } from "zod";
import type { AccessCalls } from "../../relay/protocol/access-messages.ts";
import { inviteLink } from "../../relay/protocol/invite-link.ts";
import type { calls, Failure } from "../ipc.ts";
import { givenName } from "../policy/names.ts";
import { refusalOf, ticketRefusal } from "../policy/refusals.ts";
import type { Asked, Told } from "./access-client.ts";
import type { At, Caller } from "./caller.ts";
import { inviteId } from "./joining.ts";
import type { Places } from "./places.ts";

type Done = { readonly ok: true } | Failure;
type Answer<Name extends keyof typeof calls> = z.infer<(typeof calls)[Name]["answer"]>;
type Wanted<Name extends "invite" | "manage"> = z.infer<(typeof calls)[Name]["args"]>[1];

const notInWorkspace: Failure = {
  ok: false,
  code: "not-in-workspace",
  message: "This window is about to show another workspace. Try again when it does.",
};
const keyUnreadable: Failure = {
  ok: false,
  code: "key-unreadable",
  message:
    "The key of this device cannot be read: the system's keyring is locked, or not the one that it was kept with. Unlock it and start Deckle again, or ask an owner for an invite and join as a new device.",
};

/** Each call names the workspace that the window shows: see `shownWorkspace` in the contract. */
export class Membership {
  readonly #places: Places;
  readonly #caller: Caller;

  constructor(places: Places, caller: Caller) {
    this.#places = places;
    this.#caller = caller;
  }

  async ticket(shown: string): Promise<Answer<"ticket">> {
    const at = this.#at(shown);
    if (!at) return notInWorkspace;
    const told = await this.#caller.ticket(at, "sync");
    if (told.ok) return { ok: true, ticket: told.gets.ticket };
    return told.refusal === "key-unreadable" ? keyUnreadable : ticketRefusal(told.refusal, at.relay);
  }

  async people(shown: string): Promise<Answer<"people">> {
    const told = await this.#ask(shown, "people", {});
    if (!told.ok) return told;
    const { name, you } = told.gets;
    await this.#places.note(told.at.workspace, { name, role: you.role });
    return { ok: true, people: told.gets };
  }

  async invite(shown: string, { role, member, uses, lastsMs }: Wanted<"invite">): Promise<Answer<"invite">> {
    const secret = randomBytes(16).toString("base64url");
    const of = member === undefined ? {} : { member };
    const told = await this.#ask(shown, "invite", { id: inviteId(secret), role, uses, lastsMs, ...of });
    if (!told.ok) return told;
    const { relay, workspace } = told.at;
    const name = this.#places.joined(workspace)?.name ?? "";
    return { ok: true, link: inviteLink({ relay: relay.url, workspace, role, name, secret }) };
  }

  async manage(shown: string, wanted: Wanted<"manage">): Promise<Done> {
    switch (wanted.call) {
      case "withdraw":
        return doneOf(await this.#ask(shown, "withdraw", { invite: wanted.invite }));
      case "revoke":
        return doneOf(await this.#ask(shown, "revoke", { device: wanted.device }));
      case "remove":
        return doneOf(await this.#ask(shown, "remove", { member: wanted.member }));
      case "role":
        return doneOf(await this.#ask(shown, "role", { member: wanted.member, role: wanted.role }));
      case "narrow": {
        const { documentId, member, share } = wanted;
        const of = member === undefined ? { documentId } : { documentId, member };
        return doneOf(await this.#ask(shown, "narrow", share === undefined ? of : { ...of, share }));
      }
      case "rename":
        return this.#rename(shown, wanted.name);
      case "import":
        return doneOf(await this.#ask(shown, "import", { documentId: wanted.documentId }));
    }
  }

  async #rename(shown: string, text: string): Promise<Done> {
    const given = givenName(text, "The name of the workspace");
    if (!given.ok) return given;
    const told = await this.#ask(shown, "rename", { name: given.name });
    if (told.ok) await this.#places.note(told.at.workspace, { name: given.name });
    return doneOf(told);
  }

  /** The workspace that the profile is in, where it is the one that the window shows. */
  #at(shown: string): At | null {
    const here = this.#places.workspace;
    return here?.joined.workspace === shown ? { relay: here.relay, workspace: shown } : null;
  }

  async #ask<Call extends Asked>(
    shown: string,
    call: Call,
    body: AccessCalls[Call]["sends"],
  ): Promise<(Told<Call> & { readonly ok: true; readonly at: At }) | Failure> {
    const at = this.#at(shown);
    if (!at) return notInWorkspace;
    const told = await this.#caller.manage(at, call, body);
    if (told.ok) return { ...told, at };
    return told.refusal === "key-unreadable" ? keyUnreadable : refusalOf(told.refusal, "manage", at.relay);
  }
}

const doneOf = (told: Done): Done => (told.ok ? { ok: true } : told);

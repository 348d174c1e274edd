/**
 * This device, as a relay gets to know it: takes a nonce, signs it, and is given a ticket. Only the callers
 * of this name relays: that of the workspace that the profile is in, or of an invite that the person has just
 * agreed to.
 */
import type { AccessCalls, ProofMessage } from "../../relay/protocol/access-messages.ts";
import type { Purpose } from "../../relay/protocol/challenge.ts";
import type { Refusal } from "../policy/refusals.ts";
import type { Relay } from "../policy/relay-url.ts";
import type { AccessClient, Asked, Told } from "./access-client.ts";
import type { DeviceKey, DeviceKeys } from "./device-key.ts";

/** Where something is asked: a workspace at its relay. */
export interface At {
  readonly relay: Relay;
  readonly workspace: string;
}

/** Why not, where it may be for want of a key. */
type KeyRefusal = { readonly ok: false; readonly refusal: Refusal | "key-unreadable" };

export type Proved =
  | { readonly ok: true; readonly proof: ProofMessage }
  | { readonly ok: false; readonly refusal: Refusal };

export class Caller {
  readonly #client: AccessClient;
  readonly #keys: DeviceKeys;

  constructor(client: AccessClient, keys: DeviceKeys) {
    this.#client = client;
    this.#keys = keys;
  }

  async ticket(at: At, purpose: "sync" | "manage" | "blob"): Promise<Told<"ticket"> | KeyRefusal> {
    const opened = await this.#keys.open();
    if (opened.state !== "open") return { ok: false, refusal: "key-unreadable" };
    const proved = await this.prove(opened.key, at, purpose);
    return proved.ok ? this.#client.ask(at.relay, "ticket", proved.proof) : proved;
  }

  /** Asks for one thing that takes a ticket. */
  async manage<Call extends Asked>(
    at: At,
    call: Call,
    body: AccessCalls[Call]["sends"],
  ): Promise<Told<Call> | KeyRefusal> {
    const told = await this.ticket(at, "manage");
    return told.ok ? this.#client.ask(at.relay, call, body, told.gets.ticket) : told;
  }

  /** The origin that is signed is the one that is asked: passed on to another relay it is of no use there. */
  async prove(key: DeviceKey, { relay, workspace }: At, purpose: Purpose, invite?: string): Promise<Proved> {
    const told = await this.#client.ask(relay, "nonce", { workspace });
    if (!told.ok) return told;
    const { nonce } = told.gets;
    const signed = { purpose, workspace, nonce, ...(invite !== undefined && { invite }) };
    const { origin } = relay;
    const { publicKey } = key;
    return {
      ok: true,
      proof: { workspace, purpose, origin, nonce, publicKey, signature: key.sign(relay, signed) },
    };
  }
}

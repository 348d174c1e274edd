/**
 * Joins a workspace by the link of an invite: what the link says is shown before anything is connected to,
 * and joining fails where the relay says another role. The key of this device is made with the first one.
 */
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { z } from "zod";
import type { calls, Failure } from "../ipc.ts";
import { readInvitation, type Invitation } from "../policy/invitation.ts";
import { joinedMax } from "../policy/limits.ts";
import { givenName, offeredName } from "../policy/names.ts";
import { otherRole, refusalOf, refusedAfterOffer } from "../policy/refusals.ts";
import type { AccessClient } from "./access-client.ts";
import type { Caller } from "./caller.ts";
import type { DeviceKeys, Obtained } from "./device-key.ts";
import type { Places } from "./places.ts";

type Done = { readonly ok: true } | Failure;
type InviteWords = z.infer<typeof calls.readInvite.answer>;
type Wanted = z.infer<typeof calls.acceptInvite.args>[0];

export interface JoiningOptions {
  readonly places: Places;
  readonly keys: DeviceKeys;
  readonly client: AccessClient;
  readonly caller: Caller;
}

/** What a relay keeps of an invite in place of its secret. */
export const inviteId = (secret: string): string => createHash("sha256").update(secret).digest("hex");

export class Joining {
  readonly #options: JoiningOptions;
  /** One at a time: a link that was clicked twice is not taken twice. */
  #accepting: Promise<unknown> = Promise.resolve();

  constructor(options: JoiningOptions) {
    this.#options = options;
  }

  async readInvite(link: string): Promise<InviteWords> {
    const read = readInvitation(link);
    if (!read.ok) return read;
    const { relay, workspace, name, role } = read.invitation;
    return {
      ok: true,
      relay: relay.url,
      workspace,
      name,
      role,
      keyStorage: this.#hasAgreed ? "protected" : await this.#options.keys.protection(),
      deviceName: offeredName(hostname()),
    };
  }

  accept(wanted: Wanted): Promise<Done> {
    const accepted = this.#accepting.then(() => this.#accept(wanted));
    this.#accepting = accepted.catch(() => undefined);
    return accepted;
  }

  async #accept({ link, name: typed, deviceName: typedDevice, agreesToReadableKey }: Wanted): Promise<Done> {
    const read = readInvitation(link);
    if (!read.ok) return read;
    const name = givenName(typed, "Your name");
    if (!name.ok) return name;
    const deviceName = givenName(typedDevice, "The name of this computer");
    if (!deviceName.ok) return deviceName;
    const { invitation } = read;
    const obstacle = this.#obstacle(invitation);
    if (obstacle) return obstacle;

    const { places, client, caller } = this.#options;
    const { relay, workspace, role, secret } = invitation;
    const offer = await client.ask(relay, "offer", { workspace, secret });
    if (!offer.ok) return this.#turnIfIn(invitation, refusalOf(offer.refusal, "join", relay));
    if (offer.gets.role !== role) return otherRole(role, offer.gets.role);

    const obtained = await this.#obtainKey(agreesToReadableKey);
    if (!obtained.ok) return obtained;
    const proved = await caller.prove(obtained.key, { relay, workspace }, "accept", inviteId(secret));
    if (!proved.ok) return refusalOf(proved.refusal, "join", relay);
    const names = { name: name.name, deviceName: deviceName.name };
    const accepted = await client.ask(relay, "accept", { ...proved.proof, secret, ...names });
    if (!accepted.ok) {
      const isOdd = accepted.refusal === "invite-invalid";
      const failure = isOdd ? refusedAfterOffer(relay) : refusalOf(accepted.refusal, "join", relay);
      return this.#turnIfIn(invitation, failure);
    }
    const joined = { workspace, relay: relay.url, name: offer.gets.name, role };
    return places.join(joined, obtained.aside === null ? null : setAside(obtained.aside));
  }

  get #hasAgreed(): boolean {
    return this.#options.places.settings.agreesToReadableKey === true;
  }

  /** What is known to stand in the way before the relay is asked. */
  #obstacle({ relay, workspace }: Invitation): Failure | undefined {
    const { places } = this.#options;
    const known = places.relayOf(workspace);
    if (known !== undefined && known !== relay.url) {
      // Its documents are on this device: another relay that names the same workspace would be sent them all.
      return {
        ok: false,
        code: "other-relay",
        message: `This device knows this workspace from ${known}, and the invite leads to ${relay.url}. Do not use it unless you know that the relay has moved: then start Deckle with another profile, and join there.`,
      };
    }
    if (places.hasRoomFor(workspace)) return undefined;
    return {
      ok: false,
      code: "too-many",
      message: `This device can be in ${joinedMax} workspaces. Take one off the list first.`,
    };
  }

  async #obtainKey(agreesToReadableKey: boolean): Promise<Obtained> {
    const { places, keys } = this.#options;
    if (agreesToReadableKey && !this.#hasAgreed && (await keys.protection()) === "readable") {
      const saved = await places.save({ agreesToReadableKey: true });
      if (!saved.ok) return saved;
    }
    return keys.obtain({ agreesToReadable: this.#hasAgreed });
  }

  /**
   * Where the relay did not take the invite, this device may be in all the same: the link was opened twice,
   * or the answer to the first time was lost on its way. Then it is turned to.
   */
  async #turnIfIn({ relay, workspace }: Invitation, failure: Failure): Promise<Done> {
    if (failure.code !== "invite-invalid" && failure.code !== "already-member") return failure;
    const { caller, places } = this.#options;
    const told = await caller.manage({ relay, workspace }, "people", {});
    if (!told.ok) return failure;
    const { you, name } = told.gets;
    return places.join({ workspace, relay: relay.url, name, role: you.role });
  }
}

const setAside = (file: string): string =>
  `The key that this device had before could not be read and was set aside as ${file}. It has joined as a new device: ask an owner to revoke the old one, and join your other workspaces again.`;

/**
 * The HTTP API about access (`protocol/access-messages.ts`): parses what came, asks `relay/access/`, answers JSON.
 *
 * Whoever is not let in gets the same answer, whatever the reason, but where nobody can be let in now. Nothing is
 * decided here.
 */
import { z } from "zod";
import { appOrigin, notFound, type Answer, type Posts } from "./http.ts";
import type { Access, Caller, Done, Proof } from "../access/access.ts";
import type { Door } from "../access/door.ts";
import type { By, Decision } from "../access/decision.ts";
import { narrow } from "../access/documents.ts";
import { changeRole, invite, removeMember, rename, revokeDevice, withdrawInvite } from "../access/grants.ts";
import { hash, memberId, personName } from "../access/records.ts";
import type { Roster } from "../access/roster.ts";
import type { AccessCall, AccessCalls, PeopleMessage, RefusedMessage } from "../protocol/access-messages.ts";
import { purposes } from "../protocol/challenge.ts";
import { isDocumentId } from "../protocol/ids.ts";
import { inviteMsMax, inviteSecretCharsMax, inviteUsesMax, ticketMs } from "../protocol/limits.ts";
import { roles, shares } from "../protocol/roles.ts";

export interface Asked {
  /** What came as JSON. */
  readonly body: unknown;
  /** Out of the header. */
  readonly ticket: string | undefined;
  /** Where it came from. */
  readonly address: string;
}
export type Answered<Call extends AccessCall> =
  | { readonly ok: true; readonly gets: AccessCalls[Call]["gets"] }
  | { readonly ok: false; readonly refused: RefusedMessage["refused"] };

const documentId = z.string().refine(isDocumentId);
const short = z.string().max(256);
const secret = z.string().min(1).max(inviteSecretCharsMax);
const proof = z.object({
  workspace: documentId,
  purpose: z.enum(purposes),
  origin: short,
  nonce: short,
  publicKey: hash,
  signature: short,
});

const sent = {
  nonce: z.object({ workspace: documentId }),
  ticket: proof,
  offer: z.object({ workspace: documentId, secret }),
  accept: proof.extend({ secret, name: personName, deviceName: personName }),
  people: z.object({}),
  invite: z.object({
    id: hash,
    role: z.enum(roles),
    member: memberId.exactOptional(),
    uses: z.int().min(1).max(inviteUsesMax),
    lastsMs: z.int().min(1).max(inviteMsMax),
  }),
  withdraw: z.object({ invite: hash }),
  revoke: z.object({ device: hash }),
  remove: z.object({ member: memberId }),
  role: z.object({ member: memberId, role: z.enum(roles) }),
  narrow: z.object({
    documentId,
    member: memberId.exactOptional(),
    share: z.enum(shares).exactOptional(),
  }),
  rename: z.object({ name: personName }),
  import: z.object({ documentId }),
  audit: z.object({ after: z.int().min(0) }),
} satisfies { readonly [Call in AccessCall]: z.ZodType<AccessCalls[Call]["sends"]> };

const forbidden = { ok: false, refused: "forbidden" } as const;
/** Not `forbidden`: an app would believe that it is not in any more. */
const unavailable = { ok: false, refused: "unavailable" } as const;
const malformed = { ok: false, refused: "malformed" } as const;

type Decide = (roster: Roster, nowMs: number) => Decision;

export class AccessApi {
  readonly #door: Door;

  constructor(door: Door) {
    this.#door = door;
  }

  static isCall(name: string): name is AccessCall {
    return Object.hasOwn(sent, name);
  }

  async answer<Call extends AccessCall>(call: Call, asked: Asked): Promise<Answered<AccessCall>> {
    switch (call) {
      case "nonce": {
        const { data } = sent.nonce.safeParse(asked.body);
        if (!data) return malformed;
        return { ok: true, gets: { nonce: this.#door.nonces.make(this.#door.setting.nowMs()) } };
      }
      case "ticket": {
        const { data } = sent.ticket.safeParse(asked.body);
        if (!data) return malformed;
        if (this.#door.isShut(data.workspace)) return unavailable;
        const ticket = this.#door.at(data.workspace).ticket(proofOf(data));
        return ticket === undefined ? forbidden : { ok: true, gets: { ticket, lastsMs: ticketMs } };
      }
      case "offer": {
        const { data } = sent.offer.safeParse(asked.body);
        if (!data) return malformed;
        if (this.#door.isShut(data.workspace)) return unavailable;
        const access = this.#door.at(data.workspace);
        const offer = access.offer(data.secret, asked.address);
        if (!offer) return { ok: false, refused: "invite-invalid" };
        const { name } = access.roster;
        return { ok: true, gets: { role: offer.role, isDevice: offer.member !== undefined, name } };
      }
      case "accept": {
        const { data } = sent.accept.safeParse(asked.body);
        if (!data) return malformed;
        if (this.#door.isShut(data.workspace)) return unavailable;
        const { secret: shown, name, deviceName } = data;
        const access = this.#door.at(data.workspace);
        const done = await access.accept(proofOf(data), { secret: shown, name, deviceName }, asked.address);
        return answerOf(done);
      }
      default:
        return this.#manage(call, asked);
    }
  }

  async #manage(call: AccessCall, { body, ticket }: Asked): Promise<Answered<AccessCall>> {
    const entered = this.#door.redeem(ticket ?? "", "manage");
    if (!entered) return forbidden;
    const { access, caller } = entered;
    const decision = decisionOf(call, body, caller, access);
    if (decision) return answerOf(await access.decide(decision));
    switch (call) {
      case "people":
        return sent.people.safeParse(body).success
          ? { ok: true, gets: peopleFor(access, caller) }
          : malformed;
      case "import": {
        const { data } = sent.import.safeParse(body);
        return data ? answerOf(await access.import(caller, data.documentId)) : malformed;
      }
      case "audit": {
        const { data } = sent.audit.safeParse(body);
        if (!data) return malformed;
        const entries = await access.audit(caller, data.after);
        return typeof entries === "string"
          ? { ok: false, refused: entries }
          : { ok: true, gets: { entries } };
      }
      default:
        return malformed;
    }
  }
}

/** Of calls that are one decision and answer with nothing; undefined also where the body is none of such a call. */
function decisionOf(call: AccessCall, body: unknown, by: By, { workspace }: Access): Decide | undefined {
  switch (call) {
    case "invite":
      return deciding(sent.invite, body, (data, roster, nowMs) => invite(roster, by, data, nowMs));
    case "withdraw":
      return deciding(sent.withdraw, body, (data, roster, nowMs) =>
        withdrawInvite(roster, by, data.invite, nowMs),
      );
    case "revoke":
      return deciding(sent.revoke, body, (data, roster, nowMs) =>
        revokeDevice(roster, by, data.device, nowMs),
      );
    case "remove":
      return deciding(sent.remove, body, (data, roster, nowMs) =>
        removeMember(roster, by, data.member, nowMs),
      );
    case "role":
      return deciding(sent.role, body, (data, roster, nowMs) =>
        changeRole(roster, by, data.member, data.role, nowMs),
      );
    case "narrow":
      return deciding(sent.narrow, body, (data, roster, nowMs) => narrow(roster, by, data, nowMs));
    case "rename":
      return deciding(sent.rename, body, ({ name }, roster, nowMs) =>
        rename(roster, by, { id: workspace, name }, nowMs),
      );
    default:
      return undefined;
  }
}

function deciding<Data>(
  schema: z.ZodType<Data>,
  body: unknown,
  decide: (data: Data, roster: Roster, nowMs: number) => Decision,
): Decide | undefined {
  const parsed = schema.safeParse(body);
  return parsed.success ? (roster, nowMs) => decide(parsed.data, roster, nowMs) : undefined;
}

function proofOf({ purpose, origin, nonce, publicKey, signature }: z.infer<typeof proof>): Proof {
  return { purpose, origin, nonce, publicKey, signature };
}

const answerOf = (done: Done): Answered<AccessCall> =>
  done.ok ? { ok: true, gets: {} } : { ok: false, refused: done.refusal };

/** Everybody sees who is in; devices and invites only owners, and each their own; what is narrowed only owners. */
function peopleFor({ roster }: Access, { member, device }: Caller): PeopleMessage {
  const role = roster.roleOfDevice(device) ?? "viewer";
  const isMine = (of: string | undefined): boolean => role === "owner" || of === member;
  return {
    name: roster.name,
    you: { member, device, role },
    members: roster.members.map(({ id, name, role: each, endedMs }) => ({
      id,
      name,
      role: each,
      ...(endedMs !== undefined && { endedMs }),
    })),
    devices: roster.devices
      .filter((each) => isMine(each.member))
      .map(({ id, member: of, name, sinceMs, endedMs }) => ({
        id,
        member: of,
        name,
        sinceMs,
        ...(endedMs !== undefined && { endedMs }),
      })),
    invites: roster.invites
      .filter((each) => isMine(each.by))
      .map(({ id, role: each, member: of, usesLeft, expiresMs }) => ({
        id,
        role: each,
        usesLeft,
        expiresMs,
        ...(of !== undefined && { member: of }),
      })),
    narrowings: (role === "owner" ? roster.narrowings : []).map(({ documentId: of, member: who, share }) => ({
      documentId: of,
      share,
      ...(who !== undefined && { member: who }),
    })),
  };
}

/** Below `/access/`, for apps: a page of another origin is refused, whatever it shows. */
export function accessPosts(api: AccessApi): Posts {
  return {
    prefix: "/access/",
    answer: async (name, body, { headers, socket }) => {
      if (headers.origin !== undefined && headers.origin !== appOrigin) return said(403, forbidden);
      if (!AccessApi.isCall(name)) return notFound;
      const [, ticket] = /^Ticket ([A-Za-z0-9_-]{1,64})$/.exec(headers.authorization ?? "") ?? [];
      const answered = await api.answer(name, { body, ticket, address: socket.remoteAddress ?? "" });
      if (answered.ok) return { status: 200, body: JSON.stringify(answered.gets), type: jsonType };
      return said(statusOf[answered.refused], answered);
    },
  };
}

const jsonType = "application/json; charset=utf-8";
const statusOf: Readonly<Record<RefusedMessage["refused"], number>> = {
  malformed: 400,
  forbidden: 403,
  "invite-invalid": 403,
  "already-member": 409,
  "last-owner": 409,
  "not-new": 409,
  "too-many": 409,
  unavailable: 503,
};

function said(status: number, { refused }: RefusedMessage): Answer {
  return { status, body: JSON.stringify({ refused }), type: jsonType };
}

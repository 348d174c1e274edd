/**
 * Decisions about people: who is invited and comes in, who may do what, who goes, and what the workspace is called.
 *
 * Owners decide everything. Editors may invite, up to their own role. Everybody may add a device of their own and
 * revoke one. An invite is worth what the device that made it may still give when it is taken. There is always an
 * owner, but for what the operator does.
 */
import {
  devicesPerMemberMax,
  inviteMsMax,
  invitesMax,
  invitesPerMemberMax,
  inviteUsesMax,
  membersMax,
  recoverMsMax,
} from "../protocol/limits.ts";
import { isAtLeast, type Role } from "../protocol/roles.ts";
import type { AuditEntry } from "./audit.ts";
import {
  asItIs,
  asker,
  authorOf,
  decided,
  put,
  refuse,
  roleOf,
  take,
  type By,
  type Decision,
} from "./decision.ts";
import type { RowChange } from "./ports.ts";
import { operator, type AccessRecord, type Device, type Invite, type Member } from "./records.ts";
import type { Roster } from "./roster.ts";

/** Whether who asks may give somebody this role. */
function mayInvite(roster: Roster, by: By, role: Role): boolean {
  const own = roleOf(roster, by);
  return own !== undefined && isAtLeast(own, "editor") && isAtLeast(own, role);
}

export interface InviteWanted {
  /** Hash of its secret. */
  readonly id: string;
  readonly role: Role;
  /** For another device of this member. */
  readonly member?: string;
  readonly uses: number;
  readonly lastsMs: number;
}

export function invite(roster: Roster, by: By, wanted: InviteWanted, nowMs: number): Decision {
  const { id, role, member, uses, lastsMs } = wanted;
  const mayGive = member === undefined ? mayInvite(roster, by, role) : mayAddDevice(roster, by, member, role);
  // Also where it is there already: it would take the place of somebody else's.
  if (!mayGive || roster.invite(id)) return refuse("forbidden");
  const isSane = uses >= 1 && uses <= inviteUsesMax && lastsMs > 0 && lastsMs <= inviteMsMax;
  const over = roster.invites.filter(({ expiresMs }) => expiresMs <= nowMs);
  const live = roster.invites.filter(({ expiresMs }) => expiresMs > nowMs);
  const own = by === operator ? [] : live.filter((each) => each.by === by.member);
  const isOverOwn = own.length >= invitesPerMemberMax && roleOf(roster, by) !== "owner";
  if (!isSane || live.length >= invitesMax || isOverOwn) return refuse("too-many");
  const value: Invite = {
    id,
    role,
    ...(member !== undefined && { member }),
    ...(by === operator ? { by } : { by: by.member, device: by.device }),
    usesLeft: uses,
    atMs: nowMs,
    expiresMs: nowMs + lastsMs,
  };
  const audit: AuditEntry = { atMs: nowMs, what: "invited", ...authorOf(by), invite: id, role };
  return decided(
    member === undefined ? audit : { ...audit, member },
    [
      ...over.map((each) => take(roster, { kind: "invite", value: each })),
      put(roster, { kind: "invite", value }),
    ],
    asker(roster, by),
  );
}

function mayAddDevice(roster: Roster, by: By, member: string, role: Role): boolean {
  if (roster.roleOf(member) !== role) return false;
  if (by !== operator && by.member === member) return roster.roleOfDevice(by.device) !== undefined;
  return roleOf(roster, by) === "owner";
}

/** What an invite offers now; undefined where it is of no use any more. */
export function offerOf(roster: Roster, id: string, nowMs: number): Invite | undefined {
  const found = roster.invite(id);
  if (!found || found.expiresMs <= nowMs) return undefined;
  const { role, member } = found;
  const maker = makerOf(found);
  const mayStill =
    maker !== undefined &&
    (member === undefined ? mayInvite(roster, maker, role) : mayAddDevice(roster, maker, member, role));
  return mayStill ? found : undefined;
}

/** What a device gave away that is revoked now is void with it: it may have been stolen. */
function makerOf({ by, device }: Invite): By | undefined {
  if (by === operator) return by;
  return device === undefined ? undefined : { member: by, device };
}

export interface Accepted {
  readonly invite: string;
  /** Of the device, hex, and its hash. */
  readonly publicKey: string;
  readonly device: string;
  /** Names that the person gave. */
  readonly name: string;
  readonly deviceName: string;
  /** For a new member. */
  readonly memberId: string;
}

export function accept(roster: Roster, accepted: Accepted, nowMs: number): Decision {
  const found = offerOf(roster, accepted.invite, nowMs);
  const maker = found && makerOf(found);
  if (!found || !maker) return refuse("invite-invalid");
  const who = whoComes(roster, accepted, found);
  if (!who.ok) return who;
  const { id, back } = who;
  const existing = roster.member(id);
  const others = roster.devices.filter((each) => each.member === id && each.id !== accepted.device).length;
  if (others >= devicesPerMemberMax || (!existing && roster.members.length >= membersMax))
    return refuse("too-many");
  const member: Member =
    found.member !== undefined && existing
      ? existing
      : { id, name: back?.name ?? accepted.name, role: found.role, sinceMs: nowMs };
  const device: Device = {
    id: accepted.device,
    publicKey: accepted.publicKey,
    member: id,
    name: accepted.deviceName,
    sinceMs: nowMs,
  };
  const isLast = found.usesLeft === 1;
  const left: AccessRecord = { kind: "invite", value: { ...found, usesLeft: found.usesLeft - 1 } };
  return decided(
    {
      atMs: nowMs,
      what: found.member === undefined ? "joined" : "device-added",
      who: id,
      device: accepted.device,
      invite: found.id,
      role: member.role,
    },
    [
      put(roster, { kind: "member", value: member }),
      put(roster, { kind: "device", value: device }),
      isLast ? take(roster, { kind: "invite", value: found }) : put(roster, left),
    ],
    asker(roster, maker),
  );
}

type WhoComes =
  | { readonly ok: true; readonly id: string; readonly back: Member | undefined }
  | Extract<Decision, { ok: false }>;

/**
 * A device that was revoked, or whose member was removed, comes back as who it was: what it wrote stays its own. But
 * not as somebody who goes on with other devices: it was revoked because it is not in their hands, and must not act in
 * their name, or with their role, for whatever invite it gets hold of. They can add it again themselves.
 */
function whoComes(roster: Roster, { device, memberId }: Accepted, found: Invite): WhoComes {
  const known = roster.device(device);
  if (known && roster.roleOfDevice(known.id) !== undefined) return { ok: false, refusal: "already-member" };
  // The first half of an id begins the actors of all that a device writes: of another device it would write as that.
  const isTwin = roster.devices.some(({ id }) => id !== device && id.startsWith(device.slice(0, 16)));
  if (isTwin) return { ok: false, refusal: "forbidden" };
  if (found.member !== undefined) return { ok: true, id: found.member, back: undefined };
  const back = known && roster.member(known.member);
  if (!back) return { ok: true, id: memberId, back };
  if (back.endedMs !== undefined) return { ok: true, id: back.id, back };
  if (roster.devices.some((each) => each.member === back.id && each.endedMs === undefined))
    return { ok: false, refusal: "forbidden" };
  const isLastOwner = back.role === "owner" && found.role !== "owner" && roster.owners.length === 1;
  return isLastOwner ? { ok: false, refusal: "last-owner" } : { ok: true, id: back.id, back };
}

export function withdrawInvite(roster: Roster, by: By, id: string, nowMs: number): Decision {
  const found = roster.invite(id);
  const isOwn = by !== operator && found?.by === by.member && roleOf(roster, by) !== undefined;
  if (!found || (roleOf(roster, by) !== "owner" && !isOwn)) return refuse("forbidden");
  return decided(
    { atMs: nowMs, what: "invite-withdrawn", ...authorOf(by), invite: id },
    [take(roster, { kind: "invite", value: found })],
    asker(roster, by),
  );
}

export function revokeDevice(roster: Roster, by: By, id: string, nowMs: number): Decision {
  const found = roster.device(id);
  const own = roleOf(roster, by);
  const isOwn = by !== operator && found?.member === by.member && own !== undefined;
  if (!found || found.endedMs !== undefined || (own !== "owner" && !isOwn)) return refuse("forbidden");
  // The last device of the last owner may go: it may be lost, and the operator can invite again.
  return decided(
    { atMs: nowMs, what: "device-revoked", ...authorOf(by), member: found.member, reason: found.id },
    [
      put(roster, { kind: "device", value: { ...found, endedMs: nowMs } }),
      ...withdrawn(roster, ({ device }) => device === id),
    ],
    asker(roster, by),
  );
}

export function removeMember(roster: Roster, by: By, id: string, nowMs: number): Decision {
  const found = roster.member(id);
  const isSelf = by !== operator && by.member === id && roleOf(roster, by) !== undefined;
  if (!found || found.endedMs !== undefined || (roleOf(roster, by) !== "owner" && !isSelf))
    return refuse("forbidden");
  const left = ownersWithout(roster, by, found);
  if (!left) return refuse("last-owner");
  // With the devices: whoever is invited again comes back with the one that is used for it, not with a lost one.
  const devices = roster.devices.filter((each) => each.member === id && each.endedMs === undefined);
  return decided(
    { atMs: nowMs, what: "member-removed", ...authorOf(by), member: id },
    [
      put(roster, { kind: "member", value: { ...found, endedMs: nowMs } }),
      ...devices.map((each) => put(roster, { kind: "device", value: { ...each, endedMs: nowMs } })),
      ...withdrawn(roster, ({ by: maker, member }) => maker === id || member === id),
    ],
    [...asker(roster, by), ...left],
  );
}

/** They are void from now on, and would be good again for whoever holds them once who went is let in again. */
const withdrawn = (roster: Roster, isVoid: (each: Invite) => boolean): RowChange[] =>
  roster.invites.filter(isVoid).map((value) => take(roster, { kind: "invite", value }));

export function changeRole(roster: Roster, by: By, id: string, role: Role, nowMs: number): Decision {
  const found = roster.member(id);
  if (!found || found.endedMs !== undefined || roleOf(roster, by) !== "owner") return refuse("forbidden");
  const left = role === "owner" ? [] : ownersWithout(roster, by, found);
  if (!left) return refuse("last-owner");
  return decided(
    { atMs: nowMs, what: "role-changed", ...authorOf(by), member: id, role },
    [put(roster, { kind: "member", value: { ...found, role } })],
    [...asker(roster, by), ...left],
  );
}

/**
 * An owner who stays when this member is none any more; undefined where there is none. It must still be one when this
 * is written: two owners who let each other go on two nodes would leave nobody.
 */
function ownersWithout(roster: Roster, by: By, leaving: Member): RowChange[] | undefined {
  if (leaving.role !== "owner" || by === operator) return [];
  const stays = roster.owners.find(({ id }) => id !== leaving.id);
  return stays && [asItIs(roster, { kind: "member", value: stays })];
}

export interface Named {
  /** The workspace's. */
  readonly id: string;
  readonly name: string;
}

export function rename(roster: Roster, by: By, value: Named, nowMs: number): Decision {
  if (roleOf(roster, by) !== "owner") return refuse("forbidden");
  return decided(
    { atMs: nowMs, what: "renamed", ...authorOf(by) },
    [put(roster, { kind: "workspace", value })],
    asker(roster, by),
  );
}

/**
 * After a backup was restored, others' devices bring back what it lacks: for so long whoever may write may bring
 * changes of whatever authors. 0 ends it. The operator's alone.
 */
export function recover(roster: Roster, lastsMs: number, nowMs: number): Decision {
  if (lastsMs < 0 || lastsMs > recoverMsMax) return refuse("too-many");
  const record: AccessRecord = { kind: "recovery", value: { untilMs: nowMs + lastsMs } };
  const isEnd = lastsMs === 0;
  return decided(
    { atMs: nowMs, what: isEnd ? "recovery-ended" : "recovery-opened", who: operator },
    [isEnd ? take(roster, record) : put(roster, record)],
    [],
  );
}

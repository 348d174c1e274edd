/** Who is in a workspace, as the panel lists it. Pure; what has ended is not listed. */
import type { People } from "../../../electron/ipc.ts";
import type { Role, Share } from "../access/role-words.ts";

export type ListedDevice = { id: string; name: string; sinceMs: number; isThis: boolean; mayRevoke: boolean };
export type Person = {
  id: string;
  name: string;
  role: Role;
  isYou: boolean;
  mayRemove: boolean;
  devices: readonly ListedDevice[];
};

/** Yourself first, then whoever may do more, then by name. */
export function persons({ you, members, devices }: People): Person[] {
  const isOwner = you.role === "owner";
  return members
    .filter(({ endedMs }) => endedMs === undefined)
    .map(({ id, name, role }) => ({
      id,
      name,
      role,
      isYou: id === you.member,
      mayRemove: isOwner || id === you.member,
      devices: devices
        .filter(({ member, endedMs }) => member === id && endedMs === undefined)
        .map((device) => ({
          id: device.id,
          name: device.name,
          sinceMs: device.sinceMs,
          isThis: device.id === you.device,
          mayRevoke: device.id !== you.device && (isOwner || id === you.member),
        }))
        .toSorted((a, b) => a.sinceMs - b.sinceMs),
    }))
    .toSorted((a, b) => Number(b.isYou) - Number(a.isYou) || rank[b.role] - rank[a.role] || byName(a, b));
}

const rank: Readonly<Record<Role, number>> = { viewer: 0, commenter: 1, editor: 2, owner: 3 };
const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);

export type ListedInvite = {
  id: string;
  role: Role;
  usesLeft: number;
  expiresMs: number;
  for: string | null;
};

/** Those that can still be used, the one that ends first at the top. `for` is whose device it adds. */
export function pendingInvites({ invites, members }: People, nowMs: number): ListedInvite[] {
  return invites
    .filter(({ expiresMs, usesLeft }) => expiresMs > nowMs && usesLeft > 0)
    .map(({ id, role, usesLeft, expiresMs, member }) => ({
      id,
      role,
      usesLeft,
      expiresMs,
      for: member === undefined ? null : (members.find((each) => each.id === member)?.name ?? "somebody"),
    }))
    .toSorted((a, b) => a.expiresMs - b.expiresMs);
}

/** How a document was narrowed for everybody, or for one member; "" is not at all. */
export function narrowingOf({ narrowings }: People, documentId: string, member?: string): Share | "" {
  return narrowings.find((each) => each.documentId === documentId && each.member === member)?.share ?? "";
}

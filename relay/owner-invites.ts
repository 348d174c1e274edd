/** Invites for the first owners: without one nobody could invite anybody. */
import { invite, type InviteWanted } from "./access/grants.ts";
import { operator } from "./access/records.ts";
import type { Roster } from "./access/roster.ts";
import { makeInvite, ownersOf } from "./made-invite.ts";
import { inviteLink } from "./protocol/invite-link.ts";
import { ownerInviteMs } from "./protocol/limits.ts";
import type { Report } from "./sync/ports.ts";
import { nameOf } from "./workspace-name.ts";
import type { Workspaces } from "./workspaces.ts";

/** Of a workspace that nobody owns. */
export interface OwnerInvite {
  readonly name: string;
  /** Absent where somebody was invited already: of that link nobody knows the secret here. */
  readonly link?: string;
}

/** For each workspace that has no owner. Links name the first of these addresses. */
export async function inviteOwners(
  { all }: Workspaces,
  [relay]: readonly string[],
  report: Report,
): Promise<readonly OwnerInvite[]> {
  const made: OwnerInvite[] = [];
  for (const { id: workspace, access } of all) {
    if (relay === undefined || !access.isOpen || ownersOf(access.roster) > 0) continue;
    const name = nameOf(access);
    if (isOwnerInvited(access.roster, Date.now())) {
      made.push({ name });
      continue;
    }
    const { id, secret } = makeInvite();
    const wanted: InviteWanted = { id, role: "owner", uses: 1, lastsMs: ownerInviteMs };
    const done = await access.decide((roster, nowMs) => invite(roster, operator, wanted, nowMs));
    if (done.ok) made.push({ name, link: inviteLink({ relay, workspace, role: "owner", name, secret }) });
    else report("owner-invite-failed", { workspace, reason: done.refusal });
  }
  return made;
}

/** Whether one is on the way. */
const isOwnerInvited = ({ invites }: Roster, nowMs: number): boolean =>
  invites.some(
    ({ role, member, expiresMs }) => role === "owner" && member === undefined && expiresMs > nowMs,
  );

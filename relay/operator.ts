/**
 * What whoever runs the relay's machine may ask of it: through the control socket of a relay that runs, or of the files
 * where none does. The same answers either way; nothing secret is in any.
 */
import type { Access, Done } from "./access/access.ts";
import { readAuditEntry } from "./access/audit.ts";
import type { Decision } from "./access/decision.ts";
import { changeRole, invite, recover, removeMember, revokeDevice, withdrawInvite } from "./access/grants.ts";
import { operator } from "./access/records.ts";
import type { Roster } from "./access/roster.ts";
import { auditEntriesMax } from "./protocol/limits.ts";
import type { ControlRequest } from "./server/control.ts";
import type { Outcome, Stats, Store, Verified } from "./store/store.ts";

/** One workspace that is open, here or in a relay. */
export interface Operated {
  readonly id: string;
  readonly store: Store;
  readonly access: Access;
}

/** What is known of a workspace at a glance. */
export interface ListedWorkspace {
  /** Absent where the file cannot be read. */
  readonly id?: string;
  readonly file: string;
  readonly isDefault: boolean;
  readonly name: string;
  /** Who are in still. */
  readonly members: number;
  readonly owners: number;
  /** Why nobody gets in. */
  readonly problem?: string;
}

export interface Listed {
  /** Under which apps reach the relay; none where no relay runs or it is open. */
  readonly addresses: readonly string[];
  /** Whether a relay runs in which nobody needs an invite. */
  readonly isOpenMode: boolean;
  readonly workspaces: readonly ListedWorkspace[];
}

/** A relay that runs, or the folder of one that does not. Rejects with words for a person. */
export interface Operable {
  list(): Promise<Listed>;
  /** The default one where no id is named. */
  at(id: string | undefined): Promise<Operated>;
  add(name: string): Promise<ListedWorkspace>;
  verify(id: string | undefined): Promise<Verified>;
}

export const accessProblem =
  "who may do what is not whole, so nobody is let in: stop the relay, run `deckle-relay repair`, and invite an owner again";

/** Rejects with words for a person. */
export async function answerOperator(relay: Operable, request: ControlRequest): Promise<unknown> {
  switch (request.command) {
    case "workspaces":
      return relay.list();
    case "add-workspace":
      return relay.add(request.name);
    case "verify":
      return relay.verify(request.workspace);
    default:
      return answerOf(await relay.at(request.workspace), request);
  }
}

type OfOne = Exclude<ControlRequest, { command: "workspaces" | "add-workspace" | "verify" }>;

async function answerOf({ store, access }: Operated, request: OfOne): Promise<unknown> {
  switch (request.command) {
    case "backup":
      return store.backup(request.file) satisfies Promise<Outcome>;
    case "stats":
      return store.stats() satisfies Promise<Stats | undefined>;
    case "people":
      return peopleOf(access);
    case "audit":
      return auditOf(store, request.after);
    default:
      return carriedOut(access, request);
  }
}

type Wanted = Exclude<OfOne, { command: "backup" | "stats" | "people" | "audit" }>;

function carriedOut(access: Access, request: Wanted): Promise<Done> {
  const decide = (decision: (roster: Roster, nowMs: number) => Decision): Promise<Done> =>
    access.decide(decision);
  switch (request.command) {
    case "invite":
      return decide((roster, nowMs) => invite(roster, operator, request, nowMs));
    case "withdraw":
      return decide((roster, nowMs) => withdrawInvite(roster, operator, request.invite, nowMs));
    case "revoke":
      return decide((roster, nowMs) => revokeDevice(roster, operator, request.device, nowMs));
    case "remove":
      return decide((roster, nowMs) => removeMember(roster, operator, request.member, nowMs));
    case "role":
      return decide((roster, nowMs) => changeRole(roster, operator, request.member, request.role, nowMs));
    case "recover":
      return decide((roster, nowMs) => recover(roster, request.lastsMs, nowMs));
  }
}

function peopleOf({ isOpen, roster }: Access): unknown {
  if (!isOpen) throw new Error(accessProblem);
  return {
    members: roster.members.toSorted(bySince),
    devices: roster.devices.toSorted(bySince),
    invites: roster.invites.toSorted((a, b) => a.atMs - b.atMs),
  };
}

const bySince = (a: { readonly sinceMs: number }, b: { readonly sinceMs: number }): number =>
  a.sinceMs - b.sinceMs;

/** Entries that another version of the relay wrote are told as far as they are understood: not at all. */
async function auditOf({ records }: Store, after: number): Promise<unknown> {
  const page = await records.audit(after, auditEntriesMax);
  if (!page) throw new Error("the audit cannot be read");
  const entries = page.entries.flatMap(({ number, value }) => {
    const entry = readAuditEntry(value);
    return entry ? [{ number, ...entry }] : [];
  });
  const last = page.entries.at(-1)?.number;
  return { entries, ...(last !== undefined && { last }) };
}

/**
 * What a decision about who may do what is: the rows that change, or why nothing does. Pure; `access.ts` writes them.
 *
 * A decision also names rows that it relied on, as they were, who asked among them. Where another node has changed one
 * of them meanwhile nothing is written, and it is decided again: whoever is being revoked decides nothing any more.
 */
import type { Role } from "../protocol/roles.ts";
import type { AuditEntry } from "./audit.ts";
import type { RowChange } from "./ports.ts";
import { keyOf, operator, rowOf, type AccessRecord } from "./records.ts";
import type { Roster } from "./roster.ts";

/** Who asks: the operator, or a device of a member. */
export type By = typeof operator | { readonly member: string; readonly device: string };

export type Refusal =
  /** May not, or it is not there: whoever may not know which is not told. */
  | "forbidden"
  /** An invite that is none, is used up, has expired, or whose maker may not give this any more. */
  | "invite-invalid"
  | "already-member"
  /** There would be no owner left. */
  | "last-owner"
  /** A document that is to be imported is there already. */
  | "not-new"
  | "too-many";

export type Decision =
  | { readonly ok: true; readonly changes: readonly RowChange[]; readonly audit: AuditEntry }
  | { readonly ok: false; readonly refusal: Refusal };

export const refuse = (refusal: Refusal): Decision => ({ ok: false, refusal });

/** `reliedOn` are rows that must still be as they are when this is written. */
export function decided(
  audit: AuditEntry,
  changes: readonly RowChange[],
  reliedOn: readonly RowChange[],
): Decision {
  const byKey = new Map([...reliedOn, ...changes].map((change) => [change.key, change]));
  return { ok: true, changes: [...byKey.values()], audit };
}

/** Role of who asks; the operator may do what an owner may. */
export function roleOf(roster: Roster, by: By): Role | undefined {
  return by === operator ? "owner" : roster.roleOfDevice(by.device);
}

export const authorOf = (by: By): Pick<AuditEntry, "who" | "device"> =>
  by === operator ? { who: operator } : { who: by.member, device: by.device };

/** Who asks, as they are. */
export function asker(roster: Roster, by: By): RowChange[] {
  if (by === operator) return [];
  const [device, member] = [roster.device(by.device), roster.member(by.member)];
  return [
    ...(device ? [asItIs(roster, { kind: "device", value: device })] : []),
    ...(member ? [asItIs(roster, { kind: "member", value: member })] : []),
  ];
}

export function put(roster: Roster, record: AccessRecord): RowChange {
  return { ...rowOf(record), was: roster.valueOf(record) };
}
export function take(roster: Roster, record: AccessRecord): RowChange {
  return { key: keyOf(record), value: undefined, was: roster.valueOf(record) };
}
export function asItIs(roster: Roster, record: AccessRecord): RowChange {
  const value = roster.valueOf(record);
  return { key: keyOf(record), value, was: value };
}

/** `deckle-relay audit`: what was done to who may do what, oldest first, a line an entry. */
import type { z } from "zod";
import { auditPage, type auditEntry, type Answered, type People } from "./answers.ts";
import { numberOf, refuse, type Call, type ExitCode } from "./command.ts";
import { moment } from "./table.ts";
import { onWorkspace, peopleOf } from "./workspace-of.ts";

type Entry = z.infer<typeof auditEntry>;

export function audit(call: Call): Promise<ExitCode> {
  return onWorkspace(call, { others: { json: true, after: false } }, async (on) => {
    const { ask, target, offline, fail } = on;
    const from = numberOf(offline, "after", { least: 0, most: Number.MAX_SAFE_INTEGER, byDefault: 0 });
    if (typeof from !== "number") return refuse(call, [from]);
    const people = await peopleOf(on);
    const named = namesOf(people.ok ? people.value : undefined);
    // A page at a time: it only grows, and a terminal may be piped into something that has seen enough.
    for (let after: number | undefined = from; after !== undefined;) {
      const page: Answered<z.infer<typeof auditPage>> = await ask(
        { command: "audit", ...target, after },
        auditPage,
      );
      if (!page.ok) return fail(page.reason);
      for (const entry of page.value.entries)
        call.out(offline.others.has("json") ? `${JSON.stringify(entry)}\n` : `${lineOf(entry, named)}\n`);
      after = page.value.last;
    }
    return 0;
  });
}

type NameOf = (id: string) => string;

function namesOf(people: People | undefined): NameOf {
  const names = new Map(
    [...(people?.members ?? []), ...(people?.devices ?? [])].map(({ id, name }) => [id, name]),
  );
  return (id) => names.get(id) ?? id.slice(0, idChars);
}

/** Enough to find it again. */
const idChars = 12;

function lineOf(entry: Entry, nameOf: NameOf): string {
  const { number, atMs, what, who, device, member, invite, documentId, role, share, reason } = entry;
  const by = who === "operator" || device === undefined ? nameOf(who) : `${nameOf(who)} (${nameOf(device)})`;
  const facts = [
    member !== undefined && nameOf(member),
    role,
    share,
    documentId,
    invite !== undefined && `invite ${invite.slice(0, idChars)}`,
    // Of a device that was revoked this is its id.
    reason !== undefined && nameOf(reason),
  ].filter((each) => typeof each === "string");
  return [String(number).padStart(6), moment(atMs), by, what, facts.join(", ")].join("  ").trimEnd();
}

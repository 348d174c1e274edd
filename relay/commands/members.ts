/** `deckle-relay members`: who is in a workspace, and who is invited. */
import type { People } from "./answers.ts";
import type { Call, ExitCode } from "./command.ts";
import { shortIds } from "./short-ids.ts";
import { day, table } from "./table.ts";
import { onWorkspace, peopleOf } from "./workspace-of.ts";

export function members(call: Call): Promise<ExitCode> {
  return onWorkspace(call, { others: { json: true } }, async (on) => {
    const found = await peopleOf(on);
    if (!found.ok) return on.fail(found.reason);
    call.out(on.offline.others.has("json") ? `${JSON.stringify(found.value)}\n` : tables(found.value));
    return 0;
  });
}

function tables({ members: all, devices, invites }: People): string {
  const short = shortIds([...all, ...devices, ...invites].map(({ id }) => id));
  const shortOf = (id: string): string => short.get(id) ?? id;
  const rows = all.map(({ id, name, role, sinceMs, endedMs }) => [
    shortOf(id),
    name,
    role,
    String(devices.filter((each) => each.member === id && each.endedMs === undefined).length),
    day(sinceMs),
    endedMs === undefined ? "" : `removed ${day(endedMs)}`,
  ]);
  const nameOf = (id: string): string => all.find((each) => each.id === id)?.name ?? id;
  const invited = invites.map(({ id, role, member, by, usesLeft, expiresMs }) => [
    shortOf(id),
    member === undefined ? role : `device of ${nameOf(member)}`,
    String(usesLeft),
    day(expiresMs),
    nameOf(by),
  ]);
  return [
    all.length > 0 ? table(["MEMBER", "NAME", "ROLE", "DEVICES", "SINCE", ""], rows) : "nobody is in yet\n",
    ...(invited.length > 0 ? [table(["INVITE", "FOR", "USES LEFT", "UNTIL", "BY"], invited)] : []),
  ].join("\n");
}

/** `deckle-relay devices`: with which devices the members of a workspace come. */
import type { People } from "./answers.ts";
import type { Call, ExitCode } from "./command.ts";
import { shortIds } from "./short-ids.ts";
import { day, table } from "./table.ts";
import { onWorkspace, peopleOf } from "./workspace-of.ts";

export function devices(call: Call): Promise<ExitCode> {
  return onWorkspace(call, { others: { json: true } }, async (on) => {
    const found = await peopleOf(on);
    if (!found.ok) return on.fail(found.reason);
    const { value } = found;
    call.out(on.offline.others.has("json") ? `${JSON.stringify(value.devices)}\n` : tableOf(value));
    return 0;
  });
}

function tableOf({ members, devices: all, invites }: People): string {
  if (all.length === 0) return "there are no devices yet\n";
  const short = shortIds([...members, ...all, ...invites].map(({ id }) => id));
  const rows = all.map(({ id, name, member, sinceMs, endedMs }) => {
    const of = members.find((each) => each.id === member);
    const ended = endedMs === undefined ? "" : `revoked ${day(endedMs)}`;
    return [short.get(id) ?? id, name, of?.name ?? member, of?.role ?? "", day(sinceMs), ended];
  });
  return table(["DEVICE", "NAME", "MEMBER", "ROLE", "SINCE", ""], rows);
}

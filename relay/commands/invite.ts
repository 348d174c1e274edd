/**
 * `deckle-relay invite`: makes a link by which somebody joins a workspace, or a member comes with another device. The
 * secret is made here and stands in the link alone; the relay is told its hash.
 */
import { isLoopback, originsOf, type Config } from "../config/settings.ts";
import { makeInvite } from "../made-invite.ts";
import { inviteLink } from "../protocol/invite-link.ts";
import { inviteMsMax, inviteUsesMax } from "../protocol/limits.ts";
import { roles, type Role } from "../protocol/roles.ts";
import { hostPort } from "../server/http.ts";
import { syncPath } from "../server/listener.ts";
import { done, type Answered } from "./answers.ts";
import { numberOf, refuse, type Call, type ExitCode } from "./command.ts";
import { memberOf } from "./member-of.ts";
import { refusalWords } from "./refusals.ts";
import { day } from "./table.ts";
import { onWorkspace, peopleOf, type OnWorkspace } from "./workspace-of.ts";

const dayMs = 24 * 3_600_000;
const daysByDefault = 7;

export interface Wanted {
  readonly role: Role;
  readonly uses: number;
  readonly days: number;
  /** Whose device it adds. */
  readonly member?: { readonly id: string; readonly name: string };
}

export function invite(call: Call): Promise<ExitCode> {
  const others = { role: false, uses: false, days: false, member: false };
  return onWorkspace(call, { others, taken: ["data", "url"] }, async (on) => {
    const wanted = await wantedOf(on);
    if ("message" in wanted) return refuse(call, [wanted]);
    return inviteWith(call, on, wanted);
  });
}

async function wantedOf(on: OnWorkspace): Promise<Wanted | { readonly message: string }> {
  const { others } = on.offline;
  const uses = numberOf(on.offline, "uses", { least: 1, most: inviteUsesMax, byDefault: 1 });
  if (typeof uses !== "number") return uses;
  const most = inviteMsMax / dayMs;
  const days = numberOf(on.offline, "days", { least: 1, most, byDefault: daysByDefault });
  if (typeof days !== "number") return days;
  const [named, word] = [others.get("role"), others.get("member")];
  if (word === undefined) {
    const role = named === undefined ? "editor" : roles.find((each) => each === named);
    return role
      ? { role, uses, days }
      : { message: `--role must be ${roles.join(", ")}, not ${JSON.stringify(named)}: write --role editor` };
  }
  if (named !== undefined)
    return { message: "--role is for somebody new, and a member has a role: leave it out" };
  const people = await peopleOf(on);
  const member = people.ok ? memberOf(people.value, word) : people;
  if (!member.ok) return { message: member.reason };
  const { id, name, role } = member.value;
  return { role, uses, days, member: { id, name } };
}

/** Prints the link on stdout, and on stderr what it is for. */
export async function inviteWith(
  call: Call,
  { ask, target, workspace, offline, relay, fail }: OnWorkspace,
  { role, uses, days, member }: Wanted,
): Promise<ExitCode> {
  if (workspace.id === undefined) return fail(workspace.problem ?? "the workspace cannot be read");
  const address = addressOf(offline.config, relay.addresses);
  if (!address.ok) return fail(address.reason);
  const { id, secret } = makeInvite();
  const lastsMs = days * dayMs;
  const of = member && { member: member.id };
  const answer = await ask({ command: "invite", ...target, id, role, uses, lastsMs, ...of }, done);
  if (!answer.ok) return fail(answer.reason);
  if (!answer.value.ok) return fail(workspace.problem ?? refusalWords(answer.value.refusal));
  const { name } = workspace;
  call.out(`${inviteLink({ relay: address.value, workspace: workspace.id, role, name, secret })}\n`);
  const whom = member ? `a device of ${member.name}` : `a new ${role}`;
  const often = uses === 1 ? "once" : `${uses} times`;
  call.err(`for ${whom} in “${name}”, ${often}, until ${day(Date.now() + lastsMs)}\n`);
  if (relay.isOpenMode)
    call.err("the relay runs in the open mode, in which nobody needs it: start it without --open\n");
  return 0;
}

/** Of the relay that runs; else as the settings say. A flag comes first. */
function addressOf(config: Config, [running]: readonly string[]): Answered<string> {
  const { url, host, port, "tls.cert": cert } = config;
  const [named] = url === undefined ? [] : (originsOf(url) ?? []);
  if (named !== undefined) return { ok: true, value: `${named}${syncPath}` };
  if (running !== undefined) return { ok: true, value: running };
  if (isLoopback(host) && cert === undefined && port !== 0)
    return { ok: true, value: `ws://${hostPort(host, port)}${syncPath}` };
  return {
    ok: false,
    reason:
      "the relay does not run and its address is not set: say where apps reach it, e.g. --url wss://relay.example.org",
  };
}

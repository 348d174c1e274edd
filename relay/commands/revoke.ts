/** `deckle-relay revoke ID`: ends a device, a member with all devices, or an invite, and says which it was. */
import type { ControlRequest } from "../server/control.ts";
import { done, type People } from "./answers.ts";
import type { Call, ExitCode } from "./command.ts";
import { refusalWords } from "./refusals.ts";
import { meantBy } from "./short-ids.ts";
import { onWorkspace, peopleOf, type Target } from "./workspace-of.ts";

interface Meant {
  readonly id: string;
  /** Completes “… is revoked”. */
  readonly what: string;
  readonly isOver: boolean;
  readonly request: (target: Target) => ControlRequest;
}

export function revoke(call: Call): Promise<ExitCode> {
  return onWorkspace(call, { operands: ["ID"] }, async (on) => {
    const { ask, target, offline, fail } = on;
    const [word = ""] = offline.operands;
    const found = await peopleOf(on);
    if (!found.ok) return fail(found.reason);
    const [one, ...others] = meantBy(allOf(found.value), word);
    if (!one)
      return fail(
        `${JSON.stringify(word)} is no device, member or invite: \`deckle-relay members\` and \`devices\` list them`,
      );
    if (others.length > 0)
      return fail(
        `${JSON.stringify(word)} may be any of these, write more of it:\n${[one, ...others].map(({ id, what }) => `  ${id}  ${what}`).join("\n")}`,
      );
    if (one.isOver) return fail(`${one.what} was revoked before`);
    const answer = await ask(one.request(target), done);
    if (!answer.ok) return fail(answer.reason);
    if (!answer.value.ok) return fail(refusalWords(answer.value.refusal));
    call.out(`${one.what} is revoked\n`);
    return 0;
  });
}

function allOf({ members, devices, invites }: People): readonly Meant[] {
  const nameOf = (id: string): string => members.find((each) => each.id === id)?.name ?? id;
  return [
    ...devices.map(({ id, name, member, endedMs }) => ({
      id,
      what: `the device “${name}” of ${nameOf(member)}`,
      isOver: endedMs !== undefined,
      request: (target: Target): ControlRequest => ({ command: "revoke", ...target, device: id }),
    })),
    ...members.map(({ id, name, endedMs }) => ({
      id,
      what: `the member ${name}, with all devices,`,
      isOver: endedMs !== undefined,
      request: (target: Target): ControlRequest => ({ command: "remove", ...target, member: id }),
    })),
    ...invites.map(({ id, role, member }) => ({
      id,
      what:
        member === undefined
          ? `the invite for a new ${role}`
          : `the invite for a device of ${nameOf(member)}`,
      isOver: false,
      request: (target: Target): ControlRequest => ({ command: "withdraw", ...target, invite: id }),
    })),
  ];
}

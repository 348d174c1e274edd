/** `deckle-relay role MEMBER ROLE`: gives a member another role. */
import { roles } from "../protocol/roles.ts";
import { done } from "./answers.ts";
import { refuse, type Call, type ExitCode } from "./command.ts";
import { memberOf } from "./member-of.ts";
import { refusalWords } from "./refusals.ts";
import { onWorkspace, peopleOf } from "./workspace-of.ts";

export function role(call: Call): Promise<ExitCode> {
  return onWorkspace(call, { operands: ["MEMBER", "ROLE"] }, async (on) => {
    const { ask, target, offline, fail } = on;
    const [word = "", wanted] = offline.operands;
    const given = roles.find((each) => each === wanted);
    if (!given)
      return refuse(call, [{ message: `${JSON.stringify(wanted)} is no role: write ${roles.join(", ")}` }]);
    const found = await peopleOf(on);
    if (!found.ok) return fail(found.reason);
    const member = memberOf(found.value, word);
    if (!member.ok) return fail(member.reason);
    const { id, name } = member.value;
    const answer = await ask({ command: "role", ...target, member: id, role: given }, done);
    if (!answer.ok) return fail(answer.reason);
    if (!answer.value.ok) return fail(refusalWords(answer.value.refusal));
    call.out(`${name} is ${given} now\n`);
    return 0;
  });
}

/**
 * `deckle-relay recover --hours N`: after a backup was restored, lets everybody who may write bring back what it lacks,
 * whoever wrote it. 0 ends it.
 */
import { recoverMsMax } from "../protocol/limits.ts";
import { done } from "./answers.ts";
import { numberOf, refuse, type Call, type ExitCode } from "./command.ts";
import { refusalWords } from "./refusals.ts";
import { moment } from "./table.ts";
import { onWorkspace } from "./workspace-of.ts";

const hourMs = 3_600_000;
const hoursByDefault = 24;

export function recover(call: Call): Promise<ExitCode> {
  return onWorkspace(call, { others: { hours: false } }, async ({ ask, target, offline, fail, relay }) => {
    const hours = numberOf(offline, "hours", {
      least: 0,
      most: recoverMsMax / hourMs,
      byDefault: hoursByDefault,
    });
    if (typeof hours !== "number") return refuse(call, [hours]);
    if (relay.isOpenMode)
      return fail("the relay runs in the open mode, in which everybody may bring everything");
    const lastsMs = hours * hourMs;
    const answer = await ask({ command: "recover", ...target, lastsMs }, done);
    if (!answer.ok) return fail(answer.reason);
    if (!answer.value.ok) return fail(refusalWords(answer.value.refusal));
    call.out(
      hours === 0
        ? "ended: from now on each device brings only its own changes\n"
        : `until ${moment(Date.now() + lastsMs)} whoever may write brings back everybody's changes\n`,
    );
    return 0;
  });
}

/** `deckle-relay verify`: proves that all that is stored is whole, also while the relay runs; one workspace or each. */
import { listed, verified } from "./answers.ts";
import { readOffline, type Call, type ExitCode } from "./command.ts";
import { withRelay, type Ask } from "./relay-at.ts";
import { pick, targetOf, type ListedWorkspace } from "./workspace-of.ts";

export async function verify(call: Call): Promise<ExitCode> {
  const offline = readOffline(call, [], { workspace: false });
  if (!offline) return 2;
  const named = offline.others.get("workspace");
  return withRelay(call, offline.data, async (ask) => {
    const relay = await ask({ command: "workspaces" }, listed);
    const picked = relay.ok && named !== undefined ? pick(relay.value.workspaces, named) : undefined;
    const problem = !relay.ok ? relay.reason : picked && !picked.ok ? picked.reason : undefined;
    if (problem !== undefined) {
      call.err(`not verified: ${problem}\n`);
      return 1;
    }
    const all = picked?.ok ? [picked.value] : relay.ok ? relay.value.workspaces : [];
    let code: ExitCode = 0;
    for (const workspace of all) {
      if (all.length > 1) call.out(`${workspace.file}\n`);
      if ((await verifyOne(call, ask, workspace)) !== 0) code = 1;
    }
    return code;
  });
}

async function verifyOne(call: Call, ask: Ask, workspace: ListedWorkspace): Promise<ExitCode> {
  const answer = await ask({ command: "verify", ...targetOf(workspace) }, verified);
  if (!answer.ok) {
    call.err(`not verified: ${answer.reason}\n`);
    return 1;
  }
  const { documents, changes, faults, notes } = answer.value;
  for (const note of notes) call.out(`note: ${note}\n`);
  for (const fault of faults) call.out(`${fault}\n`);
  const found = faults.length === 0 ? "whole" : `${faults.length} findings`;
  call.out(`${documents} documents, ${changes} changes: ${found}\n`);
  return faults.length === 0 ? 0 : 1;
}

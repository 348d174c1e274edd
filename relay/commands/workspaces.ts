/** `deckle-relay workspaces`: which there are; `workspaces add NAME` makes one more. */
import type { Words } from "../config/flags.ts";
import { listed, listedWorkspace } from "./answers.ts";
import { readOffline, type Call, type ExitCode } from "./command.ts";
import { inviteWith } from "./invite.ts";
import { withRelay } from "./relay-at.ts";
import { table } from "./table.ts";
import { targetOf, type ListedWorkspace } from "./workspace-of.ts";

export async function workspaces(call: Call): Promise<ExitCode> {
  const wanted = ({ operands }: Words): readonly string[] => (operands[0] === "add" ? ["add", "NAME"] : []);
  const offline = readOffline(call, wanted, { json: true }, ["data", "url"]);
  if (!offline) return 2;
  const [, name] = offline.operands;
  return withRelay(call, offline.data, async (ask) => {
    const fail = (reason: string): ExitCode => {
      call.err(`${reason}\n`);
      return 1;
    };
    const relay = await ask({ command: "workspaces" }, listed);
    if (!relay.ok) return fail(relay.reason);
    if (name === undefined) {
      call.out(
        offline.others.has("json")
          ? `${JSON.stringify(relay.value.workspaces)}\n`
          : tableOf(relay.value.workspaces),
      );
      return 0;
    }
    const added = await ask({ command: "add-workspace", name }, listedWorkspace);
    if (!added.ok) return fail(added.reason);
    const workspace = added.value;
    call.out(`${workspace.id}  ${workspace.name}\n`);
    if (relay.value.isOpenMode) {
      call.err("the relay runs in the open mode, which leads to the default workspace only\n");
      return 0;
    }
    const owner = { role: "owner", uses: 1, days: 7 } as const;
    return inviteWith(
      call,
      { ask, offline, workspace, target: targetOf(workspace), relay: relay.value, fail },
      owner,
    );
  });
}

function tableOf(all: readonly ListedWorkspace[]): string {
  const rows = all.map(({ id = "unknown", name, isDefault, members, owners, problem = "" }) => [
    id,
    name,
    isDefault ? "default" : "",
    String(members),
    String(owners),
    problem,
  ]);
  return table(["WORKSPACE", "NAME", "", "MEMBERS", "OWNERS", ""], rows);
}

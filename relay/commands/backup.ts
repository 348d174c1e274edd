/**
 * `deckle-relay backup FILE`: a consistent copy of one workspace in one new file, taken by the relay itself where one
 * runs; `--all DIR` copies each into a file of a folder, under the name that it has in the data folder.
 */
import { mkdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { listed, outcome } from "./answers.ts";
import { readOffline, type Call, type ExitCode } from "./command.ts";
import { withRelay, type Ask } from "./relay-at.ts";
import { megabytes } from "./words.ts";
import { pick, targetOf, type Listed, type Target } from "./workspace-of.ts";

export async function backup(call: Call): Promise<ExitCode> {
  const offline = readOffline(call, ({ others }) => (others.has("all") ? [] : ["FILE"]), {
    all: false,
    workspace: false,
  });
  if (!offline) return 2;
  const { data, others, operands } = offline;
  const [name = ""] = operands;
  const folder = others.get("all");
  return withRelay(call, data, async (ask) => {
    const relay = await ask({ command: "workspaces" }, listed);
    if (!relay.ok) return fail(call, relay.reason);
    // The relay may run in another folder than this command.
    if (folder !== undefined) return backupAll(call, ask, relay.value, resolve(folder));
    const named = others.get("workspace");
    const { workspaces } = relay.value;
    if (named === undefined && workspaces.length > 1)
      return fail(
        call,
        "there are several workspaces: name one with --workspace, or copy each into a folder with --all DIR",
      );
    const picked = pick(workspaces, named);
    if (!picked.ok) return fail(call, picked.reason);
    return backupOne(call, ask, targetOf(picked.value), resolve(name));
  });
}

async function backupAll(call: Call, ask: Ask, { workspaces }: Listed, folder: string): Promise<ExitCode> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    return fail(call, `${folder} cannot be made: ${error instanceof Error ? error.message : String(error)}`);
  }
  // All are tried: of one that is damaged the others are worth the more.
  let code: ExitCode = 0;
  for (const workspace of workspaces) {
    const file = join(folder, basename(workspace.file));
    if ((await backupOne(call, ask, targetOf(workspace), file)) !== 0) code = 1;
  }
  return code;
}

async function backupOne(call: Call, ask: Ask, target: Target, file: string): Promise<ExitCode> {
  const answer = await ask({ command: "backup", ...target, file }, outcome);
  const done = answer.ok ? answer.value : answer;
  if (!done.ok) return fail(call, done.reason);
  const bytes = statSync(file, { throwIfNoEntry: false })?.size;
  call.out(`${file}${bytes === undefined ? "" : `, ${megabytes(bytes)}`}\n`);
  return 0;
}

function fail(call: Call, reason: string): ExitCode {
  call.err(`${reason}\n`);
  return 1;
}

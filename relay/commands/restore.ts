/**
 * `deckle-relay restore FILE`: makes a workspace's store in a data folder out of a backup, proved whole first. A backup
 * goes only where its workspace is: under another's name its members would find strange documents.
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { isDocumentId } from "../protocol/ids.ts";
import { restore as restoreStore } from "../store/backup.ts";
import { peek } from "../store/peek.ts";
import { otherWorkspaces, storeFile, workspaceFile } from "../workspace-files.ts";
import { readOffline, type Call, type ExitCode } from "./command.ts";
import { isRelayRunning, ownerProblem } from "./relay-at.ts";

export async function restore(call: Call): Promise<ExitCode> {
  const offline = readOffline(call, ["FILE"], { replace: true, workspace: false });
  const [name] = offline?.operands ?? [];
  if (!offline || name === undefined) return 2;
  const { data, others } = offline;
  const from = resolve(name);
  const named = others.get("workspace");
  const isDefault = named === undefined || named === "default";
  const refusal = (await isRelayRunning(data))
    ? `a relay runs on ${data}: stop it first`
    : (ownerProblem(data) ?? placeProblem(data, from, isDefault ? undefined : named));
  if (refusal !== undefined) {
    call.err(`${refusal}\n`);
    return 1;
  }
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = isDefault ? storeFile(data) : workspaceFile(data, named);
  const done = await restoreStore(from, file, { replace: others.has("replace") });
  if (!done.ok) {
    const isThere = done.reason.includes("is there already");
    call.err(
      isThere
        ? `${file} is there already: add --replace, and it is kept beside, under another name\n`
        : `${done.reason}\n`,
    );
    return 1;
  }
  call.out(`${file}\n`);
  const which = isDefault ? "" : ` --workspace ${named}`;
  call.err(
    `Members are those of the backup: look at \`deckle-relay members${which}\`, and revoke again whom you revoked since.\nWhat the backup lacks comes back from the devices that have it. Each brings its own; for what they have of others, start the relay and allow it for a while with \`deckle-relay recover --hours 24${which}\`.\n`,
  );
  return 0;
}

/** Why this backup does not belong there. One that cannot be read is restoring's to refuse. */
function placeProblem(data: string, from: string, named: string | undefined): string | undefined {
  if (named !== undefined && !isDocumentId(named))
    return `--workspace must be the whole id of the workspace, not ${JSON.stringify(named)}`;
  const peeked = peek(from);
  if (!peeked.ok || peeked.workspace === undefined) return undefined;
  const { workspace: id } = peeked;
  if (named !== undefined)
    return named === id ? undefined : `${from} is a backup of the workspace ${id}, not of ${named}`;
  return otherWorkspaces(data).includes(id)
    ? `${from} is a backup of the workspace ${id}: add --workspace ${id}`
    : undefined;
}

/**
 * `deckle-relay repair`: a new store of all that can still be read of a damaged one, in its place.
 *
 * For a store whose structure is damaged, which `verify` says; single damaged pieces a running relay sets aside and
 * heals by itself. The damaged store is only read and then kept beside the new one. What is lacking heals from
 * whoever has it.
 */
import { existsSync, rmSync } from "node:fs";
import { isDocumentId } from "../protocol/ids.ts";
import { moveAway, moveDurably } from "../store/backup.ts";
import { markOf } from "../store/mark.ts";
import { salvage } from "../store/salvage.ts";
import { verifyFile } from "../store/verify.ts";
import { storeFile, workspaceFile } from "../workspace-files.ts";
import { readOffline, refuse, type Call, type ExitCode } from "./command.ts";
import { isRelayRunning, ownerProblem } from "./relay-at.ts";

export async function repair(call: Call): Promise<ExitCode> {
  const offline = readOffline(call, [], { workspace: false });
  if (!offline) return 2;
  const { data, others } = offline;
  const named = others.get("workspace") ?? "default";
  if (named !== "default" && !isDocumentId(named))
    return refuse(call, [
      { message: `--workspace must be the whole id of the workspace, not ${JSON.stringify(named)}` },
    ]);
  const file = named === "default" ? storeFile(data) : workspaceFile(data, named);
  const salvaged = `${file}.salvaged`;
  // Ended between taking the old one away and putting the new one there: the new one is whole.
  const isHalfDone = !existsSync(file) && existsSync(salvaged);
  const refusal =
    !existsSync(file) && !isHalfDone
      ? `${file} is not there: is ${data} a relay's data folder?`
      : (await isRelayRunning(data))
        ? `a relay runs on ${data}: stop it first`
        : ownerProblem(data);
  if (refusal !== undefined) {
    call.err(`${refusal}\n`);
    return 1;
  }
  if (!isHalfDone) {
    for (const left of [salvaged, markOf(salvaged)]) rmSync(left, { force: true });
    const done = salvage(file, salvaged);
    if (!done.ok) {
      call.err(`${done.reason}\n`);
      return 1;
    }
    for (const finding of done.verified.faults) call.out(`${finding}\n`);
    moveAway(file);
  }
  // The log's own note first: a store that finds another's would believe that it lost commits.
  if (existsSync(markOf(salvaged))) moveDurably(markOf(salvaged), markOf(file));
  moveDurably(salvaged, file);
  const { documents, changes, faults } = verifyFile(file);
  for (const fault of faults) call.out(`${fault}\n`);
  call.out(
    `${documents} documents, ${changes} changes; what is lacking comes back from clients that have it\n`,
  );
  return faults.length === 0 ? 0 : 1;
}

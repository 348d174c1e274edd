/** `deckle-relay restore FILE`: makes the store of a data folder out of a backup, proved whole first. */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { storeFile } from "../main.ts";
import { restore as restoreStore } from "../store/backup.ts";
import { readOffline, type Call, type ExitCode } from "./command.ts";
import { isRelayRunning, ownerProblem } from "./store-at.ts";

export async function restore(call: Call): Promise<ExitCode> {
  const offline = readOffline(call, ["FILE"], { replace: true });
  const [name] = offline?.operands ?? [];
  if (!offline || name === undefined) return 2;
  const { data, others } = offline;
  if (await isRelayRunning(data)) {
    call.err(`a relay runs on ${data}: stop it first\n`);
    return 1;
  }
  const refusal = ownerProblem(data);
  if (refusal !== undefined) {
    call.err(`${refusal}\n`);
    return 1;
  }
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = storeFile(data);
  const done = await restoreStore(resolve(name), file, { replace: others.has("replace") });
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
  return 0;
}

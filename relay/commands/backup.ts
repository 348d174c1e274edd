/** `deckle-relay backup FILE`: a consistent copy in one new file, taken by the relay itself where one runs. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { outcome } from "./answers.ts";
import { readOffline, type Call, type ExitCode } from "./command.ts";
import { askStore, withStore } from "./store-at.ts";
import { megabytes } from "./words.ts";

export async function backup(call: Call): Promise<ExitCode> {
  const offline = readOffline(call, ["FILE"]);
  const [name] = offline?.operands ?? [];
  if (!offline || name === undefined) return 2;
  // The relay may run in another folder than this command.
  const file = resolve(name);
  const answer = await askStore(offline.data, { command: "backup", file }, outcome, () =>
    withStore(offline.data, (store) => store.backup(file)),
  );
  const done = answer.ok ? answer.value : answer;
  if (!done.ok) {
    call.err(`${done.reason}\n`);
    return 1;
  }
  const bytes = statSync(file, { throwIfNoEntry: false })?.size;
  call.out(`${file}${bytes === undefined ? "" : `, ${megabytes(bytes)}`}\n`);
  return 0;
}

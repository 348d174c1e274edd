/** `deckle-relay verify`: proves that all that is stored is whole, also while the relay runs. */
import { verifyFile } from "../store/verify.ts";
import { verified } from "./answers.ts";
import { readOffline, type Call, type ExitCode } from "./command.ts";
import { askStore } from "./store-at.ts";

export async function verify(call: Call): Promise<ExitCode> {
  const offline = readOffline(call, []);
  if (!offline) return 2;
  const answer = await askStore(offline.data, { command: "verify" }, verified, async (file) => ({
    ...verifyFile(file),
  }));
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

/** The relay of a data folder, whether it runs or not: asked through its socket, else its files are opened here. */
import { existsSync, statSync } from "node:fs";
import type { z } from "zod";
import { answerOperator } from "../operator.ts";
import type { ControlRequest } from "../server/control.ts";
import { storeFile } from "../workspace-files.ts";
import { parseAnswer, type Answered } from "./answers.ts";
import type { Call, ExitCode } from "./command.ts";
import { askRelay } from "./control-client.ts";
import { OfflineRelay } from "./offline-relay.ts";

export type Ask = <Value>(request: ControlRequest, schema: z.ZodType<Value>) => Promise<Answered<Value>>;

/** What `use` is told to have gone wrong is meant for the operator. */
export async function withRelay(
  call: Call,
  data: string,
  use: (ask: Ask) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (await isRelayRunning(data))
    return use(async (request, schema) => {
      const answer = await askRelay(data, request);
      return answer ? parseAnswer(answer, schema) : { ok: false, reason: "the relay stopped meanwhile" };
    });
  const refusal = folderProblem(data);
  if (refusal !== undefined) {
    call.err(`${refusal}\n`);
    return 1;
  }
  const relay = new OfflineRelay(data);
  try {
    return await use(async (request, schema) => {
      try {
        return parseAnswer({ ok: true, result: await answerOperator(relay, request) }, schema);
      } catch (error) {
        return { ok: false, reason: error instanceof Error ? error.message : String(error) };
      }
    });
  } finally {
    await relay.stop();
  }
}

export async function isRelayRunning(data: string): Promise<boolean> {
  return (await askRelay(data, { command: "workspaces" })) !== undefined;
}

function folderProblem(data: string): string | undefined {
  const file = storeFile(data);
  if (!existsSync(file)) return `${file} is not there: is ${data} a relay's data folder?`;
  return ownerProblem(data);
}

/** Even reading leaves files beside the store, and those of root the relay's user could not open. */
export function ownerProblem(data: string): string | undefined {
  const owner = statSync(data, { throwIfNoEntry: false })?.uid ?? 0;
  if (process.getuid?.() !== 0 || owner === 0) return undefined;
  return `${data} belongs to user ${owner}, who could not open what root leaves there: run this as that user, e.g. with sudo -u '#${owner}'`;
}

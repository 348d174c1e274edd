/** The store of a data folder, whoever holds it: asked of the relay that runs on it, else opened here. */
import { existsSync, statSync } from "node:fs";
import type { z } from "zod";
import { openStore, storeFile } from "../main.ts";
import type { ControlRequest } from "../server/control.ts";
import type { Store } from "../store/store.ts";
import { parseAnswer, type Answered } from "./answers.ts";
import { askRelay } from "./control-client.ts";

/** `here` is for a store that no relay has open. What goes wrong in it is meant for the operator. */
export async function askStore<Value>(
  data: string,
  request: ControlRequest,
  schema: z.ZodType<Value>,
  here: (file: string) => Promise<Value>,
): Promise<Answered<Value>> {
  const answer = await askRelay(data, request);
  if (answer) return parseAnswer(answer, schema);
  const file = storeFile(data);
  if (!existsSync(file))
    return { ok: false, reason: `${file} is not there: is ${data} a relay's data folder?` };
  const refusal = ownerProblem(data);
  if (refusal !== undefined) return { ok: false, reason: refusal };
  try {
    return { ok: true, value: await here(file) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Opens the store of a folder for as long as `use` takes. */
export async function withStore<Value>(data: string, use: (store: Store) => Promise<Value>): Promise<Value> {
  const store = openStore(data);
  try {
    return await use(store);
  } finally {
    await store.stop();
  }
}

export async function isRelayRunning(data: string): Promise<boolean> {
  return (await askRelay(data, { command: "stats" })) !== undefined;
}

/** Even reading leaves files beside the store, and those of root the relay's user could not open. */
export function ownerProblem(data: string): string | undefined {
  const owner = statSync(data, { throwIfNoEntry: false })?.uid ?? 0;
  if (process.getuid?.() !== 0 || owner === 0) return undefined;
  return `${data} belongs to user ${owner}, who could not open what root leaves there: run this as that user, e.g. with sudo -u '#${owner}'`;
}

/** For tests only: many frames without keeping this process from everything else, and an end that can be waited for. */
import { randomBytes } from "node:crypto";
import { changeBody, chunk, syncMessage } from "./harness-forge.ts";
import { sleep, until, type RawClient } from "./harness.ts";
import { parseReceipt } from "./protocol/messages.ts";
import { makeDocumentId } from "./store/documentId.ts";

/** Of nothing that exists. */
export const randomHashes = (count: number): string[] =>
  Array.from({ length: count }, () => randomBytes(32).toString("hex"));

/** Sends in turns, so that the innocent pair in this process has its turns as well. */
export async function inTurns(count: number, perTurn: number, send: (i: number) => void): Promise<void> {
  for (let i = 0; i < count; i++) {
    send(i);
    if (i % perTurn === perTurn - 1) await sleep(1);
  }
}

/** Everything that was sent before is worked off: the answer to one more request is here. */
export async function answered(client: RawClient): Promise<void> {
  await answeredOrClosed(client);
  if (client.closeCode !== undefined) throw new Error(`closed with ${client.closeCode}`);
}

export async function answeredOrClosed(client: RawClient): Promise<void> {
  const documentId = makeDocumentId();
  client.frame("request", documentId, syncMessage());
  const isAnswered = (): boolean =>
    client.of("doc-unavailable").some((each) => each["documentId"] === documentId);
  await until("answered or closed", () => client.closeCode !== undefined || isAnswered(), 20_000);
}

export interface Made {
  readonly bytes: Buffer;
  readonly hash: string;
}

/** Changes of one actor, each on the one before, made without Automerge and without operations. */
export function chain(count: number): Made[] {
  const made: Made[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const last = made.at(-1);
    made.push(chunk(1, changeBody({ deps: last ? [last.hash] : [], seq })));
  }
  return made;
}

/** A document of `count` changes in a chain; returns once they are on the relay's disk. */
export async function uploadChain(
  client: RawClient,
  count: number,
): Promise<{ readonly documentId: string; readonly hashes: readonly string[] }> {
  const documentId = makeDocumentId();
  const made = chain(count);
  const heads = [made.at(-1)?.hash ?? ""];
  for (let at = 0; at < count; at += 5_000) {
    const changes = made.slice(at, at + 5_000);
    client.frame("sync", documentId, syncMessage({ heads, changes: changes.map(({ bytes }) => bytes) }));
  }
  const isStored = (): boolean =>
    client.of("receipt").some((each) => parseReceipt(each)?.heads.join() === heads[0]);
  await until("receipted", isStored, 20_000);
  return { documentId, hashes: made.map(({ hash }) => hash) };
}

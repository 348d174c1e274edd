/** kill -9 of a real relay process under load: whatever was receipted is in the file, and is served again. */
import * as A from "@automerge/automerge";
import { expect, test } from "vitest";
import { RawClient, RelayProcess, sleep, temporaryFolder, type Content } from "./harness.ts";
import { openStore } from "./main.ts";
import { parseReceipt } from "./protocol/messages.ts";
import { makeDocumentId } from "./store/documentId.ts";

const rounds = Number(process.env["RELAY_KILLS"] ?? 4);
const writers = 6;

/** Types into its document as fast as it is acknowledged, until the relay is gone. */
async function write(url: string, name: string, receipted: Map<string, Set<string>>): Promise<number> {
  const documentId = makeDocumentId();
  let doc = A.from<Content>({ n: 0 });
  let state = A.initSyncState();
  const client = await RawClient.join(url, name);
  const say = (): void => {
    let message;
    [state, message] = A.generateSyncMessage(doc, state);
    if (message && client.closeCode === undefined) client.frame("sync", documentId, message);
  };
  const heads = new Set<string>();
  receipted.set(documentId, heads);
  say();
  let edits = 0;
  for (let handled = 0; client.closeCode === undefined;) {
    for (; handled < client.received.length; handled++) {
      const frame = client.received[handled];
      for (const head of parseReceipt(frame)?.heads ?? []) heads.add(head);
      if (frame?.["type"] !== "sync" || !(frame["data"] instanceof Uint8Array)) continue;
      [doc, state] = A.receiveSyncMessage(doc, state, frame["data"]);
      say();
    }
    doc = A.change(doc, (draft) => void (draft["n"] = ++edits));
    say();
    await sleep(Math.random() * 4);
  }
  return edits;
}

test(`kill -9 under load, ${rounds} times: 0 receipted heads lost`, async () => {
  using folder = temporaryFolder();
  const receipted = new Map<string, Set<string>>();
  for (let round = 0; round < rounds; round++) {
    const relay = await RelayProcess.start(folder.path);
    const writing = Array.from({ length: writers }, (_, i) =>
      write(relay.url, `writer-${round}-${i}`, receipted),
    );
    await sleep(300 + Math.random() * 500);
    expect(await relay.end("SIGKILL")).toBeNull();
    await Promise.all(writing);
  }
  const store = openStore(folder.path);
  let heads = 0;
  for (const [documentId, hashes] of receipted) {
    const listed = await store.list(documentId, 0);
    const held = new Set(listed.ok ? listed.changes.map((each) => each.hash) : []);
    heads += hashes.size;
    expect([...hashes].filter((hash) => !held.has(hash))).toEqual([]);
  }
  expect((await store.verify()).faults).toEqual([]);
  await store.stop();
  console.log(`${heads} receipted heads, 0 lost`);
  expect(heads).toBeGreaterThan(rounds * writers);
}, 60_000);

test("SIGTERM closes with 1012 and exits 0", async () => {
  using folder = temporaryFolder();
  const relay = await RelayProcess.start(folder.path);
  const client = await RawClient.join(relay.url, "one");
  expect(await relay.end("SIGTERM")).toBe(0);
  await sleep(20);
  expect(client.closeCode).toBe(1012);
});

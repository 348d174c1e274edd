/**
 * kill -9 of a real relay process under load, RELAY_KILLS times (100 in `.ci/run`): every head that was receipted,
 * and every change that another client was shown, is in the file, which is whole, and is served again.
 *
 * Writers make their changes by hand, so that a round is short and the load is the relay's, not Automerge's. The
 * kill comes at a random moment, so some land in the middle of a transaction, a checkpoint or a merge of the store.
 * A killed process is not a power cut: that `synchronous=FULL` survives that too is SQLite's word, not shown here.
 */
import { randomBytes } from "node:crypto";
import * as A from "@automerge/automerge";
import { expect, test } from "vitest";
import { changeBody, chunk, syncMessage } from "./harness-forge.ts";
import { RawClient, RelayProcess, sleep, temporaryFolder, until } from "./harness.ts";
import { openStore, storeFile } from "./workspace-files.ts";
import { makeDocumentId } from "./store/documentId.ts";
import { verifyFile } from "./store/verify.ts";
import { parseReceipt } from "./protocol/messages.ts";
import { readIndex } from "./sync/segment.ts";

const rounds = Number(process.env["RELAY_KILLS"] ?? 4);
const writers = 8;
/** Old documents are written to again, so that rounds meet each other's segments and merges. */
const documents = 24;

interface Seen {
  /** Hashes that somebody was told are on disk. */
  readonly receipted: Set<string>;
  /** Hashes of changes that somebody else was sent. */
  readonly shown: Set<string>;
  sent: number;
}

/** Sends a change each few ms, in frames of one or of many, until the relay is gone. */
async function write(client: RawClient, documentId: string, seen: Seen, pauseMs = 4): Promise<void> {
  const actor = randomBytes(16).toString("hex");
  let last: string | undefined;
  let seq = 0;
  client.frame("request", documentId, syncMessage());
  while (client.closeCode === undefined) {
    const changes: Buffer[] = [];
    for (let left = Math.random() < 0.1 ? 200 : 1; left > 0; left--) {
      const size = Math.random() < 0.02 ? 100_000 : Math.floor(Math.random() * 200);
      const made = chunk(1, changeBody({ deps: last ? [last] : [], actor, seq: ++seq }, randomBytes(size)));
      last = made.hash;
      changes.push(made.bytes);
    }
    client.frame("sync", documentId, syncMessage({ heads: last ? [last] : [], changes }));
    seen.sent += changes.length;
    await sleep(Math.random() * pauseMs);
  }
  for (const frame of client.of("receipt"))
    for (const head of parseReceipt(frame)?.heads ?? []) seen.receipted.add(head);
}

/** Reads what others write, and keeps it once the relay is gone. */
async function watch(client: RawClient, documentId: string, seen: Seen): Promise<void> {
  client.frame("request", documentId, syncMessage());
  await until("the relay is gone", () => client.closeCode !== undefined, 30_000);
  for (const { data } of client.of("sync")) {
    if (!(data instanceof Uint8Array)) continue;
    for (const change of A.decodeSyncMessage(data).changes) seen.shown.add(A.decodeChange(change).hash);
  }
}

/** Hashes of all that the store has of a document. */
async function held(store: ReturnType<typeof openStore>, documentId: string): Promise<Set<string>> {
  const hashes = new Set<string>();
  const listed = await store.list(documentId, 0);
  if (!listed.ok) throw new Error(listed.reason);
  for (const { index, count } of listed.stretches)
    expect(readIndex(index, count, ({ hash }) => void hashes.add(Buffer.from(hash).toString("hex")))).toBe(
      true,
    );
  return hashes;
}

const lost = (wanted: ReadonlySet<string>, there: ReadonlySet<string>): string[] =>
  [...wanted].filter((hash) => !there.has(hash));

test(
  `kill -9 under load, ${rounds} times: 0 receipted heads and 0 shown changes lost`,
  async () => {
    using folder = temporaryFolder();
    const seenByDocument = new Map<string, Seen>();
    for (let i = 0; i < documents; i++)
      seenByDocument.set(makeDocumentId(), { receipted: new Set(), shown: new Set(), sent: 0 });
    const ids = [...seenByDocument.keys()];
    for (let round = 0; round < rounds; round++) {
      const relay = await RelayProcess.start(folder.path);
      const names = Array.from({ length: 2 * writers }, (_, i) => `client-${round}-${i}`);
      const clients = await Promise.all(names.map((name) => RawClient.join(relay.url, name)));
      const working = clients.map((client, i) => {
        const id = ids[(round * 5 + (i % writers)) % ids.length] ?? "";
        const seen = seenByDocument.get(id);
        if (!seen) throw new Error("no such document");
        // Some hold the relay's breath, some wait for what it says.
        return i < writers ? write(client, id, seen, i % 2 ? 4 : 30) : watch(client, id, seen);
      });
      await sleep(100 + Math.random() * 400);
      expect(await relay.end("SIGKILL")).toBeNull();
      await Promise.all(working);
    }

    expect(verifyFile(storeFile(folder.path)).faults).toEqual([]);
    const store = openStore(folder.path);
    const total = { sent: 0, receipted: 0, shown: 0, held: 0 };
    const servedBy = new Map<string, Set<string>>();
    for (const [id, seen] of seenByDocument) {
      const there = await held(store, id);
      servedBy.set(id, there);
      expect(lost(seen.receipted, there)).toEqual([]);
      expect(lost(seen.shown, there)).toEqual([]);
      total.sent += seen.sent;
      total.receipted += seen.receipted.size;
      total.shown += seen.shown.size;
      total.held += there.size;
    }
    await store.stop();
    console.log(`${rounds} kills: ${JSON.stringify(total)}, 0 lost`);
    // The load was one, and the kills came in the middle of it.
    expect(total.receipted).toBeGreaterThan(rounds * writers);
    expect(total.shown).toBeGreaterThan(rounds * writers);
    expect(total.sent).toBeGreaterThan(total.held);
  },
  60_000 + rounds * 5_000,
);

test("what was receipted before a kill -9 is served after it", async () => {
  using folder = temporaryFolder();
  const documentId = makeDocumentId();
  const seen: Seen = { receipted: new Set(), shown: new Set(), sent: 0 };
  const relay = await RelayProcess.start(folder.path);
  const writing = write(await RawClient.join(relay.url, "writer"), documentId, seen);
  await sleep(500);
  await relay.end("SIGKILL");
  await writing;
  const again = await RelayProcess.start(folder.path);
  const reader = await RawClient.join(again.url, "reader");
  const served = new Set<string>();
  reader.frame("request", documentId, syncMessage());
  await until("all is served", () => {
    for (const { data } of reader.received.splice(0)) {
      if (!(data instanceof Uint8Array)) continue;
      for (const change of A.decodeSyncMessage(data).changes) served.add(A.decodeChange(change).hash);
    }
    return lost(seen.receipted, served).length === 0;
  });
  expect(seen.receipted.size).toBeGreaterThan(3);
  reader.socket.terminate();
  expect(await again.end("SIGTERM")).toBe(0);
});

test("SIGTERM closes with 1012 and exits 0", async () => {
  using folder = temporaryFolder();
  const relay = await RelayProcess.start(folder.path);
  const client = await RawClient.join(relay.url, "one");
  expect(await relay.end("SIGTERM")).toBe(0);
  await until("closed", () => client.closeCode === 1012);
});

/** What a sync message may say without being true or of any end: heads, needs, filters, sizes, orphans, the same again. */
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Attacked, attackedStartMs } from "../harness-attacked.ts";
import { answered, answeredOrClosed, chain, inTurns, randomHashes, uploadChain } from "../harness-flood.ts";
import { changeBody, chunk, leb, syncMessage, type Forged } from "../harness-forge.ts";
import { Stage, until } from "../harness.ts";
import { syncHavesMax, syncHeadsMax, syncNeedsMax } from "../protocol/limits.ts";
import { makeDocumentId } from "../store/documentId.ts";

const stage = new Stage();
/** What one test opens; ended after it. */
const inner = new Stage();
let attacked: Attacked;
beforeAll(async () => {
  attacked = await Attacked.start(stage, { idleRoomMs: 500 });
}, attackedStartMs);
afterEach(() => inner.end());
afterAll(() => stage.end());

test("the same request for a long document for ever, by one that reads the answers", async () => {
  const { documentId } = await uploadChain(await inner.raw(attacked.url), 20_000);
  await attacked.attack(async () => {
    const client = await inner.raw(attacked.url);
    client.socket.removeAllListeners("message");
    await inTurns(2_000, 20, () => client.frame("request", documentId, syncMessage()));
    const pong = new Promise((resolve) => client.socket.once("pong", resolve));
    client.socket.ping();
    await pong;
    client.socket.terminate();
  });
}, 120_000);

test("the same need, the same heads and a claim to have lost everything, for ever", async () => {
  const { documentId, hashes: known } = await uploadChain(await inner.raw(attacked.url), 20_000);
  await attacked.attack(async () => {
    const client = await inner.raw(attacked.url);
    client.socket.removeAllListeners("message");
    const [first, last] = [known.slice(0, 1), known.slice(-1)];
    await inTurns(2_000, 20, (i) => {
      const claims = [{ heads: last }, { heads: [] }, { heads: first, need: known.slice(0, 500) }];
      client.frame("sync", documentId, syncMessage(claims[i % 3]));
    });
    const pong = new Promise((resolve) => client.socket.once("pong", resolve));
    client.socket.ping();
    await pong;
    client.socket.terminate();
  });
}, 120_000);

test("thousands of heads, needs, haves and Bloom filters, known and unknown, at the limits and past them", async () => {
  const { documentId, hashes: known } = await uploadChain(await inner.raw(attacked.url), 5_000);
  const bloom = (entries: number): Buffer => {
    const bits = randomBytes(Math.ceil((entries * 10) / 8));
    return Buffer.concat([leb(entries), leb(10), leb(7), bits]);
  };
  const haves = (count: number, lastSync: string[], entries: number): Forged => ({
    have: Array.from({ length: count }, () => ({ lastSync, bloom: bloom(entries) })),
  });
  const many = (count: number): string[] => Array.from({ length: count }, (_, i) => known[i % 5_000] ?? "");
  const claims = [
    { heads: randomHashes(syncHeadsMax) },
    { heads: many(syncHeadsMax) },
    { need: randomHashes(syncNeedsMax) },
    { need: many(syncNeedsMax) },
    { heads: randomHashes(syncHeadsMax), need: randomHashes(syncNeedsMax) },
    haves(syncHavesMax, many(syncHeadsMax), 100_000),
    haves(syncHavesMax, randomHashes(syncHeadsMax), 100_000),
    haves(1, known.slice(-1), 800_000),
    { heads: randomHashes(syncHeadsMax + 1) },
    { need: randomHashes(syncNeedsMax + 1) },
    haves(syncHavesMax + 1, [], 10),
  ].map(syncMessage);
  await attacked.attack(async () => {
    for (let round = 0; round < 4; round++) {
      for (const [i, claim] of claims.entries()) {
        const client = await inner.raw(attacked.url);
        client.socket.removeAllListeners("message");
        const isTaken = i < claims.length - 3;
        await inTurns(isTaken ? 4 : 1, 1, (n) => client.frame(n % 2 ? "sync" : "request", documentId, claim));
        let isOver = false;
        client.socket.once("pong", () => (isOver = true));
        client.socket.ping();
        await until("worked off", () => isOver || client.closeCode !== undefined, 30_000);
        expect(client.closeCode).toBe(isTaken ? undefined : 4400);
        client.socket.terminate();
      }
    }
  });
}, 180_000);

test("unknown heads in messages without end, in a document that is there: nothing of them is kept", async () => {
  const { documentId } = await uploadChain(await inner.raw(attacked.url), 10);
  const client = await inner.raw(attacked.url);
  await attacked.attack(async () => {
    client.received.length = 0;
    await inTurns(2_000, 20, () =>
      client.frame("sync", documentId, syncMessage({ heads: randomHashes(100), need: randomHashes(100) })),
    );
    await answered(client);
    client.received.length = 0;
  });
}, 120_000);

test("orphans: changes whose dependencies never come, in many documents", async () => {
  await attacked.attack(async () => {
    const client = await inner.raw(attacked.url);
    await inTurns(500, 10, () => {
      const changes = randomHashes(4).map((dep) =>
        chunk(1, changeBody({ deps: [dep], seq: 2 }, randomBytes(10_000))),
      );
      client.frame(
        "sync",
        makeDocumentId(),
        syncMessage({ heads: changes.map((each) => each.hash), changes: changes.map((each) => each.bytes) }),
      );
    });
    await answered(client);
    client.socket.terminate();
  });
}, 120_000);

test("orphans: 15 MB an upload, in one document after another, by one that stays", async () => {
  const client = await inner.raw(attacked.url);
  const before = await attacked.memory();
  for (let i = 0; i < 12 && client.closeCode === undefined; i++) {
    const orphans = randomHashes(15).map((dep) =>
      chunk(1, changeBody({ deps: [dep], seq: 2 }, randomBytes(1_000_000))),
    );
    client.frame("sync", makeDocumentId(), syncMessage({ changes: orphans.map(({ bytes }) => bytes) }));
    await answeredOrClosed(client);
  }
  // While its owner is here, some of it may wait; but not 180 MB.
  const heldBytes = before.heldBytes + 64e6;
  expect((await attacked.settledMemory(heldBytes)).heldBytes).toBeLessThan(heldBytes);
  client.socket.terminate();
  await attacked.mustBeUnharmed(before);
}, 60_000);

test("orphans: a chain of 9,000 that comes from its end", async () => {
  const made = chain(9_000);
  await attacked.attack(async () => {
    const client = await inner.raw(attacked.url);
    const id = makeDocumentId();
    const changes = made.map((each) => each.bytes).reverse();
    client.frame("sync", id, syncMessage({ heads: [made.at(-1)?.hash ?? ""], changes }));
    await until("receipted", () => client.of("receipt").length > 0, 20_000);
    client.socket.terminate();
  });
}, 120_000);

test("frames and chunks that claim the size of another", async () => {
  const honest = chunk(1, changeBody({}, randomBytes(1_000))).bytes;
  await attacked.attack(async () => {
    const lengths = [0, 1, 12, 999, 2_000, 2 ** 20, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 52];
    for (const length of lengths) {
      const client = await inner.raw(attacked.url);
      const lying = Buffer.concat([honest.subarray(0, 9), leb(length), honest.subarray(11)]);
      client.frame("sync", makeDocumentId(), syncMessage({ changes: [lying] }));
      const data = Buffer.concat([Uint8Array.of(0x42, 0, 0, 0), leb(1), leb(length), honest]);
      client.frame("sync", makeDocumentId(), data);
      client.frame("request", makeDocumentId(), syncMessage());
      await until(
        "closed or answered",
        () => client.closeCode !== undefined || client.of("doc-unavailable").length > 0,
      );
      expect(client.of("receipt")).toEqual([]);
      client.socket.terminate();
    }
  });
}, 60_000);

test("grinding: 20,000 changes whose hashes share their first bytes, by as many actors", async () => {
  // Hashes are keys of maps, and their first words go into filters: what can be ground cheaply is 16 bits of them.
  const changes: Buffer[] = [];
  for (let salt = 0; changes.length < 300; salt++) {
    const actor = salt.toString(16).padStart(32, "0");
    const made = chunk(1, changeBody({ actor }));
    if (made.hash.startsWith("00")) changes.push(made.bytes);
  }
  for (let i = 0; changes.length < 20_000; i++)
    changes.push(chunk(1, changeBody({ actor: i.toString(16).padStart(256, "a") })).bytes);
  await attacked.attack(async () => {
    const client = await inner.raw(attacked.url);
    const id = makeDocumentId();
    client.frame("sync", id, syncMessage({ changes }));
    // 20,000 heads: none of them can be told within the limits, and nobody is stalled by trying.
    await answered(client);
    const reader = await inner.raw(attacked.url);
    reader.frame("request", id, syncMessage());
    await answered(reader);
    for (const each of [client, reader]) each.socket.terminate();
  });
}, 120_000);

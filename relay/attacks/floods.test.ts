/** Too much of what is allowed: unknown ids, presence, claims, requests, edits, and readers that never read. */
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Attacked, attackedStartMs } from "../harness-attacked.ts";
import { changeBody, chunk, frame, join, leb, syncMessage, type Forged } from "../harness-forge.ts";
import { find, type RawClient, rawTcp, sleep, Stage, until, wsFrame, type Content } from "../harness.ts";
import { encodeCbor } from "../protocol/cbor.ts";
import { syncHavesMax, syncHeadsMax, syncNeedsMax } from "../protocol/limits.ts";
import { parseReceipt } from "../protocol/messages.ts";
import { makeDocumentId } from "../store/documentId.ts";

const stage = new Stage();
/** What one test opens; ended after it. */
const inner = new Stage();
let attacked: Attacked;
beforeAll(async () => {
  attacked = await Attacked.start(stage, {
    pingMs: 250,
    outboundStuckMs: 1_500,
    silenceMs: 5_000,
    idleRoomMs: 500,
  });
}, attackedStartMs);
afterEach(() => inner.end());
afterAll(() => stage.end());

const hashes = (count: number): string[] =>
  Array.from({ length: count }, () => randomBytes(32).toString("hex"));

/** Sends in turns, so that the innocent pair in this process has its turns as well. */
async function inTurns(count: number, perTurn: number, send: (i: number) => void): Promise<void> {
  for (let i = 0; i < count; i++) {
    send(i);
    if (i % perTurn === perTurn - 1) await sleep(1);
  }
}

/** A marker that comes back once everything before it is worked off; it stands for the end of a flood. */
async function answered(client: RawClient, timeoutMs = 20_000): Promise<void> {
  const documentId = makeDocumentId();
  client.frame("request", documentId, syncMessage());
  const isAnswer = (each: Record<string, unknown>): boolean => each["documentId"] === documentId;
  await until("answered", () => client.of("doc-unavailable").some(isAnswer), timeoutMs);
}

async function answeredOrClosed(client: RawClient): Promise<void> {
  const before = client.of("doc-unavailable").length;
  client.frame("request", makeDocumentId(), syncMessage());
  const isOver = (): boolean =>
    client.closeCode !== undefined || client.of("doc-unavailable").length > before;
  await until("answered or closed", isOver, 20_000);
}

/** A document of `count` changes in a chain on the relay, made without Automerge. */
async function longDocument(count: number): Promise<{ documentId: string; hashes: string[] }> {
  const client = await inner.raw(attacked.url);
  const documentId = makeDocumentId();
  const made: { bytes: Buffer; hash: string }[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const last = made.at(-1);
    made.push(chunk(1, changeBody({ deps: last ? [last.hash] : [], seq })));
  }
  const heads = [made.at(-1)?.hash ?? ""];
  for (let at = 0; at < count; at += 5_000) {
    const changes = made.slice(at, at + 5_000);
    client.frame("sync", documentId, syncMessage({ heads, changes: changes.map((each) => each.bytes) }));
  }
  await until(
    "receipted",
    () => client.of("receipt").some((each) => parseReceipt(each)?.heads.join() === heads[0]),
    20_000,
  );
  client.socket.terminate();
  return { documentId, hashes: made.map((each) => each.hash) };
}

test("20,000 requests for random ids", async () => {
  await attacked.attack(async () => {
    const client = await inner.raw(attacked.url);
    await inTurns(20_000, 200, () => client.frame("request", makeDocumentId(), syncMessage()));
    await until("all answered", () => client.of("doc-unavailable").length === 20_000, 20_000);
    client.socket.terminate();
  });
}, 120_000);

test("20,000 sync messages that announce heads of random ids, by one that stays", async () => {
  const client = await inner.raw(attacked.url);
  await attacked.attack(async () => {
    client.received.length = 0;
    await inTurns(20_000, 200, () =>
      client.frame("sync", makeDocumentId(), syncMessage({ heads: hashes(1) })),
    );
    await answered(client);
    client.received.length = 0;
  });
}, 120_000);

test("a client that joins 20,000 documents which are there", async () => {
  const writer = await inner.raw(attacked.url);
  const ids: string[] = [];
  await inTurns(20_000, 200, (seq) => {
    const { bytes, hash } = chunk(1, changeBody({ seq: 1, actor: seq.toString(16).padStart(32, "0") }));
    ids.push(makeDocumentId());
    writer.frame("sync", ids[seq] ?? "", syncMessage({ heads: [hash], changes: [bytes] }));
  });
  await until("all stored", () => writer.of("receipt").length === 20_000, 30_000);
  writer.socket.terminate();
  await attacked.attack(async () => {
    const client = await inner.raw(attacked.url);
    await inTurns(ids.length, 200, (i) => client.frame("request", ids[i] ?? "", syncMessage()));
    await until("all served", () => client.of("sync").length >= ids.length, 60_000);
    client.socket.terminate();
  });
}, 240_000);

test("20,000 presence messages reach the others once in a while, and delay no edit", async () => {
  await attacked.attack(async () => {
    const flooder = await inner.raw(attacked.url);
    const reader = await inner.raw(attacked.url);
    for (const each of [flooder, reader]) each.frame("request", attacked.mine.documentId, syncMessage());
    await until("in the room", () => [flooder, reader].every((each) => each.of("sync").length > 0));
    const data = encodeCbor({ cursor: 1, name: "x".repeat(180) });
    const { peerId: senderId } = flooder;
    const frame = { type: "ephemeral", senderId, targetId: "relay", documentId: attacked.mine.documentId };
    await inTurns(20_000, 200, (i) => flooder.send({ ...frame, count: i + 1, sessionId: "s", data }));
    const last = (): unknown =>
      reader.received.findLast((each) => each["type"] === "ephemeral" || each["type"] === "presences");
    await until("the latest comes through", () => JSON.stringify(last() ?? "").includes("20000"), 5_000);
    expect(reader.of("ephemeral").length + reader.of("presences").length).toBeLessThan(500);
    for (const each of [flooder, reader]) each.socket.terminate();
  });
}, 90_000);

test("presence in 20,000 documents, most of which the sender is not in", async () => {
  await attacked.attack(async () => {
    const client = await inner.raw(attacked.url);
    const frame = {
      type: "ephemeral",
      senderId: client.peerId,
      targetId: "relay",
      data: Buffer.alloc(2_000),
    };
    for (let i = 0; i < 100; i++) client.frame("request", makeDocumentId(), syncMessage());
    await inTurns(20_000, 200, (count) =>
      client.send({ ...frame, documentId: makeDocumentId(), count, sessionId: `s${count}` }),
    );
    await answered(client);
    client.socket.terminate();
  });
}, 90_000);

test("the same request for a long document for ever, by one that reads the answers", async () => {
  const { documentId } = await longDocument(20_000);
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
  const { documentId, hashes: known } = await longDocument(20_000);
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
  const { documentId, hashes: known } = await longDocument(5_000);
  const bloom = (entries: number): Buffer => {
    const bits = randomBytes(Math.ceil((entries * 10) / 8));
    return Buffer.concat([leb(entries), leb(10), leb(7), bits]);
  };
  const haves = (count: number, lastSync: string[], entries: number): Forged => ({
    have: Array.from({ length: count }, () => ({ lastSync, bloom: bloom(entries) })),
  });
  const many = (count: number): string[] => Array.from({ length: count }, (_, i) => known[i % 5_000] ?? "");
  const claims = [
    { heads: hashes(syncHeadsMax) },
    { heads: many(syncHeadsMax) },
    { need: hashes(syncNeedsMax) },
    { need: many(syncNeedsMax) },
    { heads: hashes(syncHeadsMax), need: hashes(syncNeedsMax) },
    haves(syncHavesMax, many(syncHeadsMax), 100_000),
    haves(syncHavesMax, hashes(syncHeadsMax), 100_000),
    haves(1, known.slice(-1), 800_000),
    { heads: hashes(syncHeadsMax + 1) },
    { need: hashes(syncNeedsMax + 1) },
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
  const { documentId } = await longDocument(10);
  const client = await inner.raw(attacked.url);
  await attacked.attack(async () => {
    client.received.length = 0;
    await inTurns(2_000, 20, () =>
      client.frame("sync", documentId, syncMessage({ heads: hashes(100), need: hashes(100) })),
    );
    await answered(client);
    client.received.length = 0;
  });
}, 120_000);

test("orphans: changes whose dependencies never come, in many documents", async () => {
  await attacked.attack(async () => {
    const client = await inner.raw(attacked.url);
    await inTurns(500, 10, () => {
      const changes = hashes(4).map((dep) =>
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
    const orphans = hashes(15).map((dep) =>
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
  const made: { bytes: Buffer; hash: string }[] = [];
  for (let seq = 1; seq <= 9_000; seq++) {
    const last = made.at(-1);
    made.push(chunk(1, changeBody({ deps: last ? [last.hash] : [], seq })));
  }
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

test("a reader that never reads is cut, and costs bounded memory meanwhile", async () => {
  const writer = await inner.raw(attacked.url);
  const documentId = makeDocumentId();
  const changes: Buffer[] = [];
  for (let i = 0; i < 24; i++)
    changes.push(
      chunk(1, changeBody({ actor: i.toString(16).padStart(32, "0") }, randomBytes(400_000))).bytes,
    );
  writer.frame("sync", documentId, syncMessage({ changes }));
  await answered(writer);
  await attacked.attack(async () => {
    const before = await attacked.memory();
    const sockets = await Promise.all(["one", "two", "three"].map(() => rawTcp(attacked.port)));
    const request = { type: "request", targetId: "relay", documentId, data: syncMessage() };
    for (const [i, socket] of sockets.entries()) {
      socket.pause();
      socket.write(wsFrame(0x82, join({ senderId: `never-reads-${i}` })));
    }
    const files = attacked.openFiles;
    const asking = setInterval(() => {
      for (const [i, socket] of sockets.entries())
        if (socket.writable)
          socket.write(wsFrame(0x82, encodeCbor({ ...request, senderId: `never-reads-${i}` })));
    }, 50);
    await sleep(1_000);
    expect((await attacked.memory()).heldBytes - before.heldBytes).toBeLessThan(30e6);
    await until("all are cut", () => attacked.openFiles <= files - 3, 15_000);
    clearInterval(asking);
    for (const socket of sockets) socket.destroy();
  });
}, 90_000);

test("a reader that never reads the edits of others", async () => {
  await attacked.attack(async () => {
    const socket = await rawTcp(attacked.port);
    socket.pause();
    socket.write(wsFrame(0x82, join({ senderId: "deaf" })));
    const { documentId } = attacked.mine;
    const request = {
      type: "request",
      senderId: "deaf",
      targetId: "relay",
      documentId,
      data: syncMessage(),
    };
    socket.write(wsFrame(0x82, encodeCbor(request)));
    await sleep(2_000);
    socket.destroy();
  });
}, 60_000);

test("a frame in 400,000 segments of a byte", async () => {
  const segments = 400_000;
  const whole = wsFrame(0x82, frame(makeDocumentId(), syncMessage({ changes: [Buffer.alloc(segments)] })));
  const socket = await rawTcp(attacked.port);
  await attacked.attack(
    async () => {
      socket.setNoDelay(true);
      socket.resume();
      socket.write(wsFrame(0x82, join()));
      // As quickly as the relay reads them one by one, or as it lets the kernel gather them.
      for (let at = 0; at < segments; at++) {
        socket.write(whole.subarray(at, at + 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.write(whole.subarray(segments));
      await sleep(1_000);
      socket.destroy();
    },
    { rounds: 1 },
  );
}, 120_000);

test("a sender that never stops: edits as fast as it can, into a document of its own and into the pair's", async () => {
  for (const inTheirs of [false, true]) {
    const pulse = await attacked.attack(
      async () => {
        const client = await inner.raw(attacked.url);
        const documentId = inTheirs ? attacked.mine.documentId : makeDocumentId();
        const actor = randomBytes(16).toString("hex");
        let last: string | undefined;
        await inTurns(3_000, 3, (i) => {
          const { bytes, hash } = chunk(1, changeBody({ deps: last ? [last] : [], actor, seq: i + 1 }));
          last = hash;
          client.frame("sync", documentId, syncMessage({ heads: [hash], changes: [bytes] }));
        });
        await until(
          "the last is receipted",
          () => parseReceipt(client.of("receipt").at(-1))?.heads.join() === last,
          20_000,
        );
        client.socket.terminate();
      },
      { worstMs: 1_000 },
    );
    expect(pulse.edits).toBeGreaterThan(10);
  }
}, 120_000);

test("a stock client that writes without end", async () => {
  const pulse = await attacked.attack(
    async () => {
      const busy = inner.repo(attacked.url).create<Content>({ n: 0 });
      const reader = await find(inner.repo(attacked.url), busy.url);
      await inTurns(2_000, 20, (n) => busy.change((doc) => void (doc["n"] = n)));
      await until("level", () => reader.heads().join() === busy.heads().join(), 20_000);
      await inner.end();
    },
    { worstMs: 1_000 },
  );
  expect(pulse.edits).toBeGreaterThan(5);
}, 120_000);

/** Too much of what is allowed: unknown ids, documents, presence, edits, segments, and readers that never read. */
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Attacked, attackedStartMs } from "../harness-attacked.ts";
import { answered, inTurns, randomHashes } from "../harness-flood.ts";
import { changeBody, chunk, frame, join, syncMessage } from "../harness-forge.ts";
import { find, rawTcp, sleep, Stage, until, wsFrame, type Content } from "../harness.ts";
import { encodeCbor } from "../protocol/cbor.ts";
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
      client.frame("sync", makeDocumentId(), syncMessage({ heads: randomHashes(1) })),
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

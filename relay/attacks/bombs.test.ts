/** Little that becomes much: frames at and past the limit, deflated changes, compression, saved documents. */
import { randomBytes } from "node:crypto";
import * as A from "@automerge/automerge";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { Attacked, attackedStartMs } from "../harness-attacked.ts";
import { changeBody, chunk, deflatedChunk, frame, join, syncMessage } from "../harness-forge.ts";
import { type RawClient, rawTcp, Stage, until, wsFrame } from "../harness.ts";
import { frameBytesMax } from "../protocol/limits.ts";
import { makeDocumentId } from "../store/documentId.ts";

const stage = new Stage();
let attacked: Attacked;
beforeAll(async () => void (attacked = await Attacked.start(stage, { idleRoomMs: 500 })), attackedStartMs);
afterAll(() => stage.end());

/** Has worked off all that was sent before. */
async function answered(client: RawClient): Promise<void> {
  const before = client.of("doc-unavailable").length;
  client.frame("request", makeDocumentId(), syncMessage());
  await until("answered", () => client.of("doc-unavailable").length > before, 20_000);
}

test("one deflated change that inflates to 1 GB", async () => {
  const bomb = deflatedChunk(Buffer.alloc(1 << 30));
  expect(bomb.length).toBeLessThan(1_200_000);
  let peakBytes = 0;
  const started = performance.now();
  await attacked.attack(async () => {
    const client = await stage.raw(attacked.url);
    const before = attacked.relay.rssBytes;
    client.frame("sync", makeDocumentId(), syncMessage({ changes: [bomb, bomb, bomb, bomb, bomb] }));
    const watch = setInterval(() => (peakBytes = Math.max(peakBytes, attacked.relay.rssBytes - before)), 5);
    await answered(client);
    clearInterval(watch);
    expect(client.of("receipt")).toEqual([]);
    client.socket.terminate();
  });
  expect(peakBytes).toBeLessThan(200e6);
  expect(performance.now() - started).toBeLessThan(20_000);
}, 60_000);

test("2,000 small bombs in one frame, 1 MB each", async () => {
  const bomb = deflatedChunk(Buffer.alloc(1_000_000));
  await attacked.attack(async () => {
    const client = await stage.raw(attacked.url);
    client.frame(
      "sync",
      makeDocumentId(),
      syncMessage({ changes: Array.from({ length: 2_000 }, () => bomb) }),
    );
    await answered(client);
    client.socket.terminate();
  });
}, 60_000);

test("small bombs in many frames and documents at once", async () => {
  const bomb = deflatedChunk(Buffer.alloc(8_000_000));
  await attacked.attack(async () => {
    const clients = await Promise.all([1, 2, 3, 4].map(() => stage.raw(attacked.url)));
    for (const client of clients)
      for (let i = 0; i < 10; i++)
        client.frame("sync", makeDocumentId(), syncMessage({ changes: [bomb, bomb] }));
    for (const client of clients) await answered(client);
    for (const client of clients) client.socket.terminate();
  });
}, 60_000);

test("a valid deflated change of 30 MB of nothing is taken, and not kept inflated", async () => {
  const body = changeBody({}, Buffer.alloc(30_000_000));
  const { hash } = chunk(1, body);
  const bytes = deflatedChunk(body, Buffer.from(hash.slice(0, 8), "hex"));
  await attacked.attack(async () => {
    const client = await stage.raw(attacked.url);
    client.frame("sync", makeDocumentId(), syncMessage({ heads: [hash], changes: [bytes] }));
    await until("receipted", () => client.of("receipt").length > 0);
    client.socket.terminate();
  });
}, 60_000);

test("compression offered by the client is not agreed to", async () => {
  const socket = new WebSocket(attacked.url, { perMessageDeflate: true });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  expect(socket.extensions).toBe("");
  socket.terminate();
});

test("a frame at the limit is taken, one byte more is not", async () => {
  await attacked.attack(async () => {
    const client = await stage.raw(attacked.url, "attacker");
    const id = makeDocumentId();
    const around = frame(id, new Uint8Array(70_000)).length - 70_000;
    for (const [bytes, isTaken] of [
      [frameBytesMax, true],
      [frameBytesMax + 1, false],
    ] as const) {
      // One chunk that is no change: it is refused by itself, the frame is not.
      const padding = bytes - around - syncMessage().length - 4;
      const whole = frame(id, syncMessage({ changes: [Buffer.alloc(padding)] }));
      expect(whole.length).toBe(bytes);
      client.socket.send(whole);
      if (isTaken) await answered(client);
      else await until("closed", () => client.closeCode === 1009);
    }
  });
}, 60_000);

test("32 MB frames one after another, from three sockets that read nothing", async () => {
  await attacked.attack(
    async () => {
      const whole = wsFrame(
        0x82,
        frame(makeDocumentId(), syncMessage({ changes: [randomBytes(31_000_000)] })),
      );
      const sockets = await Promise.all([1, 2, 3].map(() => rawTcp(attacked.port)));
      for (const socket of sockets) {
        socket.pause();
        socket.write(wsFrame(0x82, join()));
        for (let i = 0; i < 3; i++) socket.write(whole);
      }
      await until("all taken", () => sockets.every((each) => each.writableLength === 0), 30_000);
      for (const socket of sockets) socket.destroy();
    },
    // 280 MB of the attacker's go through the same two cores.
    { worstMs: 4_000 },
  );
}, 90_000);

test("a message in 100,000 fragments, and one of empty fragments that never ends", async () => {
  await attacked.attack(async () => {
    const socket = await rawTcp(attacked.port);
    socket.resume();
    socket.write(wsFrame(0x82, join()));
    socket.write(wsFrame(0x02, Uint8Array.of(0)));
    const piece = Buffer.concat(Array.from({ length: 1_000 }, () => wsFrame(0x00, new Uint8Array(0))));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    for (let i = 0; i < 100; i++) {
      socket.write(piece);
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    socket.write(wsFrame(0x80, new Uint8Array(0)));
    socket.end();
    await closed;
  });
}, 60_000);

test("a saved document of 2 kB that is two million operations once it is loaded", async () => {
  const empty = A.from<{ text: string }>({ text: "" });
  const long = A.change(empty, (doc) => A.splice(doc, ["text"], 0, 0, "a".repeat(2_000_000)));
  const huge = A.save(long);
  const heads = A.getHeads(long);
  A.free(long);
  expect(huge.length).toBeLessThan(5_000);
  await attacked.attack(async () => {
    const client = await stage.raw(attacked.url);
    for (const version of [0x42, 0x43]) {
      client.frame("sync", makeDocumentId(), syncMessage({ version, heads, changes: [huge] }));
      client.frame("sync", makeDocumentId(), syncMessage({ version, heads, changes: [huge, huge, huge] }));
    }
    // Refused with the socket or by itself, or taken: it must only be over, and cost no more than the bounds.
    client.frame("request", makeDocumentId(), syncMessage());
    const isOver = (): boolean => client.closeCode !== undefined || client.of("doc-unavailable").length > 0;
    await until("answered or closed", isOver, 60_000);
    client.socket.terminate();
  });
}, 120_000);

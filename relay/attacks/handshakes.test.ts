/** Sockets that never get as far as a document: slow ones, many, dropped, and from where they may not come. */
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { FaultProxy } from "../../scripts/faults/proxy.ts";
import { Attacked, attackedStartMs } from "../harness-attacked.ts";
import { join } from "../harness-forge.ts";
import { RawClient, rawTcp, sleep, Stage, until, wsFrame } from "../harness.ts";

const stage = new Stage();
let attacked: Attacked;
beforeAll(async () => {
  attacked = await Attacked.start(stage, { joinDeadlineMs: 1_000, pingMs: 250, silenceMs: 3_000 });
}, attackedStartMs);
afterAll(() => stage.end());

interface Dripping {
  readonly socket: Socket;
  readonly isClosed: () => boolean;
}

/** Sends text a byte at a time for ever, the last byte again and again. */
function drip(text: string, everyMs: number): Dripping {
  const socket = connect(attacked.port, "127.0.0.1");
  let isClosed = false;
  let at = 0;
  socket.on("error", () => {});
  socket.on("close", () => (isClosed = true));
  socket.resume();
  const timer = setInterval(() => {
    if (isClosed) return clearInterval(timer);
    socket.write(text[at] ?? "x");
    at++;
  }, everyMs);
  stage.defer(() => (clearInterval(timer), socket.destroy()));
  return { socket, isClosed: () => isClosed };
}

test("slowloris: 200 HTTP requests whose headers never end are cut off", async () => {
  const request = "GET /sync HTTP/1.1\r\nHost: x\r\nX-Slow: ";
  await attacked.attack(
    async () => {
      const files = attacked.openFiles;
      const slow = Array.from({ length: 200 }, () => drip(request, 100));
      await until("all are connected", () => attacked.openFiles >= files + 200);
      await until("all are cut off", () => slow.every((each) => each.isClosed()), 20_000);
      await until("all are forgotten", () => attacked.openFiles <= files);
    },
    { rounds: 1 },
  );
}, 60_000);

test("slowloris: 200 connections that say nothing at all are cut off", async () => {
  await attacked.attack(
    async () => {
      const files = attacked.openFiles;
      const silent = Array.from({ length: 200 }, () => drip("", 1e9));
      await until("all are connected", () => attacked.openFiles >= files + 200);
      await until("all are cut off", () => silent.every((each) => each.isClosed()), 20_000);
      await until("all are forgotten", () => attacked.openFiles <= files);
    },
    { rounds: 1 },
  );
}, 60_000);

test("slowloris: 500 upgraded sockets that never join, silent or a byte at a time", async () => {
  await attacked.attack(async () => {
    const files = attacked.openFiles;
    const sockets = await Promise.all(Array.from({ length: 500 }, () => rawTcp(attacked.port)));
    const hello = wsFrame(0x82, join());
    let at = 0;
    const dripping = setInterval(() => {
      for (const [i, socket] of sockets.entries())
        if (i % 2 && socket.writable) socket.write(hello.subarray(at, at + 1));
      at++;
    }, 100);
    for (const socket of sockets) socket.resume();
    await until("all are cut off", () => sockets.every((each) => each.destroyed), 15_000);
    clearInterval(dripping);
    await until("all are forgotten", () => attacked.openFiles <= files);
  });
}, 60_000);

test("slowloris: a frame a byte at a time after join holds no more than its socket", async () => {
  await attacked.attack(async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => rawTcp(attacked.port)));
    for (const socket of sockets) {
      socket.resume();
      socket.write(wsFrame(0x82, join()));
      // Announces 30 MB: memory may be had for what has come, not for what is promised.
      socket.write(wsFrame(0x82, new Uint8Array(1), { announced: 30_000_000n }));
    }
    const dripping = setInterval(() => {
      for (const socket of sockets) socket.write(Uint8Array.of(0));
    }, 100);
    const before = attacked.relay.rssBytes;
    await sleep(2_000);
    expect(attacked.relay.rssBytes - before).toBeLessThan(40e6);
    clearInterval(dripping);
    for (const socket of sockets) socket.destroy();
  });
}, 60_000);

test("a client that never joins is closed", async () => {
  const client = await RawClient.open(attacked.url, "silent");
  await until("closed", () => client.closeCode === 4408);
});

test("a half-open socket is cut; one that uploads slowly is not, though it answers no ping", async () => {
  const proxy = await FaultProxy.listen({ to: { port: attacked.port } });
  stage.defer(() => proxy.stop());
  const silent = await rawTcp(proxy.port);
  const slow = await rawTcp(attacked.port);
  let isSlowClosed = false;
  slow.once("close", () => (isSlowClosed = true));
  for (const each of [silent, slow]) each.write(wsFrame(0x82, join()));
  const files = attacked.openFiles;
  slow.write(wsFrame(0x82, new Uint8Array(0), { announced: 1_000_000n }));
  await sleep(100);
  proxy.halfOpen();
  const drips = setInterval(() => slow.write(new Uint8Array(100)), 200);
  await until("the half-open one is cut", () => attacked.openFiles < files, 10_000);
  await sleep(1_000);
  clearInterval(drips);
  expect(isSlowClosed).toBe(false);
  slow.destroy();
}, 20_000);

test("2,000 connections opened and dropped, at every stage of the handshake", async () => {
  const files = attacked.openFiles;
  await attacked.attack(async () => {
    for (let i = 0; i < 2_000; i += 20) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          if (n % 4 === 0) {
            const early = connect(attacked.port, "127.0.0.1");
            early.on("error", () => {});
            await new Promise((resolve) => early.once("connect", resolve));
            if (n % 8 === 0) early.write("GET /sync HTTP/1.1\r\n");
            early.resetAndDestroy();
            return;
          }
          const socket = await rawTcp(attacked.port);
          if (n % 4 === 2) socket.write(wsFrame(0x82, join()));
          if (n % 4 === 3) socket.end(wsFrame(0x82, join()).subarray(0, 20));
          else if (n % 2) socket.destroy();
          else socket.resetAndDestroy();
        }),
      );
    }
    await until("all are forgotten", () => attacked.openFiles <= files);
  });
}, 60_000);

test("a page of another origin", async () => {
  const answers = ["https://evil.example", "app://deckle.evil", "null", "app://deckle@evil.example"].map(
    (origin) =>
      new Promise((resolve) => {
        const socket = new WebSocket(attacked.url, { origin });
        socket.on("error", (error) => resolve(error.message));
        socket.on("open", () => resolve("open"));
      }),
  );
  for (const each of await Promise.all(answers)) expect(each).toContain("403");
  const own = new WebSocket(attacked.url, { origin: "app://deckle" });
  await new Promise((resolve) => own.once("open", resolve));
  own.terminate();
});

test("requests that are no upgrade, paths that are not there, methods and headers of any kind", async () => {
  const requests = [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /sync/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /healthz?x=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\nx",
    "POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx",
    "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /sync HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "GET /sync HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: x\r\n\r\n",
    "GET /sync HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
    `GET /sync HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(40_000)}\r\n\r\n`,
    `GET /${"x".repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "\0\0\0\0\r\n\r\n",
  ];
  await attacked.attack(async () => {
    for (const request of requests) {
      const socket = connect(attacked.port, "127.0.0.1");
      let said = "";
      socket.on("error", () => {});
      socket.on("data", (data) => (said += String(data)));
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write(Buffer.from(request, "latin1"));
      await until("answered or closed", () => said !== "" || socket.destroyed);
      expect(said).not.toContain("101 Switching");
      socket.destroy();
      await closed;
    }
  });
}, 30_000);

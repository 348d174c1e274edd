import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Meter, perfectLink, seededRandom } from "./link.ts";
import { FaultProxy, type ProxyOptions } from "./proxy.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 8_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await sleep(5);
  }
}

let server: Server;
let served: Socket[];
let received: Buffer[];
let proxies: FaultProxy[];
let clients: Socket[];
/** What the server does with a connection; it echoes unless a test says otherwise. */
let onServed: (socket: Socket) => void;

beforeEach(async () => {
  [served, received, proxies, clients] = [[], [], [], []];
  onServed = (socket) => void socket.on("data", (bytes) => (received.push(bytes), socket.write(bytes)));
  server = createServer({ allowHalfOpen: true }, (socket) => {
    served.push(socket);
    socket.on("error", () => {});
    onServed(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  for (const each of proxies) await each.stop();
  for (const each of [...clients, ...served]) each.destroy();
  server.close();
});

const serverPort = (): number => {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
};
async function proxied(link: ProxyOptions["link"] = {}, seed = 1): Promise<FaultProxy> {
  const proxy = await FaultProxy.listen({ to: { port: serverPort() }, link, seed });
  proxies.push(proxy);
  return proxy;
}
async function dial(
  proxy: FaultProxy,
): Promise<{ socket: Socket; bytes: () => Buffer; closed: () => string }> {
  const socket = connect(proxy.port, "127.0.0.1");
  clients.push(socket);
  const chunks: Buffer[] = [];
  let closed = "";
  socket.on("data", (bytes) => chunks.push(bytes));
  socket.on("end", () => (closed ||= "end"));
  socket.on("error", (error) => (closed = "code" in error ? String(error.code) : "error"));
  await once(socket, "connect");
  return { socket, bytes: () => Buffer.concat(chunks), closed: () => closed };
}
const pattern = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7) % 251));

test("a perfect link hands on every byte both ways, and the end of each side by itself", async () => {
  const proxy = await proxied();
  const client = await dial(proxy);
  const sent = pattern(3_000_000);
  client.socket.write(sent);
  await until("echoed", () => client.bytes().length === sent.length);
  expect(client.bytes().equals(sent)).toBe(true);
  expect([proxy.bytes("up"), proxy.bytes("down"), proxy.accepted]).toEqual([sent.length, sent.length, 1]);
  client.socket.end();
  await until("the server hears the end", () => served[0]?.readableEnded === true);
  served[0]?.end("bye");
  await until("the client hears the rest", () => client.closed() === "end");
  expect(client.bytes().subarray(-3).toString()).toBe("bye");
  await until("the pair is gone", () => proxy.open === 0);
});

test("delay and jitter make bytes late and keep their order", async () => {
  const proxy = await proxied({ delayMs: 60, jitterMs: 40 });
  const client = await dial(proxy);
  const started = performance.now();
  for (let i = 0; i < 20; i++) {
    client.socket.write(Uint8Array.of(i));
    await sleep(2);
  }
  await until("echoed", () => client.bytes().length === 20);
  expect([...client.bytes()]).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(performance.now() - started).toBeGreaterThan(120);
});

test("a rate holds, and the sender feels it", async () => {
  onServed = (socket) => void socket.on("data", (bytes) => received.push(bytes));
  const proxy = await proxied({ rateBytesPerSecond: 200_000 });
  const client = await dial(proxy);
  const started = performance.now();
  // More than the kernel's buffers take: with true backpressure most of it stays with the sender.
  client.socket.write(Buffer.alloc(64_000_000));
  await sleep(1_000);
  const seconds = (performance.now() - started) / 1000;
  const passed = received.reduce((sum, each) => sum + each.length, 0);
  expect(passed).toBeGreaterThan(100_000);
  expect(passed).toBeLessThan(200_000 * seconds * 1.1 + 10_000);
  expect(client.socket.writableLength).toBeGreaterThan(30_000_000);
  proxy.set({ rateBytesPerSecond: 0 });
  await until("the rest comes at once", () => proxy.bytes("up") === 64_000_000);
});

test("a rate that is shared by two connections is the line's, not each one's", async () => {
  onServed = (socket) => void socket.on("data", (bytes) => received.push(bytes));
  const proxy = await proxied({ rateBytesPerSecond: 100_000 });
  const started = performance.now();
  for (const client of [await dial(proxy), await dial(proxy)]) client.socket.write(Buffer.alloc(1_000_000));
  await sleep(600);
  const seconds = (performance.now() - started) / 1000;
  expect(proxy.bytes("up")).toBeLessThan(100_000 * seconds * 1.1 + 10_000);
  expect(served.every((each) => each.bytesRead > 0)).toBe(true);
});

test("a server that does not read is not read from, either", async () => {
  onServed = (socket) => void socket.pause();
  const proxy = await proxied();
  const client = await dial(proxy);
  client.socket.write(Buffer.alloc(64_000_000));
  await sleep(500);
  expect(client.socket.writableLength).toBeGreaterThan(20_000_000);
});

test("slow drip: so many bytes at a time", async () => {
  onServed = (socket) => void socket.on("data", (bytes) => received.push(bytes));
  const proxy = await proxied({ dripBytes: 3, dripEveryMs: 30 });
  const client = await dial(proxy);
  const started = performance.now();
  client.socket.write(pattern(30));
  await until("all dripped", () => Buffer.concat(received).length === 30);
  // Ten times 3, and the wait before each but the first.
  expect(performance.now() - started).toBeGreaterThan(9 * 25);
  expect(received.length).toBeGreaterThan(2);
  expect(Buffer.concat(received).equals(pattern(30))).toBe(true);
});

test.each([
  ["reset", "ECONNRESET"],
  ["end", "end"],
] as const)("cut by command: %s", async (kind, seen) => {
  const proxy = await proxied();
  const client = await dial(proxy);
  client.socket.write("x");
  await until("echoed", () => client.bytes().length === 1);
  proxy.cut(kind);
  await until("the client sees it", () => client.closed() === seen);
  await until("the server sees it", () => served[0]?.readableEnded === true || served[0]?.destroyed === true);
  const next = await dial(proxy);
  next.socket.write("y");
  await until("a new connection works", () => next.bytes().length === 1);
});

test("cut after so many bytes down", async () => {
  onServed = (socket) => void socket.write(Buffer.alloc(5_000_000));
  const proxy = await proxied({ rateBytesPerSecond: 5_000_000 });
  const cut = proxy.cutAfter(300_000);
  const client = await dial(proxy);
  await cut;
  await until("the client sees it", () => client.closed() === "ECONNRESET");
  expect(proxy.bytes("down")).toBeGreaterThanOrEqual(300_000);
  expect(proxy.bytes("down")).toBeLessThan(500_000);
});

test("half-open: silence both ways, sockets stay, also a new one's; then it goes on where it stopped", async () => {
  const proxy = await proxied();
  const client = await dial(proxy);
  proxy.halfOpen();
  client.socket.write("while half-open");
  const late = await dial(proxy);
  late.socket.write("late");
  await sleep(200);
  expect([client.bytes().length, late.bytes().length, client.closed(), late.closed()]).toEqual([
    0,
    0,
    "",
    "",
  ]);
  proxy.heal();
  await until("it goes on", () => client.bytes().toString() === "while half-open");
  await until("the late one, too", () => late.bytes().toString() === "late");
});

test("corruption: each Nth byte, and by a seed that says which", async () => {
  onServed = (socket) => void socket.on("data", (bytes) => received.push(bytes));
  const sent = pattern(10_000);
  const every = await proxied({ flipEveryBytes: 1_000 });
  (await dial(every)).socket.write(sent);
  await until("all is there", () => every.bytes("up") === sent.length);
  await until("received", () => Buffer.concat(received).length === sent.length);
  const arrived = Buffer.concat(received);
  const differs = Array.from(sent.keys()).filter((at) => arrived[at] !== sent[at]);
  expect(differs).toEqual([999, 1999, 2999, 3999, 4999, 5999, 6999, 7999, 8999, 9999]);
  expect(every.flipped("up")).toBe(10);

  const seen: string[] = [];
  for (const seed of [7, 7, 8]) {
    received = [];
    const proxy = await proxied({ flipProbability: 0.002 }, seed);
    (await dial(proxy)).socket.write(sent);
    await until("received", () => Buffer.concat(received).length === sent.length);
    expect(proxy.flipped("up")).toBeGreaterThan(3);
    seen.push(Buffer.concat(received).toString("hex"));
  }
  expect(seen[0]).toBe(seen[1]);
  expect(seen[0]).not.toBe(seen[2]);
});

test("nobody listens behind it: the client is reset, the proxy lives", async () => {
  server.close();
  const proxy = await proxied();
  const client = await dial(proxy);
  await until("closed", () => client.closed() !== "");
  await until("gone", () => proxy.open === 0);
});

test("the meter never grants more than the rate, however it is asked", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 200; round++) {
    const rate = 1 + Math.floor(random() * 1_000_000);
    const link = { ...perfectLink, rateBytesPerSecond: rate };
    const meter = new Meter(0);
    let nowMs = 0;
    let granted = 0;
    let grants = 0;
    for (let i = 0; i < 300; i++) {
      const { bytes, waitMs } = meter.take(1 + Math.floor(random() * 100_000), link, nowMs);
      granted += bytes;
      grants += bytes > 0 ? 1 : 0;
      nowMs += bytes > 0 ? random() * 5 : waitMs;
    }
    expect(granted).toBeLessThanOrEqual((rate * nowMs) / 1000 + Math.max(1_400, rate / 50) + 1);
    expect(grants).toBeGreaterThan(0);
  }
});

test("the command line: flags, and lines that change it", async () => {
  const script = new URL("./cli.ts", import.meta.url).pathname;
  const child = spawn("node", [script, "--to", `127.0.0.1:${serverPort()}`, "--rate", "1m", "--delay", "5"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (data) => (said += String(data)));
  try {
    await until("it listens", () => said.includes("\n"));
    const port = Number(/^listening 127\.0\.0\.1:(\d+)\n/.exec(said)?.[1]);
    const client = connect(port, "127.0.0.1");
    clients.push(client);
    let code = "";
    client.on("error", (error) => (code = "code" in error ? String(error.code) : "error"));
    const echoed = once(client, "data");
    client.write("hello");
    await echoed;
    child.stdin.write("cut\n");
    await until("cut", () => code === "ECONNRESET");
    await until("it said so", () => /\d open of 1, 5 bytes up, 5 down/.test(said));
  } finally {
    child.kill("SIGKILL");
  }
});

/** The HTTP surface under people who do not mean well, and under those who do. */
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { httpHeaderBytesMax, httpHeadersMax, httpSocketsMax, httpUrlCharsMax } from "../protocol/limits.ts";
import { listen, makeHttpServer, type HttpServer, type Routes } from "./http.ts";

const bugs: unknown[] = [];
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  expect(bugs.splice(0)).toEqual([]);
});

const routes: Routes = new Map([
  ["/here", () => ({ status: 200, body: "here\n" })],
  [
    "/bug",
    () => {
      throw new Error("a bug");
    },
  ],
]);

async function serve(requestMs?: number): Promise<HttpServer & { port: number }> {
  const setting = { routes, onBug: (error: unknown) => void bugs.push(error), upgraded: () => 0 };
  const http = makeHttpServer({ ...setting, ...(requestMs !== undefined && { requestMs }) });
  const port = await listen(http.server, "127.0.0.1", 0);
  closers.push(() => new Promise((done) => (http.server.close(done), http.server.closeAllConnections())));
  return { ...http, port };
}

/** All that comes back until the other side closes. */
function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let said = "";
    socket.on("data", (data) => (said += data.toString()));
    socket.on("error", () => {});
    socket.on("close", () => resolve(said));
  });
}
const ask = (port: number, line: string, more = ""): Promise<string> =>
  talk(port, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`);
const opened = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.on("error", reject);
    closers.push(() => socket.destroy());
  });
const closed = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) =>
    socket
      .on("close", resolve)
      .on("error", () => {})
      .resume(),
  );
const status = (answer: string): string => answer.split("\r\n")[0] ?? "";

test("GET has a body, HEAD its length only; nothing is cached or guessed", async () => {
  const { port } = await serve();
  const got = await ask(port, "GET /here?x=1");
  expect(got).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(got).toContain("\r\n\r\nhere\n");
  const head = await ask(port, "HEAD /here");
  expect(head).toMatch(/\r\n\r\n$/);
  for (const answer of [got, head, await ask(port, "GET /nowhere"), await ask(port, "DELETE /here")]) {
    expect(answer).toContain("Cache-Control: no-store");
    expect(answer).toContain("X-Content-Type-Options: nosniff");
  }
  expect(head).toContain("Content-Length: 5");
});

test.each(["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])(
  "%s is refused with what is allowed",
  async (method) => {
    const { port } = await serve();
    const answer = await ask(port, `${method} /here`);
    expect(status(answer)).toBe("HTTP/1.1 405 Method Not Allowed");
    expect(answer).toContain("Allow: GET, HEAD");
  },
);

test("a body that is sent along is not waited for", async () => {
  const { port } = await serve();
  const answer = await talk(port, "POST /here HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nxx");
  expect(status(answer)).toBe("HTTP/1.1 405 Method Not Allowed");
  const expecting = await talk(
    port,
    "GET /here HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
  );
  expect(expecting).not.toContain("100 Continue");
  expect(expecting).toContain("Connection: close");
});

test("an address at the limit is looked up, one past it is not", async () => {
  const { port } = await serve();
  const url = (length: number): string => `GET /${"x".repeat(length - 1)}`;
  expect(status(await ask(port, url(httpUrlCharsMax)))).toBe("HTTP/1.1 404 Not Found");
  expect(status(await ask(port, url(httpUrlCharsMax + 1)))).toBe("HTTP/1.1 414 URI Too Long");
});

test("headers over their limit end the socket", async () => {
  const { port } = await serve();
  expect(status(await ask(port, "GET /here", `A: ${"x".repeat(httpHeaderBytesMax - 200)}\r\n`))).toContain(
    "200",
  );
  expect(await ask(port, "GET /here", `A: ${"x".repeat(httpHeaderBytesMax)}\r\n`)).toBe("");
  // Beside Host and Connection.
  expect(status(await ask(port, "GET /here", "A: x\r\n".repeat(httpHeadersMax - 2)))).toContain("200");
  expect(status(await ask(port, "GET /here", "A: x\r\n".repeat(httpHeadersMax - 1)))).toBe("");
});

test.each([
  ["not HTTP", "\x16\x03\x01\x02\x00\x01\x00"],
  ["NUL in the address", "GET /\0 HTTP/1.1\r\n\r\n"],
  ["two lengths", "GET /here HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
  [
    "length and chunks",
    "GET /here HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["no host", "GET /here HTTP/1.1\r\n\r\n"],
  ["CONNECT", "CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n"],
])("%s: no answer with a body, and the next one is served", async (_name, bytes) => {
  const { port } = await serve();
  expect(await talk(port, bytes)).not.toContain("here\n");
  expect(await ask(port, "GET /here")).toContain("here\n");
});

test("slowloris: who sends a header a second is cut at the deadline, others are served meanwhile", async () => {
  const { port } = await serve(1_000);
  const slow = await Promise.all(Array.from({ length: 50 }, () => opened(port)));
  const ends = slow.map(closed);
  for (const socket of slow) socket.write("GET /here HTTP/1.1\r\nHost: x\r\n");
  const drip = setInterval(() => slow.forEach((socket) => socket.writable && socket.write("X: y\r\n")), 200);
  closers.push(() => clearInterval(drip));
  expect(await ask(port, "GET /here")).toContain("here\n");
  const startedAt = performance.now();
  await Promise.all(ends);
  expect(performance.now() - startedAt).toBeLessThan(6_000);
});

test("slowloris: who connects and says nothing is cut as well", async () => {
  const { port } = await serve(1_000);
  await closed(await opened(port));
});

test(`the ${httpSocketsMax + 1}st socket is turned away, and a place that comes free is given again`, async () => {
  const { port, sockets } = await serve();
  const all: Socket[] = [];
  while (all.length < httpSocketsMax)
    all.push(...(await Promise.all(Array.from({ length: 128 }, () => opened(port)))));
  while (sockets() < httpSocketsMax) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await ask(port, "GET /here")).toBe("");
  all[0]?.destroy();
  while (sockets() >= httpSocketsMax) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await ask(port, "GET /here")).toContain("here\n");
});

test("a bug in an answer costs that request", async () => {
  const { port } = await serve();
  expect(await ask(port, "GET /bug")).toBe("");
  expect(bugs.splice(0)).toHaveLength(1);
  expect(await ask(port, "GET /here")).toContain("here\n");
});

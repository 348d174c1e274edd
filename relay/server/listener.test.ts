/** Doors under people who do not come in as they should. Those of joined clients are in `attacks.test.ts`. */
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Stage, until } from "../harness.ts";
import type { Relay } from "../main.ts";

let stage: Stage;
let relay: Relay;
beforeEach(async () => {
  stage = new Stage();
  relay = await stage.relay();
});
afterEach(() => stage.end());

const upgrade = (path: string, ...headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, "Host: x", "Connection: Upgrade", "Upgrade: websocket", ...headers, "", ""].join(
    "\r\n",
  );
const version = "Sec-WebSocket-Version: 13";
const key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";

/** Says it and then never closes its own half. */
function hold(text: string): Promise<{ socket: Socket; said: string }> {
  return new Promise((resolve) => {
    const socket = connect({ port: relay.port, host: "127.0.0.1", allowHalfOpen: true }, () =>
      socket.write(text),
    );
    stage.defer(() => socket.destroy());
    let said = "";
    socket.on("data", (data) => (said += data.toString()));
    socket.on("error", () => {});
    socket.once("end", () => resolve({ socket, said }));
  });
}
async function httpSockets(): Promise<number> {
  const text = await (
    await fetch(`http://127.0.0.1:${relay.port}/metrics`, { headers: { Connection: "close" } })
  ).text();
  return Number(/^deckle_relay_http_sockets (\d+)$/m.exec(text)?.[1]);
}

test.each([
  ["another path", upgrade("/", version, key), "404 Not Found"],
  ["a path above", upgrade("/../sync", version, key), "404 Not Found"],
  ["a web page's origin", upgrade("/sync", version, key, "Origin: https://example.org"), "403 Forbidden"],
  ["the origin null", upgrade("/sync", version, key, "Origin: null"), "403 Forbidden"],
  ["no key", upgrade("/sync", version), "400 Bad Request"],
  ["another version", upgrade("/sync", "Sec-WebSocket-Version: 7", key), "400 Bad Request"],
  ["POST", upgrade("/sync", version, key).replace("GET", "POST"), "400 Bad Request"],
])("an upgrade with %s is refused", async (_name, text, status) => {
  const { said } = await hold(text);
  expect(said.split("\r\n")[0]).toBe(`HTTP/1.1 ${status}`);
  expect(said).toContain("Cache-Control: no-store");
});

test("who is refused and keeps their half open holds no socket of ours", async () => {
  await Promise.all(Array.from({ length: 100 }, () => hold(upgrade("/nowhere", version, key))));
  await until("only this question's socket is left", async () => (await httpSockets()) === 1);
});

test("our own app's origin, and none, come in", async () => {
  for (const origin of [[], ["Origin: app://deckle"]]) {
    const socket = connect(relay.port, "127.0.0.1");
    stage.defer(() => socket.destroy());
    socket.write(upgrade("/sync", version, key, ...origin));
    const said = await new Promise((resolve) => socket.once("data", (data) => resolve(data.toString())));
    expect(said).toMatch(/^HTTP\/1\.1 101 /);
  }
});

test("draining: not ready, then nobody is let in, and the port is free", async () => {
  expect((await fetch(`http://127.0.0.1:${relay.port}/readyz`)).status).toBe(200);
  await relay.stop();
  await expect(fetch(`http://127.0.0.1:${relay.port}/readyz`)).rejects.toThrow("fetch failed");
});

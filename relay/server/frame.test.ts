/** Our frames are read by `ws` as they were meant, at every length where the header changes. */
import { once } from "node:events";
import { createServer } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { Outbox } from "./outbox.ts";

test("a client of ws reads what was written, between frames that ws wrote", async () => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 2_000_000];
  const http = createServer();
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  http.on("upgrade", (request, wire, head) =>
    upgrades.handleUpgrade(request, wire, head, (socket) => {
      for (const length of lengths) {
        const [first, second] = [
          Buffer.alloc(Math.floor(length / 3), 1),
          Buffer.alloc(Math.ceil((2 * length) / 3), 2),
        ];
        if (!(wire instanceof Socket)) continue;
        const outbox = new Outbox(wire, second.subarray(0, length - first.length), () => {});
        outbox.push(first);
        outbox.flush();
        socket.send(Buffer.of(9), { binary: true });
        socket.ping();
      }
      socket.close(4000);
    }),
  );
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  const client = new WebSocket(`ws://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
  const heard: Buffer[] = [];
  client.on("message", (data, isBinary) => {
    expect(isBinary).toBe(true);
    if (Buffer.isBuffer(data)) heard.push(data);
  });
  const [code] = await once(client, "close");
  http.close();
  expect(code).toBe(4000);
  expect(heard.map((each) => each.length)).toEqual(lengths.flatMap((length) => [length, 1]));
  for (const data of heard) {
    if (data.length === 1) continue;
    const first = Math.floor(data.length / 3);
    expect(data.subarray(0, first).every((byte) => byte === 1)).toBe(true);
    expect(data.subarray(first).every((byte) => byte === 2)).toBe(true);
  }
});

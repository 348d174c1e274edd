/**
 * The floor: a WebSocket server that forwards bytes and does nothing else. It keeps no document but its first upload,
 * reads nothing but the first two bytes, and puts nothing on disk; what it costs, `ws` and the kernel cost.
 * Speaks enough of y-websocket's protocol for the light clients. `node floor.ts PORT`.
 */
import { WebSocketServer, type WebSocket } from "ws";

const step1 = 0;
const update = 2;
const isBytes = (data: unknown): data is Uint8Array => data instanceof Uint8Array;

const socketsByPath = new Map<string, Set<WebSocket>>();
const seedByPath = new Map<string, Uint8Array>();

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  perMessageDeflate: false,
});
server.on("connection", (socket, request) => {
  const path = request.url ?? "";
  const sockets = socketsByPath.get(path) ?? new Set<WebSocket>();
  socketsByPath.set(path, sockets.add(socket));
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
  socket.on("message", (data) => {
    if (!isBytes(data)) return;
    if (data[0] === 0 && data[1] === step1) {
      // Step 2 carries an update in the same form as an update message does.
      const seed = seedByPath.get(path) ?? Uint8Array.of(0, update, 2, 0, 0);
      socket.send(Uint8Array.of(0, 1, ...seed.subarray(2)));
    } else {
      if (!seedByPath.has(path) && data[1] === update) seedByPath.set(path, Uint8Array.from(data));
      for (const other of sockets) if (other !== socket) other.send(data);
    }
  });
});

/**
 * The relay's HTTP server: `/healthz`, `/readyz`, and the WebSocket at `/sync`.
 *
 * Owns every socket from upgrade to close. Draining: not ready, no new sockets, inbound ignored (what was not
 * committed was not receipted, so it comes again), commit, then closes spread over a window. Documents are never
 * served over HTTP here, and nothing is cacheable.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { openSession } from "../access/authorize.ts";
import { connectionsMax, closeGraceMs, frameBytesMax } from "../protocol/limits.ts";
import { SocketSession, type SessionSetting } from "./session.ts";

export interface ListenerTimes {
  readonly pingMs: number;
  readonly silenceMs: number;
  readonly outboundStuckMs: number;
  readonly drainMs: number;
}
export interface ListenerSetting extends SessionSetting {
  readonly times: ListenerTimes;
  isReady(): boolean;
}

export const syncPath = "/sync";
/** A browser sends its page's origin, and only our app may connect from one; other programs send none. */
const allowedOrigin = "app://deckle";

export class Listener {
  readonly #setting: ListenerSetting;
  readonly #http: Server;
  readonly #upgrades: WebSocketServer;
  readonly #sessions = new Map<number, SocketSession>();
  #nextId = 1;
  #isDraining = false;
  #pinging: NodeJS.Timeout | undefined;

  constructor(setting: ListenerSetting) {
    this.#setting = setting;
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: frameBytesMax,
      perMessageDeflate: false,
    });
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on("clientError", (_error, socket) => socket.destroy());
  }

  may: (connectionId: number, ...rest: Parameters<SocketSession["may"]>) => boolean = (
    connectionId,
    ...rest
  ) => this.#sessions.get(connectionId)?.may(...rest) ?? false;

  /** The port, or the reason why there is none. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(port, host, () => {
        this.#http.off("error", reject);
        this.#http.on("error", (error) => this.#setting.report("http-error", { reason: error.message }));
        const { pingMs, silenceMs, outboundStuckMs } = this.#setting.times;
        this.#pinging = setInterval(() => {
          for (const session of this.#sessions.values()) session.tick(silenceMs, outboundStuckMs);
        }, pingMs);
        const address = this.#http.address();
        resolve(typeof address === "object" && address ? address.port : port);
      });
    });
  }

  async stop(): Promise<void> {
    this.#isDraining = true;
    clearInterval(this.#pinging);
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    await this.#setting.hub.stop();
    const sessions = [...this.#sessions.values()];
    const waits = sessions.map((session, i) =>
      after((this.#setting.times.drainMs * i) / sessions.length, () => session.close("restarting")),
    );
    await Promise.all(waits);
    const deadline = this.#setting.nowMs() + closeGraceMs;
    while (this.#sessions.size > 0 && this.#setting.nowMs() < deadline) await after(5, () => {});
    for (const session of this.#sessions.values()) session.terminate();
    this.#http.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const [path] = (request.url ?? "").split("?");
    const isReady = !this.#isDraining && this.#setting.isReady();
    const [status, body] =
      path === "/healthz"
        ? [200, "ok\n"]
        : path === "/readyz"
          ? [isReady ? 200 : 503, isReady ? "ready\n" : "not ready\n"]
          : [404, "not found\n"];
    response.writeHead(status, {
      "Cache-Control": "no-store",
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
    });
    response.end(body);
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    duplex.on("error", () => duplex.destroy());
    const { origin } = request.headers;
    const [path] = (request.url ?? "").split("?");
    if (path !== syncPath) return refuse(duplex, "404 Not Found");
    if (origin !== undefined && origin !== allowedOrigin) return refuse(duplex, "403 Forbidden");
    if (this.#isDraining || this.#sessions.size >= connectionsMax)
      return refuse(duplex, "503 Service Unavailable");
    // Always one here; the type says only that a proxy could put another stream in its place.
    if (!(duplex instanceof Socket)) return refuse(duplex, "400 Bad Request");
    duplex.setNoDelay(true);
    this.#upgrades.handleUpgrade(request, duplex, head, (socket) => {
      const id = this.#nextId++;
      const session = new SocketSession(id, openSession, socket, duplex, this.#setting);
      this.#sessions.set(id, session);
      socket.on("close", () => this.#sessions.delete(id));
    });
  }
}

function refuse(duplex: Duplex, status: string): void {
  duplex.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n`,
  );
}

function after(delayMs: number, run: () => void): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      run();
      resolve();
    }, delayMs);
  });
}

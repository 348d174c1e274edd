/**
 * The relay's doors: `/healthz`, `/readyz` and `/metrics` over HTTP, and the WebSocket at `/sync`.
 *
 * Owns every socket from upgrade to close. Draining: not ready, no new sockets, a commit of what waits, then closes
 * spread over a window; what comes in between and is not committed was not receipted, so it comes again. Documents are never
 * served over HTTP here, and nothing is cacheable. Metrics tell how much is written and by how many, so on the
 * relay's own port only a caller on this machine gets them, and nobody who comes through a proxy.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import { WebSocketServer, type WebSocket } from "ws";
import type { Session } from "../access/authorize.ts";
import { closeGraceMs, connectionsMax, connectionsPerDeviceMax, frameBytesMax } from "../protocol/limits.ts";
import {
  appOrigin,
  hostPort,
  listen,
  makeHttpServer,
  notFound,
  type Answer,
  type HttpServer,
  type Posts,
  type Streams,
} from "./http.ts";
import type { Metrics } from "./metrics.ts";
import { SocketSession, type SessionSetting } from "./session.ts";

export interface ListenerTimes {
  readonly pingMs: number;
  readonly silenceMs: number;
  readonly outboundStuckMs: number;
  readonly drainMs: number;
}
/** What a session belongs to: one workspace. */
export type Place = Pick<SessionSetting, "hub" | "relayId" | "workspace">;
/** Who comes in, and where that leads. */
export interface Admitted {
  readonly session: Session;
  readonly place: Place;
}
export interface ListenerSetting extends Omit<SessionSetting, keyof Place | "start"> {
  readonly times: ListenerTimes;
  readonly connectionsMax?: number;
  readonly tls?: SecureContextOptions;
  /** With a `place` they have a port of their own, for anyone who reaches it. */
  readonly metrics?: {
    readonly source: Metrics;
    readonly place?: { readonly host: string; readonly port: number };
  };
  isReady(): boolean;
  /** Who shows a ticket, "" where there is none; undefined is nobody. */
  readonly admit: (ticket: string) => Admitted | undefined;
  /** Commits what waits, when nothing comes in any more. */
  readonly drain: () => Promise<void>;
  readonly posts?: Posts;
  readonly streams?: Streams;
}
export interface ListenerFigures {
  readonly connections: number;
  readonly connectionsMax: number;
  readonly httpSockets: number;
  readonly unsentBytes: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export const syncPath = "/sync";
const subprotocol = "automerge-repo.1";
const ticketPrefix = "ticket.";

interface Open {
  readonly session: SocketSession;
  readonly wire: Socket;
  /** Of a member. */
  readonly device: string | undefined;
}

export class Listener {
  readonly #setting: ListenerSetting;
  readonly #connectionsMax: number;
  readonly #http: HttpServer;
  readonly #metricsHttp: HttpServer | undefined;
  readonly #upgrades: WebSocketServer;
  readonly #open = new Map<number, Open>();
  /** How many sockets each has. */
  readonly #countByDevice = new Map<string, number>();
  readonly #start = randomBytes(8).toString("hex");
  /** Bytes of connections that are gone. */
  #bytesIn = 0;
  #bytesOut = 0;
  #nextId = 1;
  #isDraining = false;
  #pinging: NodeJS.Timeout | undefined;

  constructor(setting: ListenerSetting) {
    this.#setting = setting;
    this.#connectionsMax = setting.connectionsMax ?? connectionsMax;
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: frameBytesMax,
      perMessageDeflate: false,
      // The ticket is not said again.
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
    this.#upgrades.on("wsClientError", (_error, socket) => refuse(socket, "400 Bad Request"));
    const onBug = (error: unknown): void =>
      setting.report("bug", { stack: error instanceof Error ? (error.stack ?? "") : String(error) });
    const { metrics, tls } = setting;
    const showMetrics = async (): Promise<Answer> =>
      metrics
        ? { status: 200, body: await metrics.source.text(), type: metrics.source.contentType }
        : notFound;
    const forLocal = (request: IncomingMessage): Answer | Promise<Answer> =>
      metrics && !metrics.place && isFromHere(request) ? showMetrics() : notFound;
    this.#http = makeHttpServer({
      routes: new Map([
        ["/healthz", () => ({ status: 200, body: "ok\n" })],
        ["/readyz", () => this.#readiness()],
        ["/metrics", forLocal],
      ]),
      onBug,
      upgraded: () => this.#open.size,
      ...(tls && { tls }),
      ...(setting.posts && { posts: setting.posts }),
      ...(setting.streams && { streams: setting.streams }),
    });
    this.#http.server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#metricsHttp = metrics?.place
      ? makeHttpServer({ routes: new Map([["/metrics", showMetrics]]), onBug, upgraded: () => 0 })
      : undefined;
  }

  may: (connectionId: number, ...rest: Parameters<SocketSession["may"]>) => boolean = (
    connectionId,
    ...rest
  ) => this.#open.get(connectionId)?.session.may(...rest) ?? false;

  get figures(): ListenerFigures {
    let [bytesIn, bytesOut, unsentBytes] = [this.#bytesIn, this.#bytesOut, 0];
    for (const { session, wire } of this.#open.values()) {
      bytesIn += wire.bytesRead;
      bytesOut += wire.bytesWritten;
      unsentBytes += session.unsentBytes;
    }
    const { framesIn, framesOut } = this.#setting.traffic;
    const httpSockets = this.#http.sockets() + (this.#metricsHttp?.sockets() ?? 0);
    const connections = this.#open.size;
    return {
      connections,
      connectionsMax: this.#connectionsMax,
      httpSockets,
      unsentBytes,
      framesIn,
      framesOut,
      bytesIn,
      bytesOut,
    };
  }

  /** The port, or the reason why there is none. */
  async listen(host: string, port: number): Promise<number> {
    const { metrics, report } = this.#setting;
    const place = metrics?.place;
    if (this.#metricsHttp && place) {
      const metricsPort = await listen(this.#metricsHttp.server, place.host, place.port);
      report("metrics-listening", { address: hostPort(place.host, metricsPort) });
    }
    const bound = await listen(this.#http.server, host, port).catch((error: unknown) => {
      this.#metricsHttp?.server.close();
      throw error;
    });
    for (const each of [this.#http, this.#metricsHttp])
      each?.server.on("error", (error) => report("http-error", { reason: error.message }));
    const { pingMs, silenceMs, outboundStuckMs } = this.#setting.times;
    this.#pinging = setInterval(() => {
      for (const { session } of this.#open.values()) session.tick(silenceMs, outboundStuckMs);
    }, pingMs);
    return bound;
  }

  /** For handshakes from now on. */
  setTls(tls: SecureContextOptions): void {
    this.#http.setTls(tls);
  }

  async stop(): Promise<void> {
    this.#isDraining = true;
    clearInterval(this.#pinging);
    const closed = new Promise<void>((resolve) => this.#http.server.close(() => resolve()));
    await this.#setting.drain();
    const sessions = [...this.#open.values()];
    const waits = sessions.map(({ session }, i) =>
      after((this.#setting.times.drainMs * i) / sessions.length, () => session.close("restarting")),
    );
    await Promise.all(waits);
    const deadline = this.#setting.nowMs() + closeGraceMs;
    while (this.#open.size > 0 && this.#setting.nowMs() < deadline) await after(5, () => {});
    for (const { session } of this.#open.values()) session.terminate();
    this.#http.server.closeAllConnections();
    this.#metricsHttp?.server.close();
    this.#metricsHttp?.server.closeAllConnections();
    await closed;
  }

  /** Ends the sockets of devices that may now do something else in a workspace than before, or nothing. */
  accessChanged(workspace: string, devices: ReadonlySet<string>): void {
    for (const { session } of this.#open.values()) session.accessChanged(workspace, devices);
  }

  #readiness(): Answer {
    const isReady = !this.#isDraining && this.#setting.isReady();
    return isReady ? { status: 200, body: "ready\n" } : { status: 503, body: "not ready\n" };
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    duplex.on("error", () => duplex.destroy());
    const { origin } = request.headers;
    const [path] = (request.url ?? "").split("?");
    if (path !== syncPath) return refuse(duplex, "404 Not Found");
    if (origin !== undefined && origin !== appOrigin) return refuse(duplex, "403 Forbidden");
    if (this.#isDraining) return refuse(duplex, "503 Service Unavailable");
    if (this.#open.size >= this.#connectionsMax) {
      this.#setting.observer?.limited("connections");
      return refuse(duplex, "503 Service Unavailable");
    }
    // Always one here; the type says only that a proxy could put another stream in its place.
    if (!(duplex instanceof Socket)) return refuse(duplex, "400 Bad Request");
    const admitted = this.#setting.admit(ticketOf(request));
    if (!admitted) return refuse(duplex, "401 Unauthorized");
    duplex.setNoDelay(true);
    this.#upgrades.handleUpgrade(request, duplex, head, (socket) => this.#opened(admitted, socket, duplex));
  }

  #opened({ session: proved, place }: Admitted, socket: WebSocket, wire: Socket): void {
    const id = this.#nextId++;
    const device = proved.mode === "member" ? proved.caller.device : undefined;
    const setting: SessionSetting = { ...this.#setting, ...place, start: this.#start };
    const session = new SocketSession(id, proved, socket, wire, setting);
    this.#open.set(id, { session, wire, device });
    socket.on("close", () => {
      this.#open.delete(id);
      this.#bytesIn += wire.bytesRead;
      this.#bytesOut += wire.bytesWritten;
      if (device !== undefined) this.#countDevice(device, -1);
    });
    if (proved.mode === "open" || device === undefined) return;
    proved.connected();
    if (this.#countDevice(device, 1) > connectionsPerDeviceMax) this.#closeOldestOf(device);
  }

  #countDevice(device: string, by: 1 | -1): number {
    const count = (this.#countByDevice.get(device) ?? 0) + by;
    if (count > 0) this.#countByDevice.set(device, count);
    else this.#countByDevice.delete(device);
    return count;
  }

  /** The newest is the one in use: those before may be of a network that is gone. */
  #closeOldestOf(device: string): void {
    for (const open of this.#open.values()) {
      if (open.device !== device || open.session.isClosed) continue;
      open.session.close("tooManyConnections");
      return;
    }
  }
}

/** Of a subprotocol, or of the address for clients that cannot offer one. */
function ticketOf({ headers, url = "" }: IncomingMessage): string {
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((each) => each.trim());
  const ticket = offered.find((each) => each.startsWith(ticketPrefix))?.slice(ticketPrefix.length);
  return ticket ?? new URLSearchParams(url.split("?")[1] ?? "").get("ticket") ?? "";
}

/**
 * By a program on this machine that asked for this machine: not through a proxy beside the relay, and not by a page
 * whose name somebody made lead here.
 */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const { host = "" } = headers;
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const isLocalName = name === "localhost" || (isIP(name) > 0 && isLoopback(name));
  const isForwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].some(
    (each) => headers[each] !== undefined,
  );
  return isLoopback(socket.remoteAddress ?? "") && isLocalName && !isForwarded;
}

const isLoopback = (address: string): boolean => /^(::ffff:)?127\./.test(address) || address === "::1";

function refuse(duplex: Duplex, status: string): void {
  // The other side may never close its half: nothing else would end a socket that is not HTTP's any more.
  duplex.once("finish", () => duplex.destroy());
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

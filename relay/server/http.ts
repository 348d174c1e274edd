/**
 * An HTTP server that answers a few fixed paths and costs little to whoever asks: every request has a deadline,
 * headers and URLs have a length, and sockets that are not (yet) WebSockets a number.
 *
 * GET and HEAD only, no bodies, nothing cacheable. WebSockets are the listener's.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { SecureContextOptions } from "node:tls";
import {
  acceptBacklogMax,
  httpCheckMs,
  httpHeaderBytesMax,
  httpHeadersMax,
  httpKeepAliveMs,
  httpRequestMs,
  httpRequestsPerSocketMax,
  httpSocketsMax,
  httpUrlCharsMax,
  tlsHandshakeMs,
} from "../protocol/limits.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}
/** By path. */
export type Routes = ReadonlyMap<string, (request: IncomingMessage) => Answer | Promise<Answer>>;

export const notFound: Answer = { status: 404, body: "not found\n" };

export interface HttpSetting {
  readonly routes: Routes;
  readonly tls?: SecureContextOptions;
  /** What went wrong in answering, which is a bug. */
  readonly onBug: (error: unknown) => void;
  /** Sockets that became WebSockets: they do not count here. */
  readonly upgraded: () => number;
  /** `httpRequestMs`, but in tests. */
  readonly requestMs?: number;
}

export interface HttpServer {
  readonly server: Server;
  /** Open sockets that are not WebSockets. */
  readonly sockets: () => number;
  /** For handshakes from now on; sockets that stand keep theirs. */
  setTls(tls: SecureContextOptions): void;
}

const limits: ServerOptions = {
  keepAliveTimeout: httpKeepAliveMs,
  connectionsCheckingInterval: httpCheckMs,
  maxHeaderSize: httpHeaderBytesMax,
  insecureHTTPParser: false,
  noDelay: true,
};
const tlsLimits = { minVersion: "TLSv1.2", honorCipherOrder: true } as const;

export function makeHttpServer({
  routes,
  tls,
  onBug,
  upgraded,
  requestMs = httpRequestMs,
}: HttpSetting): HttpServer {
  const options = { ...limits, headersTimeout: requestMs, requestTimeout: requestMs };
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(routes, request, response).catch((error: unknown) => {
      onBug(error);
      response.destroy();
    });
  const secure = tls
    ? createTlsServer({ ...options, ...tlsLimits, ...tls, handshakeTimeout: tlsHandshakeMs }, handle)
    : undefined;
  const server: Server = secure ?? createServer(options, handle);
  server.maxRequestsPerSocket = httpRequestsPerSocketMax;
  server.maxHeadersCount = httpHeadersMax;
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  // Nobody has a reason to ask before sending: there is nothing to send.
  server.on("checkContinue", handle);
  server.on("checkExpectation", handle);
  let open = 0;
  const sockets = (): number => open - upgraded();
  server.on("connection", (socket) => {
    open++;
    socket.once("close", () => open--);
    // Also those that are still in the handshake of TLS, which is why this counts here and not with requests.
    if (sockets() > httpSocketsMax) socket.destroy();
  });
  const setTls = (context: SecureContextOptions): void =>
    secure?.setSecureContext({ ...tlsLimits, ...context });
  return { server, sockets, setTls };
}

async function answer(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", url = "" } = request;
  const [path = ""] = url.split("?");
  const route = routes.get(path);
  const isAllowed = method === "GET" || method === "HEAD";
  const found: Answer =
    url.length > httpUrlCharsMax
      ? { status: 414, body: "the address is too long\n" }
      : !route
        ? notFound
        : isAllowed
          ? await route(request)
          : { status: 405, body: "only GET and HEAD\n" };
  const body = Buffer.from(found.body);
  response.writeHead(found.status, {
    "Cache-Control": "no-store",
    "Content-Length": body.length,
    "Content-Type": found.type ?? "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    ...(found.status === 405 && { Allow: "GET, HEAD" }),
    // What somebody sends along is not read; the socket ends instead.
    ...(!isAllowed || hasBody(request) ? { Connection: "close" } : {}),
  });
  response.end(method === "HEAD" ? undefined : body);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** The port, or the reason why there is none. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: acceptBacklogMax }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

/** `127.0.0.1:80`, `[::1]:80` */
export const hostPort = (host: string, port: number): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

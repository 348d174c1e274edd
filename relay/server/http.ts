/**
 * An HTTP server that answers a few fixed paths and costs little to whoever asks: every request has a deadline,
 * headers and URLs have a length, and sockets that are not (yet) WebSockets a number.
 *
 * GET and HEAD, and POST of small JSON below one prefix; nothing cacheable. Blobs answer for themselves, WebSockets are
 * the listener's.
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
  httpBodyBytesMax,
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

/** What is asked with JSON: paths that begin with `prefix`. */
export interface Posts {
  readonly prefix: string;
  /** `name` is what follows the prefix. */
  readonly answer: (name: string, body: unknown, request: IncomingMessage) => Answer | Promise<Answer>;
}

/** What answers for itself, with bodies of any length in either direction: paths that begin with `prefix`. */
export interface Streams {
  readonly prefix: string;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** A browser sends its page's origin, and only our app may come from one; other programs send none. */
export const appOrigin = "app://deckle";

export const notFound: Answer = { status: 404, body: "not found\n" };

export interface HttpSetting {
  readonly routes: Routes;
  readonly posts?: Posts;
  readonly streams?: Streams;
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
  posts,
  streams,
  tls,
  onBug,
  upgraded,
  requestMs = httpRequestMs,
}: HttpSetting): HttpServer {
  const options = { ...limits, headersTimeout: requestMs, requestTimeout: requestMs };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { url = "" } = request;
    const isStream = streams !== undefined && url.length <= httpUrlCharsMax && url.startsWith(streams.prefix);
    const answered = isStream ? streams.answer(request, response) : answer(routes, posts, request, response);
    void answered.catch((error: unknown) => {
      onBug(error);
      response.destroy();
    });
  };
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

async function answer(
  routes: Routes,
  posts: Posts | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "", url = "" } = request;
  const [path = ""] = url.split("?");
  const isPost = method === "POST" && posts !== undefined && path.startsWith(posts.prefix);
  const isRead = method === "GET" || method === "HEAD";
  const route = routes.get(path);
  const found: Answer =
    url.length > httpUrlCharsMax
      ? { status: 414, body: "the address is too long\n" }
      : isPost
        ? await post(posts, path.slice(posts.prefix.length), request)
        : !route
          ? notFound
          : isRead
            ? await route(request)
            : { status: 405, body: "only GET and HEAD\n" };
  const body = Buffer.from(found.body);
  response.writeHead(found.status, {
    "Cache-Control": "no-store",
    "Content-Length": body.length,
    "Content-Type": found.type ?? "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    ...(found.status === 405 && { Allow: "GET, HEAD" }),
    // What somebody sends along and is not read ends the socket instead.
    ...((isPost ? found.status === 413 : !isRead || hasBody(request)) ? { Connection: "close" } : {}),
  });
  response.end(method === "HEAD" ? undefined : body);
}

const tooLong: Answer = { status: 413, body: "the body is too long\n" };
const noJson: Answer = { status: 400, body: "the body is no JSON\n" };

async function post({ answer: answerTo }: Posts, name: string, request: IncomingMessage): Promise<Answer> {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) return noJson;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    if ((length += part.length) > httpBodyBytesMax) return tooLong;
    parts.push(part);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    return noJson;
  }
  return answerTo(name, body, request);
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

/** For tests only: HTTP by hand, many requests at once on one socket, and answers as they are on the wire. */
import { connect, type Socket } from "node:net";
import { until } from "./harness.ts";

export interface WireAnswer {
  readonly status: number;
  /** All of it but the time of day. */
  readonly text: string;
  readonly body: string;
}

export function post(path: string, body: string, headers: readonly string[] = []): string {
  const head = ["Host: x", "Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`];
  return [`POST ${path} HTTP/1.1`, ...head, ...headers, "", body].join("\r\n");
}

/** The request with which a WebSocket begins. */
export const upgrade = (path: string, headers: readonly string[] = []): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: x",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ...headers,
    "",
    "",
  ].join("\r\n");

export class HttpSocket {
  readonly #socket: Socket;
  #received = "";
  #answers: WireAnswer[] = [];
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => (this.#isClosed = true));
    socket.on("data", (data) => {
      this.#received += data.toString("latin1");
      for (let answer = this.#next(); answer; answer = this.#next()) this.#answers.push(answer);
    });
  }
  static async open(port: number): Promise<HttpSocket> {
    const socket = connect(port, "127.0.0.1");
    const opened = new HttpSocket(socket);
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return opened;
  }

  /** The answers in order; fewer where the socket was closed. */
  async ask(...requests: readonly string[]): Promise<readonly WireAnswer[]> {
    this.#answers = [];
    const isAnswered = (): boolean => this.#isClosed || this.#answers.length >= requests.length;
    const answered = new Promise<void>((resolve) => {
      const look = (): void => {
        if (!isAnswered()) return;
        for (const event of ["data", "close"]) this.#socket.off(event, look);
        resolve();
      };
      for (const event of ["data", "close"]) this.#socket.on(event, look);
    });
    this.#socket.write(requests.join(""));
    await Promise.race([answered, until("all are answered", isAnswered, 30_000)]);
    return this.#answers;
  }
  close(): void {
    this.#socket.destroy();
  }

  #next(): WireAnswer | undefined {
    const end = this.#received.indexOf("\r\n\r\n") + 4;
    if (end < 4) return undefined;
    const head = this.#received.slice(0, end);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (this.#received.length < end + length) return undefined;
    const body = this.#received.slice(end, end + length);
    this.#received = this.#received.slice(end + length);
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0);
    return { status, text: head.replace(/^date: .*\r\n/im, "") + body, body };
  }
}

/** One request on a socket of its own. */
export async function askOnce(port: number, request: string): Promise<WireAnswer | undefined> {
  const socket = await HttpSocket.open(port);
  const [answer] = await socket.ask(request);
  socket.close();
  return answer;
}

/** So many requests as fast as the relay answers them, on several sockets; how often each status came. */
export async function flood(
  port: number,
  count: number,
  requestOf: (i: number) => string,
): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const lane = async (): Promise<void> => {
    // Fewer than a socket may ask before it is closed.
    while (next < count) {
      const socket = await HttpSocket.open(port);
      for (let turn = 0; turn < turnsPerSocket && next < count; turn++) {
        const requests: string[] = [];
        while (requests.length < requestsPerTurn && next < count) requests.push(requestOf(next++));
        for (const { status } of await socket.ask(...requests))
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      socket.close();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return statuses;
}
const lanes = 8;
const requestsPerTurn = 50;
const turnsPerSocket = 15;

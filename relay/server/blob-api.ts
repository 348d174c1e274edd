/**
 * Blobs over HTTP, below `/blobs/`. Each request shows a ticket of its own, as calls about access do.
 *
 * | request | answers |
 * |---|---|
 * | `GET`, `HEAD /blobs/WORKSPACE/SHA256` | its bytes, or those of a `Range` |
 * | `GET /blobs/WORKSPACE/SHA256/upload?total=T` | `{"offset": N, "isComplete": false}`: what of it is here |
 * | `PUT`, `PATCH /blobs/WORKSPACE/SHA256?offset=N&total=T` | the same, with the body appended |
 *
 * WORKSPACE is `open` at a relay that is open to everybody. Whoever is not let in gets what a member gets who asks for a blob that is not here, byte for byte. The blobs of a
 * workspace are there for all its members: the relay does not know which documents name them.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Blobs } from "../blobs/blobs.ts";
import type { Appended, BlobStore, Wanted } from "../blobs/store.ts";
import { isBlobHash, isDocumentId } from "../protocol/ids.ts";
import {
  blobPieceBytesMax,
  blobReadsMax,
  blobRequestsPerDeviceMax,
  blobStuckMs,
  blobWritesMax,
} from "../protocol/limits.ts";
import { isAtLeast, type Role } from "../protocol/roles.ts";
import { appOrigin, type Streams } from "./http.ts";

/**
 * What whoever shows this ticket is in a workspace, as the address names it; undefined is nothing, and so it is of no
 * workspace. Which one it is on a relay that is open to everybody apps are not told, and call it `openWorkspace`.
 */
export type BlobGate = (named: string, ticket: string) => BlobAsker | "unavailable" | undefined;
export interface BlobAsker {
  readonly role: Role;
  readonly workspace: string;
  /** Absent where nobody is anybody. */
  readonly device?: string;
}
export const openWorkspace = "open";

export interface BlobApiSetting {
  readonly blobs: Blobs;
  readonly gate: BlobGate;
  readonly report: (event: string, facts: Readonly<Record<string, string | number>>) => void;
}

export const blobPrefix = "/blobs/";
const blobPath = /^\/blobs\/([^/]+)\/([^/]+?)(\/upload)?$/;

const always = {
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;

const statusOf: Readonly<Record<(Appended & { ok: false })["refused"], number>> = {
  offset: 409,
  "wrong-hash": 422,
  "too-large": 413,
  "too-many": 503,
  "no-room": 507,
  quota: 507,
};

/** A request whose address is of a blob, by somebody who may read it. */
interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly store: BlobStore;
  readonly hash: string;
  readonly role: Role;
  readonly query: URLSearchParams;
}

export class BlobApi implements Streams {
  readonly prefix = blobPrefix;
  readonly #setting: BlobApiSetting;
  /** Requests that go on now. */
  readonly #going = { reads: 0, writes: 0 };
  readonly #goingByDevice = new Map<string, Set<ServerResponse>>();

  constructor(setting: BlobApiSetting) {
    this.#setting = setting;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const [path = "", query = ""] = url.split("?");
    const [, named = "", hash = "", upload] = blobPath.exec(path) ?? [];
    const [, ticket = ""] = /^Ticket ([A-Za-z0-9_-]{1,64})$/.exec(headers.authorization ?? "") ?? [];
    const isOfApp = headers.origin === undefined || headers.origin === appOrigin;
    const isName = isDocumentId(named) || named === openWorkspace;
    if (!isOfApp || !isName || !isBlobHash(hash)) return notHere(response);
    const entered = this.#setting.gate(named, ticket);
    if (entered === "unavailable") return said(response, 503, { refused: "unavailable" }, "close");
    if (entered === undefined) return notHere(response);
    const { role, workspace } = entered;
    const store = this.#setting.blobs.at(workspace);
    const asked = { request, response, store, hash, role, query: new URLSearchParams(query) };
    if (upload !== undefined) return method === "GET" ? progress(asked) : notHere(response);
    if (method === "GET" || method === "HEAD") return this.#inTurn("reads", entered, asked, read);
    if (method !== "PUT" && method !== "PATCH") return notHere(response);
    if (!isAtLeast(role, "editor")) return notHere(response);
    return this.#inTurn("writes", entered, asked, (each) => this.#write(each));
  }

  /** So many at once, and of one device fewer: nobody takes all the places that there are. */
  async #inTurn(
    kind: "reads" | "writes",
    { device }: BlobAsker,
    asked: Asked,
    answer: (asked: Asked) => Promise<void>,
  ): Promise<void> {
    const { response } = asked;
    const own =
      (device === undefined ? undefined : this.#goingByDevice.get(device)) ?? new Set<ServerResponse>();
    const most = kind === "reads" ? blobReadsMax : blobWritesMax;
    if (this.#going[kind] >= most || own.size >= blobRequestsPerDeviceMax)
      return said(response, 503, { refused: "unavailable" }, "close");
    this.#going[kind]++;
    if (device !== undefined) this.#goingByDevice.set(device, own.add(response));
    try {
      await answer(asked);
    } finally {
      this.#going[kind]--;
      own.delete(response);
      if (device !== undefined && own.size === 0) this.#goingByDevice.delete(device);
    }
  }

  /** Cuts off what goes on with devices that may now do something else than before, or nothing. */
  accessChanged(devices: ReadonlySet<string>): void {
    for (const device of devices)
      for (const response of this.#goingByDevice.get(device) ?? []) response.destroy();
  }

  async #write({ request, response, store, hash, query }: Asked): Promise<void> {
    const [from, totalBytes] = [numberOf(query, "offset"), numberOf(query, "total")];
    const pieceBytes = lengthOf(request);
    if (from === undefined || totalBytes === undefined)
      return said(response, 400, { refused: "malformed" }, "close");
    if (pieceBytes === undefined) return said(response, 411, { refused: "malformed" }, "close");
    if (pieceBytes > blobPieceBytesMax || from + pieceBytes > totalBytes)
      return said(response, 413, { refused: "too-large" }, "close");
    let appended: Appended;
    try {
      appended = await store.append({ hash, totalBytes }, from, request.iterator({ destroyOnReturn: false }));
      // Where it is refused the rest is still read, or the sender would hear nothing but a cut.
      await readOut(request);
    } catch (error) {
      // Cut off: what had come is kept, and there is nobody to answer.
      if (!request.complete || response.destroyed) return void response.destroy();
      this.#setting.report("blob-error", { reason: error instanceof Error ? error.message : String(error) });
      return said(response, 503, { refused: "unavailable" }, "close");
    }
    if (appended.ok) {
      const { offset, isComplete } = appended;
      return said(response, 200, { offset, isComplete });
    }
    const { ok: _, ...refusal } = appended;
    if (refusal.refused !== "offset") this.#setting.report("blob-refused", { reason: refusal.refused });
    return said(response, statusOf[refusal.refused], refusal);
  }
}

async function progress({ response, store, hash, role, query }: Asked): Promise<void> {
  const wanted: Wanted = { hash, totalBytes: numberOf(query, "total") ?? 0 };
  const found = isAtLeast(role, "editor") ? await store.progress(wanted) : undefined;
  return found ? said(response, 200, found) : notHere(response);
}

async function read({ request, response, store, hash }: Asked): Promise<void> {
  const blob = await store.open(hash);
  if (!blob) return notHere(response);
  const { bytes, file } = blob;
  try {
    const range = rangeOf(request.headers.range, bytes);
    const isOutside = range === "outside";
    const { start, end } = isOutside ? { start: 0, end: -1 } : (range ?? { start: 0, end: bytes - 1 });
    response.writeHead(isOutside ? 416 : range ? 206 : 200, {
      ...always,
      "Accept-Ranges": "bytes",
      "Cache-Control": isOutside ? "no-store" : "private, immutable, max-age=31536000",
      "Content-Disposition": "attachment",
      "Content-Length": end - start + 1,
      "Content-Type": "application/octet-stream",
      ...(isOutside && { "Content-Range": `bytes */${bytes}` }),
      ...(range && !isOutside && { "Content-Range": `bytes ${start}-${end}/${bytes}` }),
    });
    if (request.method === "HEAD" || end < start) return void response.end();
    response.setTimeout(blobStuckMs, () => response.destroy());
    const stream = file.createReadStream({ start, end, autoClose: false, highWaterMark: 64 * 1024 });
    // Whoever goes away in the middle asks for the rest later.
    await pipeline(stream, response).catch(() => response.destroy());
  } finally {
    await file.close();
  }
}

function readOut(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    request.once("end", resolve);
    request.once("close", resolve);
    request.resume();
  });
}

/** The first of a `Range` with one; undefined is all of it. */
function rangeOf(
  header: string | undefined,
  bytes: number,
): { readonly start: number; readonly end: number } | "outside" | undefined {
  const [, from, to = ""] = /^bytes=(\d{1,12})-(\d{0,12})$/.exec(header ?? "") ?? [];
  if (from === undefined) return undefined;
  const start = Number(from);
  const end = to === "" ? bytes - 1 : Math.min(Number(to), bytes - 1);
  return start > end ? "outside" : { start, end };
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function lengthOf({ headers }: IncomingMessage): number | undefined {
  const text = headers["content-length"] ?? "";
  return headers["transfer-encoding"] === undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The one answer to whatever is not to be had, whatever the reason. What is sent along is not read. */
function notHere(response: ServerResponse): void {
  said(response, 404, { refused: "not-here" }, "close");
}

function said(response: ServerResponse, status: number, body: object, connection?: "close"): void {
  // Cut off meanwhile: there is nobody to answer.
  if (response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    ...always,
    "Cache-Control": "no-store",
    "Content-Length": bytes.length,
    "Content-Type": "application/json; charset=utf-8",
    ...(connection && { Connection: connection }),
  });
  response.end(response.req.method === "HEAD" ? undefined : bytes);
}

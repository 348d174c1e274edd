/**
 * Blobs at the relay of one place: what of one it has, one more piece, and the bytes. A ticket for each request, as
 * for calls about access; what comes back is parsed, and bounded in time and length.
 */
import { z } from "zod";
import { blobBytesMax } from "../../../relay/protocol/limits.ts";
import { blobUrl } from "../../policy/blob-url.ts";
import { blobSilenceMs } from "../../policy/limits.ts";
import type { Relay } from "../../policy/relay-url.ts";
import type { Fetch } from "../access-client.ts";

export interface BlobAt {
  readonly relay: Relay;
  /** Null at a relay that is open to everybody. */
  readonly workspace: string | null;
}

export interface RelayBlobsOptions extends BlobAt {
  readonly fetch: Fetch;
  /** Undefined where there is none to be had now. */
  readonly ticket: () => Promise<string | undefined>;
  /** Cuts off what goes on. */
  readonly ending: AbortSignal;
  /** `blobSilenceMs`, but in tests. */
  readonly silenceMs?: number;
}

const progress = z.object({ offset: z.int().min(0), isComplete: z.boolean() });
const elsewhere = z.object({ refused: z.literal("offset"), offset: z.int().min(0) });
const refusal = z.object({ refused: z.string() });
type Progress = z.infer<typeof progress>;

/** Why not: `unreachable` is anything that may be otherwise soon; `past-end` that there is no more of it. */
export type Unanswered = "unreachable" | "past-end" | "not-here" | "wrong-hash" | "full" | "too-large";
export type Told<Value> = ({ readonly ok: true } & Value) | { readonly ok: false; readonly why: Unanswered };

export interface Piece {
  readonly sha256: string;
  readonly totalBytes: number;
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
export interface Download {
  /** Where what comes begins. */
  readonly from: number;
  readonly totalBytes: number;
  /** Rejects where it breaks off. */
  readonly content: AsyncIterable<Uint8Array>;
}

const unreachable = { ok: false, why: "unreachable" } as const;

export class RelayBlobs {
  readonly #options: RelayBlobsOptions;

  constructor(options: RelayBlobsOptions) {
    this.#options = options;
  }

  async progress(sha256: string, totalBytes: number): Promise<Told<Progress>> {
    return this.#asked(`${sha256}/upload?total=${totalBytes}`, {}, async (response, line) => {
      const { data } = progress.safeParse(await jsonOf(response, line));
      return response.status === 200 && data ? { ok: true, ...data } : whyNot(response, undefined);
    });
  }

  /** Where the relay stands after it: elsewhere than after the piece where that did not fit. */
  async append({ sha256, totalBytes, offset, bytes }: Piece): Promise<Told<Progress>> {
    const init = { method: "PUT", body: bytes };
    return this.#asked(`${sha256}?offset=${offset}&total=${totalBytes}`, init, async (response, line) => {
      const json = await jsonOf(response, line);
      const { data } = progress.safeParse(json);
      if (response.status === 200 && data) return { ok: true, ...data };
      const stands = elsewhere.safeParse(json);
      if (response.status === 409 && stands.success)
        return { ok: true, offset: stands.data.offset, isComplete: false };
      return whyNot(response, json);
    });
  }

  /** `take` is given what comes, from `from` on or from the beginning. */
  async read(
    sha256: string,
    from: number,
    take: (download: Download) => Promise<void>,
  ): Promise<Told<{ readonly totalBytes: number }>> {
    const init = from > 0 ? { headers: { Range: `bytes=${from}-` } } : {};
    return this.#asked(sha256, init, async (response, line) => {
      const span = spanOf(response, from);
      if (!span) return whyNot(response, undefined);
      if (span.totalBytes > blobBytesMax) return { ok: false, why: "too-large" };
      await take({ ...span, content: piecesOf(response, line) });
      return { ok: true, totalBytes: span.totalBytes };
    });
  }

  /** One request, which is over when nothing was heard for too long. */
  async #asked<Value>(
    path: string,
    init: RequestInit,
    read: (response: Response, line: Line) => Promise<Told<Value>>,
  ): Promise<Told<Value>> {
    const { relay, workspace, fetch, ticket, ending, silenceMs = blobSilenceMs } = this.#options;
    const line = new Line(silenceMs, ending);
    try {
      const shown = workspace === null ? "" : await ticket();
      if (shown === undefined) return unreachable;
      const asked = fetch(blobUrl(relay, workspace, path), {
        ...init,
        headers: { ...init.headers, ...(shown !== "" && { Authorization: `Ticket ${shown}` }) },
        credentials: "omit",
        redirect: "error",
        cache: "no-store",
        signal: line.signal,
      });
      return await read(await line.hear(asked), line);
    } catch (error) {
      // Of this disk, not of the way to the relay.
      if (isOfDisk(error)) throw error;
      return unreachable;
    } finally {
      line.end();
    }
  }
}

/** A request while it lasts. Raced, and not only aborted: not every fetch listens at every moment. */
class Line {
  readonly #ending = new AbortController();
  readonly #outer: AbortSignal;
  readonly #silenceMs: number;
  readonly #cut = (): void => this.#ending.abort();

  constructor(silenceMs: number, outer: AbortSignal) {
    this.#silenceMs = silenceMs;
    this.#outer = outer;
    if (outer.aborted) this.#cut();
    outer.addEventListener("abort", this.#cut);
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Rejects where it takes too long or is cut off; the request is over then. */
  async hear<Value>(said: Promise<Value>): Promise<Value> {
    const { signal } = this;
    const over = Promise.withResolvers<never>();
    const reject = (): void => over.reject(new Error("the relay says nothing"));
    if (signal.aborted) reject();
    signal.addEventListener("abort", reject);
    const deadline = setTimeout(this.#cut, this.#silenceMs);
    return Promise.race([said, over.promise]).finally(() => {
      clearTimeout(deadline);
      signal.removeEventListener("abort", reject);
    });
  }

  end(): void {
    this.#outer.removeEventListener("abort", this.#cut);
    this.#cut();
  }
}

/** Node's errors of files have a number; those of a `fetch` are others' or have a cause. */
const isOfDisk = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  ["ENOSPC", "EDQUOT", "EROFS", "EACCES"].includes(String(error.code));

function whyNot({ status }: Response, json: unknown): { readonly ok: false; readonly why: Unanswered } {
  const { data } = refusal.safeParse(json);
  if (status === 404) return { ok: false, why: "not-here" };
  if (status === 416) return { ok: false, why: "past-end" };
  if (status === 507) return { ok: false, why: "full" };
  if (status === 413) return { ok: false, why: "too-large" };
  if (status === 422 && data?.refused === "wrong-hash") return { ok: false, why: "wrong-hash" };
  return unreachable;
}

/** What a body is of; undefined where it is not that of a blob. */
function spanOf({ status, headers }: Response, asked: number): Omit<Download, "content"> | undefined {
  const length = Number(headers.get("content-length") ?? Number.NaN);
  if (status === 200 && Number.isSafeInteger(length)) return { from: 0, totalBytes: length };
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
  if (status === 206 && Number(start) === asked) return { from: asked, totalBytes: Number(total) };
  return undefined;
}

/** The longest answer is a few dozen bytes. */
async function jsonOf(response: Response, line: Line): Promise<unknown> {
  if (Number(response.headers.get("content-length") ?? Infinity) > 4_096) return undefined;
  try {
    return await line.hear(response.json());
  } catch {
    return undefined;
  }
}

async function* piecesOf({ body }: Response, line: Line): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  try {
    for (;;) {
      const { value, done } = await line.hear(reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

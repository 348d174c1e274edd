/**
 * Answers requests below /keep/: a table of handlers, one an area, to which blobs and the mirror add theirs. What is
 * asked has been decided by then (`policy/keep-route.ts`); a disk that fails is an answer, in words.
 */
import { z } from "zod";
import { chunkNames, keepHeader, type keepFailure, type keptChunks, type keptDocuments } from "../../keep.ts";
import { diskWords } from "../../policy/disk-words.ts";
import { keepRoute, type KeepArea, type KeepRoute } from "../../policy/keep-route.ts";
import { keptChunkBytesMax, keptNamesBytesMax, keptValueBytesMax } from "../../policy/limits.ts";
import { codeOf } from "./disk-calls.ts";
import type { KeptDocuments } from "./kept-documents.ts";
import type { Values } from "./values.ts";

export interface KeepRequest {
  /** Rejects with `RequestRefused` where there is more. */
  readonly body: (bytesMax: number) => Promise<Buffer>;
  /** The same, as JSON of this shape. */
  readonly json: <Value>(schema: z.ZodType<Value>, bytesMax: number) => Promise<Value>;
  readonly request: Request;
}

export type KeepHandlers = {
  readonly [Area in KeepArea]?: (
    route: Extract<KeepRoute, { area: Area }>,
    asked: KeepRequest,
  ) => Promise<Response>;
};

export class RequestRefused extends Error {
  readonly status: 400 | 413;

  constructor(status: 400 | 413, reason: string) {
    super(reason);
    this.status = status;
  }
}

const headers = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } as const;

export const nothingHere = (): Response => new Response(null, { status: 404, headers });
export const done = (): Response => new Response(null, { status: 204, headers });
export const jsonAnswer = (value: unknown): Response => textAnswer(JSON.stringify(value));
const textAnswer = (json: string): Response =>
  new Response(json, { headers: { ...headers, "Content-Type": "application/json" } });
/** Never shown as a page, whatever is in it. */
const bytesAnswer = (bytes: Uint8Array): Response =>
  new Response(Buffer.from(bytes), {
    headers: { ...headers, "Content-Type": "application/octet-stream" },
  });

/** Null where the request is not for /keep/. */
export function keepRoutes(
  ...tables: readonly KeepHandlers[]
): (request: Request) => Promise<Response | null> {
  const handlers = Object.assign({}, ...tables) as KeepHandlers;
  return async (request) => {
    const { url, method } = request;
    const decision = keepRoute({ url, method, header: request.headers.get(keepHeader) });
    if (!decision) return null;
    if (!decision.ok) return new Response(null, { status: decision.status, headers });
    try {
      return await answer(handlers, decision.route, request);
    } catch (error) {
      if (error instanceof RequestRefused) return failed(error.status, error.message);
      const code = codeOf(error);
      return failed(507, code === undefined ? String(error) : diskWords(code));
    }
  };
}

function answer(handlers: KeepHandlers, route: KeepRoute, request: Request): Promise<Response> {
  // The handler belongs to this area: TypeScript cannot follow that through the union of all areas.
  const handler = handlers[route.area] as
    | ((route: KeepRoute, asked: KeepRequest) => Promise<Response>)
    | undefined;
  if (!handler) return Promise.resolve(nothingHere());
  const body = (bytesMax: number): Promise<Buffer> => readBody(request, bytesMax);
  const json = async <Value>(schema: z.ZodType<Value>, bytesMax: number): Promise<Value> => {
    const parsed = schema.safeParse(jsonOf(await body(bytesMax)));
    if (parsed.success) return parsed.data;
    throw new RequestRefused(400, "the request is not as it should be");
  };
  return handler(route, { request, body, json });
}

function failed(status: number, reason: string): Response {
  const words: z.infer<typeof keepFailure> = { reason };
  return new Response(JSON.stringify(words), {
    status,
    headers: { ...headers, "Content-Type": "application/json" },
  });
}

/** Never more than the limit, whatever the length was said to be. */
async function readBody(request: Request, bytesMax: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) return Buffer.concat(parts);
    length += part.value.length;
    if (length > bytesMax) {
      await reader?.cancel().catch(() => undefined);
      throw new RequestRefused(413, `this is larger than ${bytesMax / 1024 / 1024} MB`);
    }
    parts.push(part.value);
  }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new RequestRefused(400, "this is not JSON");
  }
}

/** What concerns the second copy. */
export function copyHandlers({
  documents,
  values,
  backups,
}: {
  readonly documents: KeptDocuments;
  readonly values: Values;
  readonly backups: { document(name: string, document: string): Promise<Uint8Array | null> };
}): KeepHandlers {
  return {
    documents: async () => {
      const kept: z.infer<typeof keptDocuments> = { documents: await documents.documents() };
      return jsonAnswer(kept);
    },
    chunks: async ({ document }) => {
      const kept: z.infer<typeof keptChunks> = { chunks: await documents.chunks(document) };
      return jsonAnswer(kept);
    },
    chunk: async ({ method, document, chunk }, { body }) => {
      if (method === "POST") {
        await documents.keep(document, chunk, await body(keptChunkBytesMax));
        return done();
      }
      const bytes = await documents.read(document, chunk);
      return bytes ? bytesAnswer(bytes) : nothingHere();
    },
    remove: async ({ document }, { json }) => {
      await documents.remove(document, await json(chunkNames, keptNamesBytesMax));
      return done();
    },
    value: async ({ method, name }, { json }) => {
      if (method === "POST") {
        await values.write(name, JSON.stringify(await json(z.unknown(), keptValueBytesMax)));
        return done();
      }
      const text = await values.read(name);
      return text === null ? nothingHere() : textAnswer(text);
    },
    backup: async ({ backup, document }) => {
      const bytes = await backups.document(backup, document);
      return bytes ? bytesAnswer(bytes) : nothingHere();
    },
    verify: async () => jsonAnswer(await documents.verify()),
  };
}

/**
 * Images and files, as windows and the engine ask for them (`electron/keep.ts`). Plain functions of a request; who
 * may ask is looked at before.
 */
import { isBlobHash, isDocumentId } from "../../../relay/protocol/ids.ts";
import { blobBytesMax } from "../../../relay/protocol/limits.ts";
import { blobNames, type keepFailure } from "../../keep.ts";
import { blobHeaders, blobType } from "../../policy/blob-type.ts";
import { blobHeadBytes, blobNamesBytesMax } from "../../policy/limits.ts";
import { reasonOf } from "../durable.ts";
import type { z } from "zod";
import type { NamedBlobs } from "./named.ts";
import type { BlobFiles } from "./store.ts";
import type { UnnamedBlobs } from "./unnamed.ts";

export interface BlobShelves {
  readonly files: BlobFiles;
  readonly named: NamedBlobs;
  readonly unnamed: UnnamedBlobs;
}

/** `POST /keep/blob` */
export async function keepBlob(
  { body, headers }: Request,
  { files, named, unnamed }: BlobShelves,
): Promise<Response> {
  if (Number(headers.get("content-length") ?? 0) > blobBytesMax) return tooLarge();
  try {
    const kept = await files.keep(bytesOf(body), async (sha256, wasHere) => {
      // Of what is here already and not noted nobody knows who names it.
      if (wasHere ? unnamed.has(sha256) : !named.isNamed(sha256)) await unnamed.note(sha256);
    });
    return kept === "too-large" ? tooLarge() : Response.json(kept);
  } catch (error) {
    return failed(507, `The image or file could not be written to this disk (${reasonOf(error)})`);
  }
}

/** `GET /blob/SHA256` */
export async function serveBlob(files: BlobFiles, sha256: string, onMissing: () => void): Promise<Response> {
  const bytes = isBlobHash(sha256) ? await files.read(sha256).catch(() => null) : null;
  if (bytes) return new Response(bytes, { headers: blobHeaders(blobType(bytes.subarray(0, blobHeadBytes))) });
  onMissing();
  return new Response(null, { status: 404, headers: { "Cache-Control": "no-store" } });
}

/** `POST /keep/named/DOCUMENT` */
export async function nameBlobs(
  request: Request,
  { named, unnamed }: Pick<BlobShelves, "named" | "unnamed">,
  document: string,
  onNamed: () => void,
): Promise<Response> {
  const text = await request.text();
  const parsed = blobNames.safeParse(text.length > blobNamesBytesMax ? undefined : jsonOf(text));
  if (!isDocumentId(document) || !parsed.success) return new Response(null, { status: 400 });
  try {
    await named.name(document, parsed.data);
  } catch (error) {
    return failed(507, `The names of images could not be written to this disk (${reasonOf(error)})`);
  }
  // They are named on the disk: one that stays noted as unnamed is spared all the same.
  await unnamed.clear(parsed.data.blobs).catch(() => undefined);
  onNamed();
  return new Response(null, { status: 204 });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const tooLarge = (): Response =>
  failed(413, `An image or file may have up to ${blobBytesMax / 1024 / 1024} MB: make it smaller`);

function failed(status: number, reason: string): Response {
  return Response.json({ reason } satisfies z.infer<typeof keepFailure>, { status });
}

async function* bytesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

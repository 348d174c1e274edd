/**
 * Hands the bytes of a picture to main, which answers once they are on the disk (`electron/keep.ts`).
 *
 * The contract is imported as types only: its schemas would bring zod into every window's start.
 */
import type { keepFailure, keepHeader, keptBlob } from "../../../electron/keep.ts";
import type { z } from "zod";
import type { KeptPicture } from "../../editor/adding-images.ts";

const header: typeof keepHeader = "x-deckle-keep";
type Kept = z.infer<typeof keptBlob>;
type Failure = z.infer<typeof keepFailure>;

/** Never rejects. @param fetched the window's own `fetch` */
export async function keepPicture(fetched: typeof fetch, file: Blob): Promise<KeptPicture> {
  let answer: Response;
  try {
    answer = await fetched("/keep/blob", { method: "POST", headers: { [header]: "1" }, body: file });
  } catch {
    return { ok: false, reason: "Deckle's main process does not answer. Restart Deckle, and try again." };
  }
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok && isKept(body)) return { ok: true, ...body };
  return { ok: false, reason: isFailure(body) ? body.reason : `it could not be stored (${answer.status}).` };
}

const isKept = (body: unknown): body is Kept =>
  typeof body === "object" &&
  body !== null &&
  "sha256" in body &&
  /^[0-9a-f]{64}$/.test(String(body.sha256)) &&
  "bytes" in body &&
  typeof body.bytes === "number" &&
  "type" in body &&
  typeof body.type === "string";

const isFailure = (body: unknown): body is Failure =>
  typeof body === "object" && body !== null && "reason" in body && typeof body.reason === "string";

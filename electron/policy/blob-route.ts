/** Which request about images and files this is (`electron/keep.ts`), and whether it may be made. */
import { isBlobHash, isDocumentId } from "../../relay/protocol/ids.ts";
import { isAppUrl, parseUrl } from "./origin.ts";

export type BlobRoute =
  | { readonly kind: "keep" }
  | { readonly kind: "name"; readonly document: string }
  | { readonly kind: "serve"; readonly sha256: string }
  | { readonly kind: "refused"; readonly status: 400 | 403 | 404 | 405 };

/** Null where it is about something else. `header` is `keepHeader`'s, which no other origin may send unasked. */
export function blobRoute(url: string, method: string, header: string | null): BlobRoute | null {
  const parsed = parseUrl(url);
  if (parsed === null || !isAppUrl(url)) return null;
  const { pathname } = parsed;
  if (pathname.startsWith("/blob/")) {
    if (method !== "GET") return { kind: "refused", status: 405 };
    const sha256 = pathname.slice("/blob/".length);
    return isBlobHash(sha256) ? { kind: "serve", sha256 } : { kind: "refused", status: 404 };
  }
  const document = pathname.startsWith("/keep/named/") ? pathname.slice("/keep/named/".length) : null;
  if (pathname !== "/keep/blob" && document === null) return null;
  if (method !== "POST") return { kind: "refused", status: 405 };
  if (header !== "1") return { kind: "refused", status: 403 };
  if (document === null) return { kind: "keep" };
  return isDocumentId(document) ? { kind: "name", document } : { kind: "refused", status: 400 };
}

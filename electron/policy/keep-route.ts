/**
 * What a request below /keep/ asks for. Nothing of the path is decoded: each word of it fits the schema of its
 * place, or the request is refused, so what comes out of here may become the name of a file.
 */
import { chunkKinds, chunkName, valueNames, type ChunkName, type ValueName } from "../keep.ts";
import { isDocumentId } from "../../relay/protocol/ids.ts";
import { isBackupName } from "./backup-name.ts";
import { isAppUrl, parseUrl } from "./origin.ts";

type Method = "GET" | "POST";

export type KeepRoute =
  | { readonly area: "documents" | "verify" | "blob" | "blobs" | "mirrors" }
  | { readonly area: "chunks" | "remove" | "named" | "mirror"; readonly document: string }
  | {
      readonly area: "chunk";
      readonly method: Method;
      readonly document: string;
      readonly chunk: ChunkName;
    }
  | { readonly area: "value"; readonly method: Method; readonly name: ValueName }
  | { readonly area: "backup"; readonly backup: string; readonly document: string };

export type KeepArea = KeepRoute["area"];

export type KeepDecision =
  | { readonly ok: true; readonly route: KeepRoute }
  /** 403: without the header, which no other origin can send unasked. 404: no such place. 405: not so. */
  | { readonly ok: false; readonly status: 403 | 404 | 405 };

export interface Requested {
  readonly url: string;
  readonly method: string;
  /** `keepHeader`'s value. */
  readonly header: string | null;
}

const prefix = "/keep/";

/** The methods of each area. */
const methods: Readonly<Record<KeepArea, readonly Method[]>> = {
  documents: ["GET"],
  chunks: ["GET"],
  chunk: ["GET", "POST"],
  remove: ["POST"],
  value: ["GET", "POST"],
  verify: ["GET"],
  backup: ["GET"],
  blob: ["POST"],
  blobs: ["GET"],
  named: ["POST"],
  mirrors: ["GET"],
  mirror: ["POST"],
};

/** Null where the URL is not below /keep/ at all. */
export function keepRoute({ url, method, header }: Requested): KeepDecision | null {
  const path = isAppUrl(url) ? parseUrl(url)?.pathname : undefined;
  if (path === undefined || !path.startsWith(prefix)) return null;
  if (header !== "1") return { ok: false, status: 403 };
  const isPost = method === "POST";
  const route = parsePath(path.slice(prefix.length).split("/"), isPost ? "POST" : "GET");
  if (!route) return { ok: false, status: 404 };
  if (!methods[route.area].some((each) => each === method)) return { ok: false, status: 405 };
  return { ok: true, route };
}

function parsePath([area, ...words]: readonly string[], method: Method): KeepRoute | null {
  const [first = "", second = "", third = ""] = words;
  switch (area) {
    case "documents":
    case "verify":
    case "blob":
    case "blobs":
      return words.length === 0 ? { area } : null;
    case "chunks":
    case "remove":
    case "named":
      return words.length === 1 && isDocumentId(first) ? { area, document: first } : null;
    case "mirror":
      if (words.length === 0) return { area: "mirrors" };
      return words.length === 1 && isDocumentId(first) ? { area, document: first } : null;
    case "chunk": {
      const kind = chunkKinds.find((each) => each === second);
      const chunk = chunkName.safeParse({ kind, name: third });
      if (words.length !== 3 || !isDocumentId(first) || !chunk.success) return null;
      return { area, method, document: first, chunk: chunk.data };
    }
    case "value": {
      const name = valueNames.find((each) => each === first);
      return words.length === 1 && name ? { area, method, name } : null;
    }
    case "backup": {
      const isBackup = words.length === 2 && isBackupName(first) && isDocumentId(second);
      return isBackup ? { area, backup: first, document: second } : null;
    }
    default:
      return null;
  }
}

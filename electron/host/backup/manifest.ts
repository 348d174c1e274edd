/** What a backup has: a small file that names objects, with a checksum of its own. */
import { z } from "zod";
import { isDocumentId } from "../../../relay/protocol/ids.ts";
import { sha256 } from "../../keep.ts";
import { allNames } from "../blobs/named.ts";
import { checkedJson, withChecksum } from "../keep/checked-json.ts";

const object = z.object({ sha256, bytes: z.int().nonnegative() });

const manifest = z.object({
  version: z.literal(1),
  atMs: z.number(),
  documents: z.array(
    object.extend({
      document: z.string().refine(isDocumentId),
      /** What the files were like that it was read from: while they are, they are not read again. */
      mark: z.string(),
    }),
  ),
  blobs: z.array(object),
  /** What documents name. Backups of the first versions do not say. */
  names: allNames.optional(),
  /** The engine's values, as they were. */
  ledger: z.unknown(),
  library: z.unknown(),
  /** Of the profile. It has no secrets: the device's key is not in it. */
  settings: z.unknown(),
});
export type Manifest = z.infer<typeof manifest>;

export const encodeManifest = (value: Manifest): string => withChecksum(JSON.stringify(value));

/** Null where it is not what was written. */
export function parseManifest(text: string): Manifest | null {
  const json = checkedJson(text);
  return json === null ? null : (manifest.safeParse(JSON.parse(json)).data ?? null);
}

/** Hashes that a manifest may have named that is damaged: what they are of is not removed yet. */
export const hashesIn = (text: string): string[] => text.match(/[0-9a-f]{64}/g) ?? [];

/** Whether a backup says anything that another does not. */
export function isSame(a: Manifest, b: Manifest): boolean {
  return contentOf(a) === contentOf(b);
}

function contentOf({ documents, blobs, names, ledger, library, settings }: Manifest): string {
  const named = documents.map(({ document, sha256: hash }) => [document, hash]);
  return JSON.stringify([named, blobs.map((blob) => blob.sha256), names, ledger, library, settings]);
}

const entries = z.object({ entries: z.array(z.object({ document: z.string(), title: z.string() })) });

/** Titles by document, as far as the library value has them. */
export function titlesOf({ library }: Manifest): Map<string, string> {
  const parsed = entries.safeParse(library);
  return new Map(parsed.data?.entries.map(({ document, title }) => [document, title]));
}

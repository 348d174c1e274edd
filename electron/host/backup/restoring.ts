/**
 * Puts back what a backup has: adds to the second copy, to the blobs and to the settings, and takes nothing away. The
 * engine merges it at its next start, as it merges what another device has written.
 */
import { stat } from "node:fs/promises";
import type { z } from "zod";
import type { restoredValue } from "../../keep.ts";
import type { AllNames } from "../blobs/named.ts";
import { ownerOnly, writeDurably } from "../durable.ts";
import type { KeptDocuments } from "../keep/kept-documents.ts";
import type { Values } from "../keep/values.ts";
import type { Backups } from "./backups.ts";
import { titlesOf, type Manifest } from "./manifest.ts";
import { placeOf } from "./objects.ts";

export interface Restoration {
  /** How many were put back. */
  readonly documents: number;
  /** What was not, for it is not what was written: titles of documents, or what else it was. */
  readonly damaged: readonly string[];
  /** Of the profile then. */
  readonly settings: unknown;
}

export interface RestoringOptions {
  readonly backups: Backups;
  readonly documents: KeptDocuments;
  readonly values: Values;
  readonly blobs: string;
  /** Takes in what a backup's documents name and which blobs it has; undefined where it does not say. */
  readonly restoreNames: (names: AllNames | undefined, blobs: readonly string[]) => Promise<void>;
}

/** Null where there is no such backup, or it is damaged. Rejects with the system's error; begun again it goes on. */
export function restore(options: RestoringOptions, name: string): Promise<Restoration | null> {
  return options.backups.alone(async () => {
    const manifest = await options.backups.manifest(name);
    if (!manifest) return null;
    const damaged: string[] = [];
    // First: nothing of it is taken for unneeded, wherever this is cut off.
    await options.restoreNames(
      manifest.names,
      manifest.blobs.map((blob) => blob.sha256),
    );
    await restoreDocuments(options, manifest, damaged);
    const documents = manifest.documents.length - damaged.length;
    await restoreBlobs(options, manifest, damaged);
    const { ledger, library, settings } = manifest;
    // Last: the engine looks for the documents that this names.
    const restored: z.infer<typeof restoredValue> = { ledger, library };
    await options.values.write("restored", JSON.stringify(restored));
    return { documents, damaged, settings };
  });
}

async function restoreDocuments(
  { backups, documents }: RestoringOptions,
  manifest: Manifest,
  damaged: string[],
): Promise<void> {
  const titles = titlesOf(manifest);
  for (const { document, sha256 } of manifest.documents) {
    const bytes = await backups.object(sha256);
    if (bytes) await documents.keep(document, { kind: "snapshot", name: restoredName(sha256) }, bytes);
    else damaged.push(titles.get(document) ?? document);
  }
}

/** The same for the same content: to restore twice adds nothing. */
const restoredName = (sha256: string): string => `restored-${sha256.slice(0, 32)}`;

async function restoreBlobs(
  { backups, blobs }: RestoringOptions,
  manifest: Manifest,
  damaged: string[],
): Promise<void> {
  for (const { sha256, bytes } of manifest.blobs) {
    const file = placeOf(blobs, sha256);
    const about = await stat(file).catch(() => null);
    if (about?.size === bytes) continue;
    const content = await backups.object(sha256);
    if (content) await writeDurably(file, content, ownerOnly);
    else damaged.push(`image ${sha256.slice(0, 12)}`);
  }
}

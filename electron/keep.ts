/**
 * The contract between the engine (a worker, which has no IPC) and the main process: requests to the app's own
 * origin, below `/keep/`, answered by main from its folder of plain files. Same-origin only: each request carries
 * `keepHeader`, which no other origin may send unasked.
 *
 * | request | does, and answers |
 * |---|---|
 * | `GET /keep/documents` | `keptDocuments`: documents of which there are chunks |
 * | `GET /keep/chunks/DOCUMENT` | `keptChunks`: the whole chunks there are; damaged ones are not among them |
 * | `GET /keep/chunk/DOCUMENT/KIND/NAME` | the chunk's bytes; 404 |
 * | `POST /keep/chunk/DOCUMENT/KIND/NAME` | keeps the body; 204 once it is on the disk |
 * | `POST /keep/remove/DOCUMENT` | body `chunkNames`: these are not needed any more; 204 |
 * | `GET /keep/value/NAME` | JSON as it was given; 404 |
 * | `POST /keep/value/NAME` | keeps the JSON body, whole or not at all; 204 once it is on the disk |
 * | `GET /keep/verify` | `verified`: reads everything |
 * | `GET /keep/blobs` | `checkedBlobs`: reads all images and files |
 * | `GET /keep/backup/BACKUP/DOCUMENT` | what a backup has of a document: its chunks, one after another; 404 |
 * | `POST /keep/blob` | keeps the body; `keptBlob` once it is on the disk |
 * | `POST /keep/named/DOCUMENT` | body `blobNames`: the blobs that a document names, and of which place it is; 204. They are never collected, and go to that place's relay and nowhere else |
 * | `GET /keep/mirror` | `mirrors`: what the readable copy has; 404 where none is kept |
 * | `POST /keep/mirror/DOCUMENT` | body `mirrored`: the document's readable copy; 204, also where there is no mirror |
 * | `GET /blob/SHA256` | a blob's bytes for an `<img>`; needs no header; 404 while it is not here. Ask again with another `?query`: a window does not ask twice for what was not there |
 *
 * What could not be kept is answered with 507 and `keepFailure`.
 */
import { z } from "zod";

// Window and worker may compile nothing from text; zod would try, and the policy would report it.
z.config({ jitless: true });

export const keepHeader = "x-deckle-keep";

export const chunkKinds = ["snapshot", "incremental"] as const;
/** Names a chunk in its document: automerge-repo's storage key without the document. */
export const chunkName = z.object({ kind: z.enum(chunkKinds), name: z.string().regex(/^[\w-]{1,128}$/) });
export type ChunkName = z.infer<typeof chunkName>;
export const chunkNames = z.array(chunkName);

export const keptDocuments = z.object({ documents: z.array(z.string()) });
export const keptChunks = z.object({ chunks: z.array(chunkName.extend({ bytes: z.number() })) });

/**
 * Values that outlive the browser's storage; each is the engine's own JSON. `restored` is what a backup that was just
 * restored had of the others: `{ ledger, library }`, or null once the engine has taken it in.
 */
export const valueNames = ["ledger", "library", "restored"] as const;
export type ValueName = (typeof valueNames)[number];

/** What a backup that was just restored had as ledger and library, to be merged at the engine's next start; or null. */
export const restoredValue = z.object({ ledger: z.unknown(), library: z.unknown() }).nullable();

export const verified = z.object({
  documents: z.number(),
  chunks: z.number(),
  bytes: z.number(),
  /** By document, how many stretches of its files are not what was written. */
  damaged: z.array(z.object({ document: z.string(), stretches: z.number() })),
});

/** What reading all images and files has brought to light. */
export const checkedBlobs = z.object({
  blobs: z.number(),
  bytes: z.number(),
  /** How many were not what their names say. They are set aside, and fetched again where a relay has them. */
  damaged: z.number(),
  /** By document, how many that it names, or once named, are not on this device. */
  missing: z.array(z.object({ document: z.string(), blobs: z.number() })),
});
export type CheckedBlobs = z.infer<typeof checkedBlobs>;

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const keptBlob = z.object({ sha256, bytes: z.number(), type: z.string() });
/**
 * The place that a document is of, as the engine was started for it; without a workspace a relay that is open to
 * everybody. Main may be at another place by now.
 */
export const blobPlace = z.object({ relay: z.string().max(2048), workspace: z.string().max(64).nullable() });
export type BlobPlace = z.infer<typeof blobPlace>;
/** `place` is null where the document is on this device only. */
export const blobNames = z.object({ blobs: z.array(sha256).max(100_000), place: blobPlace.nullable() });
export type BlobNames = z.infer<typeof blobNames>;
/** `heads` are those that the text was rendered from: main keeps them, and looks into them no further. */
const mirroredHeads = z.array(z.string().max(128)).max(1024);
export const mirrored = z.object({ title: z.string(), markdown: z.string(), heads: mirroredHeads });
/** What the readable copy has: heads by document. */
export const mirrors = z.object({ documents: z.record(z.string(), mirroredHeads) });

/** In words for a person, as the reason in "Could not save …: REASON". */
export const keepFailure = z.object({ reason: z.string() });

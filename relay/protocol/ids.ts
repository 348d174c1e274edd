/**
 * What a document id and a peer id look like on the wire. Anything else is refused before it is used:
 * ids become map keys and rows.
 */
import { peerIdCharsMax } from "./limits.ts";

/** bs58check of 16 bytes, as automerge-repo makes it. */
export const documentIdPattern = /^[1-9A-HJ-NP-Za-km-z]{20,40}$/;
/** SHA-256 of a blob. Blobs are files, so these two become parts of a path: nothing else may. */
const blobHashPattern = /^[0-9a-f]{64}$/;
/** Printable ASCII: peer ids are echoed into frames and logs. */
const peerIdPattern = /^[\x21-\x7e]+$/;

export const isDocumentId = (value: unknown): value is string =>
  typeof value === "string" && documentIdPattern.test(value);

export const isPeerId = (value: unknown): value is string =>
  typeof value === "string" && value.length <= peerIdCharsMax && peerIdPattern.test(value);

export const isBlobHash = (value: unknown): value is string =>
  typeof value === "string" && blobHashPattern.test(value);

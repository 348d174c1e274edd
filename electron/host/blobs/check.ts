/** The check of images and files: all that are here are read, and what documents name is looked for. */
import type { CheckedBlobs } from "../../keep.ts";
import { jsonAnswer, type KeepHandlers } from "../keep/routes.ts";
import type { BlobShelves } from "./routes.ts";

export async function checkBlobs({
  files,
  named,
}: Pick<BlobShelves, "files" | "named">): Promise<CheckedBlobs> {
  const { blobs, bytes, damaged } = await files.verify();
  const missing: CheckedBlobs["missing"] = [];
  // After all were read: what is damaged is not here any more.
  for (const [document, names] of Object.entries(named.all().documents)) {
    let lacking = 0;
    for (const sha256 of Object.keys(names)) if (!(await files.has(sha256))) lacking++;
    if (lacking > 0) missing.push({ document, blobs: lacking });
  }
  return { blobs, bytes, damaged: damaged.length, missing };
}

/** The check's request below /keep/. */
export function blobHandlers(blobs: { check(): Promise<CheckedBlobs> }): KeepHandlers {
  return { blobs: async () => jsonAnswer(await blobs.check()) };
}

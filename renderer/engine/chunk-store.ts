/** A document's chunks, for whoever reads and adds to them while the repo has it not open. */
import type { ChunkStore } from "./pull.ts";
import type { Storage } from "./storage.ts";

export function chunkStoreOf(
  storage: Pick<Storage, "chunks" | "save">,
  sha256: (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer> = (bytes) =>
    crypto.subtle.digest("SHA-256", bytes),
): ChunkStore {
  return {
    // Snapshots come first: what is before an incremental chunk may be in one.
    load: async (document) => {
      const { chunks } = await storage.chunks(document);
      return chunks
        .toSorted((a, b) => Number(a.kind !== "snapshot") - Number(b.kind !== "snapshot"))
        .map(({ bytes }) => bytes);
    },
    append: async (document, bytes) => {
      const hash = new Uint8Array(await sha256(new Uint8Array(bytes)));
      const name = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
      await storage.save([document, "incremental", name], bytes);
    },
  };
}

/** SHA-256 and bounded inflate from Node, for the layers that may not import it. */
import { hash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import type { Hashing } from "../sync/chunk.ts";

export const nodeHashing: Hashing = {
  sha256: (bytes) => hash("sha256", bytes, "buffer"),
  inflate(bytes, bytesMax) {
    if (bytesMax < 1) return undefined;
    try {
      // zlib stops at the bound: a bomb costs what is allowed, not what it would grow to.
      return inflateRawSync(bytes, { maxOutputLength: bytesMax });
    } catch {
      return undefined;
    }
  },
};

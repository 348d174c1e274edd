/** Node's cryptography, as `relay/access/` needs it. */
import { createHash, createHmac, randomBytes, verify } from "node:crypto";
import type { Crypto } from "../access/ports.ts";

/** What comes before the 32 bytes of an Ed25519 public key in its SPKI form (RFC 8410). */
export const ed25519SpkiHead: Buffer = Buffer.from("302a300506032b6570032100", "hex");

export const nodeCrypto: Crypto = {
  random: (bytes) => new Uint8Array(randomBytes(bytes)),
  sha256: (said) => new Uint8Array(createHash("sha256").update(said).digest()),
  hmac: (key, bytes) => new Uint8Array(createHmac("sha256", key).update(bytes).digest()),
  verify: (publicKey, text, signature) => {
    try {
      const key = { key: Buffer.concat([ed25519SpkiHead, publicKey]), format: "der", type: "spki" } as const;
      return verify(null, Buffer.from(text), key, signature);
    } catch {
      // Not every 32 bytes are a key.
      return false;
    }
  },
};

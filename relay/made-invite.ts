/**
 * An invite as it is made on the relay's machine: the secret is 16 random bytes and stands in the link only, the id is
 * its SHA-256, and that alone is kept.
 */
import { toBase64url, toHex } from "./access/encoding.ts";
import type { Roster } from "./access/roster.ts";
import { nodeCrypto } from "./server/crypto.ts";

export interface MadeInvite {
  readonly id: string;
  readonly secret: string;
}

const secretBytes = 16;

export function makeInvite(): MadeInvite {
  const secret = toBase64url(nodeCrypto.random(secretBytes));
  return { id: toHex(nodeCrypto.sha256(Buffer.from(secret, "latin1"))), secret };
}

/** How many may say who may do what. */
export const ownersOf = ({ members }: Roster): number =>
  members.filter(({ role, endedMs }) => role === "owner" && endedMs === undefined).length;

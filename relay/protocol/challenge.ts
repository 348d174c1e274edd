/**
 * What a device signs to prove that it is itself: one text, in which each part is on a line of its own.
 *
 * The relay's origin is the one that the app connects to: a relay in the middle that passes on another's nonce gets a
 * signature for itself. The purpose keeps a signature for one thing from being used for another, the nonce from being
 * used again.
 */

/** `sync` opens a WebSocket, `manage` asks for one thing of the HTTP API, `blob` asks for or brings a piece of a blob, `accept` takes an invite. */
export const purposes = ["sync", "manage", "blob", "accept"] as const;
export type Purpose = (typeof purposes)[number];

export interface Challenge {
  readonly purpose: Purpose;
  /** `wss://relay.example.org`, as the app names it. */
  readonly origin: string;
  /** Its document id. */
  readonly workspace: string;
  readonly nonce: string;
  /** The device's public key, hex. */
  readonly publicKey: string;
  /** Of `accept`: the invite's id, which is the SHA-256 of its secret, hex. */
  readonly invite?: string;
}

const domain = "deckle-relay";
const challengeVersion = "1";

export function challengeText(challenge: Challenge): string {
  const { purpose, origin, workspace, nonce, publicKey, invite = "" } = challenge;
  return [domain, challengeVersion, purpose, origin, workspace, nonce, publicKey, invite].join("\n");
}

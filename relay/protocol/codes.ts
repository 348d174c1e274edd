/**
 * Why the relay closes a socket: one closed table. A code says what the client does next (`retry`):
 * `now` reconnects as usual, `later` backs off, `never` shows the words and waits for a person.
 */

export type Retry = "now" | "later" | "never";
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
  readonly retry: Retry;
  /** What a person reads. */
  readonly message: string;
}

export const closeReasons = {
  restarting: { code: 1012, reason: "restarting", retry: "now", message: "The relay is restarting." },
  storeUnavailable: {
    code: 1013,
    reason: "store-unavailable",
    retry: "later",
    message: "The relay cannot write to its disk. Your changes stay on this device and are sent again.",
  },
  malformed: {
    code: 4400,
    reason: "malformed",
    retry: "never",
    message: "The relay did not understand this app.",
  },
  unreadable: {
    code: 4410,
    reason: "unreadable-document",
    retry: "later",
    message: "The relay could not read a document as a whole and asks for it piece by piece.",
  },
  outOfOrder: {
    code: 4411,
    reason: "out-of-order",
    retry: "later",
    message: "The relay got changes without those that come before them, and asks for all of them again.",
  },
  unsupportedVersion: {
    code: 4406,
    reason: "unsupported-version",
    retry: "never",
    message: "This app and the relay speak different versions. Update the older of the two.",
  },
  joinTimeout: {
    code: 4408,
    reason: "join-timeout",
    retry: "later",
    message: "The relay waited too long for a hello.",
  },
  secondJoin: {
    code: 4409,
    reason: "second-join",
    retry: "never",
    message: "The relay did not understand this app.",
  },
  tooLarge: {
    code: 1009,
    reason: "too-large",
    retry: "never",
    message: "A change is larger than the relay takes.",
  },
  tooSlow: {
    code: 4413,
    reason: "too-slow",
    retry: "later",
    message: "The connection is too slow to keep up.",
  },
  silent: { code: 4415, reason: "silent", retry: "now", message: "The connection went silent." },
  accessChanged: {
    code: 4430,
    reason: "access-changed",
    retry: "now",
    message: "What you may do here was changed.",
  },
  revoked: {
    code: 4403,
    reason: "revoked",
    retry: "never",
    message: "This device may not use this workspace any more. What you wrote is safe on this device.",
  },
  tooManyConnections: { code: 4429, reason: "too-many", retry: "later", message: "The relay is full." },
} as const satisfies Record<string, CloseReason>;
export type CloseName = keyof typeof closeReasons;

/** What to do about a code that may also come from a proxy or another relay. */
export function retryAfter(code: number): Retry {
  for (const each of Object.values<CloseReason>(closeReasons)) if (each.code === code) return each.retry;
  return "now";
}

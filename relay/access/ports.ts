/** What this layer needs from outside. Others implement these. */

export interface Crypto {
  random(bytes: number): Uint8Array;
  /** Of a text, of its UTF-8. */
  sha256(said: Uint8Array | string): Uint8Array;
  /** HMAC with SHA-256. */
  hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** Ed25519. False also where the key or the signature is none. */
  verify(publicKey: Uint8Array, text: string, signature: Uint8Array): boolean;
}

/** A record of one workspace: a key, and a value that `records.ts` reads. */
export interface Row {
  readonly key: string;
  readonly value: string;
}

export interface RowChange {
  readonly key: string;
  /** What stands there now, as far as the caller knows; undefined is nothing. */
  readonly was: string | undefined;
  /** Undefined takes it away. */
  readonly value: string | undefined;
}

export type Written =
  | { readonly ok: true }
  /** `stale`: somebody else wrote first, and nothing was written. */
  | { readonly ok: false; readonly stale: boolean; readonly reason: string };

export interface AuditPage {
  readonly entries: readonly { readonly number: number; readonly value: string }[];
}

/** Where who may do what is kept. It rejects never; a fault is a value. */
export interface Records {
  load(): Promise<readonly Row[] | undefined>;
  /** One transaction, with entries for the audit; resolved once it survives power loss. */
  write(changes: readonly RowChange[], audit: readonly string[]): Promise<Written>;
  /** Entries after this number, oldest first. */
  audit(after: number, count: number): Promise<AuditPage | undefined>;
}

/**
 * Nonces that a device signs. One says itself when it ends and that it is ours, so asking for any number of them costs
 * no memory. Only those that came back under a good signature are remembered, until they end: that makes each of use
 * once, and whoever is not let in cannot fill what is remembered.
 */
import { nonceMs } from "../protocol/limits.ts";
import { fromBase64url, isSame, toBase64url } from "./encoding.ts";
import type { Crypto } from "./ports.ts";

const timeBytes = 6;
const randomBytes = 16;
const macBytes = 16;
const saidBytes = timeBytes + randomBytes;
export const nonceChars: number = Math.ceil(((saidBytes + macBytes) * 8) / 6);

export class Nonces {
  readonly #crypto: Pick<Crypto, "random" | "hmac">;
  readonly #key: Uint8Array;
  /** Used ones, with when they end; oldest first, as all live equally long. */
  readonly #used = new Map<string, number>();

  constructor(crypto: Pick<Crypto, "random" | "hmac">) {
    this.#crypto = crypto;
    this.#key = crypto.random(32);
  }

  get remembered(): number {
    return this.#used.size;
  }

  make(nowMs: number): string {
    const said = new Uint8Array(saidBytes);
    let rest = nowMs + nonceMs;
    for (let i = timeBytes - 1; i >= 0; i--, rest = Math.floor(rest / 256)) said[i] = rest % 256;
    said.set(this.#crypto.random(randomBytes), timeBytes);
    const nonce = new Uint8Array(saidBytes + macBytes);
    nonce.set(said);
    nonce.set(this.#mac(said), saidBytes);
    return toBase64url(nonce);
  }

  /** Whether it is ours, has not ended, and was not used. */
  isGood(nonce: string, nowMs: number): boolean {
    const bytes = nonce.length === nonceChars ? fromBase64url(nonce) : undefined;
    if (!bytes) return false;
    const said = bytes.subarray(0, saidBytes);
    return (
      isSame(this.#mac(said), bytes.subarray(saidBytes)) && endOf(said) > nowMs && !this.#used.has(nonce)
    );
  }

  /** For a good one that came under a good signature. */
  use(nonce: string, nowMs: number): void {
    for (const [used, endMs] of this.#used) {
      if (endMs > nowMs) break;
      this.#used.delete(used);
    }
    const bytes = fromBase64url(nonce);
    if (bytes) this.#used.set(nonce, endOf(bytes));
  }

  #mac(said: Uint8Array): Uint8Array {
    return this.#crypto.hmac(this.#key, said).subarray(0, macBytes);
  }
}

function endOf(said: Uint8Array): number {
  let ms = 0;
  for (let i = 0; i < timeBytes; i++) ms = ms * 256 + (said[i] ?? 0);
  return ms;
}

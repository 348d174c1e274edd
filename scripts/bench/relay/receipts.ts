/**
 * Which own edits a receipt is about. It names heads that this client told; the relay has them on disk, and all that
 * is behind them: every own edit that was made when they were told, whether or not the last one is still a head.
 */
export type OnReceipt = (hash: Buffer, edits: number, afterMs: number) => void;

/** Receipts come within this many messages, or the relay has stopped sending them. */
const claimsMax = 4_096;

interface Sent {
  readonly hash: Buffer;
  readonly edits: number;
  readonly sentAtMs: number;
}

export class Receipts {
  readonly #onReceipt: OnReceipt;
  /** Not receipted, oldest first. */
  readonly #sent: Sent[] = [];
  /** Heads that were told, oldest first, and how many of all batches were sent by then. */
  readonly #claims: { readonly heads: Buffer; readonly upTo: number }[] = [];
  #receiptedBatches = 0;

  constructor(onReceipt: OnReceipt) {
    this.#onReceipt = onReceipt;
  }

  /** So many edits went out together, the last of which has this hash. */
  sent(hash: Buffer, edits: number, nowMs: number): void {
    this.#sent.push({ hash, edits, sentAtMs: nowMs });
  }

  told(heads: Buffer): void {
    this.#claims.push({ heads, upTo: this.#receiptedBatches + this.#sent.length });
    if (this.#claims.length > claimsMax) this.#claims.shift();
  }

  receipt(heads: Buffer, nowMs: number): void {
    const at = this.#claims.findIndex((claim) => claim.heads.equals(heads));
    const claim = this.#claims[at];
    if (!claim) return;
    this.#claims.splice(0, at + 1);
    const batches = this.#sent.splice(0, claim.upTo - this.#receiptedBatches);
    this.#receiptedBatches += batches.length;
    for (const { hash, edits, sentAtMs } of batches) this.#onReceipt(hash, edits, nowMs - sentAtMs);
  }
}

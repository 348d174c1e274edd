/**
 * The chunks of the last commits of one document, for peers that are a little behind: they are served without asking
 * the log, which under load would leave them behind again. Bounded, and empty soon after the last commit.
 */
import { recentBytesMax, recentMs } from "../protocol/limits.ts";
import type { OutgoingMessage } from "./message.ts";
import { packBody } from "./segment.ts";

export class Recent {
  readonly #after: (delayMs: number, run: () => void) => void;
  /** By position, ascending and without a gap. */
  readonly #chunks = new Map<number, Uint8Array>();
  #bytes = 0;
  #commits = 0;
  #isClearing = false;

  constructor(after: (delayMs: number, run: () => void) => void) {
    this.#after = after;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** One commit's; they follow those before. */
  add(chunks: ReadonlyMap<number, Uint8Array>): void {
    this.#commits++;
    for (const [position, chunk] of chunks) {
      // A copy: it is a view of what came from the socket, and would keep all of that. (`slice` of a Buffer is none.)
      this.#chunks.set(position, new Uint8Array(chunk));
      this.#bytes += chunk.length;
    }
    for (const [position, chunk] of this.#chunks) {
      if (this.#bytes <= recentBytesMax) break;
      this.#chunks.delete(position);
      this.#bytes -= chunk.length;
    }
    this.#clearLater();
  }

  /** Undefined where one of them is not among the last. */
  take(positions: readonly number[]): OutgoingMessage["changes"] | undefined {
    const chunks: Uint8Array[] = [];
    for (const position of positions) {
      const chunk = this.#chunks.get(position);
      if (!chunk) return undefined;
      chunks.push(chunk);
    }
    return packBody(chunks);
  }

  #clearLater(): void {
    if (this.#isClearing) return;
    this.#isClearing = true;
    const before = this.#commits;
    this.#after(recentMs, () => {
      this.#isClearing = false;
      if (this.#commits > before) return this.#clearLater();
      this.#chunks.clear();
      this.#bytes = 0;
    });
  }
}

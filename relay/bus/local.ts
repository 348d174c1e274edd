/** The bus of relays that live in one process. Delivery is not within the caller's turn, as with any other bus. */
import type { Bus } from "./bus.ts";

export class LocalBus implements Bus {
  readonly #hearers = new Map<string, (documentId: string) => void>();

  publish(fromNode: string, documentIds: readonly string[]): void {
    if (this.#hearers.size < 2) return;
    queueMicrotask(() => {
      for (const [node, hear] of this.#hearers)
        if (node !== fromNode) documentIds.forEach((each) => hear(each));
    });
  }

  subscribe(node: string, hear: (documentId: string) => void): () => void {
    this.#hearers.set(node, hear);
    return () => {
      if (this.#hearers.get(node) === hear) this.#hearers.delete(node);
    };
  }

  async stop(): Promise<void> {
    this.#hearers.clear();
  }
}

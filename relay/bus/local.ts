/** The bus of relays that live in one process. Delivery is not within the caller's turn, as with any other bus. */
import type { Bus, News } from "./bus.ts";

export class LocalBus implements Bus {
  readonly #hearers = new Map<string, (news: News) => void>();

  publish(fromNode: string, news: News): void {
    if (this.#hearers.size < 2) return;
    queueMicrotask(() => {
      for (const [node, hear] of this.#hearers) if (node !== fromNode) hear(news);
    });
  }

  subscribe(node: string, hear: (news: News) => void): () => void {
    this.#hearers.set(node, hear);
    return () => {
      if (this.#hearers.get(node) === hear) this.#hearers.delete(node);
    };
  }

  async stop(): Promise<void> {
    this.#hearers.clear();
  }
}

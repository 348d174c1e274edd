/**
 * A wake-up between nodes: "something was committed to this document". It carries no data and may lose, repeat or
 * reorder anything; who hears it reads the log again.
 */
export interface Bus {
  /** Never rejects: a bus that is down costs promptness, not edits. */
  publish(fromNode: string, documentIds: readonly string[]): void;
  /** Hears what other nodes publish; the returned function ends it. */
  subscribe(node: string, hear: (documentId: string) => void): () => void;
  stop(): Promise<void>;
}

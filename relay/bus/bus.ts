/**
 * A wake-up between nodes: "something was committed to these documents", or "who may do what has changed". It carries
 * no data and may lose, repeat or reorder anything; who hears it reads the log or the records again.
 */
export type News =
  | { readonly kind: "documents"; readonly workspace: string; readonly documentIds: readonly string[] }
  | { readonly kind: "access"; readonly workspace: string };

export interface Bus {
  /** Never rejects: a bus that is down costs promptness, not edits. */
  publish(fromNode: string, news: News): void;
  /** Hears what other nodes publish; the returned function ends it. */
  subscribe(node: string, hear: (news: News) => void): () => void;
  stop(): Promise<void>;
}

/** For tests and benches: an engine's background sync against a real relay, in Node, with nothing open. */
import * as A from "@automerge/automerge/slim";
import type { PeerId } from "@automerge/automerge-repo/slim";
import { Background } from "../renderer/engine/background.ts";
import type { BackgroundParts } from "../renderer/engine/background.ts";
import { systemClock } from "../renderer/engine/clock.ts";
import type { FeedPosition, Receipt } from "../renderer/engine/ledger.ts";
import type { RelayState } from "../renderer/engine/port.ts";
import type { ChunkStore } from "../renderer/engine/pull.ts";
import { RelayLink } from "../renderer/engine/relay-link.ts";

/** What the ledger keeps in IndexedDB. */
export class MemoryLedger {
  readonly heads = new Map<string, readonly string[]>();
  readonly receipts = new Map<string, Receipt>();
  position: FeedPosition = { epoch: "", after: 0 };

  here(document: string): readonly string[] | undefined {
    return this.heads.get(document);
  }
  setHere(document: string, heads: readonly string[]): void {
    this.heads.set(document, heads);
  }
  receipt(document: string): Receipt | undefined {
    return this.receipts.get(document);
  }
  set(document: string, receipt: Receipt): void {
    this.receipts.set(document, receipt);
  }
  unsent(): string[] {
    return [...this.receipts].filter(([, { unsent }]) => unsent).map(([document]) => document);
  }
  documents(): string[] {
    return [...this.receipts.keys()];
  }
  feed(): Promise<FeedPosition> {
    return Promise.resolve(this.position);
  }
  setFeed(position: FeedPosition): Promise<void> {
    this.position = position;
    return Promise.resolve();
  }
}

/** Chunks in memory, and how often a document was loaded or added to. */
export class MemoryChunks implements ChunkStore {
  readonly chunks = new Map<string, Uint8Array[]>();
  readonly loaded: string[] = [];
  readonly appended: string[] = [];

  load(document: string): Promise<Uint8Array[]> {
    this.loaded.push(document);
    return Promise.resolve(this.chunks.get(document) ?? []);
  }
  append(document: string, bytes: Uint8Array): Promise<void> {
    this.appended.push(document);
    this.chunks.set(document, [...(this.chunks.get(document) ?? []), bytes]);
    return Promise.resolve();
  }
  /** The heads of what is kept of a document. */
  headsOf(document: string): string[] {
    let doc = A.init();
    for (const chunk of this.chunks.get(document) ?? []) doc = A.loadIncremental(doc, chunk);
    const heads = A.getHeads(doc);
    A.free(doc);
    return heads;
  }
}

export class BackgroundClient<
  L extends BackgroundParts["ledger"] = MemoryLedger,
  C extends ChunkStore = MemoryChunks,
> {
  readonly ledger: L;
  readonly chunks: C;
  readonly open = new Set<string>();
  /** What main was told. */
  readonly named: [document: string, blobs: string[]][] = [];
  readonly background: Background;
  readonly states: RelayState["state"][] = [];
  readonly refused: string[] = [];
  link: RelayLink | null = null;

  constructor(ledger: L, chunks: C, parts: Partial<BackgroundParts> = {}) {
    this.ledger = ledger;
    this.chunks = chunks;
    this.background = new Background({
      clock: systemClock,
      storage: chunks,
      ledger,
      belongs: () => true,
      isOpen: (document) => this.open.has(document),
      isAlwaysOpen: () => false,
      named: (document, blobs) => Promise.resolve(void this.named.push([document, blobs])),
      ...parts,
    });
  }

  connect(url: string, clock = systemClock): RelayLink {
    const { background } = this;
    const link: RelayLink = new RelayLink(
      url,
      {
        state: ({ state }) => {
          this.states.push(state);
          if (state !== "connected") background.disconnected();
          else if (!link.isDeckle) void background.connected(link);
        },
        workspace: () => void background.connected(link),
        takes: () => true,
        role: () => {},
        withheld: (document) => {
          this.refused.push(document);
          background.withheld(document);
        },
        receipt: (document, heads) => background.receipt(document, heads),
        told: () => {},
        beforeChanges: () => {},
        durable: () => null,
        past: (message) => {
          if (this.open.has(message.documentId)) return false;
          if (message.type === "doc-unavailable") background.unavailable(message.documentId);
          else if (message.type === "sync" && message.data)
            background.receive(message.documentId, message.data);
          return true;
        },
        feed: (message) => background.told(message),
        receiving: () => {},
        sending: () => {},
      },
      clock,
      Math.random,
    );
    this.link = link;
    link.connect(`background-${Math.random().toString(36).slice(2)}` as PeerId, {});
    return link;
  }
}

/**
 * The document of a room, saved whole by Automerge: a cache for peers that have nothing of it yet. It is made when one
 * asks and the one at hand is missing or too far behind, by somebody else (`Documents`), and kept in the log. What the
 * log gives is believed only if its heads are those of the first `upTo` changes of the graph.
 */
import {
  documentBytesMax,
  documentCachedBytesMax,
  documentCachedMs,
  documentSourceBytesMax,
  documentStaleBytesMax,
} from "../protocol/limits.ts";
import { fromHex, toHex } from "./bytes.ts";
import type { ChangeGraph } from "./graph.ts";
import type { ChangeLog, Documents, Report } from "./ports.ts";

export interface SavedDocument {
  /** It holds the positions below this. */
  readonly upTo: number;
  readonly heads: readonly string[];
  readonly bytes: Uint8Array;
}
interface Setting {
  readonly documentId: string;
  readonly log: ChangeLog;
  readonly documents: Documents;
  readonly report: Report;
  after(delayMs: number, run: () => void): void;
}

export class SavedDocuments {
  readonly #setting: Setting;
  readonly #graph: ChangeGraph;
  #cached: SavedDocument | undefined;
  #askedFor = 0;
  #asking: Promise<SavedDocument | undefined> | undefined;
  /** Positions there were when it could not be made: it is not tried again before there are twice as many. */
  #failedAt = 0;

  constructor(graph: ChangeGraph, setting: Setting) {
    this.#graph = graph;
    this.#setting = setting;
  }

  /** Undefined where there is none that is worth sending. Many at once share one answer. */
  get(): Promise<SavedDocument | undefined> {
    this.#asking ??= this.#get().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #get(): Promise<SavedDocument | undefined> {
    const kept = this.#cached ?? (await this.#read());
    const found = kept && this.#isFresh(kept) ? kept : ((await this.#make()) ?? kept);
    this.#keep(found && found.bytes.length <= documentCachedBytesMax ? found : undefined);
    return found;
  }

  /** What is kept at hand, for a while. */
  get bytes(): number {
    return this.#cached?.bytes.length ?? 0;
  }

  #keep(found: SavedDocument | undefined): void {
    this.#cached = found;
    const askedFor = ++this.#askedFor;
    if (!found) return;
    this.#setting.after(documentCachedMs, () => {
      if (this.#askedFor === askedFor) this.#cached = undefined;
    });
  }

  #isFresh({ upTo }: SavedDocument): boolean {
    const graph = this.#graph;
    return graph.sizeUpTo(graph.durable) - graph.sizeUpTo(upTo) <= documentStaleBytesMax;
  }

  async #read(): Promise<SavedDocument | undefined> {
    const { log, documentId } = this.#setting;
    const kept = await log.snapshot(documentId);
    if (!kept || kept.upTo > this.#graph.durable) return undefined;
    const heads = this.#headsAt(kept.upTo);
    const isOurs = heads.join("") === toHex(kept.heads);
    return isOurs ? { upTo: kept.upTo, heads, bytes: kept.bytes } : undefined;
  }

  async #make(): Promise<SavedDocument | undefined> {
    const { log, documents, documentId, report } = this.#setting;
    const graph = this.#graph;
    const upTo = graph.durable;
    if (graph.sizeUpTo(upTo) > documentSourceBytesMax || upTo < 2 * this.#failedAt) return undefined;
    const heads = this.#headsAt(upTo);
    const changes = await log.read(documentId, graph.ranges(Array.from({ length: upTo }, (_, i) => i)));
    const bytes = changes.ok ? await documents.save(changes, heads) : undefined;
    // Where there are few and large changes it is no shorter than they are, and they can go one by one.
    if (!bytes || bytes.length > documentBytesMax || 2 * bytes.length > graph.sizeUpTo(upTo)) {
      this.#failedAt = upTo;
      if (!bytes) report("document-not-saved", { document: documentId, changes: upTo });
      return undefined;
    }
    await log.keepSnapshot(documentId, { upTo, heads: fromHex(heads.join("")), bytes });
    return { upTo, heads, bytes };
  }

  #headsAt(upTo: number): string[] {
    const graph = this.#graph;
    return graph.hashesOf(graph.headsBelow(upTo)).sort();
  }
}

/**
 * What the engine has accepted and not written to the CRDT yet, on the disk within `journalEveryMs`: typing becomes a
 * change once a second at most, and a crash in between must not cost that second.
 *
 * A document's journal is a list of segments: what was accepted between two writes. All of a segment is written at
 * once, so a document that has a change of its actor beyond its heads has all of it. It stays until that is durable.
 * Written with relaxed
 * durability: it is for crashes of programs; a power cut may cost what was not "Saved" yet.
 */
import { z } from "zod";
import { openDatabase, readValue, written } from "./database.ts";
import type { DocumentId, StepJson } from "./port.ts";

const segments = z.object({
  /** Under which actor it is going to be written. */
  actor: z.string(),
  /** Of whom the steps are: windows that live have them, and send them again. */
  clients: z.array(z.string()),
  /** The document it was accepted on… */
  heads: z.array(z.string()),
  /** …which is what the segment before it makes, and nothing else. */
  follows: z.boolean(),
  steps: z.array(z.looseObject({ stepType: z.string() })),
  /** The title as it was and as it is; null where nobody touched it. */
  title: z.object({ base: z.string(), value: z.string() }).nullable(),
});
export type Segment = Omit<z.infer<typeof segments>, "steps"> & { steps: StepJson[] };

export interface Journal {
  /** Oldest first. */
  read(document: DocumentId): Promise<Segment[]>;
  /** In the place of those before. */
  write(document: DocumentId, segments: readonly Segment[]): Promise<void>;
}

const databaseName = "deckle-journal";
const storeName = "journal";

export class IdbJournal implements Journal {
  private readonly database = openDatabase(databaseName, 1, [storeName]);

  async read(document: DocumentId): Promise<Segment[]> {
    return parseSegments(await readValue(await this.database, storeName, document));
  }

  async write(document: DocumentId, all: readonly Segment[]): Promise<void> {
    return written(await this.database, storeName, "relaxed", (store) =>
      all.length > 0 ? store.put(all, document) : store.delete(document),
    );
  }
}

/** What is no segment is passed over, with all that follows it. */
export function parseSegments(value: unknown): Segment[] {
  const read: Segment[] = [];
  for (const one of Array.isArray(value) ? (value as unknown[]) : []) {
    const parsed = segments.safeParse(one);
    if (!parsed.success) break;
    read.push(parsed.data);
  }
  return read;
}

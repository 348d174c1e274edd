/**
 * What the engine must remember across starts besides the documents: which heads of a document the
 * relay has said it holds on disk, which documents have changes that it has not, and which
 * workspaces this profile has. Losing it costs a sync, never a word.
 */
import { z } from "zod";
import { openDatabase, readAll, readValue, writeDurably } from "./database.ts";
import type { DocumentId } from "./port.ts";

const receipts = z.object({ heads: z.array(z.string()), unsent: z.boolean() });
export type Receipt = z.infer<typeof receipts>;

const workspaceIds = z.object({ local: z.string(), relays: z.record(z.string(), z.string()) });
export type WorkspaceIds = z.infer<typeof workspaceIds>;

export class Ledger {
  private readonly database: IDBDatabase;
  private readonly byDocument: Map<DocumentId, Receipt>;

  private constructor(database: IDBDatabase, byDocument: Map<DocumentId, Receipt>) {
    this.database = database;
    this.byDocument = byDocument;
  }

  static async open(): Promise<Ledger> {
    const database = await openDatabase("deckle-engine", 1, ["receipts", "meta"]);
    const byDocument = new Map<DocumentId, Receipt>();
    for (const [key, value] of await readAll(database, "receipts")) {
      const parsed = receipts.safeParse(value);
      if (typeof key === "string" && parsed.success) byDocument.set(key, parsed.data);
    }
    return new Ledger(database, byDocument);
  }

  receipt(document: DocumentId): Receipt | undefined {
    return this.byDocument.get(document);
  }

  /** Documents with changes that the relay has not acknowledged. */
  unsent(): DocumentId[] {
    return [...this.byDocument].filter(([, { unsent }]) => unsent).map(([document]) => document);
  }

  set(document: DocumentId, receipt: Receipt): void {
    const known = this.byDocument.get(document);
    if (known && known.unsent === receipt.unsent && known.heads.join() === receipt.heads.join()) return;
    this.byDocument.set(document, receipt);
    writeDurably(this.database, "receipts", (all) => all.put(receipt, document)).catch((error: unknown) => {
      console.warn("a receipt was not noted", error);
    });
  }

  async workspaces(): Promise<WorkspaceIds | null> {
    const parsed = workspaceIds.safeParse(await readValue(this.database, "meta", "workspaces"));
    return parsed.success ? parsed.data : null;
  }

  async setWorkspaces(ids: WorkspaceIds): Promise<void> {
    await writeDurably(this.database, "meta", (all) => all.put(ids, "workspaces"));
  }
}

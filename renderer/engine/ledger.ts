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
  private readonly relay: string;
  private readonly byDocument: Map<DocumentId, Receipt>;

  private constructor(database: IDBDatabase, relay: string, byDocument: Map<DocumentId, Receipt>) {
    this.database = database;
    this.relay = relay;
    this.byDocument = byDocument;
  }

  /** @param relay whose receipts these are: what one relay has, another has not */
  static async open(relay: string | null): Promise<Ledger> {
    const database = await openDatabase("deckle-engine", 1, ["receipts", "meta"]);
    const byDocument = new Map<DocumentId, Receipt>();
    for (const [key, value] of await readAll(database, "receipts")) {
      const parsed = receipts.safeParse(value);
      if (!Array.isArray(key) || !parsed.success) continue;
      const [of, document] = key;
      if (of === (relay ?? "") && typeof document === "string") byDocument.set(document, parsed.data);
    }
    return new Ledger(database, relay ?? "", byDocument);
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
    writeDurably(this.database, "receipts", (all) => all.put(receipt, [this.relay, document])).catch(
      (error: unknown) => {
        console.warn("a receipt was not noted", error);
      },
    );
  }

  async workspaces(): Promise<WorkspaceIds | null> {
    const parsed = workspaceIds.safeParse(await readValue(this.database, "meta", "workspaces"));
    return parsed.success ? parsed.data : null;
  }

  async setWorkspaces(ids: WorkspaceIds): Promise<void> {
    await writeDurably(this.database, "meta", (all) => all.put(ids, "workspaces"));
  }
}

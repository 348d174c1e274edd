/**
 * What the engine must remember across starts besides the documents: which heads of a document the
 * relay has said it holds on disk, which documents have changes that it has not, which workspaces
 * this profile has and what it may do there. Losing it costs a sync, never a word.
 */
import { z } from "zod";
import { roles, type Role } from "../../relay/protocol/roles.ts";
import { openDatabase, readAll, readValue, writeDurably } from "./database.ts";
import type { DocumentId } from "./port.ts";

const receipts = z.object({ heads: z.array(z.string()), unsent: z.boolean() });
export type Receipt = z.infer<typeof receipts>;

const workspaceIds = z.object({ local: z.string(), relays: z.record(z.string(), z.string()) });
export type WorkspaceIds = z.infer<typeof workspaceIds>;

/** By workspace, the private documents that are to be listed there. */
const handedOver = z.record(z.string(), z.array(z.string()));
type HandedOver = z.infer<typeof handedOver>;

/** Where an engine is: nowhere but here, at a relay's open workspace, or in one that this device has joined. */
export type Place = { relay: string | null; workspace: string | null };

/** What one relay has, another has not; nor has one workspace what another has. */
const keyOf = ({ relay, workspace }: Place): string =>
  workspace === null ? (relay ?? "") : `${relay ?? ""}#${workspace}`;
const privateKey = keyOf({ relay: null, workspace: null });

export class Ledger {
  private readonly database: IDBDatabase;
  private readonly place: string;
  private readonly byDocument = new Map<DocumentId, Receipt>();
  /** The same of other places, by document and place. */
  private readonly elsewhere = new Map<DocumentId, Map<string, Receipt>>();

  private constructor(database: IDBDatabase, place: string) {
    this.database = database;
    this.place = place;
  }

  /** @param at whose receipts these are */
  static async open(at: Place): Promise<Ledger> {
    const database = await openDatabase("deckle-engine", 1, ["receipts", "meta"]);
    const ledger = new Ledger(database, keyOf(at));
    for (const [key, value] of await readAll(database, "receipts")) {
      const parsed = receipts.safeParse(value);
      if (!Array.isArray(key) || !parsed.success) continue;
      const [of, document] = key;
      if (typeof of === "string" && typeof document === "string") ledger.take(of, document, parsed.data);
    }
    ledger.comeTo(at);
    return ledger;
  }

  private take(place: string, document: DocumentId, receipt: Receipt): void {
    if (place === this.place) {
      this.byDocument.set(document, receipt);
      return;
    }
    const others = this.elsewhere.get(document) ?? new Map<string, Receipt>();
    this.elsewhere.set(document, others.set(place, receipt));
  }

  /** A workspace whose relay has another address now: nothing is known of what that one has. */
  private comeTo({ workspace }: Place): void {
    if (workspace === null || this.byDocument.size > 0) return;
    for (const document of this.documentsOf(workspace)) this.set(document, { heads: [], unsent: true });
  }

  /** Whether a document was opened or made at another relay, or in another workspace, and never here. */
  belongsElsewhere(document: DocumentId): boolean {
    const others = this.elsewhere.get(document)?.keys() ?? [];
    return !this.byDocument.has(document) && [...others].some((place) => place !== privateKey);
  }

  /** Documents that were opened or made in a workspace. */
  documentsOf(workspace: DocumentId): DocumentId[] {
    return [...this.elsewhere]
      .filter(([, others]) => [...others.keys()].some((place) => place.endsWith(`#${workspace}`)))
      .map(([document]) => document);
  }

  /** A document is opened here, and belongs here from then on. */
  claim(document: DocumentId): void {
    if (!this.byDocument.has(document)) this.set(document, { heads: [], unsent: false });
  }

  /** Something was written to it: relays of other places that have it lack that as well. */
  written(document: DocumentId): void {
    for (const [place, receipt] of this.elsewhere.get(document) ?? [])
      if (!receipt.unsent && place !== privateKey) {
        const unsent = { ...receipt, unsent: true };
        this.take(place, document, unsent);
        this.keep(place, document, unsent);
      }
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
    this.keep(this.place, document, receipt);
  }

  /** The same, for what must not be lost. */
  async setDurably(document: DocumentId, receipt: Receipt): Promise<void> {
    this.byDocument.set(document, receipt);
    await this.write(this.place, document, receipt);
  }

  private keep(place: string, document: DocumentId, receipt: Receipt): void {
    this.write(place, document, receipt).catch((error: unknown) => {
      console.warn("a receipt was not noted", error);
    });
  }

  private write(place: string, document: DocumentId, receipt: Receipt): Promise<void> {
    return writeDurably(this.database, "receipts", (all) => all.put(receipt, [place, document]));
  }

  async workspaces(): Promise<WorkspaceIds | null> {
    const parsed = workspaceIds.safeParse(await readValue(this.database, "meta", "workspaces"));
    return parsed.success ? parsed.data : null;
  }

  async setWorkspaces(ids: WorkspaceIds): Promise<void> {
    await writeDurably(this.database, "meta", (all) => all.put(ids, "workspaces"));
  }

  async handedOver(): Promise<HandedOver> {
    return handedOver.safeParse(await readValue(this.database, "meta", "handedOver")).data ?? {};
  }

  async setHandedOver(documents: HandedOver): Promise<void> {
    await writeDurably(this.database, "meta", (all) => all.put(documents, "handedOver"));
  }

  /** What the relay last said that this device may do here. */
  async role(): Promise<Role | null> {
    const said = await readValue(this.database, "meta", `role ${this.place}`);
    return roles.find((role) => role === said) ?? null;
  }

  async setRole(role: Role): Promise<void> {
    await writeDurably(this.database, "meta", (all) => all.put(role, `role ${this.place}`));
  }
}

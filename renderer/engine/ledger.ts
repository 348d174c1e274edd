/**
 * What the engine must remember across starts besides the documents: which heads of a document the
 * relay has said it holds on disk, which documents have changes that it has not, which workspaces
 * this profile has and what it may do there. Losing it costs a sync, never a word.
 */
import { z } from "zod";
import { roles, type Role } from "../../relay/protocol/roles.ts";
import { IdbValues, MemoryValues, type Values } from "./database.ts";
import type { DocumentId } from "./port.ts";

const receipts = z.object({ heads: z.array(z.string()), unsent: z.boolean() });
export type Receipt = z.infer<typeof receipts>;

const workspaceIds = z.object({ local: z.string(), relays: z.record(z.string(), z.string()) });
export type WorkspaceIds = z.infer<typeof workspaceIds>;

/** By workspace, the private documents that are to be listed there. */
const handedOver = z.record(z.string(), z.array(z.string()));
type HandedOver = z.infer<typeof handedOver>;

/** What of it is kept beside the second copy, for when the browser's storage is lost. Receipts are asked for anew. */
const ledgerValues = z.object({
  workspaces: workspaceIds.nullable(),
  handedOver,
  /** By place, the documents that belong there. */
  documents: z.record(z.string(), z.array(z.string())),
});
export type LedgerValue = z.infer<typeof ledgerValues>;
export const parseLedgerValue = (value: unknown): LedgerValue | null =>
  ledgerValues.safeParse(value).data ?? null;
/** The heads of a document that are durable on this device, as they are kept. */
const headsHere = z.object({ heads: z.array(z.string()) });

/** Up to where the relay's feed has been dealt with. The sequences of another epoch mean nothing. */
const feedPosition = z.object({ epoch: z.string(), after: z.number() });
export type FeedPosition = z.infer<typeof feedPosition>;

/** Where an engine is: nowhere but here, at a relay's open workspace, or in one that this device has joined. */
export type Place = { relay: string | null; workspace: string | null };

/** What one relay has, another has not; nor has one workspace what another has. */
const keyOf = ({ relay, workspace }: Place): string =>
  workspace === null ? (relay ?? "") : `${relay ?? ""}#${workspace}`;
const privateKey = keyOf({ relay: null, workspace: null });

export class Ledger {
  private readonly values: Values;
  private readonly place: string;
  private readonly byDocument = new Map<DocumentId, Receipt>();
  /** The same of other places, by document and place. */
  private readonly elsewhere = new Map<DocumentId, Map<string, Receipt>>();
  /** Called when `value` would be another. */
  changed: () => void = () => {};

  /** What was taken over and the disk has not taken yet. */
  private readonly adopted: { workspaces: WorkspaceIds | null; handedOver: HandedOver | null } = {
    workspaces: null,
    handedOver: null,
  };
  private readonly heads = new Map<DocumentId, readonly string[]>();
  /** Documents whose heads are still to be written; null where nothing is being written. */
  private headsToWrite: Set<DocumentId> | null = null;
  private noting: Promise<void> = Promise.resolve();
  /** Called when other heads of a document are durable here than before. */
  onHere: (document: DocumentId) => void = () => {};

  private constructor(values: Values, place: string) {
    this.values = values;
    this.place = place;
  }

  /** @param at whose receipts these are */
  static async open(
    at: Place,
    values: Values = new IdbValues("deckle-engine", 2, ["receipts", "meta", "heads"]),
  ): Promise<Ledger> {
    try {
      return await Ledger.read(at, values);
    } catch (error) {
      // Documents are in the second copy as well, and what cannot be saved says so for itself.
      console.error("the ledger cannot be opened: this engine begins without one", error);
      return Ledger.read(at, new MemoryValues());
    }
  }

  private static async read(at: Place, values: Values): Promise<Ledger> {
    const ledger = new Ledger(values, keyOf(at));
    for (const [key, value] of await values.all("receipts")) {
      const parsed = receipts.safeParse(value);
      if (!Array.isArray(key) || !parsed.success) continue;
      const [of, document] = key;
      if (typeof of === "string" && typeof document === "string") ledger.take(of, document, parsed.data);
    }
    for (const [key, value] of await values.all("heads")) {
      const parsed = headsHere.safeParse(value);
      if (typeof key === "string" && parsed.success) ledger.heads.set(key, parsed.data.heads);
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

  /** Whether a document was made or opened in this place, and in no other. */
  isOnlyHere(document: DocumentId): boolean {
    return this.byDocument.has(document) && !this.elsewhere.has(document);
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

  /** The heads of a document that are durable here, as far as that was noted: it may have more. Loads nothing. */
  here(document: DocumentId): readonly string[] | undefined {
    return this.heads.get(document);
  }

  /** These heads are on the disk. None is that nobody knows: what was there is damaged, or gone. */
  setHere(document: DocumentId, heads: readonly string[]): void {
    if (this.heads.get(document)?.join() === heads.join()) return;
    if (heads.length > 0) this.heads.set(document, [...heads]);
    else this.heads.delete(document);
    const isWriting = this.headsToWrite !== null;
    this.headsToWrite = (this.headsToWrite ?? new Set()).add(document);
    if (!isWriting)
      this.noting = this.writeHeads().catch((error: unknown) =>
        console.warn("the heads of documents were not noted", error),
      );
    this.onHere(document);
  }

  /** Resolves when the heads that were told so far are noted, or could not be. */
  noted(): Promise<void> {
    return this.noting;
  }

  /** One transaction at a time, of all that has gathered meanwhile. */
  private async writeHeads(): Promise<void> {
    try {
      for (let batch = this.headsToWrite; batch && batch.size > 0; batch = this.headsToWrite) {
        const documents = batch;
        this.headsToWrite = new Set();
        const all = [...documents];
        const known = all.flatMap((document) => {
          const heads = this.heads.get(document);
          return heads ? [[document, { heads }] as const] : [];
        });
        const unknown = all.filter((document) => !this.heads.has(document));
        await this.values.putRelaxed("heads", known, unknown);
      }
    } finally {
      this.headsToWrite = null;
    }
  }

  /** Where the relay's feed is to be read on; from its start where that is not known. */
  async feed(): Promise<FeedPosition> {
    const parsed = feedPosition.safeParse(await this.values.get("meta", `feed ${this.place}`));
    return parsed.success ? parsed.data : { epoch: "", after: 0 };
  }

  async setFeed(position: FeedPosition): Promise<void> {
    await this.values.putRelaxed("meta", [[`feed ${this.place}`, position]], []);
  }

  receipt(document: DocumentId): Receipt | undefined {
    return this.byDocument.get(document);
  }

  /** Documents that belong here. */
  documents(): DocumentId[] {
    return [...this.byDocument.keys()];
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
    if (!known) this.changed();
  }

  /** The same, for what must not be lost. */
  async setDurably(document: DocumentId, receipt: Receipt): Promise<void> {
    const isNew = !this.byDocument.has(document);
    this.byDocument.set(document, receipt);
    await this.write(this.place, document, receipt);
    if (isNew) this.changed();
  }

  /** All that must not be lost with the browser's storage. */
  async value(): Promise<LedgerValue> {
    const documents: Record<string, string[]> = { [this.place]: [...this.byDocument.keys()] };
    for (const [document, others] of this.elsewhere)
      for (const place of others.keys()) (documents[place] ??= []).push(document);
    return { workspaces: await this.workspaces(), handedOver: await this.handedOver(), documents };
  }

  /**
   * Takes over what another browser's storage knew, where this one knows nothing of it. Rejects where the disk refuses
   * some of it: this ledger knows it all the same, and the next one does not.
   */
  async adopt({ workspaces, handedOver: noted, documents }: LedgerValue): Promise<void> {
    const writes: Promise<void>[] = [];
    const begin = (write: Promise<void>): void => {
      // Whether it fails is looked at in the end.
      write.catch(() => {});
      writes.push(write);
    };
    for (const [place, all] of Object.entries(documents))
      for (const document of all) {
        const isKnown =
          place === this.place ? this.byDocument.has(document) : this.elsewhere.get(document)?.has(place);
        if (isKnown) continue;
        // What its relay has of it is not known any more.
        const receipt = { heads: [], unsent: place !== privateKey };
        this.take(place, document, receipt);
        begin(this.write(place, document, receipt));
      }
    const known = await this.workspaces();
    if (workspaces) {
      const local = known?.local ?? workspaces.local;
      this.adopted.workspaces = { local, relays: { ...workspaces.relays, ...known?.relays } };
      begin(this.setWorkspaces(this.adopted.workspaces));
    }
    this.adopted.handedOver = { ...noted, ...(await this.handedOver()) };
    begin(this.setHandedOver(this.adopted.handedOver));
    await Promise.all(writes);
  }

  private keep(place: string, document: DocumentId, receipt: Receipt): void {
    this.write(place, document, receipt).catch((error: unknown) => {
      console.warn("a receipt was not noted", error);
    });
  }

  private write(place: string, document: DocumentId, receipt: Receipt): Promise<void> {
    return this.values.put("receipts", [place, document], receipt);
  }

  async workspaces(): Promise<WorkspaceIds | null> {
    if (this.adopted.workspaces) return this.adopted.workspaces;
    const parsed = workspaceIds.safeParse(await this.values.get("meta", "workspaces"));
    return parsed.success ? parsed.data : null;
  }

  async setWorkspaces(ids: WorkspaceIds): Promise<void> {
    await this.values.put("meta", "workspaces", ids);
    this.adopted.workspaces = null;
    this.changed();
  }

  async handedOver(): Promise<HandedOver> {
    const { handedOver: adopted } = this.adopted;
    return adopted ?? handedOver.safeParse(await this.values.get("meta", "handedOver")).data ?? {};
  }

  async setHandedOver(documents: HandedOver): Promise<void> {
    await this.values.put("meta", "handedOver", documents);
    this.adopted.handedOver = null;
    this.changed();
  }

  /** What the relay last said that this device may do here. */
  async role(): Promise<Role | null> {
    const said = await this.values.get("meta", `role ${this.place}`);
    return roles.find((role) => role === said) ?? null;
  }

  async setRole(role: Role): Promise<void> {
    await this.values.put("meta", `role ${this.place}`, role);
  }
}

/**
 * One open document in the engine: the authority that windows follow, the Automerge handle behind
 * it, and the way of every edit: accepted → written to the CRDT → durable here → on the relay.
 *
 * Invariants: operations are written before anything remote is followed; `heads` are those that
 * the authority's document was rendered from; `saved` is said only of heads that a finished,
 * durable write held.
 */
import * as A from "@automerge/automerge/slim";
import type { DocHandle } from "@automerge/automerge-repo/slim";
import type { Step } from "prosemirror-transform";
import { Authority } from "../document/authority.ts";
import { bodySpans, commit, lighten, spliceTitle, truthOf } from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import type { Change } from "../document/change.ts";
import { render } from "../document/render.ts";
import type { Author } from "./author.ts";
import { Backoff } from "./backoff.ts";
import type { Clock, Timer } from "./clock.ts";
import { Company } from "./company.ts";
import { changeOf, writeAt } from "./handle.ts";
import type { Ledger } from "./ledger.ts";
import {
  coalesceAloneMs,
  coalesceTogetherMs,
  checkEveryFollows,
  followAfterMs,
  renderingAfterMs,
  renderingAtLeastEveryMs,
  saveRetryFirstMs,
  saveRetryMostMs,
  titleUnitsMax,
} from "./limits.ts";
import { engineClientId } from "./port.ts";
import type { DocumentId, DocumentStatus, FromEngine, FromWindow, StepJson, Withheld } from "./port.ts";
import { renderingName } from "./renderings.ts";
import type { Renderings } from "./renderings.ts";
import { mergeTitle, spliceBetween } from "./title.ts";
import { changesBeyond, saysMore, wroteBeyond } from "./unsent.ts";

/** A window as the session sees it. */
export interface Audience {
  send(message: FromEngine): void;
}

type WindowSteps = Pick<Extract<FromWindow, { type: "steps" }>, "version" | "clientId" | "batch" | "steps">;

export type SessionParts = {
  /** Names this engine; see `opened` in port.ts. */
  engineId: string;
  /** The last batch taken from each client, for as long as the engine lives. */
  taken: Map<string, number>;
  clock: Clock;
  ledger: Ledger;
  renderings: Renderings;
  random: () => number;
  newId: () => string;
  /** Writes the document's chunks to disk; resolves when they are durable. */
  save: (document: DocumentId) => Promise<void>;
  /** Whether there is a relay to send to. */
  hasRelay: () => boolean;
  /** Why the relay keeps nothing that this device brings of the document, if it does not. */
  withheld: (document: DocumentId, lacksOwn: () => boolean) => Withheld | null;
  author: Author;
  /** Something was written; the library lists the document under this title. */
  edited: (document: DocumentId, title: string) => void;
  /** Nobody has typed for a while: what the library says may be behind a title that two people typed. */
  settled: (document: DocumentId, title: string) => void;
};

export class DocumentSession {
  readonly document: DocumentId;
  private readonly handle: DocHandle<DeckleDocument>;
  private readonly change: Change;
  private readonly parts: SessionParts;
  private readonly audience = new Set<Audience>();
  private readonly authority: Authority;
  private readonly company: Company;
  private readonly saveRetry: Backoff;
  private title: string;
  /** The document's title that `title` was last level with: what differs from it was typed here. */
  private titleBase: string;
  private heads: A.Heads;
  private savedHeads: A.Heads | null = null;
  private saveFailure: string | null = null;
  private writeFailure: string | null = null;
  private saving: Promise<void> | null = null;
  private saveTimer: Timer | null = null;
  private closed = false;
  private writing = false;
  private writeTimer: Timer | null = null;
  private followTimer: Timer | null = null;
  private followTookMs = 0;
  private followed = 0;
  /** Remote changes since the authority was last level. */
  private patches: A.Patch[] = [];
  private renderingTimer: Timer | null = null;
  private renderingDueAt: number | null = null;
  private renderingWritten = "";
  private told = "";
  private unsent = { between: "", changes: 0 };

  constructor(handle: DocHandle<DeckleDocument>, parts: SessionParts) {
    this.handle = handle;
    this.parts = parts;
    this.document = handle.documentId;
    this.change = changeOf(handle, parts.clock);
    const doc = handle.doc();
    lighten(doc);
    this.heads = A.getHeads(doc);
    this.authority = new Authority(render(bodySpans(doc)), parts.newId);
    this.title = this.titleBase = String(doc.title ?? "");
    this.saveRetry = new Backoff(saveRetryFirstMs, saveRetryMostMs, parts.random);
    this.company = new Company(parts.clock, (message) => handle.broadcast(message));
    handle.on("change", this.changed);
    handle.on("ephemeral-message", this.overheard);
    void this.save();
    this.keepRendering();
  }

  // Windows.

  /** @param rendering the cached rendering that the window shows, if any */
  join(window: Audience, clientId: string, rendering: string | null): void {
    this.followIfDue();
    this.audience.add(window);
    const level =
      rendering === renderingName(this.heads) &&
      this.authority.version === 0 &&
      !this.authority.hasOperations;
    window.send({
      type: "opened",
      document: this.document,
      version: this.authority.version,
      doc: level ? null : (this.authority.doc.toJSON() as { type: string }),
      title: this.title,
      engine: this.parts.engineId,
      taken: this.parts.taken.get(clientId) ?? 0,
    });
    window.send({ type: "status", document: this.document, status: this.status() });
  }

  leave(window: Audience): void {
    this.audience.delete(window);
  }

  get hasAudience(): boolean {
    return this.audience.size > 0;
  }

  /** Steps of a window. Anything that cannot be taken ends with the window being told where things are. */
  receive(window: Audience, { version, clientId, batch, steps }: WindowSteps): void {
    this.followIfDue();
    const received = this.authority.receive(version, steps);
    if (!received.ok) {
      if (received.reason === "version") return; // what it lacks is under way to it
      console.error("a window's steps were refused", received.message);
      this.join(window, clientId, null);
      return;
    }
    this.parts.taken.set(clientId, batch);
    const all = [...received.steps, ...received.repairs];
    this.tell({
      type: "steps",
      document: this.document,
      version,
      steps: all.map(json),
      clientIds: all.map((_, i) => (i < received.steps.length ? clientId : engineClientId)),
    });
    this.schedule();
    this.tellStatus(true);
  }

  receiveTitle(base: string, value: string): void {
    const clean = (text: string): string =>
      text
        .replace(/[\r\n]+/g, " ")
        .slice(0, titleUnitsMax)
        .toWellFormed();
    this.followIfDue();
    this.title = clean(mergeTitle(base, value, this.title));
    this.tell({ type: "title", document: this.document, title: this.title });
    this.schedule();
    this.tellStatus(true);
  }

  // Writing.

  private get hasUnwritten(): boolean {
    return this.authority.hasOperations || this.title !== this.titleBase;
  }

  private schedule(): void {
    if (this.writeTimer) return;
    const wait = this.company.present ? coalesceTogetherMs : coalesceAloneMs;
    this.writeTimer = this.parts.clock.after(wait, () => this.write());
  }

  /** Writes what was accepted to the CRDT, as one change. Called before anything remote is applied. */
  write(): void {
    this.writeTimer?.cancel();
    this.writeTimer = null;
    if (!this.hasUnwritten) {
      // Also an edit that wrote nothing is not left standing where the document does not show it.
      if (this.authority.isUnchecked && this.isLevel) this.checkOwn();
      return;
    }
    try {
      this.writing = true;
      this.commit();
      this.writeFailure = null;
    } catch (error) {
      console.error("an edit was not written", error);
      this.writeFailure = `the last edits could not be added to the document (${String(error)})`;
    } finally {
      this.writing = false;
    }
    this.checkOwn();
    this.note();
    this.parts.ledger.written(this.document);
    void this.save();
    this.keepRendering();
    this.tellStatus();
  }

  /** Whether the authority has followed all that is in the document. */
  private get isLevel(): boolean {
    return A.getHeads(this.handle.doc()).join() === this.heads.join();
  }

  /** What own edits made of the document, checked against it; it may show what was hidden before. */
  private checkOwn(): void {
    if (this.hasUnwritten) return; // the write failed
    const before = this.authority.version;
    const mended = this.authority.check(truthOf(this.handle.doc()));
    if (!mended) this.follow();
    else this.tellSteps(before, mended);
  }

  private commit(): void {
    const doc = this.handle.doc();
    // Another's title may have come in that nobody has followed yet: ours goes onto it, not over it.
    const current = String(doc.title ?? "");
    const title = spliceBetween(current, mergeTitle(this.titleBase, this.title, current));
    const operations = this.authority.takeOperations();
    // Offsets count in the document as it was at `heads`. After a write that failed, others' changes may
    // have come in since; then ours are made beside them, and the outcome is rendered afresh.
    const isLevel = A.getHeads(doc).join() === this.heads.join();
    try {
      if (isLevel) commit(this.change, operations, this.authority.doc);
      else if (operations.length > 0) writeAt(this.handle, this.heads, operations);
    } catch (error) {
      // A change is written whole or not at all: heads that stand where they were mean not at all.
      if (A.getHeads(this.handle.doc()).join() === A.getHeads(doc).join())
        this.authority.returnOperations(operations);
      else this.authority.mustFollow = true;
      throw error;
    }
    if (title) this.handle.change((draft) => spliceTitle(draft, title.at, title.deleteCount, title.text));
    this.titleBase = this.title;
    this.followTitle();
    this.heads = A.getHeads(this.handle.doc());
    if (!isLevel) this.authority.mustFollow = true;
    this.listed();
  }

  /** Tells the library; that it cannot list a document does not make the document's edits unwritten. */
  private listed(): void {
    try {
      this.parts.edited(this.document, this.title);
    } catch (error) {
      console.error("the library was not brought up to date", error);
    }
  }

  // Following.

  private readonly changed = ({ patches }: { patches: A.Patch[] }): void => {
    if (this.writing) return;
    // One by one: there may be more than a call takes arguments.
    for (const patch of patches) this.patches.push(patch);
    if (this.followTimer) return;
    // A large document takes long to render: leave as much time for everything else.
    const wait = Math.max(followAfterMs, this.followTookMs);
    this.followTimer = this.parts.clock.after(wait, () => this.follow());
  };

  private followIfDue(): void {
    if (this.followTimer) this.follow();
  }

  private follow(): void {
    this.followTimer?.cancel();
    this.followTimer = null;
    if (this.authority.hasOperations) return; // a write failed; `write` follows once it has worked
    const started = this.parts.clock.now();
    const doc = this.handle.doc();
    const before = this.authority.version;
    const patches = this.patches;
    this.patches = [];
    const steps = this.brought(doc, patches);
    if (!steps) return;
    this.followed++;
    if (this.followed % checkEveryFollows === 0) steps.push(...this.checked(doc));
    this.heads = A.getHeads(doc);
    this.followTookMs = this.parts.clock.now() - started;
    this.tellSteps(before, steps);
    this.followTitle();
    this.note();
    void this.save();
    this.keepRendering();
    this.tellStatus();
  }

  /** Steps of the engine's own, from what windows had at `version` on. */
  private tellSteps(version: number, steps: readonly Step[]): void {
    if (steps.length === 0) return;
    this.tell({
      type: "steps",
      document: this.document,
      version,
      steps: steps.map(json),
      clientIds: steps.map(() => engineClientId),
    });
  }

  /** Brings the authority level with the document; null where what somebody wrote there is no document. */
  private brought(doc: A.Doc<DeckleDocument>, patches: readonly A.Patch[]): Step[] | null {
    try {
      return (
        this.authority.followPatches(patches, truthOf(doc)) ?? this.authority.follow(render(bodySpans(doc)))
      );
    } catch (error) {
      console.error("the document cannot be shown any more", this.document, error);
      const reason =
        "Somebody has changed this document into something that is not one. Your text stays on screen: copy it.";
      this.tell({ type: "unreadable", document: this.document, reason });
      return null;
    }
  }

  /** Takes over the document's title; what was typed here and is not written yet stays. */
  private followTitle(): void {
    const current = String(this.handle.doc().title ?? "");
    const title = mergeTitle(this.titleBase, this.title, current);
    this.titleBase = current;
    if (title === this.title) return;
    this.title = title;
    this.tell({ type: "title", document: this.document, title });
  }

  /** Proves now and then that the screen is the document; what is not is mended from the CRDT, and said. */
  private checked(doc: A.Doc<DeckleDocument>): Step[] {
    const repairs = this.authority.follow(render(bodySpans(doc)));
    if (repairs.length > 0)
      console.error("the screen was not the document and was mended", this.document, repairs.length);
    return repairs;
  }

  // Keeping.

  /** Makes the present heads durable; on failure says so and tries again until it works. */
  private save(): Promise<void> {
    this.saving ??= this.saveAll().finally(() => {
      this.saving = null;
      if (!this.closed) this.tellStatus();
    });
    return this.saving;
  }

  private async saveAll(): Promise<void> {
    this.saveTimer?.cancel();
    this.saveTimer = null;
    try {
      while (!this.closed) {
        const heads = A.getHeads(this.handle.doc());
        if (this.savedHeads?.join() === heads.join()) break;
        await this.parts.save(this.document);
        this.savedHeads = heads;
        this.saveFailure = null;
        this.saveRetry.reset();
      }
    } catch (error) {
      this.saveFailure = error instanceof Error ? error.message : String(error);
      if (!this.closed)
        this.saveTimer = this.parts.clock.after(this.saveRetry.next(), () => void this.save());
    }
  }

  /** Writes and saves everything; resolves when it is durable. Rejects where it could not be. */
  async flush(): Promise<void> {
    this.write();
    this.followIfDue();
    const heads = A.getHeads(this.handle.doc());
    await this.parts.save(this.document);
    this.savedHeads = heads;
    if (this.writeFailure) throw new Error(this.writeFailure);
    this.tellStatus();
    // A window that flushes is often one that is about to go, and to come back to this.
    await this.writeRendering();
  }

  /** Soon after the last change, and while somebody types on and on now and then: it costs the whole document. */
  private keepRendering(): void {
    const now = this.parts.clock.now();
    this.renderingDueAt ??= now + renderingAtLeastEveryMs;
    this.renderingTimer?.cancel();
    const wait = Math.min(renderingAfterMs, Math.max(0, this.renderingDueAt - now));
    this.renderingTimer = this.parts.clock.after(wait, () => void this.writeRendering());
  }

  private async writeRendering(): Promise<void> {
    this.renderingTimer?.cancel();
    this.renderingTimer = null;
    this.renderingDueAt = null;
    if (this.authority.hasOperations || this.followTimer) return this.keepRendering();
    const name = renderingName(this.heads);
    if (name === this.renderingWritten) return;
    await this.parts.renderings.write(this.document, name, this.title, this.authority.doc);
    this.renderingWritten = name;
    this.parts.settled(this.document, this.title);
  }

  // The relay.

  /** The relay has these heads on disk. */
  receipt(heads: readonly string[]): void {
    this.parts.ledger.set(this.document, { heads: [...heads], unsent: this.unsentSince(heads) > 0 });
    this.tellStatus();
  }

  /** The relay told these heads in a sync message: it tells only of what it has on disk. */
  toldHeads(heads: readonly string[]): void {
    const known = this.parts.ledger.receipt(this.document)?.heads ?? [];
    if (saysMore(this.handle.doc(), heads, known)) this.receipt(heads);
  }

  /** The relay is back: those who came meanwhile do not know that we are here. */
  relayConnected(): void {
    this.company.announce();
    this.tellStatus();
  }

  /** Notes after a change of ours whether the relay lacks something. */
  private note(): void {
    const heads = this.parts.ledger.receipt(this.document)?.heads ?? [];
    this.parts.ledger.set(this.document, { heads, unsent: this.unsentSince(heads) > 0 });
  }

  /** How many changes the relay has not said it has. Counted anew only when either side has moved. */
  private unsentSince(heads: readonly string[]): number {
    const doc = this.handle.doc();
    const between = `${heads.join()}..${A.getHeads(doc).join()}`;
    if (this.unsent.between !== between) {
      this.unsent = { between, changes: changesBeyond(doc, heads) };
    }
    return this.unsent.changes;
  }

  /** Whether some of what the relay lacks was written by this device. */
  private lacksOwn(heads: readonly string[]): boolean {
    return this.hasUnwritten || wroteBeyond(this.handle.doc(), heads, this.parts.author);
  }

  // Telling.

  status(): DocumentStatus {
    const failure = this.writeFailure ?? this.saveFailure;
    const durable = !this.hasUnwritten && this.savedHeads?.join() === A.getHeads(this.handle.doc()).join();
    const heads = this.parts.ledger.receipt(this.document)?.heads ?? [];
    const unwritten = this.hasUnwritten ? 1 : 0;
    const unsent = this.parts.hasRelay() ? this.unsentSince(heads) + unwritten : null;
    return {
      here: failure !== null ? { state: "failed", reason: failure } : { state: durable ? "saved" : "saving" },
      unsent,
      withheld: unsent ? this.parts.withheld(this.document, () => this.lacksOwn(heads)) : null,
    };
  }

  /** @param always also where nothing changed: a window waits for the word after its steps */
  tellStatus(always = false): void {
    const status = this.status();
    const words = JSON.stringify(status);
    if (words === this.told && !always) return;
    this.told = words;
    this.tell({ type: "status", document: this.document, status });
  }

  private tell(message: FromEngine): void {
    for (const window of this.audience) window.send(message);
  }

  private readonly overheard = ({ senderId, message }: { senderId: string; message: unknown }): void => {
    const alone = !this.company.present;
    this.company.heard(senderId, message);
    // Company came while typing was waiting for its slow turn.
    if (alone && this.company.present && this.writeTimer) {
      this.writeTimer.cancel();
      this.writeTimer = null;
      this.schedule();
    }
  };

  /** Writes, saves and lets go. The caller removes the document from the repo afterwards. */
  async close(): Promise<void> {
    await this.flush();
    this.closed = true;
    await this.saving;
    this.saveTimer?.cancel();
    this.company.stop();
    this.handle.off("change", this.changed);
    this.handle.off("ephemeral-message", this.overheard);
    this.renderingTimer?.cancel();
    this.followTimer?.cancel();
  }
}

const json = (step: Step): StepJson => step.toJSON() as StepJson;

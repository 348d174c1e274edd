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
import { bodySpans, commit, lighten, spliceTitle, titleText, truthOf } from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import type { Change } from "../document/change.ts";
import { render } from "../document/render.ts";
import type { Author } from "./author.ts";
import { BlobNaming } from "./blob-naming.ts";
import { Backoff } from "./backoff.ts";
import type { Clock, Timer } from "./clock.ts";
import { Company } from "./company.ts";
import type { BlobPlace } from "../../electron/keep.ts";
import type { Copy } from "./copy.ts";
import { changeOf, writeAt } from "./handle.ts";
import { Journaling } from "./journaling.ts";
import type { Journal, Segment } from "./journal.ts";
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
  writeFailuresMax,
} from "./limits.ts";
import type { ReadableText } from "./mirroring.ts";
import { engineClientId } from "./port.ts";
import { sameHeads, statusOf } from "./pipeline.ts";
import type { DocumentId, DocumentStatus, FromEngine, FromWindow, StepJson, Withheld } from "./port.ts";
import { renderingName } from "./renderings.ts";
import type { Renderings } from "./renderings.ts";
import { atEnd } from "./rescue.ts";
import type { Storage } from "./storage.ts";
import { mergeTitle, spliceBetween } from "./title.ts";
import { isBlank } from "./workspace.ts";
import { changesBeyond, knownOf, saysMore, wroteBeyond } from "./unsent.ts";

/** A window as the session sees it. */
export interface Audience {
  send(message: FromEngine): void;
}

type Opening = Pick<Extract<FromWindow, { type: "open" }>, "clientId" | "rendering" | "written">;
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
  storage: Pick<Storage, "copyState" | "isDoubtful" | "copied" | "isDamaged" | "forgetDamage">;
  journal: Journal;
  /** Whether there is a relay to send to. */
  hasRelay: () => boolean;
  /** Why the relay keeps nothing that this device brings of the document, if it does not. */
  withheld: (document: DocumentId, lacksOwn: () => boolean) => Withheld | null;
  author: Author;
  /** Where blobs are kept. */
  copy: Pick<Copy, "named">;
  /** The relay that a document goes to, and its workspace; null where it is on this device only. */
  placeOf: (document: DocumentId) => BlobPlace | null;
  /** Something was written; the library lists the document under this title. */
  edited: (document: DocumentId, title: string) => void;
  /** Its text is another: whoever keeps a readable copy reads it once it has settled. */
  changed: (document: DocumentId, read: () => ReadableText | null) => void;
  /** Nobody has typed for a while: what the library says may be behind a title that two people typed. */
  settled: (document: DocumentId, title: string, isBlank: boolean) => void;
};

export class DocumentSession {
  readonly document: DocumentId;
  private readonly handle: DocHandle<DeckleDocument>;
  private readonly change: Change;
  private readonly parts: SessionParts;
  private readonly audience = new Set<Audience>();
  private readonly authority: Authority;
  private readonly company: Company;
  private readonly blobs: BlobNaming;
  private readonly saveRetry: Backoff;
  private readonly journaling: Journaling;
  private title: string;
  /** The document's title that `title` was last level with: what differs from it was typed here. */
  private titleBase: string;
  private heads: A.Heads;
  private savedHeads: A.Heads | null = null;
  private saveFailure: string | null = null;
  private writeFailure: string | null = null;
  /** In a row. */
  private writeFailures = 0;
  private saving: Promise<void> | null = null;
  private saveTimer: Timer | null = null;
  private closed = false;
  private replaying: Promise<void> | null = null;
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
  private seen = { key: "", devices: 0 };
  private unsent = { between: "", changes: 0 };

  constructor(handle: DocHandle<DeckleDocument>, parts: SessionParts) {
    this.handle = handle;
    this.parts = parts;
    this.document = handle.documentId;
    this.change = changeOf(handle, parts.clock);
    const doc = handle.doc();
    lighten(doc);
    this.heads = A.getHeads(doc);
    const spans = bodySpans(doc);
    this.authority = new Authority(render(spans), parts.newId);
    this.blobs = new BlobNaming((blobs) =>
      parts.copy.named(this.document, { blobs, place: parts.placeOf(this.document) }),
    );
    this.blobs.opened(spans);
    this.title = this.titleBase = titleText(doc);
    this.saveRetry = new Backoff(saveRetryFirstMs, saveRetryMostMs, parts.random);
    this.company = new Company(parts.clock, (message) => handle.broadcast(message));
    this.journaling = new Journaling(this.document, parts.journal, parts.clock);
    handle.on("change", this.changed);
    handle.on("heads-changed", this.headsChanged);
    handle.on("ephemeral-message", this.overheard);
    void this.save();
    this.keepRendering();
  }

  // Windows.

  join(window: Audience, { clientId, rendering, written }: Opening, clients: readonly string[]): void {
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
      holds: written.find((heads) => A.hasHeads(this.handle.doc(), [...heads])) ?? null,
      clients,
    });
    window.send({ type: "status", document: this.document, status: this.status() });
  }

  leave(window: Audience): void {
    this.audience.delete(window);
  }

  /** What was kept for a window that is gone will not come from there. */
  takeUpOrphaned(clients: readonly string[]): void {
    const orphaned = this.journaling.orphaned(clients);
    if (orphaned.length === 0) return;
    const replaying = this.replay(orphaned, [])
      .catch((error: unknown) => console.error("what a window left was not taken up", this.document, error))
      .finally(() => {
        if (this.replaying === replaying) this.replaying = null;
      });
    this.replaying = replaying;
  }

  get hasAudience(): boolean {
    return this.audience.size > 0;
  }

  /** Steps of a window. Anything that cannot be taken ends with the window being told where things are. */
  receive(window: Audience, { version, clientId, batch, steps: given }: WindowSteps): void {
    this.followIfDue();
    const received = this.authority.receive(version, given);
    if (!received.ok) {
      if (received.reason === "version") return; // what it lacks is under way to it
      console.error("a window's steps were refused", received.message);
      this.join(window, { clientId, rendering: null, written: [] }, []);
      return;
    }
    this.parts.taken.set(clientId, batch);
    const all = [...received.steps, ...received.repairs];
    const steps = all.map(json);
    this.journaling.accepted(this.heads, this.by(clientId), steps);
    this.blobs.changed(all);
    this.tell({
      type: "steps",
      document: this.document,
      version,
      steps,
      clientIds: all.map((_, i) => (i < received.steps.length ? clientId : engineClientId)),
    });
    this.schedule();
    this.tellStatus(true);
  }

  receiveTitle(clientId: string, base: string, value: string): void {
    const clean = (text: string): string =>
      text
        .replace(/[\r\n]+/g, " ")
        .slice(0, titleUnitsMax)
        .toWellFormed();
    this.followIfDue();
    this.title = clean(mergeTitle(base, value, this.title));
    this.journaling.titled(this.heads, this.by(clientId), { base: this.titleBase, value: this.title });
    this.tell({ type: "title", document: this.document, title: this.title, clientId });
    this.schedule();
    this.tellStatus(true);
  }

  private by(client: string): { actor: string; client: string } {
    return { actor: this.parts.author.actor, client };
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
      if (!this.authority.isUnchecked || !this.isLevel) return;
      this.checkOwn();
      this.tellStatus();
      return;
    }
    try {
      this.writing = true;
      this.commit();
      this.writeFailure = null;
      this.writeFailures = 0;
    } catch (error) {
      console.error("an edit was not written", error);
      this.writeFailure = `the last edits could not be added to the document (${String(error)})`;
      this.writeFailures++;
    } finally {
      this.writing = false;
    }
    if (this.writeFailures >= writeFailuresMax) this.rescue();
    else if (this.writeFailures > 0) this.schedule();
    this.checkOwn();
    this.note();
    this.parts.ledger.written(this.document);
    void this.save();
    this.keepRendering();
    this.tellStatus();
  }

  /**
   * Edits that cannot be written as they were meant, however often: the windows are shown the document as it is, and
   * what was typed comes at its end, as text.
   */
  private rescue(): void {
    this.writeFailures = 0;
    const typed = this.journaling.unwritten;
    console.error("edits that cannot be written are put at the end", this.document, typed.length);
    this.authority.takeOperations();
    this.authority.mustFollow = true;
    this.journaling.giveUp();
    this.follow();
    this.receiveOwn(atEnd(this.authority.doc, typed));
    this.schedule();
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
    const current = titleText(doc);
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
    this.journaling.wrote(this.heads);
    const { version } = this.authority;
    this.tell({ type: "written", document: this.document, version, heads: this.heads });
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

  /**
   * Takes up again what was accepted before a crash and never written. Where the document has changed since, it is
   * written as it was meant, beside the changes; what has lost its place comes at the end, as text.
   * @param kept clients that live, and send again what they have typed
   */
  async replay(segments: readonly Segment[], kept: readonly string[]): Promise<void> {
    if (segments.length === 0) return;
    let isInPlace = false;
    // What windows have still is not played again, but stays in the journal until it has come from there.
    if (segments.every(({ clients }) => clients.every((client) => kept.includes(client))))
      return this.journaling.inherit(segments);
    for (const segment of segments) {
      try {
        isInPlace = this.replaySegment(segment, isInPlace);
      } catch (error) {
        console.error("what was typed before a crash has lost its place", this.document, error);
        this.receiveOwn(atEnd(this.authority.doc, segment.steps));
        isInPlace = false;
      }
    }
    this.journaling.forget();
    // It is written under another actor than before: the journal has to know that first, or a second crash doubles it.
    await this.journaling.flush();
    this.write();
  }

  /** @param isInPlace whether the document is as the segment before it has made it. @returns the same of this one */
  private replaySegment({ actor, heads, follows, steps, title }: Segment, isInPlace: boolean): boolean {
    if (!(follows && isInPlace)) {
      // What comes next is meant for the document without it.
      if (this.hasUnwritten) this.write();
      const doc = this.handle.doc();
      if (!A.hasHeads(doc, heads)) throw new RangeError("the document lacks what it was typed on");
      const since = A.getChangesMetaSince(doc, heads);
      if (since.some((change) => change.actor === actor)) return false;
      if (since.length > 0) {
        this.writeBeside(heads, steps);
        this.retitle(title);
        return false;
      }
    }
    this.receiveOwn(steps);
    this.retitle(title);
    console.warn("what was typed before a crash was taken up again", this.document, steps.length);
    return true;
  }

  private retitle(title: Segment["title"]): void {
    if (!title) return;
    this.title = mergeTitle(title.base, title.value, this.title);
    this.journaling.titled(this.heads, this.by(engineClientId), { base: this.titleBase, value: this.title });
  }

  private receiveOwn(steps: readonly StepJson[]): void {
    if (steps.length === 0) return;
    const { version } = this.authority;
    const received = this.authority.receive(version, steps);
    if (!received.ok) throw new RangeError(received.reason);
    const all = [...received.steps, ...received.repairs];
    this.journaling.accepted(this.heads, this.by(engineClientId), all.map(json));
    this.tellSteps(version, all);
  }

  private writeBeside(heads: readonly string[], steps: readonly StepJson[]): void {
    if (steps.length === 0) return;
    const past = A.view(this.handle.doc(), [...heads]);
    const authority = new Authority(render(bodySpans(past)), this.parts.newId);
    const received = authority.receive(0, steps);
    if (!received.ok) throw new RangeError(received.reason);
    writeAt(this.handle, [...heads], authority.takeOperations());
    this.authority.mustFollow = true;
    this.follow();
  }

  // Following.

  private readonly changed = ({ patches }: { patches: A.Patch[] }): void => {
    if (this.writing) return;
    // One by one: there may be more than a call takes arguments.
    for (const patch of patches) this.patches.push(patch);
    this.followSoon();
  };

  /** Also of changes that come to nothing (a letter and its deletion), of which the handle says nothing else. */
  private readonly headsChanged = (): void => {
    if (!this.writing) this.followSoon();
  };

  private followSoon(): void {
    if (this.followTimer) return;
    // A large document takes long to render: leave as much time for everything else.
    const wait = Math.max(followAfterMs, this.followTookMs);
    this.followTimer = this.parts.clock.after(wait, () => this.follow());
  }

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
    // A window waits for the word on these.
    this.told = "";
    this.blobs.changed(steps);
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
    const current = titleText(this.handle.doc());
    const title = mergeTitle(this.titleBase, this.title, current);
    this.titleBase = current;
    if (title === this.title) return;
    this.title = title;
    this.tell({ type: "title", document: this.document, title, clientId: engineClientId });
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
        if (sameHeads(this.savedHeads, heads)) {
          // Another saving has come to it meanwhile.
          this.saveFailure = null;
          break;
        }
        const { written } = this.journaling;
        await this.parts.save(this.document);
        this.durableAt(heads, written);
        this.saveFailure = null;
        this.saveRetry.reset();
      }
    } catch (error) {
      this.saveFailure = error instanceof Error ? error.message : String(error);
      if (!this.closed)
        this.saveTimer = this.parts.clock.after(this.saveRetry.next(), () => void this.save());
    }
  }

  /** Heads that were durable here once and that the document does not have: some of it was lost. */
  private lacking(): readonly string[] {
    const known = this.parts.ledger.here(this.document) ?? [];
    return known.filter((head) => !A.hasHeads(this.handle.doc(), [head]));
  }

  private async healed(): Promise<void> {
    try {
      await this.parts.storage.forgetDamage(this.document);
      console.warn("what was damaged came from elsewhere", this.document);
    } catch (error) {
      console.warn("what was damaged stays on the disk", this.document, error);
    }
  }

  /** Null where all of the document is durable; else resolves when it is, or could not be made so. */
  whenDurable(): Promise<void> | null {
    return sameHeads(this.savedHeads, A.getHeads(this.handle.doc())) ? null : this.save();
  }

  private durableAt(heads: A.Heads, written: number): void {
    this.savedHeads = heads;
    const { ledger, storage } = this.parts;
    const isDamaged = storage.isDamaged(this.document);
    const lacking = this.lacking();
    // Of a document that is damaged, and of which nobody noted what it had, nobody knows when it is whole again.
    if (ledger.here(this.document) !== undefined || !isDamaged) {
      if (isDamaged && lacking.length === 0) void this.healed();
      ledger.setHere(this.document, [...heads, ...lacking]);
    }
    this.journaling.durable(written);
    this.company.has(heads);
  }

  /** Writes and saves everything; resolves when it is durable. Rejects where it could not be. */
  async flush(): Promise<void> {
    if (this.replaying) await this.replaying;
    this.write();
    this.followIfDue();
    const heads = A.getHeads(this.handle.doc());
    const { written } = this.journaling;
    await this.parts.save(this.document);
    this.durableAt(heads, written);
    this.saveFailure = null;
    if (this.writeFailure) throw new Error(this.writeFailure);
    this.tellStatus();
    // A copy that cannot be kept says so for itself; what is noted tells the next engine what is lacking.
    await Promise.all([this.parts.storage.copied(this.document), this.parts.ledger.noted()]);
    // A window that flushes is often one that is about to go, and to come back to this.
    await this.writeRendering();
  }

  /** Soon after the last change, and while somebody types on and on now and then: it costs the whole document. */
  private keepRendering(): void {
    this.parts.changed(this.document, () => this.readable());
    const now = this.parts.clock.now();
    this.renderingDueAt ??= now + renderingAtLeastEveryMs;
    this.renderingTimer?.cancel();
    const wait = Math.min(renderingAfterMs, Math.max(0, this.renderingDueAt - now));
    this.renderingTimer = this.parts.clock.after(wait, () => void this.writeRendering());
  }

  /** As it stands at its heads; null while more is being written, or followed. */
  readable(): ReadableText | null {
    if (this.hasUnwritten || this.followTimer || !this.isLevel) return null;
    return { title: this.title, doc: this.authority.doc, heads: this.heads };
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
    this.blobs.again();
    this.parts.settled(this.document, this.title, isBlank(this.title, this.authority.doc));
  }

  // The relay.

  /** The relay has these heads on disk. */
  receipt(now: readonly string[]): void {
    const before = this.parts.ledger.receipt(this.document)?.heads ?? [];
    const heads = knownOf(this.handle.doc(), before, now);
    this.parts.ledger.set(this.document, { heads, unsent: this.unsentSince(heads) > 0 });
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
    const { heads: relayHeads = [] } = this.parts.ledger.receipt(this.document) ?? {};
    const unsent = this.parts.hasRelay() ? this.unsentSince(relayHeads) : null;
    const isBehind = unsent !== null && (unsent > 0 || this.hasUnwritten);
    return statusOf({
      hasUnwritten: this.hasUnwritten,
      writeFailure: this.writeFailure,
      heads: A.getHeads(this.handle.doc()),
      durable: this.savedHeads,
      saveFailure: this.saveFailure,
      copy: this.parts.storage.copyState(this.document),
      isDoubtful: this.parts.storage.isDoubtful(),
      damaged: this.parts.storage.isDamaged(this.document) || this.lacking().length > 0,
      unsent,
      withheld: isBehind ? this.parts.withheld(this.document, () => this.lacksOwn(relayHeads)) : null,
      seenBy: this.seenBy(),
    });
  }

  /** How many other devices said to have all of it. Counted anew only when they or the document have moved. */
  private seenBy(): number {
    const doc = this.handle.doc();
    const { claimed } = this.company;
    if (claimed.length === 0) return 0;
    const key = `${A.getHeads(doc).join()}|${claimed.map((heads) => heads.join()).join(";")}`;
    if (this.seen.key !== key)
      this.seen = {
        key,
        devices: claimed.filter((heads) => A.hasHeads(doc, [...heads]) && changesBeyond(doc, heads) === 0)
          .length,
      };
    return this.seen.devices;
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
    if (this.company.heard(senderId, message)) this.tellStatus();
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
    this.handle.off("heads-changed", this.headsChanged);
    this.handle.off("ephemeral-message", this.overheard);
    this.renderingTimer?.cancel();
    this.followTimer?.cancel();
  }
}

const json = (step: Step): StepJson => step.toJSON() as StepJson;

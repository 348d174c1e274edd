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
import { bodySpans, commit, spliceTitle } from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import { render } from "../document/render.ts";
import { Backoff } from "./backoff.ts";
import type { Clock, Timer } from "./clock.ts";
import { Company } from "./company.ts";
import type { Ledger } from "./ledger.ts";
import {
  coalesceAloneMs,
  coalesceTogetherMs,
  checkEveryFollows,
  followAfterMs,
  renderingAfterMs,
  saveRetryFirstMs,
  saveRetryMostMs,
  titleUnitsMax,
} from "./limits.ts";
import { engineClientId } from "./port.ts";
import type { DocumentId, DocumentStatus, FromEngine, FromWindow, StepJson } from "./port.ts";
import { renderingName } from "./renderings.ts";
import type { Renderings } from "./renderings.ts";
import { mergeTitle, spliceBetween } from "./title.ts";

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
  /** Something was written; the library lists the document under this title. */
  edited: (document: DocumentId, title: string) => void;
};

export class DocumentSession {
  readonly document: DocumentId;
  private readonly handle: DocHandle<DeckleDocument>;
  private readonly parts: SessionParts;
  private readonly audience = new Set<Audience>();
  private readonly authority: Authority;
  private readonly company: Company;
  private readonly saveRetry: Backoff;
  private title: string;
  private heads: A.Heads;
  private savedHeads: A.Heads | null = null;
  private saveFailure: string | null = null;
  private writeFailure: string | null = null;
  private saving = false;
  private writing = false;
  private writeTimer: Timer | null = null;
  private followTimer: Timer | null = null;
  private followTookMs = 0;
  private followed = 0;
  /** Remote changes since the authority was last level. */
  private patches: A.Patch[] = [];
  private renderingTimer: Timer | null = null;
  private renderingWritten = "";
  private told = "";

  constructor(handle: DocHandle<DeckleDocument>, parts: SessionParts) {
    this.handle = handle;
    this.parts = parts;
    this.document = handle.documentId;
    const doc = handle.doc();
    this.heads = A.getHeads(doc);
    this.authority = new Authority(render(bodySpans(doc)), parts.newId);
    this.title = String(doc.title ?? "");
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
        .toWellFormed()
        .slice(0, titleUnitsMax);
    this.followIfDue();
    this.title = clean(mergeTitle(base, value, this.title));
    this.tell({ type: "title", document: this.document, title: this.title });
    this.schedule();
    this.tellStatus(true);
  }

  // Writing.

  private get hasUnwritten(): boolean {
    return this.authority.hasOperations || this.title !== String(this.handle.doc().title ?? "");
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
    if (!this.hasUnwritten) return;
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
    if (this.authority.mustFollow) this.follow();
    this.note();
    void this.save();
    this.keepRendering();
    this.tellStatus();
  }

  private commit(): void {
    const doc = this.handle.doc();
    const title = spliceBetween(String(doc.title ?? ""), this.title);
    const operations = this.authority.takeOperations();
    let first = true;
    const change = (callback: (draft: A.Doc<DeckleDocument>) => void): A.Doc<DeckleDocument> => {
      this.handle.change((draft) => {
        callback(draft);
        if (title && first) spliceTitle(draft, title.at, title.deleteCount, title.text);
      });
      first = false;
      return this.handle.doc();
    };
    try {
      commit(doc, change, operations, this.authority.doc);
    } catch (error) {
      this.authority.returnOperations(operations);
      throw error;
    }
    this.parts.edited(this.document, this.title);
    this.heads = A.getHeads(this.handle.doc());
  }

  // Following.

  private readonly changed = ({ patches }: { patches: A.Patch[] }): void => {
    if (this.writing) return;
    this.patches.push(...patches);
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
    if (this.authority.hasOperations) return; // a write failed; what is on screen must not be lost
    const started = this.parts.clock.now();
    const doc = this.handle.doc();
    const before = this.authority.version;
    const patches = this.patches;
    this.patches = [];
    const steps = this.authority.followPatches(patches) ?? this.authority.follow(render(bodySpans(doc)));
    this.followed++;
    if (this.followed % checkEveryFollows === 0) steps.push(...this.checked(doc));
    this.heads = A.getHeads(doc);
    this.followTookMs = this.parts.clock.now() - started;
    if (steps.length > 0)
      this.tell({
        type: "steps",
        document: this.document,
        version: before,
        steps: steps.map(json),
        clientIds: steps.map(() => engineClientId),
      });
    const title = String(doc.title ?? "");
    if (title !== this.title) {
      this.title = title;
      this.tell({ type: "title", document: this.document, title });
    }
    this.note();
    void this.save();
    this.keepRendering();
    this.tellStatus();
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
  async save(): Promise<void> {
    if (this.saving) return;
    this.saving = true;
    try {
      for (;;) {
        const heads = A.getHeads(this.handle.doc());
        if (this.savedHeads?.join() === heads.join()) break;
        await this.parts.save(this.document);
        this.savedHeads = heads;
        this.saveFailure = null;
        this.saveRetry.reset();
      }
    } catch (error) {
      this.saveFailure = error instanceof Error ? error.message : String(error);
      this.parts.clock.after(this.saveRetry.next(), () => void this.save());
    } finally {
      this.saving = false;
      this.tellStatus();
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

  private keepRendering(): void {
    this.renderingTimer ??= this.parts.clock.after(renderingAfterMs, () => void this.writeRendering());
  }

  private async writeRendering(): Promise<void> {
    this.renderingTimer?.cancel();
    this.renderingTimer = null;
    if (this.authority.hasOperations || this.followTimer) return this.keepRendering();
    const name = renderingName(this.heads);
    if (name === this.renderingWritten) return;
    await this.parts.renderings.write(this.document, name, this.title, this.authority.doc);
    this.renderingWritten = name;
  }

  // The relay.

  /** The relay has these heads on disk. */
  receipt(heads: readonly string[]): void {
    this.parts.ledger.set(this.document, { heads: [...heads], unsent: this.unsentSince(heads) > 0 });
    this.tellStatus();
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

  private unsentSince(heads: readonly string[]): number {
    const doc = this.handle.doc();
    const known = heads.filter((head) => A.hasHeads(doc, [head]));
    return A.getChangesMetaSince(doc, known).length;
  }

  // Telling.

  status(): DocumentStatus {
    const failure = this.writeFailure ?? this.saveFailure;
    const durable = !this.hasUnwritten && this.savedHeads?.join() === A.getHeads(this.handle.doc()).join();
    const heads = this.parts.ledger.receipt(this.document)?.heads ?? [];
    const unwritten = this.hasUnwritten ? 1 : 0;
    return {
      here: failure !== null ? { state: "failed", reason: failure } : { state: durable ? "saved" : "saving" },
      unsent: this.parts.hasRelay() ? this.unsentSince(heads) + unwritten : null,
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
    this.company.stop();
    this.handle.off("change", this.changed);
    this.handle.off("ephemeral-message", this.overheard);
    this.renderingTimer?.cancel();
    this.followTimer?.cancel();
  }
}

const json = (step: Step): StepJson => step.toJSON() as StepJson;

/**
 * One open document in the window: a prosemirror-collab client of the engine.
 *
 * It is editable from the first moment that there is something to show; steps wait until the engine
 * has opened the document, then go one batch at a time. A batch that raced with others' steps is
 * refused by version; their steps arrive, ours are rebased and go again. Whatever does not fit (a
 * gap, steps that do not apply, silence) ends in asking for the document afresh, which `level.ts`
 * makes safe. Nothing here ever waits on the typing path.
 */
import { Node } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import type { Plugin, Transaction } from "prosemirror-state";
import { Step } from "prosemirror-transform";
import { EditorView } from "prosemirror-view";
import type { DirectEditorProps } from "prosemirror-view";
import { schema } from "../document/schema.ts";
import type {
  CopyState,
  DocumentId,
  DocumentStatus,
  FromEngine,
  Heads,
  Receiving,
  StepJson,
  Withheld,
} from "../engine/port.ts";
import { engineClientId } from "../engine/port.ts";
import { collabPlugin, collabState, setCollabState } from "./collab.ts";
import type { EngineConnection } from "./connection.ts";
import { layOutEnds } from "./laid-out.ts";
import { level } from "./level.ts";
import type { Confirmed, Past } from "./level.ts";
import {
  confirmAfterMsMax,
  lastComposedRoundsMax,
  lastTypedMs,
  openAfterMsMax,
  resyncsMax,
  statusAfterMsMax,
  undurableStepsMax,
  writtenHeadsMax,
} from "./limits.ts";
import { receive } from "./rebase.ts";
import { TitleSync } from "./title-sync.ts";

/** How the session stands with the engine. `shown` is whether there is a document on screen. */
export type Progress =
  | { state: "opening"; shown: boolean }
  | { state: "open"; shown: true }
  | { state: "missing"; shown: boolean; isDamaged: boolean }
  | { state: "unreadable"; shown: boolean; reason: string };

/** What is known of where the words are. `here` is null until the engine has spoken. */
export type Facts = {
  pending: boolean;
  here: DocumentStatus["here"] | null;
  unsent: number | null;
  withheld: Withheld | null;
  receiving: Receiving | null;
  /** Edits that the window holds and the engine has not taken. */
  heldEdits: number;
  copy: CopyState | null;
  seenBy: number | null;
  damaged: boolean;
  /** What the engine said was before it took the last steps: nothing that it calls finished is finished for them. */
  isOld: boolean;
};

export type SessionListener = { progress(progress: Progress): void; facts(facts: Facts): void };

export type SessionOptions = {
  connection: Pick<EngineConnection, "send" | "subscribe" | "onRestart" | "restart" | "ask">;
  document: DocumentId;
  clientId: string;
  /** What to show meanwhile: a cached rendering, or null to wait for the engine. */
  shown: { rendering: string | null; title: string; doc: Node } | null;
  /** What the library calls it, where there is nothing to show. */
  listedTitle?: string;
  /** Whether this person may write here, now. Call `permissionChanged` where it may be otherwise. */
  mayWrite: () => boolean;
  plugins: () => Plugin[];
  viewProps: Omit<DirectEditorProps, "state">;
};

type Link =
  /** `open` was sent; nothing goes out until it is answered. `sent` steps may have been taken before. */
  { state: "opening"; sent: number } | { state: "level"; inFlight: number } | { state: "stopped" };

type Timer = ReturnType<typeof setTimeout>;

export class Session {
  readonly document: DocumentId;
  readonly title: TitleSync;
  #options: SessionOptions;
  #plugins: Plugin[];
  #state: EditorState | null = null;
  #view: EditorView | null = null;
  #link: Link = { state: "opening", sent: 0 };
  #progress: Progress;
  #status: DocumentStatus | null = null;
  /** The engine's `status` was said before what is on screen now, and so does not cover it. */
  #statusIsOld = false;
  /** How often the engine was sent a title or took steps. */
  #taken = 0;
  #receiving: Receiving | null = null;
  #pending = false;
  #durable: { doc: Node; undo: readonly Step[] } | null = null;
  #confirmed: Confirmed[] = [];
  /** Up to where the engine wrote what it confirmed, oldest first. */
  #written: { count: number; heads: Heads }[] = [];
  #resyncs = 0;
  #timer: Timer | null = null;
  #flushTimer: Timer | null = null;
  /** The engine that opened the document last, and how many batches were ever sent. */
  #engine: string | null = null;
  #batch = 0;
  #sendTimer: Timer | null = null;
  #couldWrite: boolean;
  /** Runs while what was typed before the right to write was taken is still taken. */
  #lastTypedTimer: Timer | null = null;
  #listeners = new Set<SessionListener>();
  #stops: (() => void)[];

  constructor(options: SessionOptions) {
    this.#options = options;
    this.document = options.document;
    this.#couldWrite = options.mayWrite();
    this.#plugins = [collabPlugin(options.clientId), ...options.plugins()];
    this.title = new TitleSync(options.shown?.title ?? options.listedTitle ?? "", {
      send: (base, value) => {
        this.#markOld();
        this.#send({ type: "title", document: this.document, clientId: options.clientId, base, value });
      },
      pendingChanged: () => this.#tellFacts(),
    });
    if (options.shown) this.#show(options.shown.doc);
    this.#progress = { state: "opening", shown: options.shown !== null };
    const { connection } = options;
    this.#stops = [
      connection.subscribe((message) => this.#receive(message)),
      connection.onRestart(() => this.#open(null)),
    ];
    this.#open(options.shown?.rendering ?? null);
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Null until there is a document to show. */
  get state(): EditorState | null {
    return this.#state;
  }

  get view(): EditorView | null {
    return this.#view;
  }

  get facts(): Facts {
    const said = this.#status;
    const here = said?.here ?? null;
    return {
      pending: !this.settled,
      heldEdits: this.#heldEdits,
      here: this.#statusIsOld && here?.state === "saved" ? { state: "saving" } : here,
      copy: this.#statusIsOld && said?.copy.state === "kept" ? { state: "keeping" } : (said?.copy ?? null),
      unsent: said?.unsent ?? null,
      withheld: said?.withheld ?? null,
      seenBy: said?.seenBy ?? null,
      damaged: said?.damaged ?? false,
      isOld: this.#statusIsOld,
      receiving: this.#receiving,
    };
  }

  get #heldEdits(): number {
    const steps = this.#state ? collabState(this.#state).unconfirmed.length : 0;
    return steps + (this.title.pending ? 1 : 0);
  }

  /** Whether everything typed has reached the engine. */
  get settled(): boolean {
    return !this.#pending && !this.title.pending;
  }

  /** Whether nothing typed here would go with it, also if the engine died now. */
  get isSafe(): boolean {
    if (!this.settled || this.#statusIsOld || this.title.isUnsaved) return false;
    return !this.#confirmed.some(({ by }) => by === this.#options.clientId);
  }

  /** What the engine does not have cannot be saved: it can be read and copied, not edited. */
  get isEditable(): boolean {
    const { state } = this.#progress;
    return (state === "opening" || state === "open") && this.#mayWrite;
  }

  permissionChanged(): void {
    const couldWrite = this.#couldWrite;
    this.#couldWrite = this.#options.mayWrite();
    if (couldWrite && !this.#couldWrite) this.#takeLastTyped(lastComposedRoundsMax);
    else this.#view?.setProps({}); // reads `editable` again
  }

  /** The engine keeps it on this device: what is on screen is not taken back, a composition least of all. */
  #takeLastTyped(rounds: number): void {
    if (this.#lastTypedTimer !== null) clearTimeout(this.#lastTypedTimer);
    this.#lastTypedTimer = setTimeout(() => {
      this.#lastTypedTimer = null;
      if (this.#view?.composing && rounds > 1) return this.#takeLastTyped(rounds - 1);
      this.#view?.setProps({});
    }, lastTypedMs);
  }

  get #mayWrite(): boolean {
    return this.#options.mayWrite() || this.#lastTypedTimer !== null;
  }

  listen(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Puts the document into the page. The host is the session's until `unmount`. */
  mount(host: HTMLElement): void {
    if (this.#view || !this.#state) return;
    this.#view = new EditorView(host, {
      ...this.#options.viewProps,
      state: this.#state,
      editable: () => this.isEditable,
      attributes: (state) => this.#attributes(state),
      dispatchTransaction: (tr) => this.dispatch(tr),
    });
  }

  /** A text that can only be read is still one to go to with the keyboard. */
  #attributes(state: EditorState): Record<string, string> {
    const { attributes = {} } = this.#options.viewProps;
    const given = typeof attributes === "function" ? attributes(state) : attributes;
    return this.isEditable ? given : { ...given, tabindex: "0", "aria-readonly": "true" };
  }

  unmount(): void {
    this.#view?.destroy();
    this.#view = null;
  }

  /** Resolves once the engine has everything typed so far; false if it does not take it in time. */
  settle(withinMs: number): Promise<boolean> {
    if (this.settled) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (result: boolean): void => {
        clearTimeout(timer);
        stop();
        resolve(result);
      };
      const timer = setTimeout(() => done(this.settled), withinMs);
      const stop = this.listen({ progress: () => {}, facts: () => this.settled && done(true) });
    });
  }

  /** Closes the document at the engine. Unsettled edits would be lost: `settle` first. */
  stop(): void {
    this.unmount();
    this.title.stop();
    this.#setTimer(null, 0);
    if (this.#sendTimer !== null) clearTimeout(this.#sendTimer);
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
    if (this.#lastTypedTimer !== null) clearTimeout(this.#lastTypedTimer);
    for (const stop of this.#stops) stop();
    this.#send({ type: "close", document: this.document });
    this.#link = { state: "stopped" };
    this.#listeners.clear();
  }

  // The typing path: ProseMirror, and one message.

  dispatch(tr: Transaction): void {
    // What a command or an input method still brings after the right to write was taken is shown no longer.
    if (tr.docChanged && !this.#mayWrite) return this.#redraw();
    const before = this.#state?.doc;
    this.#apply(tr);
    if (this.#state?.doc === before) return;
    this.#setPending(true);
    // After the frame that shows the letter, and once for all transactions until then.
    this.#sendTimer ??= setTimeout(() => {
      this.#sendTimer = null;
      this.#sendSteps();
    }, 0);
  }

  #redraw(): void {
    if (this.#state) this.#draw(this.#state);
  }

  #sendSteps(): void {
    if (!this.#state) return;
    const { version, unconfirmed } = collabState(this.#state);
    if (unconfirmed.length > 0 && this.#link.state === "level" && this.#link.inFlight === 0) {
      this.#link.inFlight = unconfirmed.length;
      this.#send({
        type: "steps",
        document: this.document,
        version,
        clientId: this.#options.clientId,
        batch: ++this.#batch,
        steps: unconfirmed.map(({ step }) => step.toJSON() as StepJson),
      });
      this.#setTimer(() => this.#resync(), confirmAfterMsMax);
    }
    this.#setPending(unconfirmed.length > 0);
  }

  // What the engine says.

  #receive(message: FromEngine): void {
    if (!("document" in message) || message.document !== this.document || this.#link.state === "stopped")
      return;
    switch (message.type) {
      case "import-history": // for the window as a whole
        return;
      case "opened":
        return this.#opened(message);
      case "steps":
        return this.#receiveSteps(message);
      case "written":
        return this.#receiveWritten(message);
      case "title":
        return this.title.receive(message.title, message.clientId === this.#options.clientId);
      case "status":
        return this.#receiveStatus(message.status);
      case "receiving":
        return this.#setReceiving(message.receiving);
      case "missing":
        this.#setTimer(null, 0);
        return this.#setProgress({
          state: "missing",
          shown: this.#state !== null,
          isDamaged: message.isDamaged,
        });
      case "unreadable":
        this.#setTimer(null, 0);
        return this.#fail(message.reason);
      case "created":
        return;
    }
  }

  #opened(message: Extract<FromEngine, { type: "opened" }>): void {
    const sent = sentBefore(this.#link);
    // Its word on what it has here comes next.
    this.#statusIsOld = true;
    const isSame = this.#engine === null || this.#engine === message.engine;
    // Unasked for: the engine could not take our steps. Once or twice can be a race, more cannot.
    if (this.#link.state === "level" && ++this.#resyncs > resyncsMax)
      return this.#options.connection.restart("Deckle's engine refuses what was typed.");
    try {
      const doc = message.doc === null ? null : Node.fromJSON(schema, message.doc);
      const held = this.#held(message.holds, message.taken >= this.#batch ? sent : 0, isSame);
      const present = isSame ? null : [...message.clients, engineClientId];
      if (this.#state) this.#level(this.#state, held, present, doc, message.version);
      else if (doc) this.#show(doc, message.version);
      else throw new RangeError("the engine named a rendering that this window does not have");
    } catch (error) {
      if (++this.#resyncs <= resyncsMax) return this.#open(null);
      return this.#fail(error instanceof Error ? error.message : String(error));
    }
    // Not before: what another engine confirmed is not this one's until the window is level with it.
    this.#engine = message.engine;
    this.title.opened(message.title, isSame);
    this.#setTimer(null, 0);
    this.#link = { state: "level", inFlight: 0 };
    this.#setProgress({ state: "open", shown: true });
    this.#sendSteps();
  }

  /** How much of what this window did the engine's document holds; see `level.ts`. */
  #held(holds: Heads | null, sent: number, isSame: boolean): Past["held"] {
    if (isSame) return { count: this.#confirmed.length + sent, isExact: true };
    const written = this.#written.find(({ heads }) => heads.join() === holds?.join());
    return { count: written?.count ?? 0, isExact: false };
  }

  /** @param present whose words come from elsewhere; null where the engine has them all */
  #level(
    state: EditorState,
    held: Past["held"],
    present: readonly string[] | null,
    doc: Node | null,
    version: number,
  ): void {
    const { clientId } = this.#options;
    // A window that died with the engine sends nothing again: what is shown of it here is sent from here.
    const isOurs = (client: string): boolean =>
      client === clientId || (present !== null && !present.includes(client));
    const confirmedNow = this.#confirmedDoc(state);
    let levelled: ReturnType<typeof level>;
    try {
      const past = { durable: this.#durableDoc(), confirmed: this.#confirmed, isOurs, held };
      levelled = level(state, past, doc, version);
    } catch {
      // The kept past does not play; without it only a lost confirmation could be mistaken.
      const past: Past = { durable: confirmedNow, confirmed: [], isOurs, held: { count: 0, isExact: true } };
      levelled = level(state, past, doc, version);
    }
    if (levelled.keepsHistory) this.#apply(levelled.tr);
    else this.#replaceState(levelled.tr);
    if (doc) this.#setDurable(doc, []);
  }

  #receiveSteps(message: Extract<FromEngine, { type: "steps" }>): void {
    if (!this.#state || this.#link.state !== "level") return;
    const { clientId } = this.#options;
    if (message.version !== collabState(this.#state).version) return this.#resync();
    let steps: Step[];
    try {
      steps = message.steps.map((json) => Step.fromJSON(schema, json));
      this.#apply(receive(this.#state, steps, message.clientIds, clientId));
    } catch {
      return this.#resync();
    }
    for (const [i, step] of steps.entries())
      this.#confirmed.push({ step, by: message.clientIds[i] ?? engineClientId });
    if (this.#confirmed.length > undurableStepsMax) this.#setDurable(this.#confirmedDoc(this.#state), []);
    this.#markOld();
    // Either ours were taken, or others' came first and the batch was refused.
    this.#link.inFlight = 0;
    this.#resyncs = 0;
    this.#setTimer(null, 0);
    this.#sendSteps();
  }

  #receiveWritten({ version, heads }: Extract<FromEngine, { type: "written" }>): void {
    if (!this.#state || this.#link.state !== "level") return;
    const count = this.#confirmed.length - (collabState(this.#state).version - version);
    if (count <= 0) return;
    this.#written.push({ count, heads });
    if (this.#written.length > writtenHeadsMax) this.#written.shift();
  }

  #receiveStatus(status: DocumentStatus): void {
    this.#status = status;
    // Said before the engine took the title that is under way: its answer comes first, and then its next word.
    this.#statusIsOld = this.title.isUnderWay;
    if (status.here.state === "saved" && !this.title.isUnderWay) this.title.saved();
    if (status.here.state === "saved" && this.#state && this.#link.state === "level") {
      const { unconfirmed } = collabState(this.#state);
      this.#setDurable(
        this.#state.doc,
        unconfirmed.map(({ inverted }) => inverted),
      );
    }
    this.#tellFacts();
  }

  // Opening, and opening again.

  #open(rendering: string | null): void {
    if (this.#link.state === "stopped") return;
    this.#link = { state: "opening", sent: sentBefore(this.#link) };
    this.title.opening();
    this.#setReceiving(null); // an engine that is receiving it says so again
    this.#send({
      type: "open",
      document: this.document,
      clientId: this.#options.clientId,
      rendering,
      keeps: this.#engine !== null,
      written: this.#written.map(({ heads }) => heads).reverse(),
    });
    this.#setTimer(
      () => this.#options.connection.restart("Deckle's engine does not answer."),
      openAfterMsMax,
    );
  }

  #resync(): void {
    if (++this.#resyncs > resyncsMax)
      return this.#options.connection.restart("What the engine sent does not fit together.");
    this.#open(null);
  }

  #show(doc: Node, version = 0): void {
    this.#state = EditorState.create({ doc, plugins: this.#plugins });
    this.#setDurable(doc, []);
    this.#apply(setCollabState(this.#state.tr, { version, unconfirmed: [] }));
  }

  #apply(tr: Transaction): void {
    if (!this.#state) return;
    this.#state = this.#state.apply(tr);
    this.#draw(this.#state);
  }

  #draw(state: EditorState): void {
    if (!this.#view) return;
    layOutEnds(this.#view, state);
    this.#view.updateState(state);
  }

  /** The document as `tr` makes it, with an undo history that begins here. */
  #replaceState(tr: Transaction): void {
    const next = (this.#state as EditorState).apply(tr);
    const { version, unconfirmed } = collabState(next);
    this.#plugins = [collabPlugin(this.#options.clientId), ...this.#options.plugins()];
    const fresh = EditorState.create({ doc: next.doc, selection: next.selection, plugins: this.#plugins });
    this.#state = fresh.apply(setCollabState(fresh.tr, { version, unconfirmed }));
    this.#draw(this.#state);
  }

  #fail(reason: string): void {
    this.#setTimer(null, 0);
    this.#link = { state: "stopped" };
    this.#setProgress({ state: "unreadable", shown: this.#state !== null, reason });
  }

  // What is known.

  #confirmedDoc(state: EditorState): Node {
    return undone(
      state.doc,
      collabState(state).unconfirmed.map(({ inverted }) => inverted),
    );
  }

  #durableDoc(): Node {
    if (!this.#durable) throw new RangeError("nothing was shown yet");
    return undone(this.#durable.doc, this.#durable.undo);
  }

  #setDurable(doc: Node, undo: readonly Step[]): void {
    this.#durable = { doc, undo };
    this.#confirmed = [];
    this.#written = [];
  }

  /** There is something that the engine's last word was not of: `saved` counts only from its next one on. */
  #markOld(): void {
    this.#statusIsOld = true;
    this.#taken++;
    this.#tellFacts();
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = null;
      if (this.#statusIsOld) void this.#askWhetherSaved();
    }, statusAfterMsMax);
  }

  /**
   * For an engine that took something and says no more, as when a step changed nothing. What it took meanwhile is not
   * what it has flushed, and is asked for by itself.
   */
  async #askWhetherSaved(): Promise<void> {
    const taken = this.#taken;
    const answer = await this.#options.connection.ask({ type: "flush" });
    if (taken !== this.#taken) return;
    if (answer.type === "flushed" && this.#statusIsOld && this.settled && this.#link.state === "level")
      this.#receiveStatus({ ...nothingElse, ...this.#status, here: { state: "saved" }, unsent: null });
  }

  #setReceiving(receiving: Receiving | null): void {
    if (receiving === null && this.#receiving === null) return;
    this.#receiving = receiving;
    this.#tellFacts();
  }

  #setPending(pending: boolean): void {
    if (pending === this.#pending) return;
    this.#pending = pending;
    this.#tellFacts();
  }

  #tellFacts(): void {
    const { facts } = this;
    for (const listener of this.#listeners) listener.facts(facts);
  }

  #setProgress(progress: Progress): void {
    this.#progress = progress;
    this.#view?.setProps({}); // reads `editable` again
    for (const listener of this.#listeners) listener.progress(progress);
  }

  #send(message: Parameters<EngineConnection["send"]>[0]): void {
    this.#options.connection.send(message);
  }

  #setTimer(action: (() => void) | null, afterMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = action && setTimeout(action, afterMs);
  }
}

/** Of a document of which only that is known that it is saved. */
const nothingElse = {
  copy: { state: "none" },
  withheld: null,
  seenBy: null,
  damaged: false,
} as const satisfies Partial<DocumentStatus>;

/** How many unconfirmed steps the engine may have taken already. */
const sentBefore = (link: Link): number =>
  link.state === "level" ? link.inFlight : link.state === "opening" ? link.sent : 0;

function undone(doc: Node, inverted: readonly Step[]): Node {
  let result = doc;
  for (let i = inverted.length - 1; i >= 0; i--) {
    const { doc: before, failed } = (inverted[i] as Step).apply(result);
    if (!before) throw new RangeError(`an own step cannot be undone: ${failed ?? ""}`);
    result = before;
  }
  return result;
}

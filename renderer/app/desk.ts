/**
 * What the window is busy with: the library, the page that is open, the dialog that is shown. React
 * reads its stores and calls its methods; nothing of it runs while somebody types but the status.
 */
import type { Command } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import type { Bridge, Configuration, FileResult, Joined, Notice, Place } from "../../electron/ipc.ts";
import type { Activity } from "../editor/activity.ts";
import { redoCommand, undoCommand } from "../editor/commands.ts";
import type { EngineConnection } from "../editor/connection.ts";
import { linkAt, removeLink, setLink } from "../editor/links.ts";
import { editorPlugins, editorProps } from "../editor/plugins.ts";
import { Session } from "../editor/session.ts";
import type { Progress, SessionOptions } from "../editor/session.ts";
import type { Rendering } from "../editor/renderings.ts";
import type { DocumentId, FromEngine, LibraryEntry, RelayState } from "../engine/port.ts";
import { readOnlyWords } from "./access/access.ts";
import { exportDocument } from "./export/export-document.ts";
import { settleMsMax } from "./limits.ts";
import { NoticeBoard } from "./notices/notice-board.ts";
import { bannerWords } from "./page/banner-words.ts";
import { blankDocument } from "./page/blank-document.ts";
import { placeId, relayOf, workspaceName } from "./places/place-words.ts";
import { Places } from "./places/places.ts";
import { Sharing } from "./sharing/sharing.ts";
import { StatusLineStore } from "./status/status-line-store.ts";
import { Store } from "./store.ts";

export type Focus = "title" | "text";
export type Page = { session: Session; progress: Progress; focus: Focus };
export type Dialog =
  | { name: "settings" }
  | { name: "link"; href: string }
  /** With the link of an invite, where somebody opened one. */
  | { name: "join"; link: string }
  | { name: "share" }
  | { name: "move" };

export type DeskOptions = {
  connection: EngineConnection;
  bridge: Bridge;
  /** Main's answer, already asked for: the engine needs it too. */
  configuration: Promise<Configuration>;
  readRendering(document: DocumentId): Promise<Rendering | null>;
  preferences: Pick<Storage, "getItem" | "setItem">;
  newClientId(): string;
};

/** Each place has a last document of its own: what another one holds is not to be opened here. */
const lastDocumentKey = ({ place }: Configuration): string =>
  place.kind === "private" ? "deckle.lastDocument" : `deckle.lastDocument.${placeKey(place)}`;
const placeKey = (place: Exclude<Place, { kind: "private" }>): string =>
  place.kind === "open" ? place.relay : place.workspace;

/** Whether there is a document whose words could be anywhere. */
const isAtHand = ({ state }: Progress): boolean => state === "open" || state === "opening";

export class Desk {
  readonly library = new Store<readonly LibraryEntry[] | null>(null);
  readonly page = new Store<Page | null>(null);
  readonly dialog = new Store<Dialog | null>(null);
  readonly activity = new Store<Activity>(new Set());
  readonly status = new StatusLineStore();
  readonly notices = new NoticeBoard();
  /** What stays on this device though the page is shared, and what to do; null where nothing does. */
  readonly banner = new Store<string | null>(null);
  readonly places: Places;
  readonly sharing: Sharing;
  #options: DeskOptions;
  /** The page's session, and those that were left and still have something to hand over. */
  #sessions = new Map<DocumentId, Session>();
  /** The document that was asked for last; an answer for any other comes too late. */
  #wanted: DocumentId | null = null;
  #creating = false;
  #relay: RelayState | null = null;
  #startImports: Promise<void> = Promise.resolve();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.sharing = new Sharing(options.bridge, () => this.#shownPlace, Date.now);
    this.places = new Places({
      bridge: options.bridge,
      settle: () => this.settle(),
      takeBack: async (workspace) => {
        const answer = await options.connection.ask({ type: "take-back", workspace });
        return answer.type === "failed" ? answer.message : null;
      },
    });
    this.places.access.subscribe(() => this.#accessChanged());
  }

  get #shownPlace(): string {
    const configuration = this.places.configuration.get();
    return configuration ? placeId(configuration.place) : "";
  }

  get view(): EditorView | null {
    return this.page.get()?.session.view ?? null;
  }

  start(): void {
    const { connection, bridge, preferences } = this.#options;
    connection.subscribe((message) => this.#receive(message));
    connection.onState((engine) =>
      this.status.update({ engineSilent: engine.state === "silent" ? engine.reason : null }),
    );
    bridge.onNotice((notice) => this.#receiveNotice(notice));
    void this.#options.configuration.then((configuration) => {
      this.places.configured(configuration);
      this.status.update({ relayUrl: relayOf(configuration.place) });
      if (configuration.relayProblem) this.notices.show(configuration.relayProblem);
      const last = preferences.getItem(lastDocumentKey(configuration));
      if (last && this.#wanted === null) void this.open(last, "text");
    });
    this.#startImports = bridge.filesToImport().then((files) => this.importFiles(files));
  }

  /** Why nothing can be written here; null where it can. */
  get readOnly(): string | null {
    return readOnlyWords(this.places.access.get());
  }

  // Documents.

  async open(document: DocumentId, focus: Focus): Promise<void> {
    this.#wanted = document;
    if (this.page.get()?.session.document === document) return;
    const rendering = this.#sessions.has(document) ? null : await this.#options.readRendering(document);
    if (this.#wanted !== document || this.page.get()?.session.document === document) return;
    // One session a document: a second one's `open` would be undone by the first one's `close`.
    this.#turnTo(this.#sessions.get(document) ?? this.#newSession(document, rendering), focus);
  }

  async newDocument(focus: Focus = "title"): Promise<void> {
    if (this.#creating || this.#isReadOnly()) return;
    this.#creating = true;
    const answer = await this.#options.connection.ask({ type: "create", title: "" });
    this.#creating = false;
    if (answer.type !== "created") {
      if (answer.type === "failed") this.notices.show(`No document was made: ${answer.message}`);
      return;
    }
    this.#wanted = answer.document;
    // Known to be empty, and so shown before the engine has opened it.
    this.#turnTo(
      this.#newSession(answer.document, { rendering: null, title: "", doc: blankDocument() }),
      focus,
    );
  }

  async pickAndImport(): Promise<void> {
    if (!this.#isReadOnly()) await this.importFiles(await this.#options.bridge.pickMarkdown());
  }

  /** Imports what could be read and says what could not; opens the last one made. */
  async importFiles(results: readonly FileResult[]): Promise<void> {
    // At the start it has to be known first where this is.
    await this.#options.configuration;
    if (results.length === 0 || this.#isReadOnly()) return;
    let last: DocumentId | null = null;
    for (const result of results) if (!result.ok) this.notices.show(result.message);
    for (const result of results) {
      if (!result.ok) continue;
      const { name, text } = result.file;
      const done = this.notices.progress(`Importing ${name}…`);
      const answer = await this.#options.connection.ask({ type: "import", name, markdown: text });
      done();
      if (answer.type === "created") last = answer.document;
      else if (answer.type === "failed") this.notices.show(`${name} was not imported: ${answer.message}`);
    }
    if (last) await this.open(last, "text");
  }

  #isReadOnly(): boolean {
    const words = this.readOnly;
    if (words !== null) this.notices.show(words);
    return words !== null;
  }

  async exportDocument(): Promise<void> {
    const session = this.page.get()?.session;
    if (!session?.state) return this.notices.show("There is no text here that could be exported.");
    const problem = await exportDocument(this.#options.bridge, session.title.value, session.state.doc);
    if (problem !== null) this.notices.show(`The document was not exported: ${problem}`);
  }

  /** @returns null once it is noted, or in words why it is not */
  async handOver(session: Session, workspace: Joined): Promise<string | null> {
    if (!(await session.settle(settleMsMax))) return "Deckle's engine has not taken everything you typed.";
    const answer = await this.#options.connection.ask({
      type: "hand-over",
      document: session.document,
      workspace: workspace.workspace,
    });
    if (answer.type === "failed") return answer.message;
    const name = workspaceName(workspace);
    const title = session.title.value.trim() || "Untitled";
    this.notices.show(`“${title}” will be shared the next time you turn to ${name}.`, {
      label: `Turn to ${name}`,
      run: () => void this.turnTo(workspace.workspace),
    });
    return null;
  }

  async turnTo(place: string): Promise<void> {
    const problem = await this.places.turnTo(place);
    if (problem !== null) this.notices.show(problem);
  }

  /** Shows who is in this workspace; elsewhere says why there is nobody. */
  share(): void {
    const kind = this.places.configuration.get()?.place.kind;
    if (kind === "workspace") {
      void this.sharing.start();
      return this.dialog.set({ name: "share" });
    }
    this.notices.show(
      kind === "open"
        ? "This relay is open: whoever reaches it reads and writes, and nobody has to be invited."
        : "Nobody else is in your private workspace. Join a workspace to write with others.",
    );
  }

  // The text.

  run(command: Command): void {
    const { view } = this;
    if (!view?.editable) return;
    command(view.state, view.dispatch, view);
    view.focus();
  }

  askForLink: Command = (state, dispatch) => {
    if (!setLink("https://deckle.invalid")(state)) return false;
    if (dispatch) this.dialog.set({ name: "link", href: linkAt(state)?.href ?? "" });
    return true;
  };

  closeLinkDialog(href: string | null | undefined): void {
    this.dialog.set(null);
    if (href === null) this.run(removeLink);
    else if (href !== undefined) this.run(setLink(href));
    else this.view?.focus();
  }

  // Handing over what was typed.

  /** Makes sure that everything typed is durable. @returns null, or in words why it is not */
  async settle(): Promise<string | null> {
    const settled = await Promise.all(
      [...this.#sessions.values()].map((session) => session.settle(settleMsMax)),
    );
    if (settled.includes(false)) return "Deckle's engine has not taken everything you typed.";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), settleMsMax);
    });
    const answer = await Promise.race([this.#options.connection.ask({ type: "flush" }), late]);
    clearTimeout(timer);
    if (answer === null) return "Deckle's engine does not say that everything is saved.";
    return answer.type === "failed" ? answer.message : null;
  }

  /** The window is being left for a moment: a good time to save. */
  flush(): void {
    if (this.page.get()) void this.#options.connection.ask({ type: "flush" });
  }

  async openLink(href: string): Promise<void> {
    const answer = await this.#options.bridge.openLink(href);
    if (!answer.ok) this.notices.show(answer.message);
  }

  // What comes in.

  #receive(message: FromEngine): void {
    if (message.type === "access") this.places.receive(message.access);
    if (message.type === "relay") {
      this.#relay = message.relay;
      this.status.update({ relay: message.relay });
      this.#tellBanner();
    }
    if (message.type === "sending") this.status.update({ sendingBytes: message.bytes });
    if (message.type !== "library") return;
    this.library.set(message.entries.toSorted((a, b) => b.createdAt - a.createdAt));
    const page = this.page.get();
    if (page) this.#progressed(page.session, page.progress);
    if (this.#wanted === null && !this.#creating) void this.#openSomething();
  }

  /** At the first start a page lies ready; later the newest document does. */
  async #openSomething(): Promise<void> {
    await this.#startImports;
    const entries = this.library.get();
    if (!entries || this.page.get() || this.#wanted !== null || this.#creating) return;
    const newest = entries[0];
    if (newest) await this.open(newest.document, "text");
    else if (this.readOnly === null) await this.newDocument("text");
  }

  #receiveNotice(notice: Notice): void {
    if (notice.type === "closing") void this.#close();
    else if (notice.type === "invited") this.dialog.set({ name: "join", link: notice.link });
    else
      switch (notice.command) {
        case "new-document":
          return void this.newDocument();
        case "import":
          return void this.pickAndImport();
        case "settings":
          return this.dialog.set({ name: "settings" });
        case "export":
          return void this.exportDocument();
        case "join":
          return this.dialog.set({ name: "join", link: "" });
        case "share":
          return this.share();
        case "undo":
        case "redo":
          return this.#undoOrRedo(notice.command);
      }
  }

  #undoOrRedo(command: "undo" | "redo"): void {
    const field = document.activeElement;
    // A field has an undo of its own; there is no other way to reach it from a menu.
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)
      document.execCommand(command);
    else this.run((command === "undo" ? undoCommand : redoCommand).run);
  }

  async #close(): Promise<void> {
    const unsaved = await this.settle();
    if (unsaved) {
      this.notices.show(`The window stays open: ${unsaved}`);
      await this.#options.bridge.keepOpen();
    } else await this.#options.bridge.readyToClose();
  }

  // Sessions.

  #newSession(documentId: DocumentId, shown: SessionOptions["shown"]): Session {
    const session = new Session({
      connection: this.#options.connection,
      document: documentId,
      clientId: this.#options.newClientId(),
      shown,
      listedTitle: this.library.get()?.find(({ document }) => document === documentId)?.title ?? "",
      mayWrite: () => this.readOnly === null,
      plugins: () =>
        editorPlugins({
          askForLink: this.askForLink,
          openLink: (href) => void this.openLink(href),
          activity: (active) => this.activity.set(active),
        }),
      viewProps: editorProps,
    });
    this.#sessions.set(documentId, session);
    session.listen({
      progress: (progress) => this.#progressed(session, progress),
      facts: (facts) => {
        if (this.page.get()?.session !== session) return this.#letGo(session);
        this.status.update(facts);
        this.#tellBanner();
      },
    });
    return session;
  }

  #turnTo(session: Session, focus: Focus): void {
    const before = this.page.get()?.session;
    const configuration = this.places.configuration.get();
    if (configuration) this.#options.preferences.setItem(lastDocumentKey(configuration), session.document);
    this.page.set({ session, progress: session.progress, focus });
    this.status.update({ document: isAtHand(session.progress), ...session.facts });
    this.#tellBanner();
    before?.unmount();
    if (before) this.#letGo(before);
  }

  #accessChanged(): void {
    for (const session of this.#sessions.values()) session.permissionChanged();
    this.#tellBanner();
  }

  #tellBanner(): void {
    const withheld = this.page.get()?.session.facts.withheld ?? null;
    this.banner.set(bannerWords({ access: this.places.access.get(), relay: this.#relay, withheld }));
  }

  /** A document that was left is closed as soon as the engine has all of it. */
  #letGo(session: Session): void {
    if (!session.settled || this.page.get()?.session === session) return;
    this.#sessions.delete(session.document);
    session.stop();
  }

  #progressed(session: Session, progress: Progress): void {
    const page = this.page.get();
    if (page?.session !== session) return;
    if (page.progress !== progress) this.page.set({ ...page, progress });
    this.status.update({ document: isAtHand(progress) });
    const isGone = progress.state === "missing" && !progress.shown;
    const isInLibrary = this.library.get()?.some((entry) => entry.document === session.document) ?? true;
    if (isGone && !isInLibrary) {
      this.page.set(null);
      this.status.update({ document: false, receiving: null });
      this.#wanted = null;
      this.#letGo(session);
      void this.#openSomething();
    }
  }
}

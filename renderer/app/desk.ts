/**
 * What the window is busy with: the library, the page that is open, the dialog that is shown. React
 * reads its stores and calls its methods; nothing of it runs while somebody types but the status.
 */
import type { Node } from "prosemirror-model";
import type { Command } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { isChosen, isPreferenceCommand } from "../../electron/commands/preferences.ts";
import type { Preference, Preferences } from "../../electron/commands/preferences.ts";
import { commandIds, commandTable, isCommandId } from "../../electron/commands/table.ts";
import type { CommandId } from "../../electron/commands/table.ts";
import type { Bridge, Configuration, FileResult, Joined, Notice, Place } from "../../electron/ipc.ts";
import { isBlobHash } from "../document/blobs.ts";
import type { Activity } from "../editor/activity.ts";
import { noSettings } from "../editor/block-settings.ts";
import type { BlockSettings } from "../editor/block-settings.ts";
import { textCommands } from "../editor/commands.ts";
import type { AskingCommandId } from "../editor/commands.ts";
import type { EngineConnection } from "../editor/connection.ts";
import type { CountsNow } from "../editor/counts.ts";
import { fileAt } from "../editor/file-commands.ts";
import { folderWords } from "../editor/images-plugin.ts";
import { imageAt, setAltText } from "../editor/image-commands.ts";
import { linkAt, removeLink, setLink } from "../editor/links.ts";
import { editorPlugins, editorProps } from "../editor/plugins.ts";
import { Session } from "../editor/session.ts";
import type { Progress, SessionOptions } from "../editor/session.ts";
import type { FootnotePlace } from "../editor/footnote-place.ts";
import type { HoveredBlock } from "../editor/hovered-block.ts";
import type { HoveredCell } from "../editor/hovered-cell.ts";
import type { LinkPlace } from "../editor/link-place.ts";
import type { SelectedPlace } from "../editor/selected-text.ts";
import { chooseFromSlash } from "../editor/slash.ts";
import type { Slash, SlashHost, SlashPlace } from "../editor/slash.ts";
import type { Rendering } from "../editor/renderings.ts";
import type { DocumentId, FromEngine, LibraryEntry, RelayState, StorageReport } from "../engine/port.ts";
import { readOnlyWords } from "./access/access.ts";
import { possibleActions, windowActions } from "./commands/actions.ts";
import { Commands } from "./commands/commands.ts";
import { foundCommands } from "./commands/found.ts";
import { Goals } from "./counts/goals.ts";
import { exportDocument } from "./export/export-document.ts";
import { Find } from "./find/find.ts";
import { Images } from "./images/images.ts";
import type { ImagesOptions } from "./images/images.ts";
import { pickFiles } from "./images/pick-files.ts";
import type { DropPoint, Dropped } from "./import/dropped-files.ts";
import { Sidebar } from "./library/sidebar.ts";
import { settleMsMax } from "./limits.ts";
import { NoticeBoard } from "./notices/notice-board.ts";
import { OutlineStore } from "./outline/outline-store.ts";
import { bannerText } from "./page/banner-words.ts";
import type { BannerText } from "./page/banner-words.ts";
import { blankDocument } from "./page/blank-document.ts";
import { focusToolbar } from "./page/focus-toolbar.ts";
import { CaretMemory } from "./page/caret-memory.ts";
import { Pasting } from "./pasting.ts";
import { placeId, relayOf, workspaceName } from "./places/place-words.ts";
import { Places } from "./places/places.ts";
import { keepLook, lastLook } from "./preferences/look.ts";
import { Restoring } from "./restore/restoring.ts";
import type { BackedUp } from "./restore/restoring.ts";
import { Sharing } from "./sharing/sharing.ts";
import { Spelling } from "./spelling/spelling.ts";
import { StatusLineStore } from "./status/status-line-store.ts";
import { Store } from "./store.ts";
import { Where } from "./where/where.ts";

export type Focus = "title" | "text";
export type Page = { session: Session; progress: Progress; focus: Focus };
export type Dialog =
  | { name: "settings" }
  | { name: "palette" }
  | { name: "shortcuts" }
  | { name: "link"; href: string }
  | { name: "alt-text"; alt: string }
  /** With the link of an invite, where somebody opened one. */
  | { name: "join"; link: string }
  | { name: "share" }
  | { name: "move" }
  | { name: "where" }
  | { name: "storage" }
  | { name: "restore" };

export type DeskOptions = {
  connection: EngineConnection;
  bridge: Bridge;
  /** Main's answer, already asked for: the engine needs it too. */
  configuration: Promise<Configuration>;
  readRendering(document: DocumentId): Promise<Rendering | null>;
  preferences: Pick<Storage, "getItem" | "setItem">;
  /** What this window alone keeps, over a reload too. */
  ofWindow: Pick<Storage, "getItem" | "setItem">;
  newClientId(): string;
  /** Whether the window has no room for anything beside the page. */
  isNarrow(): boolean;
  /** Whether it has none for the outline beside the page. */
  isTight(): boolean;
  /** What pictures need of the browser: storing and measuring. */
  pictures: Pick<ImagesOptions, "keep" | "measure">;
};

/** Each place has a last document of its own: what another one holds is not to be opened here. */
const lastDocumentKey = ({ place }: Configuration): string =>
  place.kind === "private" ? "deckle.lastDocument" : `deckle.lastDocument.${placeKey(place)}`;
const placeKey = (place: Exclude<Place, { kind: "private" }>): string =>
  place.kind === "open" ? place.relay : place.workspace;

/** What the slash menu has: what a block becomes, and then what is put into the text. */
const insertable = commandIds
  .filter((id) => commandTable[id].isInsertable)
  .toSorted(
    (a, b) => Number(commandTable[a].group === "insert") - Number(commandTable[b].group === "insert"),
  );

/** What the window before this one had to say, when it was started anew. */
const sayKey = "deckle.say";

/** Whether there is a document whose words could be anywhere. */
const isAtHand = ({ state }: Progress): boolean => state === "open" || state === "opening";

export class Desk {
  readonly library = new Store<readonly LibraryEntry[] | null>(null);
  readonly page = new Store<Page | null>(null);
  readonly dialog = new Store<Dialog | null>(null);
  /** The slash menu, while it is open. */
  readonly slash = new Store<{ readonly slash: Slash; readonly place: SlashPlace } | null>(null);
  readonly selectedPlace = new Store<SelectedPlace | null>(null);
  readonly linkPlace = new Store<LinkPlace | null>(null);
  readonly hoveredBlock = new Store<HoveredBlock | null>(null);
  readonly hoveredCell = new Store<HoveredCell | null>(null);
  readonly footnotePlace = new Store<FootnotePlace | null>(null);
  /** How it is to look and to write; main keeps them. */
  readonly preferences: Store<Preferences>;
  /** Whether a screen reader reads the window, for which all of a text has to be there. */
  readonly isRead = new Store(false);
  readonly activity = new Store<Activity>(new Set());
  readonly blockSettings = new Store<BlockSettings>(noSettings);
  readonly status = new StatusLineStore();
  readonly notices = new NoticeBoard();
  /** What is not saved, or stays on this device though the page is shared, and what to do; null where all is well. */
  readonly banner = new Store<BannerText | null>(null);
  readonly places: Places;
  readonly sharing: Sharing;
  readonly where: Where;
  readonly restoring: Restoring;
  readonly images: Images;
  readonly commands: Commands;
  readonly pasting: Pasting;
  readonly find: Find;
  readonly spelling: Spelling;
  readonly sidebar: Sidebar;
  readonly outline: OutlineStore;
  /** Of the page; null where no text is shown. */
  readonly counts = new Store<CountsNow | null>(null);
  readonly goals: Goals;
  /** What the panel of counts and goals was opened for. */
  readonly countsPanel = new Store<"counts" | "goal" | null>(null);
  #options: DeskOptions;
  #caret: CaretMemory;
  /** The page's session, and those that were left and still have something to hand over. */
  #sessions = new Map<DocumentId, Session>();
  /** The document that was asked for last; an answer for any other comes too late. */
  #wanted: DocumentId | null = null;
  /** For whom a document is being made: a person who asked for one, or a library that has none. */
  #creating: "person" | "library" | null = null;
  #relay: RelayState | null = null;
  #startImports: Promise<void> = Promise.resolve();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#caret = new CaretMemory(options.ofWindow);
    this.preferences = new Store(lastLook(options.preferences));
    this.preferences.subscribe(() => keepLook(options.preferences, this.preferences.get()));
    this.sidebar = new Sidebar(options.preferences, () => options.isNarrow());
    this.find = new Find(() => this.view);
    this.outline = new OutlineStore({ ...options, view: () => this.view });
    this.goals = new Goals({ storage: options.preferences, now: () => new Date() });
    this.pasting = new Pasting((isPlain) => options.bridge.paste(isPlain));
    this.spelling = new Spelling({
      bridge: options.bridge,
      view: () => this.view,
      tell: (words) => this.notices.show(words),
    });
    this.commands = new Commands({
      view: () => this.view,
      asking: this.#asking,
      actions: windowActions(this),
      isOn: (id) =>
        isPreferenceCommand(id) ? isChosen(id, this.preferences.get()) : this.activity.get().has(id),
      isPossible: possibleActions(this),
    });
    this.sharing = new Sharing(options.bridge, () => this.#shownPlace, Date.now);
    this.where = new Where(options.connection);
    this.restoring = new Restoring({
      ...options,
      settle: () => this.settle(),
      sayAfterRestart: (words) => options.preferences.setItem(sayKey, words),
    });
    this.images = new Images({
      ...options.pictures,
      tell: (words) => this.notices.show(words),
      hasRelay: () => this.#hasRelay,
      askForAltText: () => this.commands.run("alt-text"),
      whereIs: async (sha256) => (await options.bridge.blobStates([sha256]))[0]?.here ?? "missing",
      saveFile: (file) => void this.#saveFile(file),
      settled: (target) => target instanceof Session && this.#letGo(target),
    });
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

  get #hasRelay(): boolean {
    const configuration = this.places.configuration.get();
    return configuration !== null && relayOf(configuration.place) !== null;
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
    window.addEventListener("contextmenu", (event) => this.spelling.menuOpens(event));
    bridge.onNotice((notice) => this.#receiveNotice(notice));
    const said = preferences.getItem(sayKey);
    if (said) this.notices.show(said);
    preferences.setItem(sayKey, "");
    void this.#options.configuration.then((configuration) => {
      this.places.configured(configuration);
      this.commands.setOwnShortcuts(configuration.shortcuts);
      this.preferences.set(configuration.preferences);
      this.isRead.set(configuration.isRead);
      this.status.update({ relayUrl: relayOf(configuration.place) });
      if (configuration.relayProblem) this.notices.show(configuration.relayProblem);
      const last = preferences.getItem(lastDocumentKey(configuration));
      if (last && this.#wanted === null) void this.open(last, "text");
    });
    this.goals.start(window);
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

  /** A second press while the first is under way is a double click. */
  async newDocument(): Promise<void> {
    if (this.#creating !== "person" && !this.#isReadOnly()) await this.#create("person", "title");
  }

  async #create(by: "person" | "library", focus: Focus): Promise<void> {
    this.#creating = by;
    const answer = await this.#options.connection.ask({ type: "create", title: "" });
    const isOvertaken = this.#creating !== by;
    if (!isOvertaken) this.#creating = null;
    if (answer.type !== "created") {
      if (answer.type === "failed") this.notices.show(`No document was made: ${answer.message}`);
      return;
    }
    // Meanwhile a person has asked for one, or gone elsewhere.
    if (isOvertaken || (by === "library" && this.#wanted !== null)) return;
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

  /** Commands that ask a person for something first. */
  readonly #asking: Readonly<Record<AskingCommandId, Command>> = {
    link: (state, dispatch) => {
      if (!setLink("https://deckle.invalid")(state)) return false;
      if (dispatch) this.dialog.set({ name: "link", href: linkAt(state)?.href ?? "" });
      return true;
    },
    image: (_, dispatch) => {
      const session = this.page.get()?.session;
      if (!session) return false;
      // What others write meanwhile moves the caret along, and so the place.
      if (dispatch) pickFiles("images", (files) => this.images.addFiles(session, files, null));
      return true;
    },
    file: (_, dispatch) => {
      const session = this.page.get()?.session;
      if (!session) return false;
      if (dispatch) pickFiles("files", (files) => this.images.addAttachments(session, files, null));
      return true;
    },
    "save-file": (state, dispatch) => {
      const file = fileAt(state);
      if (!file) return false;
      if (dispatch) void this.#saveFile(file);
      return true;
    },
    "open-link": (state, dispatch) => {
      const link = linkAt(state);
      if (!link) return false;
      if (dispatch) void this.openLink(link.href);
      return true;
    },
    "alt-text": (state, dispatch) => {
      const at = imageAt(state);
      if (!at) return false;
      if (dispatch) this.dialog.set({ name: "alt-text", alt: at.node.attrs["alt"] as string });
      return true;
    },
  };

  readonly #slashHost: SlashHost = {
    find: (query) => foundCommands(query, insertable),
    command: (id) => (isCommandId(id) && !this.#isAsking(id) ? this.commands.textCommand(id) : undefined),
    choose: (id) => {
      if (isCommandId(id)) this.commands.run(id);
    },
    show: (slash, place) => this.slash.set({ slash, place }),
    hide: () => this.slash.set(null),
  };

  #isAsking(id: CommandId): boolean {
    return Object.hasOwn(this.#asking, id);
  }

  chooseFromSlash(id: CommandId): void {
    const { view } = this;
    if (view) chooseFromSlash(view, id, this.#slashHost);
  }

  /** Main asks where to, and writes it. */
  async #saveFile({ attrs }: Node): Promise<void> {
    const { hash, name } = attrs as { hash: string; name: string };
    if (!isBlobHash(hash)) return this.notices.show("Nothing was saved: this file was never kept anywhere.");
    const saved = await this.#options.bridge.saveFile({ sha256: hash, name });
    if (!saved.ok) this.notices.show(saved.message);
  }

  closeAltTextDialog(alt: string | undefined): void {
    this.dialog.set(null);
    if (alt !== undefined) this.run(setAltText(alt));
    else this.view?.focus();
  }

  /** Pictures and files from outside go where they were dropped; beside the text, where the caret is. */
  drop({ pictures, files, folders }: Dropped, at: DropPoint): void {
    const session = this.page.get()?.session;
    // The editor showed where they would go, and hears of no drop.
    session?.view?.dom.dispatchEvent(new DragEvent("dragend"));
    for (const name of folders) this.notices.show(folderWords(name));
    if (pictures.length + files.length === 0) return;
    if (!session || this.#isReadOnly()) {
      if (files.length > 0) this.notices.show("Nothing was added: nothing can be written here now.");
      return;
    }
    const { view } = session;
    const under = document.elementFromPoint(at.left, at.top);
    const isInText = view !== null && under !== null && view.dom.contains(under);
    const place = isInText ? (view.posAtCoords(at)?.pos ?? null) : null;
    this.images.addFiles(session, pictures, place);
    this.images.addAttachments(session, files, place);
    view?.focus();
  }

  closeLinkDialog(href: string | null | undefined): void {
    this.dialog.set(null);
    if (href === null) this.run(removeLink);
    else if (href !== undefined) this.run(setLink(href));
    else this.view?.focus();
  }

  // What is stored.

  /** @returns what was found, or in words why nothing was checked */
  async checkStorage(): Promise<StorageReport | string> {
    const answer = await this.#options.connection.ask({ type: "check-storage" });
    if (answer.type === "storage-checked") return answer.report;
    return answer.type === "failed" ? answer.message : "The engine answered something else.";
  }

  async showFolder(which: "copy" | "backups"): Promise<void> {
    const answer = await this.#options.bridge.showFolder(which);
    if (!answer.ok) this.notices.show(answer.message);
  }

  async openCopyFromBackup(backup: string, backedUp: BackedUp): Promise<void> {
    const made = await this.restoring.copyOf(backup, backedUp);
    if (made === null) return;
    this.dialog.set(null);
    await this.open(made, "text");
  }

  mirrorState(): ReturnType<Bridge["mirrorState"]> {
    return this.#options.bridge.mirrorState();
  }

  /** Asks for the folder of the readable copy, or keeps none any more. @returns null, or in words why not */
  async setMirror(isWanted: boolean): Promise<string | null> {
    const { bridge, connection } = this.#options;
    const answer = isWanted ? await bridge.chooseMirror() : await bridge.stopMirror();
    if (!answer.ok) return answer.message;
    const folder = "folder" in answer && typeof answer.folder === "string" ? answer.folder : null;
    const configuration = this.places.configuration.get();
    if (!configuration || (isWanted && folder === null)) return null;
    this.places.configuration.set({ ...configuration, mirror: folder });
    connection.send({ type: "mirror-changed" });
    return null;
  }

  // Handing over what was typed.

  /** Makes sure that everything typed is durable. @returns null, or in words why it is not */
  async settle(): Promise<string | null> {
    await this.#picturesSettled();
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

  /** Pictures that are being stored are in their text by then, or are given up. */
  async #picturesSettled(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, settleMsMax);
    });
    await Promise.race([this.images.settle(), late]);
    clearTimeout(timer);
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
      if (message.relay.state === "connected" && this.#relay?.state !== "connected")
        void this.#options.bridge.relayReached();
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
    else if (this.readOnly === null) await this.#create("library", "text");
  }

  #receiveNotice(notice: Notice): void {
    if (notice.type === "closing") void this.#close();
    else if (notice.type === "blob") this.images.arrivals.arrived(notice.sha256);
    else if (notice.type === "invited") this.dialog.set({ name: "join", link: notice.link });
    else if (notice.type === "said") this.notices.show(notice.words);
    else if (notice.type === "preferences") this.#preferred(notice.preferences);
    else if (notice.type === "shortcuts") this.commands.setOwnShortcuts(notice.shortcuts);
    else if (notice.type === "respell") this.spelling.respell(notice.word, notice.by);
    else if (notice.type === "read") this.isRead.set(notice.isRead);
    else if (notice.type === "spelling-changed") this.spelling.changed();
    else if (this.commands.isPossible(notice.command)) this.commands.run(notice.command);
  }

  /** Escape in the text: what lies over it goes, else the focus does, for Tab may be the text's own. */
  #leaveText(): boolean {
    if (this.find.shown.get() === null) return focusToolbar(document);
    this.find.close();
    return true;
  }

  undoOrRedo(command: "undo" | "redo"): void {
    const field = document.activeElement;
    // A field has an undo of its own; there is no other way to reach it from a menu.
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)
      document.execCommand(command);
    else this.run(textCommands[command].run);
  }

  /** All windows are told once it is kept. */
  async prefer([name, value]: Preference): Promise<void> {
    const answer = await this.#options.bridge.setPreference(name, value);
    if (!answer.ok) this.notices.show(answer.message);
  }

  #preferred(preferences: Preferences): void {
    this.preferences.set(preferences);
    const { view } = this;
    // What is marked in the text follows from them as well.
    if (view) view.dispatch(view.state.tr.setMeta("addToHistory", false));
  }

  /** @returns null once it is kept, or in words why it is not; all windows are told then */
  async setShortcut(command: CommandId, keys: readonly string[] | null): Promise<string | null> {
    const answer = await this.#options.bridge.setShortcut(command, keys === null ? null : [...keys]);
    return answer.ok ? null : answer.message;
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
      plugins: () => [
        this.#caret.plugin(documentId),
        ...editorPlugins({
          keys: this.commands.shortcuts.get,
          asking: this.#asking,
          leave: () => this.#leaveText(),
          images: this.images.hostFor(() => session),
          openLink: (href) => void this.openLink(href),
          activity: (active) => this.activity.set(active),
          blockSettings: (settings) => this.blockSettings.set(settings),
          slash: this.#slashHost,
          focusMode: () => this.preferences.get().focus,
          isTypewriter: () => this.preferences.get().typewriter === "on",
          pasting: this.pasting,
          isRead: this.isRead,
          isTypographic: () => this.preferences.get().typography === "on",
          found: (tally) => this.find.tally.set(tally),
          spelling: this.spelling.host,
          selected: (place) => this.selectedPlace.set(place),
          link: (place) => this.linkPlace.set(place),
          hovered: (block) => this.hoveredBlock.set(block),
          hoveredCell: (cell) => this.hoveredCell.set(cell),
          footnote: (place) => this.footnotePlace.set(place),
          counting: {
            counts: (now) => this.#counted(session, now),
            wrote: (words, origin) => this.goals.wrote(words, origin),
          },
          outline: {
            outline: (now) => this.page.get()?.session === session && this.outline.now.set(now),
            wanted: this.outline.shown,
          },
        }),
      ],
      viewProps: editorProps,
    });
    this.#sessions.set(documentId, session);
    this.#restoreCaret(session);
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

  #restoreCaret(session: Session): void {
    const tr = session.state && this.#caret.restore(session.document, session.state);
    if (tr) session.dispatch(tr.scrollIntoView());
    if (session.progress.state === "open") this.#caret.forget();
  }

  #turnTo(session: Session, focus: Focus): void {
    const before = this.page.get()?.session;
    const configuration = this.places.configuration.get();
    if (configuration) this.#options.preferences.setItem(lastDocumentKey(configuration), session.document);
    this.counts.set(null);
    this.outline.clear();
    this.goals.opened(session.document);
    this.page.set({ session, progress: session.progress, focus });
    this.status.update({ document: isAtHand(session.progress), ...session.facts });
    this.#tellBanner();
    before?.unmount();
    if (before) this.#letGo(before);
  }

  #counted(session: Session, now: CountsNow): void {
    if (this.page.get()?.session !== session) return;
    this.counts.set(now);
    if (now.state === "counted") this.goals.counted(now.document.words);
  }

  #accessChanged(): void {
    for (const session of this.#sessions.values()) session.permissionChanged();
    this.#tellBanner();
  }

  #tellBanner(): void {
    const facts = this.page.get()?.session.facts;
    const text = bannerText({
      access: this.places.access.get(),
      relay: this.#relay,
      withheld: facts?.withheld ?? null,
      here: facts?.here ?? null,
      copy: facts?.copy ?? null,
      isBehind: facts ? facts.pending || facts.isOld : false,
    });
    if (text?.words !== this.banner.get()?.words) this.banner.set(text);
  }

  /** A document that was left is closed as soon as all of it is on the disk. */
  #letGo(session: Session): void {
    if (!session.isSafe || this.images.isBusy(session) || this.page.get()?.session === session) return;
    this.#sessions.delete(session.document);
    session.stop();
  }

  #progressed(session: Session, progress: Progress): void {
    const page = this.page.get();
    if (page?.session !== session) return;
    if (page.progress !== progress) this.page.set({ ...page, progress });
    if (progress.state === "open") this.#restoreCaret(session);
    this.status.update({ document: isAtHand(progress) });
    const isGone = progress.state === "missing" && !progress.shown;
    const isInLibrary = this.library.get()?.some((entry) => entry.document === session.document) ?? true;
    if (isGone && !isInLibrary) {
      this.page.set(null);
      this.counts.set(null);
      this.status.update({ document: false, receiving: null });
      this.#wanted = null;
      this.#letGo(session);
      void this.#openSomething();
    }
  }
}

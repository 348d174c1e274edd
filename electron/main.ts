/**
 * The main process: puts its parts together and nothing else. One profile a process; its folder holds
 * its settings, the key of this device and, in Chromium's storage, its documents.
 */
import { app, nativeTheme, safeStorage, session, shell } from "electron";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isPreference, preferencesWith, type Preferences } from "./commands/preferences.ts";
import {
  keyProblem,
  ownShortcutsAfter,
  shortcutsWith,
  usableShortcuts,
  type OwnShortcuts,
} from "./commands/shortcuts.ts";
import { AccessClient } from "./host/access-client.ts";
import { BackupCalls } from "./host/backup/calls.ts";
import { Backups } from "./host/backup/backups.ts";
import { BackupSchedule } from "./host/backup/schedule.ts";
import { Blobs } from "./host/blobs/blobs.ts";
import { blobHandlers } from "./host/blobs/check.ts";
import { Caller } from "./host/caller.ts";
import { ContextMenu } from "./host/context-menu.ts";
import { DeviceKeys } from "./host/device-key.ts";
import { askWhereToSave, exportText, pickFolder, pickMarkdown } from "./host/dialogs.ts";
import { reasonOf } from "./host/durable.ts";
import { readMarkdown } from "./host/files.ts";
import { guardContents, guardSession } from "./host/guard.ts";
import { Invitations } from "./host/invitations.ts";
import { answerCalls, sendNotice } from "./host/ipc.ts";
import { Joining } from "./host/joining.ts";
import { KeptDocuments } from "./host/keep/kept-documents.ts";
import { copyHandlers, keepRoutes } from "./host/keep/routes.ts";
import { Values } from "./host/keep/values.ts";
import { Membership } from "./host/membership.ts";
import { installMenu } from "./host/menu.ts";
import { Mirror } from "./host/mirror/mirror.ts";
import { mirrorHandlers } from "./host/mirror/routes.ts";
import { setOpenRelay } from "./host/open-relay.ts";
import { Places } from "./host/places.ts";
import { saveFile } from "./host/save-file.ts";
import { relayFetch } from "./host/relay-fetch.ts";
import { readManifest, registerScheme, serveScheme } from "./host/scheme.ts";
import { parseSettings } from "./host/settings.ts";
import { englishOf } from "./host/spelling/dictionaries.ts";
import { OwnWords } from "./host/spelling/own-words.ts";
import { Spelling } from "./host/spelling/spelling.ts";
import { systemVault } from "./host/vault.ts";
import { saveScreenshot } from "./host/window.ts";
import { Windows } from "./host/windows.ts";
import type { Failure } from "./ipc.ts";
import { parseArguments, type Arguments } from "./policy/arguments.ts";
import { diskWords } from "./policy/disk-words.ts";
import { inviteScheme } from "./policy/invitation.ts";
import {
  backupEveryMs,
  backupFirstAfterMs,
  backupLimits,
  garbageEveryMs,
  garbageFirstAfterMs,
} from "./policy/limits.ts";
import { openableLink } from "./policy/links.ts";

const firstSize = { width: 1200, height: 820 } as const;

async function run(
  { profile, relay, imports, screenshot }: Arguments,
  invitations: Invitations,
  backupFolder: string,
): Promise<void> {
  const appFolder = app.getAppPath();
  const devTools = !app.isPackaged;
  const inProfile = (name: string): string => join(app.getPath("userData"), name);
  const windows = new Windows(
    () => ({
      preload: join(appFolder, "electron", "preload.cjs"),
      devTools,
      size: places.settings.window ?? firstSize,
      onResized: (size) => void places.save({ window: size }),
    }),
    (browser) => contextMenu.attach(browser),
  );
  const [places, manifest] = await Promise.all([
    Places.open({
      file: inProfile("settings.json"),
      relayArgument: relay,
      onTurned: () => {
        windows.restartSoon();
        blobs.turned();
      },
    }),
    readManifest(appFolder),
  ]);
  const preferences = (): Preferences => preferencesWith(places.settings.preferences ?? {});
  nativeTheme.themeSource = preferences().theme;
  const ownShortcuts = (): OwnShortcuts => usableShortcuts(places.settings.shortcuts ?? {});
  const { relayProblem } = places.configuration;
  if (relayProblem !== null) console.error(relayProblem);
  let waitingImports = imports;
  let quitting = false;

  const documents = new KeptDocuments(inProfile("copy"));
  const values = new Values(join(documents.folder, "values"));
  const blobFolder = inProfile("blobs");
  // Asked before anything of it is made.
  const isNewProfile = [documents.folder, blobFolder, inProfile("IndexedDB")].every(
    (each) => !existsSync(each),
  );
  const backups = new Backups({
    folder: backupFolder,
    documents,
    values,
    blobs: blobFolder,
    names: () => blobs.names(),
    settings: () => ({ ...places.settings, window: undefined }),
    nowMs: Date.now,
    limits: backupLimits,
  });
  const backupCalls = new BackupCalls({
    backups,
    documents,
    values,
    blobs: blobFolder,
    restoreNames: (names, among) => blobs.restore(names, among),
    restored: async (settings) => {
      const known = parseSettings(settings);
      const taken = known ? await places.restore(known) : ({ ok: true } as const);
      if (taken.ok) windows.restartSoon();
      return taken;
    },
    showFolder: (folder) => shell.openPath(folder),
  });
  const mirror = new Mirror({
    folder: () => places.settings.mirror ?? null,
    blobs: blobFolder,
    say: (words) => windows.say(words),
  });
  const keys = new DeviceKeys(inProfile("device-key.json"), systemVault(safeStorage));
  const client = new AccessClient({ fetch: relayFetch() });
  const caller = new Caller(client, keys);
  const blobs = await Blobs.open({
    folder: blobFolder,
    isNewProfile,
    places,
    caller,
    fetch: relayFetch(),
    onCame: (sha256) => windows.tell({ type: "blob", sha256 }),
  });

  const spelling = new Spelling({
    script: join(appFolder, "electron", "spelling-thread.cjs"),
    dictionariesOfApp: join(appFolder, "electron", "dictionaries"),
    dictionariesOfProfile: inProfile("dictionaries"),
    ownWords: await OwnWords.open(inProfile("dictionary.txt")),
    choice: () => places.settings.spelling ?? { isOn: true, languages: [englishOf(app.getLocale())] },
    choose: (choice) => places.save({ spelling: { ...choice, languages: [...choice.languages] } }),
    changed: () => windows.tell({ type: "spelling-changed" }),
    showFolder: (folder) => shell.openPath(folder),
  });

  await app.whenReady();
  guardSession(session.defaultSession, () => places.relay);
  serveScheme(session.defaultSession, {
    appFolder,
    manifest,
    relayOrigin: () => places.relay?.origin ?? null,
    keep: keepRoutes(
      copyHandlers({ documents, values, backups }),
      mirrorHandlers(mirror),
      blobHandlers(blobs),
    ),
    blobs: (request) => blobs.answer(request),
  });
  const showMenu = (): void =>
    installMenu({ devTools, shortcuts: shortcutsWith(ownShortcuts()), preferences: preferences() });
  showMenu();
  const openLink = async (text: string): Promise<{ ok: true } | Failure> => {
    const link = openableLink(text);
    if (!link.ok) return link;
    try {
      await shell.openExternal(link.url);
      return { ok: true };
    } catch {
      return {
        ok: false,
        code: "no-program",
        message: "No program opens this link. Copy it, and paste it where you want to open it.",
      };
    }
  };
  const contextMenu = new ContextMenu({
    spelling,
    openLink: (url) =>
      void openLink(url).then((answer) => {
        if (!answer.ok) windows.say(answer.message);
      }),
  });
  const joining = new Joining({ places, keys, client, caller });
  const membership = new Membership(places, caller);

  answerCalls({
    configuration: async (window) => {
      const link = invitations.waiting;
      places.arrived();
      // Whoever asks this has just started, and listens by the time that it has the answer.
      if (link !== null) setImmediate(() => sendNotice(window, { type: "invited", link }));
      return {
        profile,
        ...places.configuration,
        mirror: places.settings.mirror ?? null,
        shortcuts: ownShortcuts(),
        preferences: preferences(),
        isRead: app.accessibilitySupportEnabled,
        device: await keys.device(),
        version: app.getVersion(),
        standIn: existsSync(join(process.resourcesPath, "stand-in")),
      };
    },
    pickMarkdown,
    filesToImport: () => {
      const files = waitingImports;
      waitingImports = [];
      return Promise.all(files.map(readMarkdown));
    },
    paste: (window, isPlain) => {
      if (isPlain) window.webContents.pasteAndMatchStyle();
      else window.webContents.paste();
      return null;
    },
    openLink: (_, text) => openLink(text),
    setRelay: (_, text) => setOpenRelay({ places, client }, text),
    readInvite: (_, link) => {
      invitations.wasRead(link);
      return joining.readInvite(link);
    },
    acceptInvite: (_, wanted) => joining.accept(wanted),
    turnTo: (_, current) => places.turnTo(current),
    forgetWorkspace: (_, workspace) => places.forget(workspace),
    noteRole: async (_, workspace, role) => {
      await places.noteRole(workspace, role);
      blobs.wake();
      return null;
    },
    ticket: (_, workspace) => membership.ticket(workspace),
    people: (_, workspace) => membership.people(workspace),
    invite: (_, workspace, wanted) => membership.invite(workspace, wanted),
    manage: (_, workspace, wanted) => membership.manage(workspace, wanted),
    exportText,
    saveFile: (window, file) =>
      saveFile({ read: (hash) => blobs.read(hash), ask: (name) => askWhereToSave(window, name) }, file),
    backups: () => backupCalls.backups(),
    backUpNow: () => backupCalls.backUpNow(),
    backupDocuments: (_, name) => backupCalls.backupDocuments(name),
    restoreBackup: (_, name) => backupCalls.restoreBackup(name),
    storageFolders: () => backupCalls.storageFolders(),
    showFolder: (_, which) => backupCalls.showFolder(which),
    chooseMirror: async (window) => {
      const folder = await pickFolder(window, "Keep a Readable Copy In");
      if (folder === null) return { ok: true, folder };
      const saved = await places.save({ mirror: folder });
      return saved.ok ? { ok: true, folder } : saved;
    },
    stopMirror: () => places.save({ mirror: undefined }),
    mirrorState: () => mirror.state(),
    blobStates: (_, wanted) => blobs.states(wanted),
    setShortcut: async (_, command, keys) => {
      const problem = keys?.map(keyProblem).find((words) => words !== null);
      if (problem !== undefined) return { ok: false, code: "key-refused", message: problem };
      const saved = await places.save((kept) => ({
        shortcuts: ownShortcutsAfter(usableShortcuts(kept.shortcuts ?? {}), command, keys),
      }));
      if (!saved.ok) return saved;
      showMenu();
      windows.tell({ type: "shortcuts", shortcuts: ownShortcuts() });
      return saved;
    },
    setPreference: async (_, name, value) => {
      if (!isPreference(name, value))
        return { ok: false, code: "no-choice", message: "There is no such choice. Choose another one." };
      const saved = await places.save((kept) => ({
        preferences: { ...preferencesWith(kept.preferences ?? {}), [name]: value },
      }));
      if (!saved.ok) return saved;
      nativeTheme.themeSource = preferences().theme;
      showMenu();
      windows.tell({ type: "preferences", preferences: preferences() });
      return saved;
    },
    spelling: () => spelling.state(),
    setSpelling: (_, choice) => spelling.choose(choice),
    checkWords: async (_, words) => [...(await spelling.check(words))],
    setOwnWord: (_, word, isOwn) => (isOwn ? spelling.add(word) : spelling.remove(word)),
    showDictionaries: () => spelling.showFolder(),
    menuWord: (window, word) => {
      contextMenu.wordIs(window, word);
      return null;
    },
    spellingMenu: async (window, word, at) => {
      await contextMenu.openSpelling(window, word, at);
      return null;
    },
    relayReached: () => {
      blobs.turned();
      return null;
    },
    readyToClose: (window) => {
      windows.of(window)?.readyToClose();
      return null;
    },
    keepOpen: async (window) => {
      windows.of(window)?.keepOpen();
      quitting = false;
      await places.stay();
      blobs.turned();
      return null;
    },
  });

  new BackupSchedule({
    backups,
    nowMs: Date.now,
    after: (ms, call) => {
      const timer = setTimeout(call, ms);
      return { cancel: () => clearTimeout(timer) };
    },
    firstAfterMs: backupFirstAfterMs,
    everyMs: backupEveryMs,
    failed: (error) => console.error(`The backup was not made: ${diskWords(reasonOf(error))}.`),
  }).start();

  const collect = (): void =>
    void blobs
      .collect()
      .catch((error: unknown) =>
        console.error(`Images that nothing needs were not removed: ${diskWords(reasonOf(error))}.`),
      );
  setTimeout(() => {
    collect();
    setInterval(collect, garbageEveryMs);
  }, garbageFirstAfterMs);

  app.on("before-quit", () => (quitting = true));
  app.on("will-quit", () => {
    blobs.stop();
    spelling.stop();
    void mirror.stop();
  });
  app.on("window-all-closed", () => {
    // A window that flushes first has held up the quit that it closes for.
    if (quitting || process.platform !== "darwin") app.quit();
  });
  app.on("accessibility-support-changed", (_, isRead) => windows.tell({ type: "read", isRead }));
  app.on("activate", () => {
    if (windows.count === 0) windows.open();
  });
  const first = windows.open();
  blobs.turned();
  const comeForward = (): void => windows.bringForward(invitations.waiting);
  app.on("second-instance", comeForward);
  app.on("open-url", comeForward);
  if (screenshot !== null) {
    await saveScreenshot(first.browser, screenshot);
    console.log(`screenshot ${screenshot}`);
  }
}

function refuseToStart(message: string, code: number): never {
  console.error(message);
  app.exit(code);
  process.exit(code);
}

const parsed = parseArguments(process.argv.slice(1));
if (!parsed.ok) refuseToStart(parsed.message, 2);
// As root Chromium has no sandbox and says so with this switch; both together leave no process running.
if (!app.commandLine.hasSwitch("no-sandbox")) app.enableSandbox();
registerScheme();
guardContents();
const base = process.env["DECKLE_DATA"] ?? join(app.getPath("appData"), "Deckle");
app.setPath("userData", join(base, "profiles", parsed.value.profile));
if (!app.requestSingleInstanceLock()) {
  refuseToStart(
    `Deckle already runs with the profile "${parsed.value.profile}"; its window was brought forward.`,
    0,
  );
}
// Links: the system starts us with one, starts us again, or tells us (macOS), perhaps before we are ready.
const invitations = new Invitations();
if (parsed.value.invite !== null) invitations.take([parsed.value.invite]);
app.on("second-instance", (_, words) => invitations.take(words));
app.on("open-url", (event, url) => {
  event.preventDefault();
  invitations.take([url]);
});
// From a working copy it would be Electron that is started, without us. What follows the -- is no switch.
if (app.isPackaged) app.setAsDefaultProtocolClient(inviteScheme, process.execPath, ["--"]);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => app.quit());
run(parsed.value, invitations, join(base, "backups", parsed.value.profile)).catch((error: unknown) => {
  console.error("Deckle could not start:", error);
  app.exit(1);
});

/**
 * The contract between a window and the main process. The only file that both may import.
 *
 * Every call a window can make is one entry of `calls`: a channel, the schema of its arguments, the
 * schema of its answer. Main parses the arguments before it acts; preload exposes nothing else.
 * Expected failures are values (`Failure`), never rejections: a rejection is a bug.
 */
import { z } from "zod";
import { preferenceChoices, preferenceNames } from "./commands/preferences.ts";
import { commandIds } from "./commands/table.ts";
import { shortcutCharsMax, shortcutKeysMax } from "./commands/shortcuts.ts";
import { sha256 } from "./keep.ts";
import { roles, shares } from "../relay/protocol/roles.ts";

/** What a person reads when something did not work: what happened, and what to do now. */
export const failure = z.object({ ok: z.literal(false), code: z.string(), message: z.string() });
export type Failure = z.infer<typeof failure>;

const shortcutKeys = z.array(z.string().min(1).max(shortcutCharsMax)).max(shortcutKeysMax);
/** The keys that a person chose, by command. */
export const ownShortcuts = z.partialRecord(z.enum(commandIds), shortcutKeys);

const { theme, contrast, font, textSize, width, focus, typewriter, typography } = preferenceChoices;
export const preferences = z.object({
  theme: z.enum(theme),
  contrast: z.enum(contrast),
  font: z.enum(font),
  textSize: z.enum(textSize),
  width: z.enum(width),
  focus: z.enum(focus),
  typewriter: z.enum(typewriter),
  typography: z.enum(typography),
});

/** A workspace that this device has joined. */
export const joined = z.object({
  /** The workspace's document id. */
  workspace: z.string(),
  /** URL of its relay. */
  relay: z.string(),
  name: z.string(),
  /** As the relay last said. */
  role: z.enum(roles),
});
export type Joined = z.infer<typeof joined>;

/**
 * Where this profile is: its private workspace, which is on this device only and always there; a relay that
 * is open to everybody; or a workspace that it has joined.
 */
export const place = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("private") }),
  z.object({ kind: z.literal("open"), relay: z.string() }),
  z.object({ kind: z.literal("workspace"), ...joined.shape }),
]);
export type Place = z.infer<typeof place>;

/** Why the app runs as it does; the window shows what matters of it. */
export const configuration = z.object({
  profile: z.string(),
  place,
  /** All that it can turn to beside the private one and the open relay, in the order of joining. */
  workspaces: z.array(joined),
  /** The open relay of this profile, whether it is there now or not. */
  openRelay: z.string().nullable(),
  /** What the actors of this device's changes begin with: 16 hex digits; null before it has a key. */
  device: z.string().nullable(),
  /** The folder of the readable copy: each document as a Markdown file. Null where none is kept. */
  mirror: z.string().nullable(),
  /** Keys that the person chose; what is not here has the registry's. */
  shortcuts: ownShortcuts,
  preferences,
  /** Something reads the window aloud, or otherwise asks what is in it. */
  isRead: z.boolean(),
  /** A relay setting that is not a usable URL, with the words to show. */
  relayProblem: z.string().nullable(),
  version: z.string(),
  /** True where the Electron is the test stand-in: shown in the window, never in a release. */
  standIn: z.boolean(),
});
export type Configuration = z.infer<typeof configuration>;

/** A text file as read from disk: decoded, within the size limit. */
const textFile = z.object({ name: z.string(), text: z.string() });

/** One file that was asked for: its text, or why it could not be read. */
export const fileResult = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), file: textFile }),
  failure,
]);
export type FileResult = z.infer<typeof fileResult>;

/**
 * Who is in the workspace, as far as this device may know. Times are milliseconds since the epoch, of the
 * relay's clock.
 */
export const people = z.object({
  name: z.string(),
  you: z.object({ member: z.string(), device: z.string(), role: z.enum(roles) }),
  members: z.array(
    z.object({ id: z.string(), name: z.string(), role: z.enum(roles), endedMs: z.number().optional() }),
  ),
  devices: z.array(
    z.object({
      id: z.string(),
      member: z.string(),
      name: z.string(),
      sinceMs: z.number(),
      endedMs: z.number().optional(),
    }),
  ),
  invites: z.array(
    z.object({
      id: z.string(),
      role: z.enum(roles),
      member: z.string().optional(),
      usesLeft: z.number(),
      expiresMs: z.number(),
    }),
  ),
  narrowings: z.array(
    z.object({ documentId: z.string(), member: z.string().optional(), share: z.enum(shares) }),
  ),
});
export type People = z.infer<typeof people>;

/** SHA-256 of an image or a file. */
export const blobState = z.object({
  here: z.enum(["here", "coming", "missing"]),
  relay: z.enum(["on-relay", "waiting"]).nullable(),
});
export type BlobState = z.infer<typeof blobState>;

/** Longer ones are no words that a dictionary has. */
const spelledWord = z.string().min(1).max(64);

/** How words are checked, and with what. */
export const spellingState = z.object({
  isOn: z.boolean(),
  dictionaries: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      isChosen: z.boolean(),
      /** In words, where it was chosen and cannot be used. */
      problem: z.string().nullable(),
    }),
  ),
  /** The person's own, in order. */
  words: z.array(z.string()),
  /** Where they may put dictionaries. */
  folder: z.string(),
});
export type SpellingState = z.infer<typeof spellingState>;

/**
 * The workspace that a window shows, as the configuration said that it started with. Main turns before its
 * windows do: what a window still asks meanwhile is not about the place that main is at, and is refused as
 * `not-in-workspace`.
 */
const shownWorkspace = z.string().max(64);

export const calls = {
  configuration: { channel: "deckle:configuration", args: z.tuple([]), answer: configuration },
  /** Shows the open dialog; an empty list means that the person cancelled. */
  pickMarkdown: { channel: "deckle:pick-markdown", args: z.tuple([]), answer: z.array(fileResult) },
  /** Files named on the command line (`--import FILE`), each handed out once. */
  filesToImport: { channel: "deckle:files-to-import", args: z.tuple([]), answer: z.array(fileResult) },
  /** Opens an https or mailto link in the person's browser; anything else is refused. */
  openLink: {
    channel: "deckle:open-link",
    args: z.tuple([z.string().max(8192)]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** Pastes what is on the clipboard where the focus is, or only its text. A page cannot: it may not read the clipboard. */
  paste: { channel: "deckle:paste", args: z.tuple([z.boolean()]), answer: z.null() },
  /** Sets or clears the relay of this profile; main reloads the window with the new CSP on success. */
  setRelay: {
    channel: "deckle:set-relay",
    args: z.tuple([z.string().max(2048).nullable()]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /**
   * Reads the link of an invite, for a person to decide on; nothing is connected to. `keyStorage` is
   * `readable` where this system can only keep the device's key so that programs of the same user could read
   * it, and it was not agreed to yet.
   */
  readInvite: {
    channel: "deckle:read-invite",
    args: z.tuple([z.string().max(8192)]),
    answer: z.union([
      z.object({
        ok: z.literal(true),
        relay: z.string(),
        workspace: z.string(),
        name: z.string(),
        role: z.enum(roles),
        keyStorage: z.enum(["protected", "readable"]),
        /** Of the computer, to be changed by the person. */
        deviceName: z.string(),
      }),
      failure,
    ]),
  },
  /**
   * Joins: makes the device's key if there is none, shows it to the relay, and turns to the workspace as
   * `turnTo` does.
   */
  acceptInvite: {
    channel: "deckle:accept-invite",
    args: z.tuple([
      z.object({
        link: z.string().max(8192),
        name: z.string().max(256),
        deviceName: z.string().max(256),
        agreesToReadableKey: z.boolean(),
      }),
    ]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** Turns to another place: a joined workspace by its id, `private`, or `open`. Main reloads the window. */
  turnTo: {
    channel: "deckle:turn-to",
    args: z.tuple([z.string().max(64)]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** Takes a joined workspace off the list of this device. Its documents stay here. */
  forgetWorkspace: {
    channel: "deckle:forget-workspace",
    args: z.tuple([z.string().max(64)]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /**
   * The relay says what this device may do in the workspace that it is in: kept, for when it cannot be asked.
   */
  noteRole: {
    channel: "deckle:note-role",
    args: z.tuple([shownWorkspace, z.enum(roles)]),
    answer: z.null(),
  },
  /**
   * A single-use ticket to connect with. `key-unreadable` is not the relay's doing: the device's key is
   * locked.
   */
  ticket: {
    channel: "deckle:ticket",
    args: z.tuple([shownWorkspace]),
    answer: z.union([z.object({ ok: z.literal(true), ticket: z.string() }), failure]),
  },
  /**
   * Asks the relay of this workspace about who may do what. Codes of failures are the relay's words for
   * refusals.
   */
  people: {
    channel: "deckle:people",
    args: z.tuple([shownWorkspace]),
    answer: z.union([z.object({ ok: z.literal(true), people }), failure]),
  },
  /** Makes an invite. Its link is shown once: the relay knows only a hash of its secret. */
  invite: {
    channel: "deckle:invite",
    args: z.tuple([
      shownWorkspace,
      z.object({
        role: z.enum(roles),
        /** For another device of this member. */
        member: z.string().max(64).optional(),
        uses: z.int().min(1).max(1000),
        lastsMs: z.int().min(1),
      }),
    ]),
    answer: z.union([z.object({ ok: z.literal(true), link: z.string() }), failure]),
  },
  manage: {
    channel: "deckle:manage",
    args: z.tuple([
      shownWorkspace,
      z.discriminatedUnion("call", [
        z.object({ call: z.literal("withdraw"), invite: z.string() }),
        z.object({ call: z.literal("revoke"), device: z.string() }),
        z.object({ call: z.literal("remove"), member: z.string() }),
        z.object({ call: z.literal("role"), member: z.string(), role: z.enum(roles) }),
        z.object({
          call: z.literal("narrow"),
          documentId: z.string(),
          member: z.string().optional(),
          share: z.enum(shares).optional(),
        }),
        z.object({ call: z.literal("rename"), name: z.string() }),
        z.object({ call: z.literal("import"), documentId: z.string() }),
      ]),
    ]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** Asks where to, and writes a text file there. `saved` is false where the person cancelled. */
  exportText: {
    channel: "deckle:export-text",
    args: z.tuple([z.object({ name: z.string().max(256), text: z.string().max(64 * 1024 * 1024) })]),
    answer: z.union([z.object({ ok: z.literal(true), saved: z.boolean() }), failure]),
  },
  /**
   * Asks where to, and writes a file of a document there. The name is offered; only the person says where it goes.
   * `saved` is false where they cancelled.
   */
  saveFile: {
    channel: "deckle:save-file",
    args: z.tuple([z.object({ sha256, name: z.string().max(256) })]),
    answer: z.union([z.object({ ok: z.literal(true), saved: z.boolean() }), failure]),
  },
  /** The backups of this profile, and where they are. */
  backups: {
    channel: "deckle:backups",
    args: z.tuple([]),
    answer: z.union([
      z.object({
        ok: z.literal(true),
        folder: z.string(),
        backups: z.array(
          z.object({ name: z.string(), atMs: z.number(), documents: z.number(), bytes: z.number() }),
        ),
      }),
      failure,
    ]),
  },
  backUpNow: {
    channel: "deckle:back-up-now",
    args: z.tuple([]),
    answer: z.union([z.object({ ok: z.literal(true), name: z.string() }), failure]),
  },
  backupDocuments: {
    channel: "deckle:backup-documents",
    args: z.tuple([z.string().max(256)]),
    answer: z.union([
      z.object({
        ok: z.literal(true),
        documents: z.array(
          z.object({ document: z.string(), bytes: z.number(), title: z.string().nullable() }),
        ),
      }),
      failure,
    ]),
  },
  /** Adds what a backup has to what is here; then the windows start anew. `damaged` names what was not restored. */
  restoreBackup: {
    channel: "deckle:restore-backup",
    args: z.tuple([z.string().max(256)]),
    answer: z.union([
      z.object({ ok: z.literal(true), documents: z.number(), damaged: z.array(z.string()) }),
      failure,
    ]),
  },
  /** Where the second copy and the backups are; how many documents the copy has, and their bytes. */
  storageFolders: {
    channel: "deckle:storage-folders",
    args: z.tuple([]),
    answer: z.union([
      z.object({
        ok: z.literal(true),
        copy: z.string(),
        backups: z.string(),
        documents: z.number(),
        bytes: z.number(),
      }),
      failure,
    ]),
  },
  showFolder: {
    channel: "deckle:show-folder",
    args: z.tuple([z.enum(["copy", "backups"])]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** Asks for the folder of the readable copy, and keeps one there from then on. `folder` is null where cancelled. */
  chooseMirror: {
    channel: "deckle:choose-mirror",
    args: z.tuple([]),
    answer: z.union([z.object({ ok: z.literal(true), folder: z.string().nullable() }), failure]),
  },
  /** Keeps no readable copy any more. The files stay where they are. */
  stopMirror: {
    channel: "deckle:stop-mirror",
    args: z.tuple([]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** How the readable copy is: `problem` in words where it could not be written last. */
  mirrorState: {
    channel: "deckle:mirror-state",
    args: z.tuple([]),
    answer: z.object({
      folder: z.string().nullable(),
      documents: z.number(),
      problem: z.string().nullable(),
    }),
  },
  /**
   * Of images and files, in the order asked: whether each is here, coming from the relay of the place that we are
   * at, or not to be had there; and whether that relay has it, or it waits to be brought there (null: neither).
   */
  blobStates: {
    channel: "deckle:blob-states",
    args: z.tuple([z.array(sha256).max(1000)]),
    answer: z.array(blobState),
  },
  /** Gives a command other keys; null gives it back the registry's. */
  setShortcut: {
    channel: "deckle:set-shortcut",
    args: z.tuple([z.enum(commandIds), shortcutKeys.nullable()]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** Chooses one of the words of a preference. */
  setPreference: {
    channel: "deckle:set-preference",
    args: z.tuple([z.enum(preferenceNames), z.string().max(16)]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  spelling: { channel: "deckle:spelling", args: z.tuple([]), answer: spellingState },
  setSpelling: {
    channel: "deckle:set-spelling",
    args: z.tuple([z.object({ isOn: z.boolean(), languages: z.array(z.string().max(64)).max(50) })]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** Those of some words that are spelled wrong, as far as can be said. */
  checkWords: {
    channel: "deckle:check-words",
    args: z.tuple([z.array(spelledWord).max(2000)]),
    answer: z.array(z.string()),
  },
  /** To the person's own dictionary, or out of it. */
  setOwnWord: {
    channel: "deckle:set-own-word",
    args: z.tuple([spelledWord, z.boolean()]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  showDictionaries: {
    channel: "deckle:show-dictionaries",
    args: z.tuple([]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** The word that the context menu about to open is for; null is none. */
  menuWord: { channel: "deckle:menu-word", args: z.tuple([spelledWord.nullable()]), answer: z.null() },
  /** Opens a menu of what a word may have been meant to be, at a point of the window. */
  spellingMenu: {
    channel: "deckle:spelling-menu",
    args: z.tuple([spelledWord, z.object({ x: z.int(), y: z.int() })]),
    answer: z.null(),
  },
  /** The relay was reached, for the first time or again: what waited to be tried once more need not wait. */
  relayReached: { channel: "deckle:relay-reached", args: z.tuple([]), answer: z.null() },
  /** The window has handed everything typed to the engine and it is durable; it may close now. */
  readyToClose: { channel: "deckle:ready-to-close", args: z.tuple([]), answer: z.null() },
  /** Something typed is not durable and the window has said so: it must not close (or quit) now. */
  keepOpen: { channel: "deckle:keep-open", args: z.tuple([]), answer: z.null() },
} as const;
export type CallName = keyof typeof calls;

/** What main tells a window. */
export const notice = z.discriminatedUnion("type", [
  /** A menu item was chosen. */
  z.object({ type: z.literal("command"), command: z.enum(commandIds) }),
  /** A person chose other keys, in this window or another. */
  z.object({ type: z.literal("preferences"), preferences }),
  z.object({ type: z.literal("shortcuts"), shortcuts: ownShortcuts }),
  /** Somebody opened the link of an invite. */
  z.object({ type: z.literal("invited"), link: z.string() }),
  /** Something to be told once, in words. */
  z.object({ type: z.literal("said"), words: z.string() }),
  /** An image or a file has come, and `GET /blob/SHA256` has it. */
  z.object({ type: z.literal("blob"), sha256 }),
  /** The person chose another spelling for the word that the menu was for. */
  z.object({ type: z.literal("respell"), word: z.string(), by: z.string() }),
  /** A screen reader was started or ended. */
  z.object({ type: z.literal("read"), isRead: z.boolean() }),
  /** What was spelled right may be wrong now, or the other way round. */
  z.object({ type: z.literal("spelling-changed") }),
  /** The window is about to close: flush, then call `readyToClose` or `keepOpen`. */
  z.object({ type: z.literal("closing") }),
]);
export type Notice = z.infer<typeof notice>;
export const noticeChannel = "deckle:notice";

/** What preload puts on `window.deckle`. */
export type Bridge = {
  [Name in CallName]: (
    ...args: z.infer<(typeof calls)[Name]["args"]>
  ) => Promise<z.infer<(typeof calls)[Name]["answer"]>>;
} & {
  /** Calls `listener` for each notice; returns a function that stops it. */
  onNotice(listener: (notice: Notice) => void): () => void;
};

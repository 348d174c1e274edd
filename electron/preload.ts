/**
 * Puts `window.deckle` into the page: one function a call of the contract, and a way to hear notices.
 * Checks nothing: main does, because a page that has been taken over would not call these functions.
 *
 * The contract is imported as types only. Its schemas would bring zod into every window's start, and
 * the literal types make a wrong channel an error all the same.
 */
import { contextBridge, ipcRenderer } from "electron";
import type { Bridge, CallName, calls, Notice, noticeChannel } from "./ipc.ts";

const channels: { readonly [Name in CallName]: (typeof calls)[Name]["channel"] } = {
  configuration: "deckle:configuration",
  pickMarkdown: "deckle:pick-markdown",
  filesToImport: "deckle:files-to-import",
  openLink: "deckle:open-link",
  paste: "deckle:paste",
  setRelay: "deckle:set-relay",
  readInvite: "deckle:read-invite",
  acceptInvite: "deckle:accept-invite",
  turnTo: "deckle:turn-to",
  forgetWorkspace: "deckle:forget-workspace",
  noteRole: "deckle:note-role",
  ticket: "deckle:ticket",
  people: "deckle:people",
  invite: "deckle:invite",
  manage: "deckle:manage",
  exportText: "deckle:export-text",
  saveFile: "deckle:save-file",
  backups: "deckle:backups",
  backUpNow: "deckle:back-up-now",
  backupDocuments: "deckle:backup-documents",
  restoreBackup: "deckle:restore-backup",
  storageFolders: "deckle:storage-folders",
  showFolder: "deckle:show-folder",
  chooseMirror: "deckle:choose-mirror",
  stopMirror: "deckle:stop-mirror",
  mirrorState: "deckle:mirror-state",
  blobStates: "deckle:blob-states",
  setShortcut: "deckle:set-shortcut",
  setPreference: "deckle:set-preference",
  spelling: "deckle:spelling",
  setSpelling: "deckle:set-spelling",
  checkWords: "deckle:check-words",
  setOwnWord: "deckle:set-own-word",
  showDictionaries: "deckle:show-dictionaries",
  menuWord: "deckle:menu-word",
  spellingMenu: "deckle:spelling-menu",
  relayReached: "deckle:relay-reached",
  readyToClose: "deckle:ready-to-close",
  keepOpen: "deckle:keep-open",
};
const notices: typeof noticeChannel = "deckle:notice";

const bridge: Bridge = {
  configuration: () => ipcRenderer.invoke(channels.configuration),
  pickMarkdown: () => ipcRenderer.invoke(channels.pickMarkdown),
  filesToImport: () => ipcRenderer.invoke(channels.filesToImport),
  openLink: (url) => ipcRenderer.invoke(channels.openLink, url),
  paste: (isPlain) => ipcRenderer.invoke(channels.paste, isPlain),
  setRelay: (url) => ipcRenderer.invoke(channels.setRelay, url),
  readInvite: (link) => ipcRenderer.invoke(channels.readInvite, link),
  acceptInvite: (wanted) => ipcRenderer.invoke(channels.acceptInvite, wanted),
  turnTo: (place) => ipcRenderer.invoke(channels.turnTo, place),
  forgetWorkspace: (workspace) => ipcRenderer.invoke(channels.forgetWorkspace, workspace),
  noteRole: (workspace, role) => ipcRenderer.invoke(channels.noteRole, workspace, role),
  ticket: (workspace) => ipcRenderer.invoke(channels.ticket, workspace),
  people: (workspace) => ipcRenderer.invoke(channels.people, workspace),
  invite: (workspace, wanted) => ipcRenderer.invoke(channels.invite, workspace, wanted),
  manage: (workspace, wanted) => ipcRenderer.invoke(channels.manage, workspace, wanted),
  exportText: (file) => ipcRenderer.invoke(channels.exportText, file),
  saveFile: (file) => ipcRenderer.invoke(channels.saveFile, file),
  backups: () => ipcRenderer.invoke(channels.backups),
  backUpNow: () => ipcRenderer.invoke(channels.backUpNow),
  backupDocuments: (name) => ipcRenderer.invoke(channels.backupDocuments, name),
  restoreBackup: (name) => ipcRenderer.invoke(channels.restoreBackup, name),
  storageFolders: () => ipcRenderer.invoke(channels.storageFolders),
  showFolder: (which) => ipcRenderer.invoke(channels.showFolder, which),
  chooseMirror: () => ipcRenderer.invoke(channels.chooseMirror),
  stopMirror: () => ipcRenderer.invoke(channels.stopMirror),
  mirrorState: () => ipcRenderer.invoke(channels.mirrorState),
  blobStates: (blobs) => ipcRenderer.invoke(channels.blobStates, blobs),
  setShortcut: (command, keys) => ipcRenderer.invoke(channels.setShortcut, command, keys),
  setPreference: (name, value) => ipcRenderer.invoke(channels.setPreference, name, value),
  spelling: () => ipcRenderer.invoke(channels.spelling),
  setSpelling: (choice) => ipcRenderer.invoke(channels.setSpelling, choice),
  checkWords: (words) => ipcRenderer.invoke(channels.checkWords, words),
  setOwnWord: (word, isOwn) => ipcRenderer.invoke(channels.setOwnWord, word, isOwn),
  showDictionaries: () => ipcRenderer.invoke(channels.showDictionaries),
  menuWord: (word) => ipcRenderer.invoke(channels.menuWord, word),
  spellingMenu: (word, at) => ipcRenderer.invoke(channels.spellingMenu, word, at),
  relayReached: () => ipcRenderer.invoke(channels.relayReached),
  readyToClose: () => ipcRenderer.invoke(channels.readyToClose),
  keepOpen: () => ipcRenderer.invoke(channels.keepOpen),
  onNotice(listener) {
    const hear = (_: unknown, notice: Notice): void => listener(notice);
    ipcRenderer.on(notices, hear);
    return () => void ipcRenderer.off(notices, hear);
  },
};

contextBridge.exposeInMainWorld("deckle", bridge);

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
  setRelay: "deckle:set-relay",
  readyToClose: "deckle:ready-to-close",
  keepOpen: "deckle:keep-open",
};
const notices: typeof noticeChannel = "deckle:notice";

const bridge: Bridge = {
  configuration: () => ipcRenderer.invoke(channels.configuration),
  pickMarkdown: () => ipcRenderer.invoke(channels.pickMarkdown),
  filesToImport: () => ipcRenderer.invoke(channels.filesToImport),
  openLink: (url) => ipcRenderer.invoke(channels.openLink, url),
  setRelay: (url) => ipcRenderer.invoke(channels.setRelay, url),
  readyToClose: () => ipcRenderer.invoke(channels.readyToClose),
  keepOpen: () => ipcRenderer.invoke(channels.keepOpen),
  onNotice(listener) {
    const hear = (_: unknown, notice: Notice): void => listener(notice);
    ipcRenderer.on(notices, hear);
    return () => void ipcRenderer.off(notices, hear);
  },
};

contextBridge.exposeInMainWorld("deckle", bridge);

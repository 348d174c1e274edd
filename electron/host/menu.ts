/**
 * The native menu. What concerns the document is sent to the window as a notice: undo and redo too,
 * because ProseMirror owns the history and the browser's own would undo the wrong thing.
 */
import { BrowserWindow, Menu, type MenuItemConstructorOptions } from "electron";
import type { commands } from "../ipc.ts";
import { sendNotice } from "./ipc.ts";

type Command = (typeof commands)[number];

export function installMenu({ devTools }: { devTools: boolean }): void {
  const isMac = process.platform === "darwin";
  const settings = item("Settings…", "CmdOrCtrl+,", "settings");
  const separator: MenuItemConstructorOptions = { type: "separator" };
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(isMac ? [macMenu(settings)] : []),
      {
        label: "&File",
        submenu: [
          item("New Document", "CmdOrCtrl+N", "new-document"),
          item("Import Markdown…", "CmdOrCtrl+Shift+I", "import"),
          item("Export Document…", "CmdOrCtrl+Shift+E", "export"),
          separator,
          item("Where Is My Text?", null, "where"),
          item("Restore from Backup…", null, "restore"),
          item("Check Storage…", null, "check-storage"),
          separator,
          item("Join Workspace…", null, "join"),
          item("Share Workspace…", null, "share"),
          ...(isMac ? [] : [separator, settings]),
          separator,
          isMac ? { role: "close" } : { role: "quit" },
        ],
      },
      {
        label: "&Edit",
        submenu: [
          item("Undo", "CmdOrCtrl+Z", "undo"),
          item("Redo", isMac ? "Shift+Cmd+Z" : "Ctrl+Shift+Z", "redo"),
          separator,
          { role: "cut" },
          { role: "copy" },
          { role: "paste" },
          { role: "pasteAndMatchStyle" },
          { role: "delete" },
          separator,
          { role: "selectAll" },
        ],
      },
      {
        label: "&View",
        submenu: [
          { role: "resetZoom" },
          { role: "zoomIn" },
          { role: "zoomOut" },
          separator,
          { role: "togglefullscreen" },
          ...(devTools ? [separator, { role: "toggleDevTools", accelerator: "F12" } as const] : []),
        ],
      },
      { label: "&Window", role: "windowMenu" },
      { label: "&Help", role: "help", submenu: [{ role: "about" }] },
    ]),
  );
}

function macMenu(settings: MenuItemConstructorOptions): MenuItemConstructorOptions {
  const separator: MenuItemConstructorOptions = { type: "separator" };
  return {
    role: "appMenu",
    submenu: [
      { role: "about" },
      separator,
      settings,
      separator,
      { role: "services" },
      separator,
      { role: "hide" },
      { role: "hideOthers" },
      { role: "unhide" },
      separator,
      { role: "quit" },
    ],
  };
}

function item(label: string, accelerator: string | null, command: Command): MenuItemConstructorOptions {
  return {
    label,
    ...(accelerator !== null && { accelerator }),
    click: (_, window) => {
      if (window instanceof BrowserWindow) sendNotice(window, { type: "command", command });
    },
  };
}

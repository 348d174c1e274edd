/**
 * The native menu, made of the registry of commands and of what the platform brings (roles). What concerns
 * the document is sent to the window as a notice: undo and redo too, because ProseMirror owns the history and
 * the browser's own would undo the wrong thing.
 *
 * Keys are shown here and pressed in the window (`renderer/app/commands/keys.ts`), which knows where the caret
 * is. On a Mac menus register theirs all the same; a page is asked before a menu is.
 */
import { BrowserWindow, Menu, type MenuItemConstructorOptions } from "electron";
import { isChosen, isPreferenceCommand, type Preferences } from "../commands/preferences.ts";
import { acceleratorOf, type Shortcuts } from "../commands/shortcuts.ts";
import { commandIds, commandTable, type CommandGroup, type CommandId } from "../commands/table.ts";
import { sendNotice } from "./ipc.ts";

const separator: MenuItemConstructorOptions = { type: "separator" };

/** How the menu is now: what is chosen has a mark, and keys are those that a person chose. */
interface Shown {
  readonly devTools: boolean;
  readonly shortcuts: Shortcuts;
  readonly preferences: Preferences;
}

export function installMenu(shown: Shown): void {
  const { devTools } = shown;
  const isMac = process.platform === "darwin";
  // A Mac has them in the menu of the app.
  const ofApp: readonly CommandId[] = isMac ? ["settings"] : [];
  const menu = (group: CommandGroup): MenuItemConstructorOptions[] => sections(group, shown, ofApp);
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(isMac ? [macMenu(item("settings", shown))] : []),
      {
        label: "&File",
        submenu: [...menu("file"), separator, isMac ? { role: "close" } : { role: "quit" }],
      },
      {
        label: "&Edit",
        submenu: [
          ...menu("edit"),
          separator,
          { role: "cut" },
          { role: "copy" },
          { role: "paste" },
          { role: "delete" },
          separator,
          { role: "selectAll" },
        ],
      },
      { label: "&Insert", submenu: menu("insert") },
      { label: "F&ormat", submenu: menu("format") },
      { label: "&Table", submenu: menu("table") },
      {
        label: "&View",
        submenu: [
          ...menu("view"),
          separator,
          { role: "resetZoom" },
          { role: "zoomIn" },
          { role: "zoomOut" },
          separator,
          { role: "togglefullscreen" },
          ...(devTools ? [separator, { role: "toggleDevTools", accelerator: "F12" } as const] : []),
        ],
      },
      { label: "&Window", role: "windowMenu" },
      { label: "&Help", role: "help", submenu: [...menu("help"), separator, { role: "about" }] },
    ]),
  );
}

/** The commands of a group, its sections divided by lines. */
function sections(
  group: CommandGroup,
  shown: Shown,
  elsewhere: readonly CommandId[],
): MenuItemConstructorOptions[] {
  const ids = commandIds.filter(
    (id) => commandTable[id].group === group && !commandTable[id].isHidden && !elsewhere.includes(id),
  );
  return ids.flatMap((id, i) => {
    const before = ids[i - 1];
    const isNext = before !== undefined && commandTable[before].section !== commandTable[id].section;
    return isNext ? [separator, item(id, shown)] : [item(id, shown)];
  });
}

function item(id: CommandId, { shortcuts, preferences }: Shown): MenuItemConstructorOptions {
  const [key] = shortcuts[id];
  return {
    id,
    label: commandTable[id].label,
    ...(isPreferenceCommand(id) && { type: "checkbox" as const, checked: isChosen(id, preferences) }),
    ...(key !== undefined && { accelerator: acceleratorOf(key), registerAccelerator: false }),
    click: (_, window) => {
      if (window instanceof BrowserWindow) sendNotice(window, { type: "command", command: id });
    },
  };
}

function macMenu(settings: MenuItemConstructorOptions): MenuItemConstructorOptions {
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

/** The native menu, for tests and screenshots: the system's cannot be pressed from outside. */
import type { CommandId } from "../electron/commands/table.ts";
import type { RunningApp } from "./app-process.ts";

/** Chooses a command in the menu of the first window. */
export async function chooseInMenu({ app }: RunningApp, command: CommandId): Promise<void> {
  await app.evaluate(({ BrowserWindow, Menu }, id) => {
    const item = Menu.getApplicationMenu()?.getMenuItemById(id);
    if (!item) throw new Error(`the menu has no ${id}`);
    item.click(undefined, BrowserWindow.getAllWindows()[0], undefined);
  }, command);
}

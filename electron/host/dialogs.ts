/**
 * The system's dialogs for files, and what is done with the file that the person chose.
 */
import { dialog, type BrowserWindow } from "electron";
import type { Failure, FileResult } from "../ipc.ts";
import { exportName } from "../policy/export-name.ts";
import { exportTo } from "./export.ts";
import { readMarkdown } from "./files.ts";

const extensions = ["md", "markdown", "mdown", "txt"];
const allFiles = { name: "All files", extensions: ["*"] };

export async function pickMarkdown(window: BrowserWindow): Promise<FileResult[]> {
  const { filePaths } = await dialog.showOpenDialog(window, {
    title: "Import Markdown",
    properties: ["openFile", "multiSelections"],
    filters: [{ name: "Markdown", extensions }, allFiles],
  });
  return Promise.all(filePaths.map(readMarkdown));
}

/** Null where the person cancelled. */
export async function pickFolder(window: BrowserWindow, title: string): Promise<string | null> {
  const { filePaths, canceled } = await dialog.showOpenDialog(window, {
    title,
    properties: ["openDirectory", "createDirectory"],
  });
  return canceled ? null : (filePaths[0] ?? null);
}

/** Where to save a file of a document; null where the person cancelled. */
export async function askWhereToSave(window: BrowserWindow, name: string): Promise<string | null> {
  const { filePath, canceled } = await dialog.showSaveDialog(window, {
    title: "Save File",
    defaultPath: name,
    properties: ["createDirectory", "showOverwriteConfirmation"],
  });
  return canceled || !filePath ? null : filePath;
}

/** `saved` is false where the person cancelled. */
export async function exportText(
  window: BrowserWindow,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<{ ok: true; saved: boolean } | Failure> {
  const { filePath, canceled } = await dialog.showSaveDialog(window, {
    title: "Export Document",
    defaultPath: exportName(name),
    properties: ["createDirectory", "showOverwriteConfirmation"],
    filters: [{ name: "Markdown", extensions }, allFiles],
  });
  if (canceled || !filePath) return { ok: true, saved: false };
  const written = await exportTo(filePath, text);
  return written.ok ? { ok: true, saved: true } : written;
}

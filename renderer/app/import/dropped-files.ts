/** Files dropped on the window: Markdown becomes documents, anything else goes into the text. The former are read as main reads those that were picked: strict UTF-8, bounded. */
import type { FileResult } from "../../../electron/ipc.ts";
import { importBytesMax } from "../limits.ts";
import { foldersOf } from "../../editor/images-plugin.ts";
import { isMarkdownName } from "./markdown-name.ts";

const refuse = (code: string, message: string): FileResult => ({ ok: false, code, message });

/** @returns the text, or why not, in words; never rejects */
export async function readDropped(file: File): Promise<FileResult> {
  if (!isMarkdownName(file.name))
    return refuse("not-markdown", `${file.name} was not imported: Deckle imports Markdown and text files.`);
  if (file.size > importBytesMax)
    return refuse(
      "too-large",
      `${file.name} was not imported: it is larger than ${importBytesMax / 1024 / 1024} MB.`,
    );
  let bytes: ArrayBuffer;
  try {
    bytes = await file.arrayBuffer();
  } catch {
    return refuse("unreadable", `${file.name} was not imported: it could not be read.`);
  }
  const notText = `${file.name} was not imported: it is not UTF-8 text. Save it as UTF-8 and try again.`;
  try {
    // Not fatal would put U+FFFD where a byte was, and lose it.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.includes("\0")) return refuse("not-text", notText);
    if (text.trim() === "") return refuse("empty", `${file.name} was not imported: it is empty.`);
    return { ok: true, file: { name: file.name, text } };
  } catch {
    return refuse("not-utf-8", notText);
  }
}

const isPicture = ({ type }: { type: string }): boolean => type.startsWith("image/");

/** Where the pointer let go, in the window. */
export type DropPoint = { left: number; top: number };

/** What goes into the text. */
export type Dropped = { pictures: File[]; files: File[]; folders: ReadonlySet<string> };

export type FileDrops = {
  onFiles: (files: FileResult[]) => void;
  onDropped: (dropped: Dropped, at: DropPoint) => void;
};

/** Takes file drops before ProseMirror or the browser does; drags of text are left to the editor. */
export function listenForFileDrops(target: Window, { onFiles, onDropped }: FileDrops): () => void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  const over = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  };
  const drop = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const { dataTransfer } = event;
    if (!dataTransfer) return;
    const folders = foldersOf(dataTransfer);
    const all = [...dataTransfer.files].filter(({ name }) => !folders.has(name));
    const texts = all.filter(({ name }) => isMarkdownName(name));
    const others = all.filter(({ name }) => !isMarkdownName(name));
    const pictures = others.filter(isPicture);
    const files = others.filter((file) => !isPicture(file));
    onDropped({ pictures, files, folders }, { left: event.clientX, top: event.clientY });
    if (texts.length > 0) void Promise.all(texts.map(readDropped)).then(onFiles);
  };
  target.addEventListener("dragover", over, true);
  target.addEventListener("drop", drop, true);
  return () => {
    target.removeEventListener("dragover", over, true);
    target.removeEventListener("drop", drop, true);
  };
}

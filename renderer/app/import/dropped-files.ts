/** Files dropped on the window, read as main reads those that were picked: strict UTF-8, bounded. */
import type { FileResult } from "../../../electron/ipc.ts";
import { importBytesMax } from "../limits.ts";
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

/** Takes file drops before ProseMirror or the browser does; drags of text are left to the editor. */
export function listenForFileDrops(target: Window, onFiles: (files: FileResult[]) => void): () => void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  const over = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  };
  const drop = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const files = [...(event.dataTransfer?.files ?? [])];
    void Promise.all(files.map(readDropped)).then(onFiles);
  };
  target.addEventListener("dragover", over, true);
  target.addEventListener("drop", drop, true);
  return () => {
    target.removeEventListener("dragover", over, true);
    target.removeEventListener("drop", drop, true);
  };
}

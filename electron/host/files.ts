/**
 * Reads a Markdown file that the person named. Whatever is wrong with it is a value with words for the
 * person: what it is, and what to do.
 */
import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import type { FileResult } from "../ipc.ts";
import { markdownBytesMax } from "../policy/limits.ts";

export async function readMarkdown(path: string): Promise<FileResult> {
  const name = basename(path);
  let file: FileHandle;
  try {
    // Non-blocking: opening a named pipe would otherwise wait for a writer, perhaps for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return refuse(name, error);
  }
  try {
    const about = await file.stat();
    if (about.isDirectory()) {
      return problem("is-folder", `"${name}" is a folder. Choose a Markdown file in it.`);
    }
    if (!about.isFile())
      return problem("not-a-file", `"${name}" is not an ordinary file. Choose a Markdown file.`);
    // Never more than the limit is read, whatever the size was said to be: a file may grow meanwhile.
    const buffer = Buffer.allocUnsafe(Math.min(about.size, markdownBytesMax) + 1);
    const length = await fill(file, buffer);
    if (length > markdownBytesMax) {
      const limit = `${markdownBytesMax / 1024 / 1024} MB`;
      return problem("too-large", `"${name}" is larger than ${limit}. Split it, and import the parts.`);
    }
    return decode(name, buffer.subarray(0, length));
  } catch (error) {
    return refuse(name, error);
  } finally {
    await file.close();
  }
}

/** Reads until the buffer is full or the file ends; resolves to the number of bytes. */
async function fill(file: FileHandle, buffer: Buffer): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

function decode(name: string, bytes: Uint8Array): FileResult {
  const notText = `"${name}" is not a text file. Choose a Markdown file; if it is one, save it as UTF-8 first.`;
  try {
    // Strict: a wrong guess at the encoding would import damaged text silently. Strips a byte-order mark.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.includes("\0")) return problem("not-text", notText);
    if (text.trim() === "") return problem("empty", `"${name}" is empty: there is nothing in it to import.`);
    return { ok: true, file: { name, text } };
  } catch {
    return problem("not-text", notText);
  }
}

function refuse(name: string, error: unknown): FileResult {
  const code: string = codeOf(error) ?? "";
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return problem(
        "not-found",
        `"${name}" is not there. It may have been moved or renamed: choose it again.`,
      );
    case "EACCES":
    case "EPERM":
      return problem(
        "not-allowed",
        `Deckle may not read "${name}". Change its permissions, or copy it elsewhere.`,
      );
    case "EISDIR":
      return problem("is-folder", `"${name}" is a folder. Choose a Markdown file in it.`);
    case "ENXIO":
      return problem("not-a-file", `"${name}" is not an ordinary file. Choose a Markdown file.`);
    default:
      return problem(
        "unreadable",
        `"${name}" could not be read (${code || String(error)}). Check the disk it is on, then try again.`,
      );
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function problem(code: string, message: string): FileResult {
  return { ok: false, code, message };
}

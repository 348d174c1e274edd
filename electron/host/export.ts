/**
 * Writes a document's text, or a file of one, to where the person wants it. Whole or not at all: what was in the file before
 * stays until the new text is on the disk.
 */
import { realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Failure } from "../ipc.ts";
import { asUsual, reasonOf, writeDurably } from "./durable.ts";

export async function exportTo(path: string, text: string | Uint8Array): Promise<{ ok: true } | Failure> {
  const name = basename(path);
  try {
    // A link stays one, and the file that it leads to is written.
    const file = await realpath(path).catch(() => path);
    const mode = await stat(file).then(
      // Whoever may read it may do so, and nobody may run it.
      (about) => about.mode & 0o666,
      () => asUsual,
    );
    await writeDurably(file, text, mode);
    return { ok: true };
  } catch (error) {
    return { ok: false, code: "not-exported", message: `"${name}" was not written: ${wordsFor(error)}` };
  }
}

function wordsFor(error: unknown): string {
  const reason = reasonOf(error);
  switch (reason) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "Deckle may not write there. Choose another folder.";
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full. Make room, or choose another disk.";
    case "EISDIR":
    case "ENOTEMPTY":
      return "there is a folder of this name. Choose another name.";
    case "ENAMETOOLONG":
      return "the name is too long. Choose a shorter one.";
    default:
      return `the disk said ${reason}. Check it, then try again, or choose another.`;
  }
}

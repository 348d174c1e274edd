/**
 * Writes a file of a document to where the person wants it: the very bytes that its hash names, whole or not at
 * all. It is never run and never opened from here, and it is not marked as something to run.
 */
import type { Failure } from "../ipc.ts";
import { savedName } from "../policy/saved-name.ts";
import { exportTo } from "./export.ts";

export interface SaveFileOptions {
  /** The bytes, if they are here and hash to this. */
  readonly read: (sha256: string) => Promise<Uint8Array | null>;
  /** Asks where to; null where the person cancelled. Nobody else says it. */
  readonly ask: (name: string) => Promise<string | null>;
}

export async function saveFile(
  { read, ask }: SaveFileOptions,
  { sha256, name }: { readonly sha256: string; readonly name: string },
): Promise<{ ok: true; saved: boolean } | Failure> {
  const offered = savedName(name);
  const missing: Failure = {
    ok: false,
    code: "not-here",
    message: `"${offered}" was not saved: it is not on this device yet. Wait until it has come, then try again.`,
  };
  // Asked before the dialog, so that nobody chooses a place for nothing.
  const bytes = await readOrNull(read, sha256);
  if (!bytes) return missing;
  const path = await ask(offered);
  if (path === null) return { ok: true, saved: false };
  const written = await exportTo(path, bytes);
  return written.ok ? { ok: true, saved: true } : written;
}

const readOrNull = (read: SaveFileOptions["read"], sha256: string): Promise<Uint8Array | null> =>
  read(sha256).catch(() => null);

/**
 * The settings of one profile, a small JSON file. Written to a temporary file and renamed, so it is
 * always whole; one that is broken all the same is set aside, said, and never in the way of starting.
 */
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Failure } from "../ipc.ts";
import { relayUrlCharactersMax, settingsBytesMax } from "../policy/limits.ts";

const schema = z.object({
  version: z.literal(1),
  /** As the person gave it; `null` writes alone. */
  relay: z.string().max(relayUrlCharactersMax).nullable(),
  window: z.object({ width: z.int().positive(), height: z.int().positive() }).optional(),
});
export type Settings = z.infer<typeof schema>;

export const defaultSettings: Settings = { version: 1, relay: null };

export interface ReadSettings {
  readonly settings: Settings;
  /** Words for the person where the file was there and could not be used. */
  readonly problem: string | null;
}

export async function readSettings(file: string): Promise<ReadSettings> {
  try {
    if ((await stat(file)).size > settingsBytesMax) throw new RangeError("too large");
    return { settings: schema.parse(JSON.parse(await readFile(file, "utf8"))), problem: null };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return { settings: defaultSettings, problem: null };
    }
    return { settings: defaultSettings, problem: await setAside(file) };
  }
}

/** Keeps the broken file for whoever wants to look; only the newest one is kept. */
async function setAside(file: string): Promise<string> {
  const aside = `${file}.broken`;
  try {
    await rm(aside, { recursive: true, force: true });
    await rename(file, aside);
    return `The settings of this profile were damaged and start afresh; the old file is ${aside}.`;
  } catch {
    return `The settings in ${file} cannot be read, so this profile runs without them. Check who may read the file.`;
  }
}

export async function writeSettings(file: string, settings: Settings): Promise<{ ok: true } | Failure> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeDurably(temporary, `${JSON.stringify(schema.parse(settings), null, 2)}\n`);
    await rename(temporary, file);
    await syncFolder(dirname(file));
    return { ok: true };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return {
      ok: false,
      code: "settings-not-saved",
      message: `The settings could not be saved (${reason}). Check that the disk has room and can be written, then try again.`,
    };
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Without it a power cut may undo the rename. Windows cannot open folders and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(join(folder, "."), "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

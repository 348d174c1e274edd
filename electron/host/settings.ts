/**
 * The settings of one profile, a small JSON file. Written to a temporary file and renamed, so it is
 * always whole; one that is broken all the same is set aside, said, and never in the way of starting.
 */
import { copyFile, readFile, rename, rm, stat } from "node:fs/promises";
import { z } from "zod";
import { shortcutCharsMax } from "../commands/shortcuts.ts";
import { joined, type Failure } from "../ipc.ts";
import {
  folderCharsMax,
  joinedMax,
  leftMax,
  relayUrlCharactersMax,
  settingsBytesMax,
  workspaceNameCharsMax,
} from "../policy/limits.ts";
import { isDocumentId } from "../../relay/protocol/ids.ts";
import { ownerOnly, reasonOf, writeDurably } from "./durable.ts";

const workspaceId = z.string().refine(isDocumentId);
const relayUrl = z.string().max(relayUrlCharactersMax);
const listed = joined.extend({
  workspace: workspaceId,
  relay: relayUrl,
  name: z.string().max(workspaceNameCharsMax),
});
const leftBehind = z.object({ workspace: workspaceId, relay: relayUrl });

const schema = z.object({
  version: z.literal(1),
  /** The open relay, as the person gave it; `null` is none. */
  relay: relayUrl.nullable(),
  /** Joined, in that order. */
  workspaces: z.array(listed).max(joinedMax).optional(),
  /** Joined once and left since, in that order: an invite to one of them at another relay is not followed. */
  left: z.array(leftBehind).max(leftMax).optional(),
  /** Where it is: a workspace's id, `private` or `open`. Absent is open where there is a relay. */
  current: z.string().max(64).optional(),
  /** The device's key may be kept so that programs of the same person can read it. */
  agreesToReadableKey: z.boolean().optional(),
  /** The folder of the readable copy. */
  mirror: z.string().min(1).max(folderCharsMax).optional(),
  /** Keys of commands, as the person chose them. */
  shortcuts: z.record(z.string().max(64), z.array(z.string().max(shortcutCharsMax))).optional(),
  /** What the person prefers, by name. */
  preferences: z.record(z.string().max(32), z.string().max(32)).optional(),
  /** Whether spelling is checked, and with which dictionaries. */
  spelling: z.object({ isOn: z.boolean(), languages: z.array(z.string().max(64)).max(50) }).optional(),
  window: z.object({ width: z.int().positive(), height: z.int().positive() }).optional(),
});
export type Settings = z.infer<typeof schema>;

/** Of another time, as a backup has them; null where they cannot be used. */
export const parseSettings = (value: unknown): Settings | null => schema.safeParse(value).data ?? null;

/** As it is on the disk: of what is a list each entry stands for itself. */
const kept = schema.extend({
  workspaces: z.array(z.unknown()).optional(),
  left: z.array(z.unknown()).optional(),
});

export const defaultSettings: Settings = { version: 1, relay: null };

export interface ReadSettings {
  readonly settings: Settings;
  /** Words for the person where the file was there and could not be used. */
  readonly problem: string | null;
}

export async function readSettings(file: string): Promise<ReadSettings> {
  try {
    if ((await stat(file)).size > settingsBytesMax) throw new RangeError("too large");
    const { workspaces, left, ...others } = kept.parse(JSON.parse(await readFile(file, "utf8")));
    const settings: Settings = {
      ...others,
      ...(workspaces && { workspaces: readable(listed, workspaces).slice(0, joinedMax) }),
      ...(left && { left: readable(leftBehind, left).slice(-leftMax) }),
    };
    const dropped = (list: readonly unknown[] = [], read: readonly unknown[] = []): number =>
      list.length - read.length;
    const lost = dropped(workspaces, settings.workspaces) + dropped(left, settings.left);
    return { settings, problem: lost === 0 ? null : await keepCopy(file) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return { settings: defaultSettings, problem: null };
    }
    return { settings: defaultSettings, problem: await setAside(file) };
  }
}

function readable<Entry>(schema: z.ZodType<Entry>, list: readonly unknown[]): Entry[] {
  return list.flatMap((each) => {
    const parsed = schema.safeParse(each);
    return parsed.success ? [parsed.data] : [];
  });
}

/** What could not be read is gone at the next write. */
async function keepCopy(file: string): Promise<string> {
  const lost = "Some workspaces in the settings of this profile could not be read and are not on the list";
  try {
    await rm(`${file}.broken`, { recursive: true, force: true });
    await copyFile(file, `${file}.broken`);
    return `${lost}; the settings as they were are ${file}.broken.`;
  } catch {
    return `${lost}. Join them again with an invite.`;
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
  try {
    await writeDurably(file, `${JSON.stringify(schema.parse(settings), null, 2)}\n`, ownerOnly);
    return { ok: true };
  } catch (error) {
    return {
      ok: false,
      code: "settings-not-saved",
      message: `The settings could not be saved (${reasonOf(error)}). Check that the disk has room and can be written, then try again.`,
    };
  }
}

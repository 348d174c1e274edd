import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { joinedMax, leftMax, settingsBytesMax, workspaceNameCharsMax } from "../policy/limits.ts";
import { parseSettings, readSettings, writeSettings, type Settings } from "./settings.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-settings-"));
  file = join(folder, "profile", "settings.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a new profile has no relay, and nothing to complain of", async () => {
  expect(await readSettings(file)).toEqual({ settings: { version: 1, relay: null }, problem: null });
});

test("what is written is read, and nothing else is left in the folder", async () => {
  const settings = {
    version: 1,
    relay: "wss://relay.example.org/sync",
    window: { width: 900, height: 700 },
  } as const;
  expect(await writeSettings(file, settings)).toEqual({ ok: true });
  expect(await readSettings(file)).toEqual({ settings, problem: null });
  expect(await readdir(join(folder, "profile"))).toEqual(["settings.json"]);
});

test.each([
  ["cut off", '{"version":1,"rel'],
  ["empty", ""],
  ["of another version", '{"version":2,"relay":null}'],
  ["of another shape", '{"version":1,"relay":7}'],
  ["not an object", "null"],
])("a file that is %s is set aside, said, and replaced at the next write", async (_, text) => {
  await mkdir(join(folder, "profile"));
  await writeFile(file, text);
  const read = await readSettings(file);
  expect(read.settings).toEqual({ version: 1, relay: null });
  expect(read.problem).toContain(`${file}.broken`);
  expect(await readFile(`${file}.broken`, "utf8")).toBe(text);
  expect(await writeSettings(file, read.settings)).toEqual({ ok: true });
  expect(await readSettings(file)).toMatchObject({ problem: null });
});

test("a file as large as the limit is read, one byte more is set aside", async () => {
  await mkdir(join(folder, "profile"));
  const text = '{"version":1,"relay":null}';
  await writeFile(file, text.padEnd(settingsBytesMax));
  expect(await readSettings(file)).toMatchObject({ problem: null });
  await writeFile(file, text.padEnd(settingsBytesMax + 1));
  expect((await readSettings(file)).problem).not.toBeNull();
});

test("a folder in its place is set aside as well", async () => {
  await mkdir(file, { recursive: true });
  expect((await readSettings(file)).problem).toContain(".broken");
});

test("a disk that cannot be written is a value with words", async () => {
  await writeFile(join(folder, "profile"), "in the way");
  expect(await writeSettings(file, { version: 1, relay: null })).toMatchObject({
    ok: false,
    code: "settings-not-saved",
    message: expect.stringContaining("could not be saved"),
  });
});

test("only the person can read them", async () => {
  await writeSettings(file, { version: 1, relay: null });
  await chmod(folder, 0o755);
  const { mode } = await import("node:fs/promises").then(({ stat }) => stat(file));
  expect(mode & 0o077).toBe(0);
});

const poems = {
  workspace: "2j9knpCseyhnK8izDmLpGP5WMdZQ",
  relay: "wss://relay.example.org/sync",
  name: "Poems",
  role: "editor",
} as const;

test("workspaces, where the profile is, and what was agreed to are kept", async () => {
  const settings: Settings = {
    version: 1,
    relay: null,
    workspaces: [poems],
    current: poems.workspace,
    agreesToReadableKey: true,
  };
  await writeSettings(file, settings);
  expect(await readSettings(file)).toEqual({ settings, problem: null });
});

test("as many workspaces as the limits fit, with the longest of all; one more does not", async () => {
  const longest = { ...poems, relay: "x".repeat(2048), name: "\u0001".repeat(workspaceNameCharsMax) };
  const settings: Settings = {
    version: 1,
    relay: null,
    workspaces: Array.from({ length: joinedMax }, () => longest),
    left: Array.from({ length: leftMax }, () => ({ workspace: longest.workspace, relay: longest.relay })),
  };
  expect(await writeSettings(file, settings)).toEqual({ ok: true });
  expect(await readSettings(file)).toEqual({ settings, problem: null });
  const tooMany = { ...settings, workspaces: [...(settings.workspaces ?? []), poems] };
  expect(await writeSettings(file, tooMany)).toMatchObject({ ok: false });
  expect(await readSettings(file)).toEqual({ settings, problem: null });
});

test("a workspace that cannot be read is dropped and said; everything else is kept", async () => {
  await mkdir(join(folder, "profile"));
  const left = { workspace: poems.workspace, relay: poems.relay };
  const others = { version: 1, relay: "ws://127.0.0.1:8137/sync", current: "private" };
  const text = JSON.stringify({
    ...others,
    workspaces: [{ ...poems, role: "king" }, poems, 7, { ...poems, workspace: "no id" }],
    left: [null, left],
  });
  await writeFile(file, text);
  const { settings, problem } = await readSettings(file);
  expect(settings).toEqual({ ...others, workspaces: [poems], left: [left] });
  expect(problem).toContain(`${file}.broken`);
  expect(await readFile(`${file}.broken`, "utf8")).toBe(text);
  expect(await readFile(file, "utf8")).toBe(text);
});

test("more workspaces than the limit: the first are kept, and it is said", async () => {
  await mkdir(join(folder, "profile"));
  const workspaces = Array.from({ length: joinedMax + 1 }, () => poems);
  await writeFile(file, JSON.stringify({ version: 1, relay: null, workspaces }));
  const { settings, problem } = await readSettings(file);
  expect(settings.workspaces).toHaveLength(joinedMax);
  expect(problem).not.toBeNull();
});

test("settings of a backup are taken as they are, or not at all", () => {
  const settings = { version: 1, relay: null, current: "private" };
  expect(parseSettings(settings)).toEqual(settings);
  for (const broken of [null, 7, {}, { version: 2, relay: null }]) expect(parseSettings(broken)).toBeNull();
});

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { settingsBytesMax } from "../policy/limits.ts";
import { readSettings, writeSettings } from "./settings.ts";

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

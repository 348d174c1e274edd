/** Where a profile is, and that the disk knows it before anybody else. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Joined } from "../ipc.ts";
import { joinedMax, leftMax } from "../policy/limits.ts";
import { Places } from "./places.ts";
import { writeSettings, type Settings } from "./settings.ts";

const open = "ws://127.0.0.1:8137/sync";
const poems: Joined = {
  workspace: "2j9knpCseyhnK8izDmLpGP5WMdZQ",
  relay: "wss://relay.example.org/sync",
  name: "Poems",
  role: "editor",
};
const plans: Joined = { ...poems, workspace: "4NMNnkMhL8jXrdJ9jamS58PAVdXu", name: "Plans" };

let folder: string;
let file: string;
let turned: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-places-"));
  file = join(folder, "profile", "settings.json");
  turned = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (relayArgument: string | null = null): Promise<Places> =>
  Places.open({ file, relayArgument, onTurned: () => void turned++ });
const kept = async (): Promise<unknown> => JSON.parse(await readFile(file, "utf8"));

async function keep(settings: Partial<Settings>): Promise<void> {
  expect(await writeSettings(file, { version: 1, relay: null, ...settings })).toEqual({ ok: true });
}

test("a new profile is private, and settings without workspaces are where they were", async () => {
  const fresh = await start();
  expect(fresh.configuration).toEqual({
    place: { kind: "private" },
    workspaces: [],
    openRelay: null,
    relayProblem: null,
  });
  expect([fresh.relay, fresh.workspace]).toEqual([null, null]);
  await keep({ relay: open });
  const old = await start();
  expect(old.configuration).toMatchObject({ place: { kind: "open", relay: open }, openRelay: open });
  expect(old.relay?.origin).toBe("ws://127.0.0.1:8137");
});

test("joining lists the workspace once and turns there; it is there after a start", async () => {
  const places = await start();
  expect(await places.join(poems)).toEqual({ ok: true });
  expect(await places.join(plans)).toEqual({ ok: true });
  expect(await places.join({ ...poems, role: "viewer" })).toEqual({ ok: true });
  expect(turned).toBe(3);
  const again = await start();
  for (const each of [places, again]) {
    expect(each.configuration).toMatchObject({
      place: { kind: "workspace", ...poems, role: "viewer" },
      workspaces: [{ ...poems, role: "viewer" }, plans],
    });
    expect(each.workspace?.relay.origin).toBe("wss://relay.example.org");
  }
});

test("turning to each place, and to none that is not there", async () => {
  await keep({ workspaces: [poems], current: "private" });
  const places = await start();
  expect(await places.turnTo("open")).toMatchObject({ ok: false, code: "no-relay" });
  expect(await places.turnTo(plans.workspace)).toMatchObject({ ok: false, code: "not-joined" });
  expect(turned).toBe(0);
  expect(await places.setRelay(open)).toEqual({ ok: true });
  expect(places.configuration.place).toEqual({ kind: "open", relay: open });
  expect(await places.turnTo(poems.workspace)).toEqual({ ok: true });
  expect(places.configuration).toMatchObject({ place: { kind: "workspace" }, openRelay: open });
  expect(await places.turnTo("open")).toEqual({ ok: true });
  expect(await places.turnTo("private")).toEqual({ ok: true });
  expect(places.relay).toBeNull();
  expect(turned).toBe(4);
  expect(await places.setRelay(null)).toEqual({ ok: true });
  expect(places.configuration).toMatchObject({ place: { kind: "private" }, openRelay: null });
  expect(await kept()).toMatchObject({ relay: null, current: "private", workspaces: [poems] });
});

test("an address that cannot be used changes nothing", async () => {
  const places = await start();
  expect(await places.setRelay("http://x")).toMatchObject({ ok: false, code: "relay-refused" });
  await keep({ relay: "http://x", workspaces: [{ ...poems, relay: "ws://example.org/" }], current: "open" });
  const wrong = await start();
  expect(wrong.configuration).toMatchObject({
    place: { kind: "private" },
    relayProblem: expect.stringContaining("does not begin with"),
  });
  expect(await wrong.turnTo("open")).toMatchObject({ ok: false, code: "relay-refused" });
  expect(await wrong.turnTo(poems.workspace)).toMatchObject({ ok: false, code: "relay-refused" });
  expect(turned).toBe(0);
});

test("a relay on the command line is where this start begins, and one can turn away and back", async () => {
  await keep({ workspaces: [poems], current: poems.workspace });
  const places = await start(open);
  expect(places.configuration).toMatchObject({ place: { kind: "open", relay: open }, openRelay: open });
  expect(await kept()).toMatchObject({ relay: null, current: poems.workspace });
  await places.turnTo(poems.workspace);
  expect(places.configuration).toMatchObject({ place: { kind: "workspace" }, openRelay: open });
  await places.turnTo("open");
  expect(places.relay?.url).toBe(open);
  expect(await kept()).toMatchObject({ relay: null });
});

test("what becomes known of a workspace is kept, and windows go on", async () => {
  await keep({ workspaces: [poems, plans], current: poems.workspace });
  const places = await start();
  await places.noteRole(poems.workspace, "viewer");
  await places.note(plans.workspace, { name: "Plans of 2030" });
  await places.note("nothing", { name: "x" });
  const workspaces = [
    { ...poems, role: "viewer" },
    { ...plans, name: "Plans of 2030" },
  ];
  expect(places.configuration).toMatchObject({ place: { kind: "workspace", role: "viewer" }, workspaces });
  expect(await kept()).toMatchObject({ workspaces });
  expect(turned).toBe(0);
  await places.turnTo(plans.workspace);
  await places.noteRole(poems.workspace, "owner");
  expect(await kept()).toMatchObject({ workspaces });
});

test("a workspace is forgotten: others stay, and from the current one it turns to private", async () => {
  await keep({ workspaces: [poems, plans], current: poems.workspace });
  const places = await start();
  expect(await places.forget(plans.workspace)).toEqual({ ok: true });
  expect([places.configuration.workspaces, turned]).toEqual([[poems], 0]);
  expect(await places.forget(poems.workspace)).toEqual({ ok: true });
  expect([places.configuration.place, turned]).toEqual([{ kind: "private" }, 1]);
  expect(await places.forget(poems.workspace)).toEqual({ ok: true });
  expect(await kept()).toMatchObject({ workspaces: [], current: "private" });
});

test("what builds on what is kept builds on what another save, still under way, will have left", async () => {
  const places = await start();
  await Promise.all(
    ["font", "textSize", "width"].map((name) =>
      places.save(({ preferences = {} }) => ({ preferences: { ...preferences, [name]: "large" } })),
    ),
  );
  expect(await kept()).toMatchObject({ preferences: { font: "large", textSize: "large", width: "large" } });
});

test("saves at once do not lose each other's", async () => {
  const places = await start();
  const sizes = Array.from({ length: 10 }, (_, i) =>
    places.save({ window: { width: 500 + i, height: 400 } }),
  );
  await Promise.all([
    places.join(poems),
    ...sizes,
    places.join(plans),
    places.note(poems.workspace, { role: "owner" }),
  ]);
  expect(await kept()).toMatchObject({
    window: { width: 509 },
    workspaces: [{ workspace: poems.workspace }, plans],
    current: plans.workspace,
  });
});

test("as many workspaces as the limit have room, and one that is listed always", async () => {
  const many = Array.from({ length: joinedMax }, (_, i) => ({
    ...poems,
    workspace: `${"A".repeat(24)}${String(i).replaceAll("0", "z")}`,
  }));
  await keep({ workspaces: many.slice(1) });
  expect((await start()).hasRoomFor(plans.workspace)).toBe(true);
  await keep({ workspaces: many });
  const full = await start();
  expect(full.hasRoomFor(plans.workspace)).toBe(false);
  expect(full.hasRoomFor(many[0]?.workspace ?? "")).toBe(true);
});

test("where the disk cannot be written nothing is turned to", async () => {
  await writeFile(dirname(file), "in the way");
  const places = await start();
  expect(await places.join(poems)).toMatchObject({ ok: false, code: "settings-not-saved" });
  expect(await places.setRelay(open)).toMatchObject({ ok: false, code: "settings-not-saved" });
  expect(await places.turnTo("private")).toMatchObject({ ok: false, code: "settings-not-saved" });
  expect([places.configuration.place, turned]).toEqual([{ kind: "private" }, 0]);
});

test("damaged settings are said, until it is turned somewhere", async () => {
  await mkdir(dirname(file));
  await writeFile(file, "{");
  const places = await start();
  expect(places.configuration.relayProblem).toContain("damaged");
  await places.join(poems, "The key was set aside.");
  expect(places.configuration.relayProblem).toBe("The key was set aside.");
  await places.turnTo("private");
  expect(places.configuration.relayProblem).toBeNull();
});

test("what was left is known by its relay: the newest, as many as the limit", async () => {
  const left = Array.from({ length: leftMax }, (_, i) => ({
    workspace: `${"A".repeat(24)}${String(i).replaceAll("0", "z")}`,
    relay: open,
  }));
  await keep({ workspaces: [poems, plans], left });
  const places = await start();
  expect(places.relayOf(left[0]?.workspace ?? "")).toBe(open);
  await places.forget(poems.workspace);
  await places.forget(poems.workspace);
  const again = await start();
  expect(again.relayOf(poems.workspace)).toBe(poems.relay);
  expect(again.relayOf(plans.workspace)).toBe(plans.relay);
  expect(again.relayOf(left[0]?.workspace ?? "")).toBeUndefined();
  expect(again.relayOf(left[1]?.workspace ?? "")).toBe(open);
  expect(again.settings.left).toHaveLength(leftMax);
});

test("where a window cannot turn it is as before, on the disk too", async () => {
  await keep({ relay: open, workspaces: [poems, plans], current: poems.workspace });
  const places = await start();
  const before = places.configuration;
  const keptBefore = await kept();
  await places.turnTo(plans.workspace);
  await places.setRelay(null);
  await places.stay();
  expect(places.configuration).toEqual(before);
  expect(places.workspace?.joined).toMatchObject(poems);
  expect(await kept()).toEqual(keptBefore);
  // What was forgotten meanwhile is still on screen.
  await places.forget(poems.workspace);
  await places.stay();
  expect(places.workspace?.joined).toMatchObject(poems);
  expect((await start()).workspace?.joined).toMatchObject(poems);
});

test("what was joined stays joined where a window cannot turn to it", async () => {
  const places = await start();
  await places.join(poems);
  await places.stay();
  expect(places.configuration).toMatchObject({ place: { kind: "private" }, workspaces: [poems] });
});

test("a window that stays open after it has turned changes nothing", async () => {
  await keep({ workspaces: [poems], current: "private" });
  const places = await start();
  await places.turnTo(poems.workspace);
  places.arrived();
  await places.stay();
  expect(places.workspace?.joined).toMatchObject(poems);
  expect(await kept()).toMatchObject({ current: poems.workspace });
});

test("a backup of a profile that is new again: where it was, it is; on the disk first", async () => {
  const left = [{ workspace: plans.workspace, relay: plans.relay }];
  const backup: Settings = { version: 1, relay: open, workspaces: [poems], left, current: poems.workspace };
  const places = await start();
  expect(await places.restore(backup)).toEqual({ ok: true });
  expect(turned).toBe(1);
  expect(places.configuration).toMatchObject({
    place: { kind: "workspace", workspace: poems.workspace },
    workspaces: [poems],
    openRelay: open,
  });
  expect(await kept()).toEqual(backup);
  expect((await start()).configuration).toEqual(places.configuration);
});

test("a backup with an open relay only, from before there were places", async () => {
  const places = await start();
  await places.restore({ version: 1, relay: open });
  expect(places.configuration).toMatchObject({ place: { kind: "open", relay: open } });
});

test("a backup changes nothing where this profile knows of a relay, or the backup of none", async () => {
  const places = await start();
  expect(await places.restore({ version: 1, relay: null, workspaces: [] })).toEqual({ ok: true });
  await keep({ relay: null, workspaces: [plans], current: "private" });
  const full = await start();
  expect(await full.restore({ version: 1, relay: open, workspaces: [poems] })).toEqual({ ok: true });
  expect(full.configuration).toMatchObject({
    place: { kind: "private" },
    workspaces: [plans],
    openRelay: null,
  });
  expect(turned).toBe(0);
});

test("a backup where the relay is given for this start: it stays there, and knows the rest", async () => {
  const places = await start("ws://127.0.0.1:9/sync");
  await places.restore({ version: 1, relay: open, workspaces: [poems], current: poems.workspace });
  expect(places.configuration).toMatchObject({
    place: { kind: "open", relay: "ws://127.0.0.1:9/sync" },
    workspaces: [poems],
  });
  expect(turned).toBe(0);
});

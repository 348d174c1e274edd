import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damagedBackupMs } from "../../policy/limits.ts";
import { KeptDocuments } from "../keep/kept-documents.ts";
import { Values } from "../keep/values.ts";
import { Backups } from "./backups.ts";
import { backupAtMs, backupName } from "./backup-time.ts";
import { BackupCalls } from "./calls.ts";
import { hashOf, objectsIn, placeOf } from "./objects.ts";
import { BackupSchedule } from "./schedule.ts";

const hourMs = 3_600_000;
const ids = ["4NMNnkMhL8jXrdJ9jamS58PAVdXu", "3QbmvJDGYh9ZKmYKhKLxWCsYQJVo", "2ZfrkQ4gLvm5XyT8wBnHcDs6jPaE"];
const [first = "", second = "", third = ""] = ids;
const limits = { hours: 24, days: 30, months: 12, bytesMax: 1024 * 1024 };

let root: string;
let nowMs: number;
let shown: string[];
let restored: unknown[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "deckle-backups-"));
  nowMs = Date.UTC(2026, 10, 22, 23, 5);
  shown = [];
  restored = [];
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A profile of this name; all have the same backups, as one that was destroyed has. */
function profileAt(name: string, bytesMax = limits.bytesMax) {
  const folder = join(root, name);
  const documents = new KeptDocuments(join(folder, "copy"));
  const values = new Values(join(folder, "copy", "values"));
  const blobs = join(folder, "blobs");
  const backups = new Backups({
    folder: join(root, "backups"),
    documents,
    values,
    blobs,
    names: () => ({ isWhole: true, documents: {} }),
    settings: () => ({ version: 1, relay: "wss://relay.example.org" }),
    nowMs: () => nowMs,
    limits: { ...limits, bytesMax },
  });
  const calls = new BackupCalls({
    backups,
    documents,
    values,
    blobs,
    restoreNames: async () => {},
    restored: async (settings) => {
      restored.push(settings);
      return { ok: true };
    },
    showFolder: async (each) => {
      shown.push(each);
      return "";
    },
  });
  return { folder, documents, values, blobs, backups, calls };
}
type Profile = ReturnType<typeof profileAt>;

const keep = (profile: Profile, document: string, name: string, text: string): Promise<void> =>
  profile.documents.keep(
    document,
    { kind: name.startsWith("s") ? "snapshot" : "incremental", name },
    Buffer.from(text),
  );
const make = async (profile: Profile, afterMs = hourMs): Promise<string> => {
  nowMs += afterMs;
  const name = await profile.backups.make({ onlyIfChanged: false });
  if (name === null) throw new Error("no backup was made");
  return name;
};
const textOf = async (profile: Profile, document: string): Promise<string> =>
  Buffer.concat(await profile.documents.all(document)).toString();
const objectFile = (text: string): string =>
  placeOf(join(root, "backups", "objects"), hashOf(Buffer.from(text)));

async function written(): Promise<Profile> {
  const profile = profileAt("profile");
  await keep(profile, first, "c1", "later");
  await keep(profile, first, "s1", "all of first, ");
  await keep(profile, second, "s1", "all of second");
  await profile.values.write("ledger", '{"known":1}');
  await profile.values.write(
    "library",
    JSON.stringify({ entries: [{ document: first, title: "First", createdAt: 1 }] }),
  );
  return profile;
}

test("the time in a name, and names that are none", () => {
  expect(backupName(nowMs)).toBe("backup-2026-11-22T23-05-00Z.json");
  expect(backupAtMs("backup-2026-11-22T23-05-00Z.json")).toBe(nowMs);
  for (const name of ["backup-2026-13-22T23-05-00Z.json", "backup-2026-02-30T23-05-00Z.json", "../x.json"]) {
    expect(backupAtMs(name)).toBeNull();
  }
});

test("a backup has each document as one file, snapshot first, and says what it has", async () => {
  const profile = await written();
  const name = await make(profile);
  expect(await readFile(objectFile("all of first, later"), "utf8")).toBe("all of first, later");
  expect((await profile.backups.document(name, second))?.toString()).toBe("all of second");
  expect(await profile.backups.document(name, third)).toBeNull();
  expect(await profile.calls.backups()).toEqual({
    ok: true,
    folder: join(root, "backups"),
    backups: [{ name, atMs: backupAtMs(name), documents: 2, bytes: 32 }],
  });
  expect(await profile.calls.backupDocuments(name)).toEqual({
    ok: true,
    documents: [
      { document: second, bytes: 13, title: null },
      { document: first, bytes: 19, title: "First" },
    ],
  });
});

test("the next one is made if something changed, shares what did not, and does not read it again", async () => {
  const profile = await written();
  await make(profile);
  nowMs += hourMs;
  expect(await profile.backups.make({ onlyIfChanged: true })).toBeNull();
  await keep(profile, second, "c2", " and more");
  const files = await readdir(join(profile.folder, "copy", first));
  // Other bytes of the same size and time: whoever read them would find damage.
  const at = new Date(nowMs - hourMs);
  for (const file of files) {
    const path = join(profile.folder, "copy", first, file);
    await utimes(path, at, at);
  }
  const name = await profile.backups.make({ onlyIfChanged: true });
  expect(name).toBe(backupName(nowMs));
  expect(await objectsIn(join(root, "backups", "objects"))).toHaveLength(3);
  expect(await profile.backups.lastMs()).toBe(nowMs);
});

test("two in one second have two names, and of one hour the newer stays", async () => {
  const profile = await written();
  await make(profile);
  const newer = await make(profile, 0);
  expect(newer).toBe(backupName(nowMs + 1000));
  expect((await profile.backups.list()).map(({ name }) => name)).toEqual([newer]);
});

test("a profile that is destroyed comes back, with blobs, ledger and settings; twice is once", async () => {
  const profile = await written();
  const blob = Buffer.from("an image");
  const blobFile = placeOf(profile.blobs, hashOf(blob));
  await mkdir(join(blobFile, ".."), { recursive: true });
  await writeFile(blobFile, blob);
  const name = await make(profile);
  await rm(profile.folder, { recursive: true });
  const anew = profileAt("profile");
  expect(await anew.calls.restoreBackup(name)).toEqual({ ok: true, documents: 2, damaged: [] });
  await anew.calls.restoreBackup(name);
  expect(await anew.documents.documents()).toEqual([second, first]);
  expect(await anew.documents.chunks(first)).toHaveLength(1);
  expect(await textOf(anew, first)).toBe("all of first, later");
  expect(await readFile(blobFile)).toEqual(blob);
  expect(JSON.parse((await anew.values.read("restored")) ?? "")).toEqual({
    ledger: { known: 1 },
    library: { entries: [{ document: first, title: "First", createdAt: 1 }] },
  });
  expect(await anew.values.read("ledger")).toBeNull();
  expect(restored[0]).toEqual({ version: 1, relay: "wss://relay.example.org" });
});

test("into a profile that has something: all of it stays", async () => {
  const profile = await written();
  const name = await make(profile);
  const full = profileAt("other");
  await keep(full, first, "s9", "newer|");
  await keep(full, third, "c1", "mine");
  await full.values.write("ledger", '"mine"');
  expect(await full.calls.restoreBackup(name)).toMatchObject({ ok: true, documents: 2 });
  expect(await textOf(full, first)).toBe("newer|all of first, later");
  expect(await textOf(full, third)).toBe("mine");
  expect(await full.values.read("ledger")).toBe('"mine"');
});

test.each([
  ["flipped", Buffer.from("all of First, later")],
  ["cut short", Buffer.from("all of")],
  ["empty", Buffer.alloc(0)],
])("an object that is %s is told by name, the rest is restored", async (_, bytes) => {
  const profile = await written();
  const name = await make(profile);
  await writeFile(objectFile("all of first, later"), bytes);
  const anew = profileAt("anew");
  expect(await anew.calls.restoreBackup(name)).toEqual({ ok: true, documents: 1, damaged: ["First"] });
  expect(await anew.documents.documents()).toEqual([second]);
  expect(await profile.backups.document(name, first)).toBeNull();
  // The next backup finds it in another size, or writes it anew when something changes.
  await keep(profile, first, "c2", "!");
  const next = await make(profile);
  expect((await profile.backups.document(next, first))?.toString()).toBe("all of first, later!");
});

test("a backup that is damaged, not there, or no backup's name", async () => {
  const profile = await written();
  const name = await make(profile);
  const file = join(root, "backups", name);
  await writeFile(file, (await readFile(file, "utf8")).replace('"known":1', '"known":2'));
  for (const each of [name, "backup-2020-01-01T00-00-00Z.json", "../../profile/copy/values/ledger.json"]) {
    expect(await profile.calls.restoreBackup(each)).toMatchObject({ ok: false, code: "no-backup" });
    expect(await profile.calls.backupDocuments(each)).toMatchObject({ ok: false, code: "no-backup" });
  }
  expect(await profile.calls.backups()).toMatchObject({ backups: [] });
  expect(restored).toEqual([]);
});

test("what a damaged backup may have named is not removed, for a month", async () => {
  const profile = await written();
  const name = await make(profile);
  const file = join(root, "backups", name);
  await writeFile(file, (await readFile(file, "utf8")).slice(0, -3));
  await profile.documents.remove(second, [{ kind: "snapshot", name: "s1" }]);
  await make(profile);
  expect(await readFile(objectFile("all of second"), "utf8")).toBe("all of second");
  await make(profile, damagedBackupMs);
  await expect(readFile(file)).rejects.toThrow("ENOENT");
  await expect(readFile(objectFile("all of second"))).rejects.toThrow("ENOENT");
});

test("objects that no backup names any more go, and so does what a crash has left", async () => {
  const profile = profileAt("profile", 40);
  for (const [i, text] of ["one".repeat(8), "two".repeat(8), "six".repeat(8)].entries()) {
    await keep(profile, first, `s${i}`, text);
    if (i > 0) await profile.documents.remove(first, [{ kind: "snapshot", name: `s${i - 1}` }]);
    await make(profile);
    await writeFile(join(objectFile(text), "..", ".deckle-1-1.tmp"), "half");
  }
  const last = await make(profile);
  expect((await profile.backups.list()).map(({ name }) => name)).toContain(last);
  expect(await objectsIn(join(root, "backups", "objects"))).toEqual([
    { sha256: hashOf(Buffer.from("six".repeat(8))), bytes: 24 },
  ]);
  expect(await readdir(join(objectFile("six".repeat(8)), ".."))).not.toContain(".deckle-1-1.tmp");
});

test("a document that is damaged whole stays in the backups as it was read last", async () => {
  const profile = await written();
  await make(profile);
  const [file = ""] = await readdir(join(profile.folder, "copy", second));
  await writeFile(join(profile.folder, "copy", second, file), "\0".repeat(100));
  const again = profileAt("profile");
  const name = await make(again);
  expect((await again.backups.document(name, second))?.toString()).toBe("all of second");
});

test("backups and restorations at once are done one after another", async () => {
  const profile = await written();
  const name = await make(profile);
  const all = await Promise.all([
    make(profile),
    profile.calls.restoreBackup(name),
    make(profile),
    profile.calls.restoreBackup(name),
  ]);
  expect(all[1]).toMatchObject({ ok: true, documents: 2, damaged: [] });
  // Both were made in the same hour.
  expect(await profile.backups.list()).toHaveLength(2);
});

test("a disk that refuses is told in words", async () => {
  const profile = await written();
  await writeFile(join(root, "backups"), "a file where a folder should be");
  expect(await profile.calls.backUpNow()).toEqual({
    ok: false,
    code: "storage",
    message: "The backup was not made: the system says ENOTDIR.",
  });
});

test("where things are, and a folder that is shown", async () => {
  const profile = await written();
  expect(await profile.calls.storageFolders()).toMatchObject({
    ok: true,
    copy: join(profile.folder, "copy"),
    backups: join(root, "backups"),
    documents: 2,
  });
  expect(await profile.calls.showFolder("backups")).toEqual({ ok: true });
  expect(shown).toEqual([join(root, "backups")]);
});

test("some minutes after the start if the last is old, then hourly; a failure stops nothing", async () => {
  const waits: { ms: number; call: () => void }[] = [];
  const failures: unknown[] = [];
  let lastMs: number | null = null;
  let made = 0;
  let asked: () => void = () => undefined;
  const schedule = new BackupSchedule({
    backups: {
      lastMs: async () => lastMs,
      make: async () => {
        if (++made === 2) throw new Error("full");
        lastMs = nowMs;
        return "name";
      },
    },
    nowMs: () => nowMs,
    after: (ms, call) => {
      waits.push({ ms, call });
      asked();
      return { cancel: () => waits.splice(0) };
    },
    firstAfterMs: 5 * 60_000,
    everyMs: hourMs,
    failed: (error) => failures.push(error),
  });
  const pass = async (): Promise<void> => {
    const wait = waits.shift();
    nowMs += wait?.ms ?? 0;
    const next = new Promise<void>((resolve) => (asked = resolve));
    wait?.call();
    await next;
  };
  schedule.start();
  expect(waits[0]?.ms).toBe(5 * 60_000);
  await pass();
  expect([made, waits[0]?.ms]).toEqual([1, hourMs]);
  await pass();
  expect([made, failures.length, waits[0]?.ms]).toEqual([2, 1, hourMs]);
  lastMs = nowMs + hourMs / 2;
  await pass();
  expect([made, waits[0]?.ms]).toEqual([2, 5 * 60_000]);
  schedule.stop();
  expect(waits).toEqual([]);
});

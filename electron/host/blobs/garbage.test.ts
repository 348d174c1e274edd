/** Blobs on a real disk, with real backups: whatever happens, nothing that a document names is taken away. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type * as Files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepHeader } from "../../keep.ts";
import { backupLimits, blobUnnamedMs } from "../../policy/limits.ts";
import { Backups } from "../backup/backups.ts";
import { encodeManifest } from "../backup/manifest.ts";
import { restore } from "../backup/restoring.ts";
import { KeptDocuments } from "../keep/kept-documents.ts";
import { Values } from "../keep/values.ts";
import { Blobs } from "./blobs.ts";

/** File operations that are done still; then the process is dead. */
const { power } = vi.hoisted(() => ({ power: { left: Infinity } }));
vi.mock("node:fs/promises", async (original) => {
  const files = await original<typeof Files>();
  const mortal =
    <Given extends unknown[], Result>(
      run: (...given: Given) => Promise<Result>,
    ): ((...given: Given) => Promise<Result>) =>
    (...given) =>
      power.left-- > 0 ? run(...given) : Promise.reject(new Error("the process is dead"));
  const { open, rename, rm: remove, mkdir, link, copyFile } = files;
  return {
    ...files,
    open: mortal(open),
    rename: mortal(rename),
    rm: mortal(remove),
    mkdir: mortal(mkdir),
    link: mortal(link),
    copyFile: mortal(copyFile),
  };
});

const documents = ["2nGkVeQScJEXQtq9R22UrhThLdU9", "2j9knpCseyhnK8izDmLpGP5WMdZQ"];
const [document = ""] = documents;
const texts = ["one", "two"];
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

let root: string;
let nowMs: number;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "deckle-garbage-"));
  nowMs = Date.UTC(2026, 10, 22);
});
afterEach(async () => {
  vi.restoreAllMocks();
  power.left = Infinity;
  await rm(root, { recursive: true, force: true });
});

const nowhere = { configuration: { place: { kind: "private" } }, relay: null } as unknown as Parameters<
  typeof Blobs.open
>[0]["places"];

async function start(isNewProfile: boolean) {
  const folder = join(root, "profile", "blobs");
  const blobs = await Blobs.open({
    folder,
    isNewProfile,
    places: nowhere,
    caller: { ticket: () => Promise.reject(new Error("nobody is asked")) },
    fetch: () => Promise.reject(new Error("nobody is asked")),
    onCame: () => {},
    nowMs: () => nowMs,
  });
  const kept = new KeptDocuments(join(root, "profile", "copy"));
  const values = new Values(join(root, "profile", "copy", "values"));
  const backups = new Backups({
    folder: join(root, "backups"),
    documents: kept,
    values,
    blobs: folder,
    names: () => blobs.names(),
    settings: () => null,
    nowMs: () => nowMs,
    limits: backupLimits,
  });
  const post = async (path: string, body: string): Promise<boolean> => {
    const init = { method: "POST", headers: { [keepHeader]: "1" }, body };
    return (await blobs.answer(new Request(`app://deckle/keep/${path}`, init)))?.ok === true;
  };
  return {
    blobs,
    backups,
    fileOf: (text: string): string => join(folder, hashOf(text).slice(0, 2), hashOf(text)),
    keep: (text: string) => post("blob", text),
    documents: () => kept.documents(),
    write: (into: string) => kept.keep(into, { kind: "snapshot", name: "s" }, Buffer.from(into)),
    name: (into: string, texted: Iterable<string>) =>
      post(`named/${into}`, JSON.stringify({ blobs: [...texted].map(hashOf), place: null })),
    restore: (name: string) =>
      restore(
        {
          backups,
          documents: kept,
          values,
          blobs: folder,
          restoreNames: (names, among) => blobs.restore(names, among),
        },
        name,
      ),
  };
}
type Profile = Awaited<ReturnType<typeof start>>;

const lose = (...path: string[]): Promise<void> =>
  rm(join(root, "profile", ...path), { recursive: true, force: true });

async function backedUp(profile: Profile): Promise<string> {
  nowMs += 1_000;
  const name = await profile.backups.make({ onlyIfChanged: false });
  if (name === null) throw new Error("no backup was made");
  return name;
}

test("a destroyed profile comes back with its pictures and their names, and a year later all are there", async () => {
  let profile = await start(true);
  for (const text of texts) await profile.keep(text);
  await profile.write(document);
  await profile.name(document, ["one"]);
  const names = profile.blobs.names();
  const backup = await backedUp(profile);
  await lose();
  profile = await start(true);
  // Pasted here before the backup was thought of.
  await profile.keep("two");
  expect(await profile.restore(backup)).toMatchObject({ documents: 1, damaged: [] });
  expect(profile.blobs.names()).toEqual(names);
  profile = await start(false);
  nowMs += 12 * blobUnnamedMs;
  expect(await profile.blobs.collect()).toEqual([]);
  expect(await Promise.all(texts.map((text) => readFile(profile.fileOf(text), "utf8")))).toEqual(texts);
  // What comes from now on goes as ever.
  await profile.keep("four");
  profile = await start(false);
  nowMs += 12 * blobUnnamedMs;
  expect(await profile.blobs.collect()).toEqual([hashOf("four")]);
});

test("after a backup that does not say what its documents name nothing is ever taken away", async () => {
  let profile = await start(true);
  await profile.write(document);
  const backup = await backedUp(profile);
  const manifest = await profile.backups.manifest(backup);
  if (!manifest) throw new Error("no manifest");
  const { names, ...older } = manifest;
  expect(names).toEqual({ isWhole: true, documents: {} });
  await writeFile(join(root, "backups", backup), encodeManifest(older));
  expect(await profile.restore(backup)).toMatchObject({ documents: 1, damaged: [] });
  await profile.keep("one");
  profile = await start(false);
  nowMs += 12 * blobUnnamedMs;
  expect(await profile.blobs.collect()).toEqual([]);
});

test("where blobs and their names were lost, what is pasted again stays: a document may name it", async () => {
  let profile = await start(true);
  await profile.keep("one");
  await profile.write(document);
  await profile.name(document, ["one"]);
  await lose("blobs");
  profile = await start(false);
  await profile.keep("one");
  profile = await start(false);
  nowMs += 12 * blobUnnamedMs;
  expect(await profile.blobs.collect()).toEqual([]);
});

const often = ["paste", "paste", "paste", "name", "name", "collect", "collect"] as const;
const losses = ["lose names", "lose blobs", "lose marks", "lose file", "lose profile"] as const;
const kinds = [...often, "back up", "restore", "start", ...losses] as const;
const step = fc.record({
  what: fc.constantFrom(...kinds),
  document: fc.constantFrom(...documents),
  text: fc.constantFrom(...texts),
  laterMs: fc.constantFrom(0, blobUnnamedMs / 2, 2 * blobUnnamedMs),
  /** In the middle of it, after so many file operations. */
  dies: fc.option(fc.nat({ max: 12 }), { freq: 3 }),
});

test("whatever is pasted, named, lost, restored and cut off, nothing that a document names is taken away", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  let collected = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      power.left = Infinity;
      await rm(root, { recursive: true, force: true });
      let profile = await start(true);
      /** Names only grow: history and versions have them still. */
      const named = new Map<string, Set<string>>();
      const inBackup = new Map<string, Map<string, Set<string>>>();
      /** What the engine says when it opens a document. What was put back nobody opens. */
      const said = new Map<string, Set<string>>();
      const isNamed = (hash: string): boolean => [...named.values()].some((each) => each.has(hash));
      const namesOf = (of: string): Set<string> => named.get(of) ?? new Set();

      const lost: string[] = [];
      const act = async ({
        what,
        document: at,
        text,
      }: typeof step extends fc.Arbitrary<infer S> ? S : never) => {
        if (what === "paste") await profile.keep(text);
        if (what === "name") {
          // The engine has it whether or not main can be told.
          named.set(at, namesOf(at).add(hashOf(text)));
          said.set(at, (said.get(at) ?? new Set()).add(hashOf(text)));
          await profile.write(at);
          await profile.name(at, [text]);
        }
        if (what === "back up") {
          const was = new Map([...named].map(([each, its]) => [each, new Set(its)]));
          inBackup.set(await backedUp(profile), was);
        }
        const [backup, its] = [...inBackup].at(-1) ?? [];
        if (what === "restore" && backup !== undefined && its) {
          await profile.restore(backup).catch(() => null);
          const here = await profile.documents();
          for (const [each, hashes] of its)
            if (here.includes(each)) named.set(each, new Set([...namesOf(each), ...hashes]));
        }
        if (what === "collect") {
          // What came since the start never goes.
          if (power.left === Infinity) profile = await start(false);
          const before = texts.filter((each) => isNamed(hashOf(each)));
          const were = await Promise.all(before.map((each) => exists(profile.fileOf(each))));
          await profile.blobs.collect().then(
            (gone) => (collected += gone.length),
            () => 0,
          );
          const are = await Promise.all(before.map((each) => exists(profile.fileOf(each))));
          lost.push(...before.filter((_, at) => were[at] === true && are[at] !== true));
        }
      };

      for (const each of steps) {
        nowMs += each.laterMs;
        let isDead = each.what === "start";
        power.left = each.dies ?? Infinity;
        await act(each).catch((error: unknown) => {
          if (power.left > 0) throw error;
        });
        isDead ||= power.left <= 0;
        power.left = Infinity;
        let isNewProfile = false;
        if (each.what === "lose blobs") await lose("blobs");
        if (each.what === "lose names") await lose("blobs", "named");
        if (each.what === "lose marks") await lose("blobs", "unnamed");
        if (each.what === "lose file") await rm(profile.fileOf(each.text), { force: true });
        if (each.what === "lose profile") {
          await lose();
          named.clear();
          said.clear();
          isNewProfile = true;
        }
        if (!isDead && !each.what.startsWith("lose")) continue;
        profile = await start(isNewProfile);
        // What main was not told before is told when the document is opened again. Others nobody opens.
        if (isDead && each.what === "name")
          for (const [of, hashes] of said)
            await profile.name(
              of,
              texts.filter((text) => hashes.has(hashOf(text))),
            );
      }
      expect(lost).toEqual([]);
    }),
    { numRuns: 300, endOnFailure: false },
  );
  // It was not for want of garbage.
  expect(collected).toBeGreaterThan(10);
}, 300_000);

const exists = (file: string): Promise<boolean> =>
  readFile(file).then(
    () => true,
    () => false,
  );

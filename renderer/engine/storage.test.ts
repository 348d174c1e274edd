import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { areWholeChunks } from "./automerge-chunks.ts";
import { crc32 } from "./checksum.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeCopy, FakeDisk } from "./fake-places.ts";
import { copyRetryFirstMs, saveRetryMostMs } from "./limits.ts";
import { Storage } from "./storage.ts";

beforeAll(useAutomerge);

const document = "2nGkVeQScJEXQtq9R22UrhThLdU9";
const snapshot = [document, "snapshot", "s1"];
const first = [document, "incremental", "i1"];
const second = [document, "incremental", "i2"];
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function stand(disk = new FakeDisk(), copy = new FakeCopy()) {
  const clock = new FakeClock();
  const storage = new Storage({ disk, copy, clock, random: () => 1 });
  return { storage, disk, copy, clock };
}

async function filled(): Promise<ReturnType<typeof stand>> {
  const all = stand();
  await all.storage.save(snapshot, bytes("whole"));
  await all.storage.save(first, bytes("one"));
  await all.storage.save(second, bytes("two"));
  await all.storage.copied(document);
  return all;
}

/** As automerge-repo loads a document. */
async function loaded(storage: Storage): Promise<string[]> {
  const of = async (kind: string): Promise<string[]> =>
    (await storage.loadRange([document, kind])).map(({ data }) => new TextDecoder().decode(data));
  return [...(await of("snapshot")), ...(await of("incremental"))].toSorted();
}
const everything = ["one", "two", "whole"];

test("CRC-32 as everybody computes it", () => {
  expect(crc32(bytes("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test("what is saved is in both places, and either is enough", async () => {
  const { disk, copy } = await filled();
  expect(await loaded(stand(disk, new FakeCopy()).storage)).toEqual(everything);
  expect(await loaded(stand(new FakeDisk(), copy).storage)).toEqual(everything);
});

test("each place is given what it lacks when a document is read", async () => {
  const { disk, copy } = await filled();
  const [emptyDisk, emptyCopy] = [new FakeDisk(), new FakeCopy()];
  await loaded(stand(emptyDisk, copy).storage);
  await turn();
  expect(await loaded(stand(emptyDisk, new FakeCopy()).storage)).toEqual(everything);
  const other = stand(disk, emptyCopy).storage;
  await loaded(other);
  await other.copied(document);
  expect(await loaded(stand(new FakeDisk(), emptyCopy).storage)).toEqual(everything);
});

type Damage = (binary: Uint8Array) => Uint8Array;
const damages: [string, Damage][] = [
  ["flipped", (binary) => binary.map((byte, i) => (i === 1 ? byte ^ 1 : byte))],
  ["truncated", (binary) => binary.slice(0, -1)],
  ["zeroed", (binary) => new Uint8Array(binary.length)],
  ["emptied", () => new Uint8Array()],
];

test.each(damages)("a chunk that was %s comes back from the copy", async (_, damage) => {
  const { disk, copy } = await filled();
  const stored = disk.stored(first);
  stored.binary = damage(stored.binary);
  const { storage } = stand(disk, copy);
  expect(await loaded(storage)).toEqual(everything);
  expect(storage.isDamaged(document)).toBe(false);
  await turn();
  expect(new TextDecoder().decode(disk.stored(first).binary)).toBe("one");
});

test.each(damages)(
  "a chunk that was %s and is nowhere else: the rest opens, nothing is removed",
  async (_, damage) => {
    const { disk } = await filled();
    const stored = disk.stored(first);
    stored.binary = damage(stored.binary);
    const { storage } = stand(disk, new FakeCopy());
    expect(await loaded(storage)).toEqual(["two", "whole"]);
    expect(storage.isDamaged(document)).toBe(true);
    // A compaction of what is left.
    await storage.save([document, "snapshot", "s2"], bytes("the rest"));
    for (const key of [snapshot, second]) await storage.remove(key);
    expect(await loaded(storage)).toEqual(["the rest", "two", "whole"]);
    // The relay had it: what is damaged goes, and compaction works again.
    await storage.forgetDamage(document);
    expect(storage.isDamaged(document)).toBe(false);
    await storage.remove(second);
    expect(await loaded(storage)).toEqual(["the rest", "whole"]);
  },
);

test("what is damaged and comes from elsewhere under the same name stays: only what is still damaged goes", async () => {
  const { disk } = await filled();
  for (const key of [snapshot, first]) disk.stored(key).binary = bytes("noise");
  const { storage } = stand(disk, new FakeCopy());
  expect(await loaded(storage)).toEqual(["two"]);
  // A relay had the change, which is named by its hash.
  await storage.save(first, bytes("one"));
  expect(storage.isDamaged(document)).toBe(true);
  await storage.forgetDamage(document);
  expect(storage.isDamaged(document)).toBe(false);
  expect(new TextDecoder().decode(disk.stored(["damaged", ...snapshot]).binary)).toBe("noise");
  expect(await loaded(stand(disk, new FakeCopy()).storage)).toEqual(["one", "two"]);
});

test("a loading gets what belongs to its snapshots, whatever another one reads meanwhile", async () => {
  const { storage } = await filled();
  const names = async (kind: string): Promise<(string | undefined)[]> =>
    (await storage.loadRange([document, kind])).map(({ key }) => key[2]);
  expect(await names("snapshot")).toEqual(["s1"]);
  await storage.save([document, "snapshot", "s2"], bytes("all"));
  await storage.remove(snapshot);
  await storage.remove(first);
  await storage.remove(second);
  expect(await names("snapshot")).toEqual(["s2"]);
  expect(await names("incremental")).toEqual(["i1", "i2"]);
  expect(await names("incremental")).toEqual([]);
});

test("what came back from the copy is here when the disk has taken it, and not before", async () => {
  const { copy } = await filled();
  const disk = new FakeDisk();
  disk.failure = "the disk is full";
  const { storage, clock } = stand(disk, copy);
  expect(await loaded(storage)).toEqual(everything);
  await turn();
  expect(storage.failure(document)).toBe("the disk is full");
  let isBack = false;
  const back = storage.backHere(document).then(() => (isBack = true));
  await turn();
  expect(isBack).toBe(false);
  disk.failure = null;
  clock.advance(saveRetryMostMs);
  await back;
  expect(storage.failure(document)).toBeNull();
  expect(await loaded(stand(disk, new FakeCopy()).storage)).toEqual(everything);
});

test("a copy that could not be read is said to have failed, and is compared later", async () => {
  const { disk, copy } = await filled();
  const { storage, clock } = stand(disk, copy);
  expect(storage.isCopyKnown(document)).toBe(false);
  copy.failure = "the disk is gone";
  await loaded(storage);
  await storage.copied(document);
  expect(storage.copyState(document)).toEqual({ state: "failed", reason: "the disk is gone" });
  copy.failure = null;
  clock.advance(copyRetryFirstMs);
  await storage.copied(document);
  expect(storage.copyState(document)).toEqual({ state: "kept" });
  expect(storage.isCopyKnown(document)).toBe(true);
});

test("a copy that cannot be read is no reason not to open, and none to compact what is damaged here", async () => {
  const { disk, copy } = await filled();
  disk.stored(snapshot).binary = bytes("wrong");
  copy.failure = "the disk is gone";
  const { storage } = stand(disk, copy);
  expect(await loaded(storage)).toEqual(["one", "two"]);
  expect(storage.isDamaged(document)).toBe(true);
});

test("a disk that refuses: said, the copy has it, and it is tried again", async () => {
  const { storage, disk, copy, clock } = await filled();
  disk.failure = "the disk is full";
  const changed: string[] = [];
  storage.onChange((one) => changed.push(one));
  await expect(storage.save([document, "incremental", "i3"], bytes("three"))).rejects.toThrow(
    "the disk is full",
  );
  expect(storage.failure(document)).toBe("the disk is full");
  expect(changed).toContain(document);
  await storage.copied(document);
  expect(await loaded(stand(new FakeDisk(), copy).storage)).toContain("three");

  // Snapshots wait, and all of them are written in the end: which holds more is not known here.
  const older = storage.save([document, "snapshot", "s2"], bytes("older"));
  const newer = storage.save([document, "snapshot", "s3"], bytes("newer"));
  await expect(storage.orFailing(document, older)).rejects.toThrow("the disk is full");
  disk.failure = null;
  clock.advance(saveRetryMostMs);
  await Promise.all([older, newer]);
  expect(storage.failure(document)).toBeNull();
  expect(disk.stored([document, "snapshot", "s2"]).binary).toEqual(bytes("older"));
  expect(disk.stored([document, "snapshot", "s3"]).binary).toEqual(bytes("newer"));
});

test("orFailing rejects when the disk refuses while it waits", async () => {
  const { storage, disk, clock } = await filled();
  const saved = storage.save([document, "snapshot", "s2"], bytes("more"));
  await saved;
  disk.failure = "the disk is full";
  const waiting = storage.orFailing(document, storage.save([document, "snapshot", "s4"], bytes("most")));
  await expect(waiting).rejects.toThrow("the disk is full");
  disk.failure = null;
  clock.advance(saveRetryMostMs);
  await turn();
  expect(storage.failure(document)).toBeNull();
});

test("a copy that refuses: said, nothing is removed from it, and it is given everything later", async () => {
  const { storage, copy, clock } = await filled();
  copy.failure = "the disk is full";
  await storage.save([document, "snapshot", "s2"], bytes("all of it"));
  await storage.remove(first);
  await storage.copied(document);
  expect(storage.copyState(document)).toEqual({ state: "failed", reason: "the disk is full" });
  expect(storage.failure(document)).toBeNull();
  copy.failure = null;
  expect((await copy.chunks(document)).map(({ name }) => name)).toContain("i1");
  clock.advance(copyRetryFirstMs);
  await storage.copied(document);
  expect(storage.copyState(document)).toEqual({ state: "kept" });
  expect((await copy.chunks(document)).map(({ name }) => name)).toContain("s2");
});

test("what both refused comes to the copy once the disk takes it, before what it supersedes is removed", async () => {
  const { storage, disk, copy, clock } = await filled();
  disk.failure = copy.failure = "the disk is full";
  const saved = storage.save([document, "snapshot", "s2"], bytes("all of it"));
  await storage.copied(document);
  // There is room again for the copy, which is looked at while the disk has not taken it yet.
  copy.failure = null;
  clock.advance(copyRetryFirstMs);
  await storage.copied(document);
  expect(storage.copyState(document)).toEqual({ state: "kept" });
  disk.failure = null;
  clock.advance(saveRetryMostMs);
  await saved;
  for (const key of [snapshot, first, second]) await storage.remove(key);
  await storage.copied(document);
  expect(await loaded(stand(new FakeDisk(), copy).storage)).toEqual(["all of it"]);
});

test("once the disk takes something again the copy is given what it lacks, at once", async () => {
  const { storage, disk, copy } = await filled();
  expect(storage.isDoubtful()).toBe(false);
  disk.failure = copy.failure = "the disk is full";
  await expect(storage.save([document, "incremental", "i3"], bytes("three"))).rejects.toThrow("full");
  await storage.copied(document);
  expect(storage.copyState(document).state).toBe("failed");
  disk.failure = copy.failure = null;
  await storage.save([document, "incremental", "i4"], bytes("three and four"));
  await storage.copied(document);
  expect(storage.copyState(document)).toEqual({ state: "kept" });
  // What it took before may be gone after the next start all the same.
  expect(storage.isDoubtful()).toBe(true);
  expect(await loaded(stand(new FakeDisk(), copy).storage)).toContain("three and four");
});

test("what is removed from the copy is nothing that it is still being given", async () => {
  const { storage } = await filled();
  const states: string[] = [];
  storage.onChange((one) => states.push(storage.copyState(one).state));
  await storage.remove(first);
  await storage.copied(document);
  expect(states).toEqual([]);
  await storage.save(first, bytes("one"));
  await storage.copied(document);
  expect(states).toEqual(["keeping", "kept"]);
});

test("what is no chunk is no reason to fail: automerge-repo would connect to nobody", async () => {
  const { storage, disk } = stand();
  disk.failure = "the disk is full";
  await storage.save(["storage-adapter-id"], bytes("id"));
  expect(await storage.load(["storage-adapter-id"])).toBeUndefined();
});

test("keys that are no chunks are kept here alone", async () => {
  const { storage, copy } = stand();
  await storage.save(["storage-adapter-id"], bytes("id"));
  await storage.save([document, "sync-state", "other"], bytes("state"));
  expect(await storage.load(["storage-adapter-id"])).toEqual(bytes("id"));
  expect(await storage.loadRange([document, "sync-state"])).toHaveLength(1);
  expect(copy.files.size).toBe(0);
  await storage.removeRange([document]);
  expect(await storage.load([document, "sync-state", "other"])).toBeUndefined();
});

test("chunks from before there were checksums are held to Automerge's own", async () => {
  let doc = A.from({ list: ["a"] });
  const saved = A.save(doc);
  doc = A.change(doc, (draft) => void draft.list.push("long enough to be deflated ".repeat(40)));
  const changes = A.saveSince(doc, A.getHeads(A.load(saved)));
  expect(await areWholeChunks(saved)).toBe(true);
  expect(await areWholeChunks(changes)).toBe(true);
  const both = new Uint8Array([...saved, ...changes]);
  expect(await areWholeChunks(both)).toBe(true);
  for (let at = 0; at < both.length; at++) {
    expect(await areWholeChunks(both.map((byte, i) => (i === at ? byte ^ 4 : byte)))).toBe(false);
    expect(await areWholeChunks(both.slice(0, at))).toBe(at === saved.length);
  }
  expect(await areWholeChunks(new Uint8Array(100))).toBe(false);
});

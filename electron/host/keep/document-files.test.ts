import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ChunkName } from "../../keep.ts";
import { nodeDisk } from "./disk-calls.ts";
import { DocumentFiles, type ChunkToKeep } from "./document-files.ts";
import { encodeRecord, scanFile } from "./record.ts";

const document = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";
let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "deckle-copy-"));
  folder = join(root, document);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const opened = (at = folder): DocumentFiles => new DocumentFiles(document, at, nodeDisk);
const change = (name: string, text = `text of ${name}`): ChunkToKeep => ({
  chunk: { kind: "incremental", name },
  bytes: Buffer.from(text),
});
const snapshot = (name: string, text = `all of ${name}`): ChunkToKeep => ({
  chunk: { kind: "snapshot", name },
  bytes: Buffer.from(text),
});
const nameOf = ({ name }: ChunkName): string => name;
const names = async (files: DocumentFiles): Promise<string[]> => (await files.chunks()).map(nameOf);
const textOf = async (files: DocumentFiles, { chunk }: ChunkToKeep): Promise<string | null> => {
  const bytes = await files.read(chunk);
  return bytes && Buffer.from(bytes).toString();
};

test("what is kept is there for whoever opens the folder next", async () => {
  const files = opened();
  await files.keep([change("a"), change("b")]);
  await files.keep([change("c")]);
  for (const each of [files, opened()]) {
    expect(await names(each)).toEqual(["a", "b", "c"]);
    expect(await textOf(each, change("b"))).toBe("text of b");
  }
  expect(await readdir(folder)).toEqual(["1.chunks"]);
});

test("a chunk that is there is not written again", async () => {
  const files = opened();
  await files.keep([change("a")]);
  const before = await files.traces();
  await files.keep([change("a")]);
  expect(await files.traces()).toEqual(before);
});

test("another text of the same name takes its place", async () => {
  const files = opened();
  await files.keep([snapshot("a", "old")]);
  await files.keep([snapshot("a", "new")]);
  expect(await textOf(files, snapshot("a"))).toBe("new");
  expect(await textOf(opened(), snapshot("a"))).toBe("new");
});

test("a snapshot begins a file, and a file goes when all of it is removed", async () => {
  const files = opened();
  await files.keep([change("a"), change("b")]);
  await files.keep([snapshot("s"), change("c")]);
  expect((await readdir(folder)).toSorted()).toEqual(["1.chunks", "2.chunks"]);
  await files.remove([change("a").chunk]);
  expect(await names(files)).toEqual(["b", "s", "c"]);
  await files.remove([change("b").chunk]);
  expect(await readdir(folder)).toEqual(["2.chunks"]);
  await files.remove([snapshot("s").chunk, change("c").chunk]);
  expect(await readdir(root)).toEqual([]);
  await files.keep([change("d")]);
  expect(await names(opened())).toEqual(["d"]);
});

test("a copy of the folder after each step has all that was answered", async () => {
  const files = opened();
  const kept: string[] = [];
  for (let step = 0; step < 20; step++) {
    const next = step % 7 === 3 ? snapshot(`s${step}`) : change(`c${step}`);
    await files.keep([next]);
    kept.push(next.chunk.name);
    const copy = join(root, `copy-${step}`);
    await cp(folder, copy, { recursive: true });
    expect(await names(opened(copy))).toEqual(kept);
  }
});

test("torn at every offset: what came before stays, and writing goes on", async () => {
  await opened().keep([change("a"), change("b"), change("c")]);
  const whole = await readFile(join(folder, "1.chunks"));
  const lengths = ["a", "b"].map((name) => {
    const { chunk, bytes } = change(name);
    return encodeRecord(document, chunk, bytes).length;
  });
  const [first = 0, second = 0] = lengths;
  for (let length = 0; length <= whole.length; length++) {
    const torn = join(root, "torn", document);
    await rm(torn, { recursive: true, force: true });
    await mkdir(torn, { recursive: true });
    await writeFile(join(torn, "1.chunks"), whole.subarray(0, length));
    const expected = ["a", "b", "c"].slice(
      0,
      length === whole.length ? 3 : length >= first + second ? 2 : length >= first ? 1 : 0,
    );
    const files = opened(torn);
    expect(await names(files)).toEqual(expected);
    expect((await files.verify()).damaged).toBe(0);
    await files.keep([change("d")]);
    expect(await names(opened(torn))).toEqual([...expected, "d"]);
    expect((await opened(torn).verify()).damaged).toBe(0);
  }
});

test("flipped bytes at every offset: never a wrong byte, and never more lost than the record that they are in", async () => {
  const chunks = [change("a"), snapshotless("b"), change("c")];
  const records = chunks.map(({ chunk, bytes }) => encodeRecord(document, chunk, bytes));
  const whole = Buffer.concat(records);
  let end = 0;
  const ends = records.map((record) => (end += record.length));
  for (let at = 0; at < whole.length; at++) {
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at);
    const hit = ends.findIndex((each) => at < each);
    const { records: found, damaged, wholeBytes } = scanFile(document, flipped);
    expect(found.map(({ chunk }) => chunk.name)).toEqual(
      chunks.filter((_, place) => place !== hit).map(({ chunk }) => chunk.name),
    );
    for (const { chunk, bytes } of found) {
      const written = chunks.find((each) => each.chunk.name === chunk.name);
      expect(Buffer.from(bytes)).toEqual(written?.bytes);
    }
    // A longer length in the last header looks like a record that was not written to its end.
    expect(damaged === 1 || wholeBytes < whole.length).toBe(true);
  }
});

/** One whose text is full of what begins a record. */
function snapshotless(name: string): ChunkToKeep {
  return change(name, "\x89DECKLE\n".repeat(5));
}

test("whatever is done to a file: nothing that was not written is handed out", () => {
  const chunks = [change("a"), change("b", "x".repeat(300)), change("c"), change("d")];
  const whole = Buffer.concat(chunks.map(({ chunk, bytes }) => encodeRecord(document, chunk, bytes)));
  const written = new Map(chunks.map(({ chunk, bytes }) => [chunk.name, Buffer.from(bytes).toString()]));
  const wound = fc.record({
    at: fc.nat(whole.length - 1),
    length: fc.integer({ min: 1, max: 200 }),
    by: fc.constantFrom("zero", "cut", "random", "twice"),
    seed: fc.integer({ min: 0, max: 255 }),
  });
  fc.assert(
    fc.property(fc.array(wound, { minLength: 1, maxLength: 4 }), (wounds) => {
      let bytes = Buffer.from(whole);
      for (const { at, length, by, seed } of wounds) {
        const stretch = bytes.subarray(at, at + length);
        if (by === "zero") stretch.fill(0);
        else if (by === "random") stretch.forEach((byte, i) => (stretch[i] = (byte * 31 + seed + i) & 0xff));
        else if (by === "cut") bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        else bytes = Buffer.concat([bytes.subarray(0, at), stretch, bytes.subarray(at)]);
      }
      for (const record of scanFile(document, bytes).records) {
        expect(Buffer.from(record.bytes).toString()).toBe(written.get(record.chunk.name));
      }
    }),
  );
});

test("damage in the middle is skipped and said; the next time something is kept, it is mended", async () => {
  await opened().keep([change("a"), change("b"), change("c")]);
  const file = join(folder, "1.chunks");
  const bytes = await readFile(file);
  bytes.fill(0, 60, 70);
  await writeFile(file, bytes);
  const files = opened();
  expect(await names(files)).toEqual(["a", "c"]);
  expect(await files.verify()).toMatchObject({ chunks: 2, damaged: 1 });
  await files.keep([change("b")]);
  expect((await readdir(folder)).toSorted()).toEqual(["1.damaged", "2.chunks", "3.chunks"]);
  expect(await readFile(join(folder, "1.damaged"))).toEqual(bytes);
  for (const each of [files, opened()]) {
    expect((await names(each)).toSorted()).toEqual(["a", "b", "c"]);
    expect(await each.verify()).toMatchObject({ chunks: 3, damaged: 0 });
    expect(await textOf(each, change("c"))).toBe("text of c");
  }
  await files.remove([change("a").chunk, change("b").chunk, change("c").chunk]);
  expect(await readdir(folder)).toEqual(["1.damaged"]);
  await files.keep([change("d")]);
  expect(await names(opened())).toEqual(["d"]);
});

test("damage after it was opened: it is not handed out, and put back when it is kept again", async () => {
  const files = opened();
  await files.keep([change("a"), change("b")]);
  const file = join(folder, "1.chunks");
  const bytes = await readFile(file);
  bytes.writeUInt8(0x58, bytes.length - 1);
  await writeFile(file, bytes);
  expect(await files.read(change("b").chunk)).toBeNull();
  expect(await names(files)).toEqual(["a"]);
  await files.keep([change("b")]);
  expect(await textOf(files, change("b"))).toBe("text of b");
  expect((await names(opened())).toSorted()).toEqual(["a", "b"]);
});

test("a damaged file that cannot be set aside does not keep anything from being kept", async () => {
  await opened().keep([change("a"), change("b")]);
  const file = join(folder, "1.chunks");
  const bytes = await readFile(file);
  bytes.fill(0, 0, 9);
  await writeFile(file, bytes);
  const rename: typeof nodeDisk.rename = async (from, to) => {
    if (String(to).endsWith(".damaged")) throw Object.assign(new Error("as if"), { code: "EACCES" });
    await nodeDisk.rename(from, to);
  };
  const files = new DocumentFiles(document, folder, { ...nodeDisk, rename });
  await files.keep([change("c")]);
  expect((await names(files)).toSorted()).toEqual(["b", "c"]);
  await opened().keep([change("a")]);
  expect((await names(opened())).toSorted()).toEqual(["a", "b", "c"]);
  expect((await opened().verify()).damaged).toBe(0);
});

test("a file that is cut short, or gone, while it is open", async () => {
  const files = opened();
  await files.keep([change("a"), change("b")]);
  await truncate(join(folder, "1.chunks"), 60);
  expect(await files.read(change("b").chunk)).toBeNull();
  await rm(join(folder, "1.chunks"));
  expect(await files.read(change("a").chunk)).toBeNull();
  await files.keep([change("a")]);
  expect(await names(opened())).toEqual(["a"]);
});

test("a file of another document is damage, not text", async () => {
  await opened().keep([change("a")]);
  const other = new DocumentFiles("3QbmvJDGYh9ZKmYKhKLxWCsYQJVo", folder, nodeDisk);
  expect(await other.chunks()).toEqual([]);
  expect((await other.verify()).damaged).toBe(1);
});

test("attack: a document whose folder is another's on this disk is refused", async () => {
  const disk = { ...nodeDisk, realpath: async () => join(root, document.toLowerCase()) };
  const files = new DocumentFiles(document, folder, disk as unknown as typeof nodeDisk);
  await expect(files.keep([change("a")])).rejects.toThrow("belongs to another document");
});

test("other files in the folder are left alone", async () => {
  await mkdir(folder);
  for (const name of ["notes.txt", "01.chunks", "1.chunks.bak", "x.chunks"]) {
    await writeFile(join(folder, name), "mine");
  }
  const files = opened();
  await files.keep([change("a")]);
  await files.remove([change("a").chunk]);
  expect((await readdir(folder)).toSorted()).toEqual(["01.chunks", "1.chunks.bak", "notes.txt", "x.chunks"]);
});

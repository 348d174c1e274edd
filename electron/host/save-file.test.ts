import { createHash } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlobFiles } from "./blobs/store.ts";
import { saveFile } from "./save-file.ts";

let folder: string;
let files: BlobFiles;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-save-"));
  files = new BlobFiles(join(folder, "blobs"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = Buffer.from("<script>alert(1)</script>\0\xff", "latin1");
const sha256 = createHash("sha256").update(bytes).digest("hex");

async function* all(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
const keep = (): Promise<unknown> => files.keep(all(bytes), () => Promise.resolve());

const save = (path: string | null, asked: string[] = []): ReturnType<typeof saveFile> =>
  saveFile(
    {
      read: (hash) => files.read(hash),
      ask: (name) => {
        asked.push(name);
        return Promise.resolve(path);
      },
    },
    { sha256, name: "../run\u202Eme.html" },
  );

test("the very bytes are where the person said, and nothing else is", async () => {
  await keep();
  const asked: string[] = [];
  expect(await save(join(folder, "x.html"), asked)).toEqual({ ok: true, saved: true });
  expect(asked).toEqual(["-run me.html"]);
  expect(await readFile(join(folder, "x.html"))).toEqual(bytes);
  expect((await readdir(folder)).toSorted()).toEqual(["blobs", "x.html"]);
});

test("attack: over a program it is a program no more", async () => {
  await keep();
  const there = join(folder, "tool");
  await writeFile(there, "#!/bin/sh\n");
  await chmod(there, 0o755);
  expect(await save(there)).toEqual({ ok: true, saved: true });
  expect((await stat(there)).mode & 0o777).toBe(0o644);
});

test("cancelled, nothing is written", async () => {
  await keep();
  expect(await save(null)).toEqual({ ok: true, saved: false });
  expect(await readdir(folder)).toEqual(["blobs"]);
});

test("what has not come is said, and nobody is asked for a place", async () => {
  const asked: string[] = [];
  expect(await save(join(folder, "x"), asked)).toMatchObject({ ok: false, code: "not-here" });
  expect(asked).toEqual([]);
});

test("attack: bytes that were changed on the disk are not saved", async () => {
  await keep();
  await writeFile(join(folder, "blobs", sha256.slice(0, 2), sha256), "something else");
  files = new BlobFiles(join(folder, "blobs"));
  expect(await save(join(folder, "x"))).toMatchObject({ ok: false, code: "not-here" });
  expect((await readdir(folder)).includes("x")).toBe(false);
});

test("a place that cannot be written to is said with its reason", async () => {
  await keep();
  await writeFile(join(folder, "file"), "x");
  expect(await save(join(folder, "file", "x"))).toMatchObject({ ok: false, code: "not-exported" });
});

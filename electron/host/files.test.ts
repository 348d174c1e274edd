import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { markdownBytesMax } from "../policy/limits.ts";
import { readMarkdown } from "./files.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

test("text comes back as it is, under the file's name", async () => {
  const text = "# Überschrift\r\n\n😀\n";
  expect(await readMarkdown(await file("a.md", text))).toEqual({ ok: true, file: { name: "a.md", text } });
});

test("an empty file is said to be empty", async () => {
  expect(await readMarkdown(await file("empty.md", " \n"))).toMatchObject({ ok: false, code: "empty" });
});

test("a byte-order mark is not part of the text", async () => {
  const path = await file("bom.md", "\uFEFFtext");
  expect(await readMarkdown(path)).toMatchObject({ file: { text: "text" } });
});

test.each([
  ["Latin-1", Uint8Array.of(0x63, 0x61, 0x66, 0xe9)],
  ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x61, 0x00)],
  ["an overlong sequence", Uint8Array.of(0xc0, 0xaf)],
  ["a lone surrogate", Uint8Array.of(0xed, 0xa0, 0x80)],
  ["NUL bytes", Uint8Array.of(0x61, 0x00, 0x62)],
])("%s is not taken for text", async (_, bytes) => {
  expect(await readMarkdown(await file("bytes.md", bytes))).toMatchObject({ ok: false, code: "not-text" });
});

test("a file as large as the limit is read, one byte more is not", async () => {
  const largest = await file("largest.md", "x".repeat(markdownBytesMax));
  expect(await readMarkdown(largest)).toMatchObject({ ok: true });
  const tooLarge = await file("too-large.md", "x".repeat(markdownBytesMax + 1));
  expect(await readMarkdown(tooLarge)).toMatchObject({ ok: false, code: "too-large" });
});

test("what is not there, and what is no file", async () => {
  await mkdir(join(folder, "sub"));
  await symlink("nowhere", join(folder, "dangling.md"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  const codeOf = async (name: string) => {
    const read = await readMarkdown(join(folder, name));
    return read.ok ? "read" : read.code;
  };
  expect(await codeOf("missing.md")).toBe("not-found");
  expect(await codeOf("dangling.md")).toBe("not-found");
  expect(await codeOf("sub")).toBe("is-folder");
  // A reader that waited here for a writer would wait for ever.
  expect(await codeOf("pipe")).toBe("not-a-file");
});

test("a file that may not be read", async () => {
  const path = await file("secret.md", "x");
  await chmod(path, 0);
  // Root may read everything, so as root the test becomes somebody else for a moment.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    expect(await readMarkdown(path)).toMatchObject({ ok: false, code: "not-allowed" });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test("a failing disk is said as such, with its code", async () => {
  // /proc/self/mem opens and cannot be read at 0: the EIO of a bad disk.
  if (process.platform !== "linux") return;
  expect(await readMarkdown("/proc/self/mem")).toMatchObject({ ok: false });
});

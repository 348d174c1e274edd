import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exportTo } from "./export.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-export-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("the text is in the file, and nothing else in the folder", async () => {
  const name = `${"ö".repeat(120)}.md`;
  expect(await exportTo(join(folder, name), "# Größe 😀\n")).toEqual({ ok: true });
  expect(await readFile(join(folder, name), "utf8")).toBe("# Größe 😀\n");
  expect(await readdir(folder)).toEqual([name]);
});

test("a file that was there is replaced, who may read it stays, and a link stays a link", async () => {
  const file = join(folder, "a.md");
  const link = join(folder, "link.md");
  await writeFile(file, "old");
  await chmod(file, 0o640);
  await symlink(file, link);
  expect(await exportTo(link, "new")).toEqual({ ok: true });
  expect(await readFile(file, "utf8")).toBe("new");
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
});

test("what cannot be written is said with its name, and what was there stays", async () => {
  const taken = join(folder, "folder.md");
  await mkdir(taken);
  await writeFile(join(taken, "inner"), "x");
  const answer = await exportTo(taken, "text");
  expect(answer).toMatchObject({ ok: false, code: "not-exported" });
  expect(answer).toMatchObject({
    message: expect.stringMatching(/^"folder.md" was not written: there is a folder/),
  });
  expect(await readdir(folder)).toEqual(["folder.md"]);
  const long = await exportTo(join(folder, `${"x".repeat(300)}.md`), "text");
  expect(long).toMatchObject({ message: expect.stringContaining("the name is too long") });
  await writeFile(join(folder, "file"), "x");
  const below = await exportTo(join(folder, "file", "a.md"), "text");
  expect(below).toMatchObject({ message: expect.stringContaining("the disk said E") });
});

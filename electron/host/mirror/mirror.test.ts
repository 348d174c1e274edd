import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Mirror } from "./mirror.ts";

let base = "";
let folder: string | null = null;
let said: string[] = [];
const open = (): Mirror =>
  new Mirror({ folder: () => folder, blobs: join(base, "blobs"), say: (words) => said.push(words) });

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "deckle-mirror-"));
  folder = join(base, "copy");
  await mkdir(folder);
  said = [];
});
afterEach(() => rm(base, { recursive: true, force: true }));

const at = (...names: string[]): string => join(base, "copy", ...names);
const text = (title: string, markdown: string, heads = ["h1"]) => ({ title, markdown, heads });
const files = async (): Promise<string[]> =>
  (await readdir(at())).filter((name) => !name.startsWith(".")).toSorted();
const read = (name: string): Promise<string> => readFile(at(name), "utf8");

it("writes a document under its title, again under the same one, and says what it has", async () => {
  const mirror = open();
  await mirror.write("a", text("Notes", "one"));
  await mirror.write("a", text("Notes", "two", ["h2"]));
  expect(await files()).toEqual(["Notes.md"]);
  expect(await read("Notes.md")).toBe("two");
  expect(await mirror.mirrors()).toEqual({ documents: { a: ["h2"] } });
  expect(await mirror.state()).toEqual({ folder, documents: 1, problem: null });
  await mirror.stop();
  expect(await open().mirrors()).toEqual({ documents: { a: ["h2"] } });
});

it("tells documents of one title apart, in whatever case, and keeps each its file after a new start", async () => {
  const mirror = open();
  await Promise.all([
    mirror.write("a", text("Notes", "one")),
    mirror.write("b", text("notes", "two")),
    mirror.write("c", text("Notes", "three")),
  ]);
  await mirror.stop();
  const again = open();
  await again.write("b", text("notes", "two, longer"));
  await again.stop();
  expect(await files()).toEqual(["Notes 3.md", "Notes.md", "notes 2.md"]);
  expect(await read("notes 2.md")).toBe("two, longer");
  expect(await read("Notes.md")).toBe("one");
});

it("renames the file when the title changes", async () => {
  const mirror = open();
  await mirror.write("a", text("Draft", "words"));
  await mirror.write("a", text("Final", "words"));
  expect(await files()).toEqual(["Final.md"]);
  await mirror.stop();
});

it("never overwrites what a person wrote: a file edited outside is set aside, once said", async () => {
  const mirror = open();
  await mirror.write("a", text("Notes", "one"));
  await writeFile(at("Notes.md"), "mine");
  await mirror.write("a", text("Notes", "two"));
  expect(await files()).toEqual(["Notes (edited outside Deckle).md", "Notes.md"]);
  expect(await read("Notes (edited outside Deckle).md")).toBe("mine");
  expect(await read("Notes.md")).toBe("two");
  expect(said.length).toBe(1);
  expect(said[0]).toMatch(/edited outside Deckle/);
  await mirror.write("a", text("Notes", "three"));
  await writeFile(at("Notes.md"), "mine again");
  await mirror.write("a", text("Notes", "four"));
  expect(await read("Notes (edited outside Deckle) 2.md")).toBe("mine again");
  expect(await read("Notes.md")).toBe("four");
  await mirror.stop();
});

it("lets a person's file of the same name be", async () => {
  await writeFile(at("Notes.md"), "a person's");
  const mirror = open();
  await mirror.write("a", text("Notes", "ours"));
  expect(await read("Notes.md")).toBe("a person's");
  expect(await read("Notes 2.md")).toBe("ours");
  await mirror.stop();
});

it("knows its own file by what is in it where the index is lost", async () => {
  const mirror = open();
  await mirror.write("a", text("Notes", "ours"));
  await mirror.stop();
  await rm(at(".deckle-mirror.json"));
  const again = open();
  await again.write("a", text("Notes", "ours"));
  await again.write("a", text("Notes", "ours, longer"));
  expect(await files()).toEqual(["Notes.md"]);
  expect(await read("Notes.md")).toBe("ours, longer");
  await again.stop();
});

it("an index that names files outside of the folder is not followed", async () => {
  await writeFile(join(base, "outside.md"), "a person's");
  const entry = { file: "../outside.md", sha256: "0", heads: [] };
  await writeFile(at(".deckle-mirror.json"), JSON.stringify({ version: 1, documents: { a: entry } }));
  const mirror = open();
  await mirror.write("a", text("Notes", "ours"));
  expect(await readFile(join(base, "outside.md"), "utf8")).toBe("a person's");
  expect(await files()).toEqual(["Notes.md"]);
  await mirror.stop();
});

it.each(["no JSON", '{"version":1,"documents":{"a":{}}}', '{"version":9}'])(
  "an index that says %s is none",
  async (broken) => {
    await writeFile(at(".deckle-mirror.json"), broken);
    const mirror = open();
    await mirror.write("a", text("Notes", "ours"));
    expect(await read("Notes.md")).toBe("ours");
    await mirror.stop();
  },
);

it("writes a file anew that was thrown away", async () => {
  const mirror = open();
  await mirror.write("a", text("Notes", "one"));
  await rm(at("Notes.md"));
  await mirror.write("a", text("Notes", "one"));
  expect(await read("Notes.md")).toBe("one");
  await mirror.stop();
});

it("copies the images that are here, and those that come later the next time", async () => {
  const [here, later] = ["a".repeat(64), "b".repeat(64)];
  await mkdir(join(base, "blobs", "aa"), { recursive: true });
  await writeFile(join(base, "blobs", "aa", here), "picture");
  const markdown = `![](images/${here}.png)\n\n![](images/${later}.jpeg)\n[x.pdf](files/${here}.pdf)\n`;
  const mirror = open();
  await mirror.write("a", text("Pictures", markdown));
  expect(await readdir(at("images"))).toEqual([`${here}.png`]);
  expect(await readdir(at("files"))).toEqual([`${here}.pdf`]);
  await mkdir(join(base, "blobs", "bb"));
  await writeFile(join(base, "blobs", "bb", later), "another");
  await mirror.write("a", text("Pictures", markdown));
  expect(await readFile(at("images", `${later}.jpeg`), "utf8")).toBe("another");
  await mirror.stop();
});

it("says once that the folder is gone, does not make it, and goes on when it is back", async () => {
  const mirror = open();
  await mirror.write("a", text("Notes", "one"));
  await mirror.stop();
  await rename(at(), join(base, "unplugged"));
  expect(await mirror.write("a", text("Notes", "two"))).toMatch(/is not there/);
  await mirror.write("a", text("Notes", "three"));
  expect(said.length).toBe(1);
  expect(said[0]).toMatch(/is not there/);
  expect((await mirror.state()).problem).toBe(said[0]);
  expect(await readdir(base)).toEqual(["unplugged"]);
  await rename(join(base, "unplugged"), at());
  await mirror.write("a", text("Notes", "four"));
  expect(await read("Notes.md")).toBe("four");
  expect((await mirror.state()).problem).toBeNull();
  await mirror.stop();
});

it("does not make a folder that went before what was written there was noted, and knows it when it is back", async () => {
  const mirror = open();
  await mirror.write("a", text("Notes", "one"));
  await rename(at(), join(base, "unplugged"));
  await mirror.stop();
  expect(await readdir(base)).toEqual(["unplugged"]);
  await mirror.write("a", text("Notes", "two"));
  await rename(join(base, "unplugged"), at());
  await mirror.write("a", text("Notes", "three"));
  expect(await files()).toEqual(["Notes.md"]);
  expect(await read("Notes.md")).toBe("three");
  await mirror.stop();
  expect(await open().mirrors()).toEqual({ documents: { a: ["h1"] } });
});

it("says once that it cannot be written, and goes on when it can be", async () => {
  const mirror = open();
  // In the way of the folder of images.
  await writeFile(at("images"), "a person's");
  const markdown = `![](images/${"a".repeat(64)}.png)`;
  const problem = await mirror.write("a", text("Notes", markdown));
  expect(problem).toMatch(/cannot be written/);
  expect(await mirror.write("a", text("Notes", `${markdown} `))).toBe(problem);
  expect(said).toEqual([problem]);
  expect(await mirror.mirrors()).toEqual({ documents: {} });
  expect(await read("images")).toBe("a person's");
  await rm(at("images"));
  expect(await mirror.write("a", text("Notes", markdown))).toBeNull();
  expect(await read("Notes.md")).toBe(markdown);
  expect((await mirror.state()).problem).toBeNull();
  await mirror.stop();
});

it("keeps nothing where the person wants none, and follows to another folder", async () => {
  const mirror = open();
  await mirror.write("a", text("Notes", "one"));
  folder = null;
  await mirror.write("a", text("Notes", "two"));
  expect(await mirror.mirrors()).toBeNull();
  expect(await mirror.state()).toEqual({ folder: null, documents: 0, problem: null });
  expect(await read("Notes.md")).toBe("one");
  folder = join(base, "other");
  await mkdir(folder);
  await mirror.write("a", text("Notes", "three"));
  expect(await readFile(join(folder, "Notes.md"), "utf8")).toBe("three");
  expect(await read("Notes.md")).toBe("one");
  await mirror.stop();
});

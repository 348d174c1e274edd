import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Values } from "./values.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-values-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("writes at once are done in their order, and a read after them sees the last", async () => {
  const values = new Values(folder);
  const writes = Array.from({ length: 20 }, (_, i) => values.write("ledger", String(i)));
  expect(await values.read("ledger")).toBe("19");
  await Promise.all(writes);
  expect(await new Values(folder).read("ledger")).toBe("19");
  expect((await readdir(folder)).toSorted()).toEqual(["ledger.json", "ledger.previous.json"]);
});

test("the file is JSON that a person can read", async () => {
  await new Values(folder).write("library", '{"a":"ä"}');
  expect(JSON.parse(await readFile(join(folder, "library.json"), "utf8"))).toMatchObject({
    version: 1,
    value: { a: "ä" },
  });
});

test.each([
  ["flipped", (text: string) => text.replace("new", "now")],
  ["cut short", (text: string) => text.slice(0, -5)],
  ["zeroed", (text: string) => "\0".repeat(text.length)],
  ["empty", () => ""],
])("one that is %s is not handed out: the one before is", async (_, damage) => {
  const values = new Values(folder);
  await values.write("ledger", '"old"');
  await values.write("ledger", '"new"');
  const file = join(folder, "ledger.json");
  await writeFile(file, damage(await readFile(file, "utf8")));
  expect(await values.read("ledger")).toBe('"old"');
  await values.write("ledger", '"newer"');
  expect(await values.read("ledger")).toBe('"newer"');
  expect(await readFile(join(folder, "ledger.previous.json"), "utf8")).toContain('"old"');
});

test("one that cannot be written rejects, and the next is written", async () => {
  const inTheWay = join(folder, "file");
  await writeFile(inTheWay, "");
  const values = new Values(join(inTheWay, "values"));
  await expect(values.write("ledger", "1")).rejects.toMatchObject({ code: "ENOTDIR" });
  await rm(inTheWay);
  await values.write("ledger", "2");
  expect(await values.read("ledger")).toBe("2");
});

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownWordsMax } from "../../policy/limits.ts";
import { englishOf, findDictionaries } from "./dictionaries.ts";
import { OwnWords } from "./own-words.ts";

let folder = "";
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "deckle-words-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));
const file = (): string => join(folder, "dictionary.txt");

test("words are kept one a line, in order, and are there the next time", async () => {
  const words = await OwnWords.open(file());
  await Promise.all([words.add("zeta"), words.add("O’Neil"), words.add("alpha")]);
  expect(await readFile(file(), "utf8")).toBe("O'Neil\nalpha\nzeta\n");
  const again = await OwnWords.open(file());
  expect(again.has("Alpha") && again.has("O’Neil")).toBe(true);
  await again.remove("zeta");
  expect(again.list).toEqual(["O'Neil", "alpha"]);
});

test("a file that is no text is set aside; what cannot be kept is refused in words", async () => {
  await writeFile(file(), Uint8Array.of(0xff, 0xfe, 0x00));
  const words = await OwnWords.open(file());
  expect(words.list).toEqual([]);
  expect(await readFile(`${file()}.broken`)).toHaveLength(3);
  expect(await words.add("two words")).toMatchObject({ ok: false, code: "no-word" });
});

test("the dictionary takes so many words and not one more", async () => {
  await writeFile(file(), Array.from({ length: ownWordsMax - 1 }, (_, i) => `w${i}\n`).join(""));
  const words = await OwnWords.open(file());
  expect(await words.add("last")).toEqual({ ok: true });
  expect(await words.add("more")).toMatchObject({ ok: false, code: "dictionary-full" });
  expect(words.has("more")).toBe(false);
});

test("dictionaries of the folder are called after their language, and none takes the place of one of ours", async () => {
  for (const name of ["de_DE.dic", "mine.dic", "en-US.dic", "notes.txt", ".hidden.dic"])
    await writeFile(join(folder, name), "");
  const found = await findDictionaries("/app", folder);
  expect(found.map(({ name }) => name)).toEqual([
    "English (United States)",
    "English (United Kingdom)",
    "German (Germany)",
    "mine",
  ]);
  expect(found[0]?.folder).toBe("/app");
  expect(await findDictionaries("/app", join(folder, "none"))).toHaveLength(2);
  expect(["en-US", "en-GB", "en-AU", "de", "en"].map(englishOf)).toEqual([
    "en-US",
    "en-GB",
    "en-GB",
    "en-US",
    "en-US",
  ]);
});

import { expect, test } from "vitest";
import { keyNames, recordedKey } from "./keys.ts";

const pressed = (key: string, keyCode: number, ...mods: ("ctrl" | "alt" | "shift" | "meta")[]) => ({
  key,
  keyCode,
  ctrlKey: mods.includes("ctrl"),
  altKey: mods.includes("alt"),
  shiftKey: mods.includes("shift"),
  metaKey: mods.includes("meta"),
});

test("a key with Shift is known by its sign, and by what it is without", () => {
  expect(keyNames(pressed(">", 190, "ctrl", "shift"), false)).toEqual([
    "Mod-Shift->",
    "Mod->",
    "Mod-Shift-.",
  ]);
  expect(keyNames(pressed("P", 80, "ctrl", "shift"), false)).toEqual(["Mod-Shift-p"]);
  expect(recordedKey(pressed("*", 56, "ctrl", "shift"), false)).toBe("Mod-Shift-8");
});

test("on another layout a key is also what it is on a Latin one", () => {
  expect(keyNames(pressed("з", 80, "ctrl"), false)).toEqual(["Mod-з", "Mod-p"]);
  expect(recordedKey(pressed("з", 80, "ctrl"), false)).toBe("Mod-p");
});

test("Mod is the key of the platform; the other one is named as it is", () => {
  expect(keyNames(pressed("k", 75, "meta"), true)).toEqual(["Mod-k"]);
  expect(keyNames(pressed("k", 75, "ctrl"), true)).toEqual(["Ctrl-k"]);
  expect(keyNames(pressed("k", 75, "meta"), false)).toEqual(["Meta-k"]);
});

test("keys with names", () => {
  expect(keyNames(pressed("F10", 121, "alt"), false)).toEqual(["Alt-F10"]);
  expect(keyNames(pressed(" ", 32, "ctrl"), false)).toEqual(["Mod-Space"]);
});

import { expect, test } from "vitest";
import {
  acceleratorOf,
  clashesOf,
  keyProblem,
  normalKey,
  ownShortcutsAfter,
  shortcutCharsMax,
  shortcutKeysMax,
  shortcutsWith,
  usableShortcuts,
} from "./shortcuts.ts";
import { commandIds, commandTable } from "./table.ts";

test("no two commands of the registry have the same key, unless they are never at the same place", () => {
  const shortcuts = shortcutsWith({});
  const clashes = commandIds.flatMap((id) =>
    shortcuts[id].flatMap((key) => clashesOf(id, key, shortcuts).map((other) => `${key}: ${id}, ${other}`)),
  );
  expect(clashes).toEqual([]);
});

test("every command has a name that no other one has, and a key of the registry can be typed", () => {
  const labels = commandIds.map((id) => commandTable[id].label);
  expect(new Set(labels).size).toBe(labels.length);
  // Tab is one of lists and tables only.
  const anywhere = commandIds.filter((id) => commandTable[id].place === undefined);
  const problems = anywhere.flatMap((id) => (commandTable[id].keys ?? []).map(keyProblem));
  expect(problems.filter((problem) => problem !== null)).toEqual([]);
});

test("a key is the same in whatever order its modifiers are named", () => {
  expect(normalKey("Shift-Mod-X")).toBe("Mod-Shift-x");
  expect(normalKey("Alt-Mod--")).toBe("Mod-Alt--");
  expect(normalKey("Mod- ")).toBe("Mod-Space");
});

test.each([
  ["Mod-j", null],
  ["F5", null],
  ["Shift-F10", null],
  ["Alt-ArrowUp", null],
  ["j", "types"],
  ["Shift-j", "types"],
  ["Mod-c", "needed"],
  ["Enter", "needed"],
  ["ArrowLeft", "needed"],
  ["Mod", "another key"],
  ["", "no key"],
  ["Hyper-j", "no key"],
  [`Mod-${"x".repeat(shortcutCharsMax - 4)}`, null],
  [`Mod-${"x".repeat(shortcutCharsMax - 3)}`, "no key"],
])("%s as a shortcut", (key, problem) => {
  expect(keyProblem(key) ?? "fine").toContain(problem ?? "fine");
});

test("what was chosen counts instead of the registry's, an empty list is none, and it can be given back", () => {
  const own = ownShortcutsAfter({}, "strong", ["Mod-j"]);
  expect(shortcutsWith(own).strong).toEqual(["Mod-j"]);
  expect(shortcutsWith(ownShortcutsAfter(own, "strong", [])).strong).toEqual([]);
  expect(shortcutsWith(ownShortcutsAfter(own, "strong", null)).strong).toEqual(["Mod-b"]);
  expect(shortcutsWith(own).em).toEqual(["Mod-i"]);
});

test("a clash is told of both, and not of what is only at another place", () => {
  const shortcuts = shortcutsWith({ strong: ["Mod-i"] });
  expect(clashesOf("strong", "Mod-i", shortcuts)).toEqual(["em"]);
  expect(clashesOf("em", "Mod-i", shortcuts)).toEqual(["strong"]);
  expect(clashesOf("sink", "Tab", shortcuts)).toEqual([]);
});

test("of settings counts what is a command and a key, and no more than there may be", () => {
  const many = Array.from({ length: shortcutKeysMax + 1 }, (_, i) => `Mod-${i}`);
  expect(usableShortcuts({ gone: ["Mod-j"], strong: ["x", "Mod-J"], em: many, sink: ["Tab"] })).toEqual({
    strong: ["Mod-j"],
    em: many.slice(0, shortcutKeysMax),
    sink: ["Tab"],
  });
});

test.each([
  ["Mod-Shift-8", "CmdOrCtrl+Shift+8"],
  ["Mod-Alt-ArrowUp", "CmdOrCtrl+Alt+Up"],
  ["Alt-F10", "Alt+F10"],
  ["Mod-+", "CmdOrCtrl+Plus"],
  ["Mod-\\", "CmdOrCtrl+\\"],
])("%s in a menu is %s", (key, accelerator) => {
  expect(acceleratorOf(key)).toBe(accelerator);
});

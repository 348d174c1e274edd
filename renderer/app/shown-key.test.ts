import { expect, it } from "vitest";
import { shownKeyOn } from "./shown-key.ts";

it.each([
  ["Mod-b", "Ctrl+B", "⌘B"],
  ["Mod-Shift-8", "Ctrl+Shift+8", "⇧⌘8"],
  ["Mod-Alt-1", "Ctrl+Alt+1", "⌥⌘1"],
  ["Mod-\\", "Ctrl+\\", "⌘\\"],
  ["Tab", "Tab", "Tab"],
])("%s is %s, and %s on a Mac", (key, elsewhere, mac) => {
  expect(shownKeyOn(key, false)).toBe(elsewhere);
  expect(shownKeyOn(key, true)).toBe(mac);
});

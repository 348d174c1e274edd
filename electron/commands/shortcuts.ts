/**
 * Keys of commands: the registry's, or those that a person chose instead. Keys are written in
 * prosemirror-keymap's names ("Mod-Shift-8": Mod is ⌘ on a Mac and Ctrl elsewhere). Pure.
 */
import { commandIds, commandTable, isCommandId } from "./table.ts";
import type { CommandId } from "./table.ts";

/** What a person chose, by command; an empty list is none at all. What is absent has the registry's. */
export type OwnShortcuts = { [Id in CommandId]?: string[] };
export type Shortcuts = { readonly [Id in CommandId]: readonly string[] };

/** Keys of one command, and characters of one key, that are kept. */
export const shortcutKeysMax = 4;
export const shortcutCharsMax = 40;

const modifiers = ["Mod", "Ctrl", "Alt", "Shift", "Meta"] as const;
const split = (key: string): { mods: string[]; name: string } => {
  const parts = key.split(/-(?!$)/);
  return { name: parts.pop() ?? "", mods: parts };
};

/** The same key always in the same words: modifiers once and in order, letters small. */
export function normalKey(key: string): string {
  const { mods, name } = split(key);
  const ordered = modifiers.filter((mod) => mods.includes(mod));
  const named = name.length === 1 ? name.toLowerCase() : name;
  return [...ordered, named === " " ? "Space" : named].join("-");
}

/** Keys that write, or that text fields need: a command on one of them would make writing impossible. */
const needed = new Set(
  ["Mod-c", "Mod-x", "Mod-v", "Mod-a", "Escape", "Enter", "Backspace", "Delete", "Tab", "Shift-Tab"].concat(
    ["Space", "Shift-Enter", "Home", "End", "PageUp", "PageDown"],
    ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"],
  ),
);

/** Why a key cannot be a shortcut, in words; null where it can. */
export function keyProblem(key: string): string | null {
  const { mods, name } = split(key);
  if (key.length > shortcutCharsMax || name === "" || mods.some((mod) => !isModifier(mod)))
    return "This is no key.";
  if (isModifier(name)) return "Press another key as well.";
  if (needed.has(normalKey(key))) return "This key is needed for writing.";
  const isFunctionKey = /^F\d{1,2}$/.test(name);
  if (!isFunctionKey && !mods.some((mod) => mod !== "Shift"))
    return "This key types. Hold Ctrl, Alt or ⌘ with it.";
  return null;
}
const isModifier = (word: string): boolean => (modifiers as readonly string[]).includes(word);

/** All keys as they are now. */
export const shortcutsWith = (own: OwnShortcuts): Shortcuts =>
  Object.fromEntries(commandIds.map((id) => [id, own[id] ?? commandTable[id].keys ?? []])) as Record<
    CommandId,
    readonly string[]
  >;

/** @param keys null gives it back the registry's */
export function ownShortcutsAfter(
  own: OwnShortcuts,
  id: CommandId,
  keys: readonly string[] | null,
): OwnShortcuts {
  const all: OwnShortcuts = {};
  for (const each of commandIds) if (each !== id && own[each]) all[each] = [...own[each]];
  if (keys !== null) all[id] = keys.map(normalKey);
  return all;
}

/** Of what settings hold, what can be used: ids that there are, and keys that can be keys. */
export function usableShortcuts(kept: Readonly<Record<string, readonly string[]>>): OwnShortcuts {
  const usable: OwnShortcuts = {};
  for (const [id, keys] of Object.entries(kept)) {
    if (!isCommandId(id)) continue;
    const usableKeys = keys.filter((key) => isOfRegistry(id, key) || keyProblem(key) === null);
    usable[id] = usableKeys.slice(0, shortcutKeysMax).map(normalKey);
  }
  return usable;
}
const isOfRegistry = (id: CommandId, key: string): boolean =>
  (commandTable[id].keys ?? []).some((each) => normalKey(each) === normalKey(key));

/** Commands that a key does as well where `id` has it: only one of them can happen. */
export function clashesOf(id: CommandId, key: string, shortcuts: Shortcuts): readonly CommandId[] {
  const wanted = normalKey(key);
  const { place } = commandTable[id];
  return commandIds.filter((other) => {
    if (other === id || !shortcuts[other].some((each) => normalKey(each) === wanted)) return false;
    const elsewhere = commandTable[other].place;
    return place === undefined || elsewhere === undefined || place === elsewhere;
  });
}

const acceleratorNames: Readonly<Record<string, string>> = {
  Mod: "CmdOrCtrl",
  Meta: "Super",
  ArrowUp: "Up",
  ArrowDown: "Down",
  ArrowLeft: "Left",
  ArrowRight: "Right",
  "+": "Plus",
};

/** A key as Electron's menus show it. */
export function acceleratorOf(key: string): string {
  const { mods, name } = split(key);
  const words = [...mods, name].map((word) => acceleratorNames[word] ?? word);
  return words.map((word) => (word.length === 1 ? word.toUpperCase() : word)).join("+");
}

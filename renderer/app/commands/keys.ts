/**
 * Keys of commands that the window does, wherever the focus is. The editor has seen the key before and has
 * taken it if it is one of text; so has a field. While a dialog is open the keys are its own.
 */
import { base } from "w3c-keyname";
import { normalKey } from "../../../electron/commands/shortcuts.ts";
import { commandIds } from "../../../electron/commands/table.ts";
import type { CommandId } from "../../../electron/commands/table.ts";
import type { Commands } from "./commands.ts";

type Pressed = Pick<KeyboardEvent, "key" | "keyCode" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">;

const withModifiers = (event: Pressed, name: string, isMac: boolean, isShifted: boolean): string => {
  const isMod = isMac ? event.metaKey : event.ctrlKey;
  const isOther = isMac ? event.ctrlKey : event.metaKey;
  const other = isMac ? "Ctrl" : "Meta";
  const mods = [
    isMod && "Mod",
    isOther && other,
    event.altKey && "Alt",
    isShifted && event.shiftKey && "Shift",
  ];
  return normalKey([...mods.filter((mod) => mod !== false), name].join("-"));
};

/**
 * The names that a key press may have in the registry, the likeliest first: as the layout has it, the sign
 * without Shift (">" is typed with it), and as the key would be on a Latin keyboard.
 */
export function keyNames(event: Pressed, isMac: boolean): readonly string[] {
  const name = event.key === " " ? "Space" : event.key;
  const isSign = name.length === 1;
  const isLetter = name.toLowerCase() !== name.toUpperCase();
  const onLatin = base[event.keyCode] ?? name;
  const names = [
    withModifiers(event, name, isMac, true),
    ...(isSign && !isLetter && event.shiftKey ? [withModifiers(event, name, isMac, false)] : []),
    ...(isSign ? [withModifiers(event, onLatin, isMac, true)] : []),
  ];
  return [...new Set(names)];
}

/** The name under which a key press is kept when a person chooses it: on a Latin keyboard, where there is one. */
export const recordedKey = (event: Pressed, isMac: boolean): string => keyNames(event, isMac).at(-1) ?? "";

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

export function listenForKeys(
  target: Window,
  commands: Commands,
  options: { isMac: boolean; isDialogOpen: () => boolean; escape: () => boolean },
): () => void {
  const keydown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || options.isDialogOpen()) return;
    if (event.key === "Escape" && options.escape()) return event.preventDefault();
    const names = keyNames(event, options.isMac);
    const shortcuts = commands.shortcuts.get();
    const isPressed = (id: CommandId): boolean => shortcuts[id].some((key) => names.includes(normalKey(key)));
    const pressed = commandIds.find((id) => commands.isOfWindow(id) && isPressed(id));
    if (pressed === undefined) return;
    // A field has an undo of its own.
    if ((pressed === "undo" || pressed === "redo") && isField(event.target)) return;
    event.preventDefault();
    if (commands.isPossible(pressed)) commands.run(pressed);
  };
  target.addEventListener("keydown", keydown);
  return () => target.removeEventListener("keydown", keydown);
}

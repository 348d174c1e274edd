/** How a key of the registry is written for people: "Mod-Shift-8" is "⇧⌘8" or "Ctrl+Shift+8". */
const macSigns: Record<string, string> = { Mod: "⌘", Shift: "⇧", Alt: "⌥", Ctrl: "⌃" };
const macOrder = ["Ctrl", "Alt", "Shift", "Mod"];

export function shownKeyOn(key: string, isMac: boolean): string {
  const parts = key.split(/-(?!$)/);
  const last = parts.pop() ?? "";
  const name = last.length === 1 ? last.toUpperCase() : last;
  if (!isMac) return [...parts.map((part) => (part === "Mod" ? "Ctrl" : part)), name].join("+");
  return (
    parts
      .toSorted((a, b) => macOrder.indexOf(a) - macOrder.indexOf(b))
      .map((part) => macSigns[part] ?? part)
      .join("") + name
  );
}

export const isMac = typeof navigator !== "undefined" && /Mac/.test(navigator.platform);
export const shownKey = (key: string): string => shownKeyOn(key, isMac);
/** A button's tip: its name, and its key if it has one. */
export const withKey = (label: string, key: string | null): string =>
  key === null ? label : `${label} (${key})`;

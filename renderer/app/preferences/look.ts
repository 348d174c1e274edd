/**
 * How the window looks, as attributes of its root, which `ui/tokens.css` reads. What was last is kept in the window,
 * so that the first paint is right before main has been asked. (The theme is main's: the system's own chrome has it.)
 */
import { preferencesWith } from "../../../electron/commands/preferences.ts";
import type { Preferences } from "../../../electron/commands/preferences.ts";

const key = "deckle.look";

export function showLook(root: HTMLElement, preferences: Preferences): void {
  const { contrast, font, textSize, width, focus, typewriter } = preferences;
  const isMore = contrast === "more" || matchMedia("(prefers-contrast: more)").matches;
  const look = { contrast: isMore ? "more" : "normal", font, textSize, width, focus, typewriter };
  for (const [name, value] of Object.entries(look)) root.dataset[name] = value;
}

/** As it was when the window was last here. */
export function lastLook(kept: Pick<Storage, "getItem">): Preferences {
  try {
    const known: unknown = JSON.parse(kept.getItem(key) ?? "{}");
    return preferencesWith(typeof known === "object" && known !== null ? { ...known } : {});
  } catch {
    return preferencesWith({});
  }
}

export const keepLook = (kept: Pick<Storage, "setItem">, preferences: Preferences): void =>
  kept.setItem(key, JSON.stringify(preferences));

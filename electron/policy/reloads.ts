/**
 * What becomes of a window whose page's process died: the page is loaded again, as long as that helps. A page that dies
 * of what it shows dies again at once; then the person is asked.
 */
import { crashReloadsMax, crashReloadsWithinMs } from "./limits.ts";

/** When the page was loaded again, by a clock that never goes back, ascending. */
export type Reloads = readonly number[];

export type AfterCrash =
  /** It ended in good order: somebody wanted that. */
  | { readonly action: "none" }
  | { readonly action: "reload"; readonly reloads: Reloads }
  | { readonly action: "ask" };

/** @param reason Electron's word for why the process is gone */
export function afterCrash(reloads: Reloads, reason: string, nowMs: number): AfterCrash {
  if (reason === "clean-exit") return { action: "none" };
  const recent = reloads.filter((at) => nowMs - at < crashReloadsWithinMs);
  return recent.length >= crashReloadsMax
    ? { action: "ask" }
    : { action: "reload", reloads: [...recent, nowMs] };
}

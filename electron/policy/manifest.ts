/**
 * What app:// serves: the files that the build named, looked up by the exact path. No path is ever joined
 * or decoded, so there is nothing to climb out of.
 */
import { isAppUrl, parseUrl } from "./origin.ts";

export interface Served {
  /** Relative to the app's folder. */
  readonly file: string;
  /** The value of its Content-Type header. */
  readonly type: string;
}

export type Manifest = ReadonlyMap<string, Served>;

export function servedFile(manifest: Manifest, url: string): Served | null {
  const parsed = parseUrl(url);
  if (parsed === null || !isAppUrl(url)) return null;
  const path = parsed.pathname === "" || parsed.pathname === "/" ? "/index.html" : parsed.pathname;
  return manifest.get(path) ?? null;
}

/** Documents and scripts carry the policy, so they must never come out of a cache with an older one. */
export function carriesPolicy({ type }: Served): boolean {
  return type.startsWith("text/html") || type.startsWith("text/javascript");
}

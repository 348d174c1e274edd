/**
 * Where a profile is, and the relay that its windows may connect to there. Where that cannot be used it is
 * said, and the profile writes alone.
 */
import type { Joined, Place } from "../ipc.ts";
import { parseRelayUrl, type Relay } from "./relay-url.ts";

/** All places that there are beside the private one. */
export interface Known {
  /** The open relay. */
  readonly relay: string | null;
  readonly workspaces: readonly Joined[];
  /** A workspace's id, `private` or `open`. */
  readonly current: string;
}

export interface Standing {
  readonly place: Place;
  readonly relay: Relay | null;
  readonly problem: string | null;
}

const alone: Standing = { place: { kind: "private" }, relay: null, problem: null };

export function standingIn({ relay: open, workspaces, current }: Known): Standing {
  if (current === "open") return open === null ? alone : at(open, { kind: "open", relay: open });
  const joined = workspaces.find(({ workspace }) => workspace === current);
  return joined ? at(joined.relay, { kind: "workspace", ...joined }) : alone;
}

function at(url: string, place: Exclude<Place, { kind: "private" }>): Standing {
  const parsed = parseRelayUrl(url);
  if (!parsed.ok) return { ...alone, problem: parsed.message };
  const { relay } = parsed;
  return { place: { ...place, relay: relay.url }, relay, problem: null };
}

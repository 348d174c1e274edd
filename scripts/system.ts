/**
 * What Electron needs from the system on Linux: shared libraries, a font, and a display.
 *
 * On Debian and its kin, as root, missing packages are installed; otherwise the command to run is said.
 * Elsewhere nothing is checked: Electron itself names the library that it misses.
 */
import { spawn, spawnSync } from "node:child_process";

const libraries = [
  "libgtk-3-0",
  "libnss3",
  "libasound2",
  "libgbm1",
  "libxss1",
  "libatk-bridge2.0-0",
  "libdrm2",
];
const fonts = ["fonts-liberation"];
const virtualDisplay = ["xvfb"];

const displayStartMs = 10_000;

export type SystemCheck = { ok: true } | { ok: false; message: string };

/** True where a window could appear on somebody's screen. */
export function hasDisplay(environment: NodeJS.ProcessEnv = process.env): boolean {
  if (process.platform !== "linux") return true;
  return Boolean(environment["DISPLAY"]) || Boolean(environment["WAYLAND_DISPLAY"]);
}

/** Installs what is missing where that is possible; otherwise says what to run. Quick when all is there. */
export function ensureSystem({ needsVirtualDisplay }: { needsVirtualDisplay: boolean }): SystemCheck {
  if (process.platform !== "linux" || !runs("dpkg-query", ["--version"])) return { ok: true };
  const wanted = [...libraries, ...fonts, ...(needsVirtualDisplay ? virtualDisplay : [])];
  const missing = missingPackages(wanted);
  if (missing.length === 0) return { ok: true };

  const install = ["install", "-y", "--no-install-recommends"];
  const byHand = `apt-get update && apt-get ${install.join(" ")} ${missing.join(" ")}`;
  if (process.getuid?.() !== 0 || !runs("apt-get", ["--version"])) {
    return { ok: false, message: `Deckle needs these packages. Run as root, then try again:\n  ${byHand}` };
  }
  console.error(`Installing ${missing.join(", ")}…`);
  if (!runs("apt-get", ["update", "-qq"], true)) {
    return { ok: false, message: `"apt-get update" failed; its reason is above. By hand:\n  ${byHand}` };
  }
  // Known only after the update: since the 64-bit time change some packages carry "t64" in their names.
  const names = missing.map((name) => (runs("apt-cache", ["show", `${name}t64`]) ? `${name}t64` : name));
  if (!runs("apt-get", [...install, "-qq", ...names], true)) {
    return { ok: false, message: `apt-get could not install ${names.join(", ")}; its reason is above.` };
  }
  return { ok: true };
}

function missingPackages(names: readonly string[]): string[] {
  const candidates = names.flatMap((name) => [name, `${name}t64`]);
  const query = spawnSync("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n", ...candidates], {
    encoding: "utf8",
  });
  const installed = new Set(
    query.stdout
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.slice(0, line.indexOf(" "))),
  );
  return names.filter((name) => !installed.has(name) && !installed.has(`${name}t64`));
}

/** Runs a command; what it prints is shown (on stderr) only when asked. */
function runs(file: string, words: readonly string[], show = false): boolean {
  const ran = spawnSync(file, words, {
    stdio: show ? ["ignore", 2, 2] : "ignore",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return ran.status === 0;
}

export interface VirtualDisplay {
  readonly display: string;
  stop(): Promise<void>;
}

/** Starts an Xvfb on a display that it finds free itself; whoever starts it stops it. */
export function startVirtualDisplay(): Promise<VirtualDisplay> {
  // In a process group of its own: Ctrl-C in a terminal goes to the whole group, and a display that dies
  // before the window would take down the window while it is still writing.
  const xvfb = spawn(
    "Xvfb",
    ["-displayfd", "3", "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-terminate", "10"],
    {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      detached: true,
    },
  );
  let complaint = "";
  xvfb.stderr?.on("data", (data: Buffer) => (complaint += data.toString()));

  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(deadline);
      xvfb.kill("SIGKILL");
      reject(new Error(`Xvfb did not start: ${reason}`));
    };
    const deadline = setTimeout(() => fail(`no display after ${displayStartMs} ms`), displayStartMs);
    xvfb.once("error", (error) => fail(error.message));
    xvfb.once("exit", (code) => fail(`exit ${code}: ${complaint.trim()}`));
    xvfb.stdio[3]?.once("data", (data: Buffer) => {
      clearTimeout(deadline);
      xvfb.removeAllListeners("exit");
      // It must not keep this process alive by itself.
      xvfb.unref();
      resolve({
        display: `:${data.toString().trim()}`,
        stop: async () => {
          if (xvfb.exitCode !== null || xvfb.signalCode !== null) return;
          const gone = new Promise<void>((done) => xvfb.once("exit", () => done()));
          xvfb.ref();
          xvfb.kill("SIGTERM");
          await gone;
        },
      });
    });
  });
}

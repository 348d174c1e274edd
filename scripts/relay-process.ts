/**
 * A relay as a process of its own, as people run it. Used by `npm start`, the end-to-end tests and the
 * benchmarks; whoever starts it stops it.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./paths.ts";

const listeningMs = 15_000;
const stopMs = 10_000;
const probeMs = 1_000;

export interface RelayProcess {
  /** ws://127.0.0.1:PORT/sync */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The link of the first owner's invite, which a relay of members prints; null where it is open or owned. */
  readonly ownerInvite: () => string | null;
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<void>;
  /** An orderly end: SIGTERM, and SIGKILL where that is not heeded. */
  stop(): Promise<void>;
  /** The end that a power cut would make of it. */
  kill9(): Promise<void>;
}

/** Port 0 picks a free one. Rejects with the relay's own words where it does not start. */
export async function startRelay({
  dataDir,
  port = 0,
  isOpen = true,
}: {
  dataDir: string;
  port?: number;
  /** Whether it lets in everybody, or members only. */
  isOpen?: boolean;
}): Promise<RelayProcess> {
  const cli = join(root, "relay", "cli.ts");
  const words = [cli, "serve", "--data", dataDir, "--port", String(port), ...(isOpen ? ["--open"] : [])];
  // In a process group of its own: Ctrl-C must not stop it before the window has handed over its last edits.
  const relay = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  relay.stderr.on("data", (data: Buffer) => (said = (said + data.toString()).slice(-4000)));
  const exited = new Promise<void>((resolve) => {
    relay.once("exit", () => resolve());
    relay.once("error", () => resolve());
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const deadline = setTimeout(() => relay.kill("SIGKILL"), stopMs);
    relay.kill(signal);
    await exited;
    clearTimeout(deadline);
  };

  const lines = createInterface({ input: relay.stdout });
  const firstLine = new Promise<string | null>((resolve) => lines.once("line", resolve));
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<null>((resolve) => (timer = setTimeout(resolve, listeningMs, null)));
  const line = await Promise.race([firstLine, exited.then(() => null), tooLate]);
  clearTimeout(timer);
  const url = /^listening (ws:\/\/\S+)$/.exec(line ?? "")?.[1];
  if (url === undefined || relay.pid === undefined) {
    await end("SIGKILL");
    throw new Error(`The relay did not start. ${said.trim() || `It said ${JSON.stringify(line)}.`}`);
  }
  return {
    url,
    port: Number(new URL(url).port),
    pid: relay.pid,
    ownerInvite: () => /deckle:\/\/join\?\S+/.exec(said)?.[0] ?? null,
    exited,
    stop: () => end("SIGTERM"),
    kill9: () => end("SIGKILL"),
  };
}

/** What answers on a port of this machine. */
export async function probeRelay(port: number): Promise<"relay" | "other" | "nothing"> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(probeMs) });
    return answer.ok && (await answer.text()) === "ok\n" ? "relay" : "other";
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED" ? "nothing" : "other";
  }
}

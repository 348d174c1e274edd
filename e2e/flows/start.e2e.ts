/** `npm start` as a person runs it: what it says, what it leaves behind, and how it ends. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../scripts/paths.ts";
import { temporaryFolder } from "../app.ts";

const setup = join(root, "scripts", "setup.mjs");
let dataDir: string;
beforeAll(async () => {
  dataDir = await temporaryFolder();
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

function start(...words: readonly string[]) {
  const child = spawn(process.execPath, [setup, "start", ...words], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    // A process group of its own, as a shell gives it: Ctrl-C goes to all of it.
    detached: true,
    env: { ...process.env, DECKLE_DATA: dataDir },
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const line = async (beginning: string): Promise<string> => {
    for (;;) {
      const found = lines.find((said) => said.startsWith(beginning));
      if (found !== undefined) return found.slice(beginning.length).trim();
      await once(reader, "line");
    }
  };
  return { child, line, exited: once(child, "exit") };
}

/** Processes that name the folder of this test on their command line. */
function left(): string[] {
  const { stdout } = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line.includes(dataDir));
}

test.each(["SIGINT", "SIGTERM"] as const)(
  "it opens, shows a picture, and %s ends all of it",
  async (signal) => {
    const { child, line, exited } = start("--headless", "--profile", "tryout");
    const picture = await readFile(await line("screenshot"));
    expect(picture.subarray(1, 4).toString()).toBe("PNG");
    expect(await line("relay")).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/sync/);
    process.kill(-Number(child.pid), signal);
    expect(await exited).toEqual([0, null]);
    expect(left()).toEqual([]);
  },
);

test.each([
  [["--relay", "https://relay.example.org"], "wss://relay.example.org/sync"],
  [["--relay", "ws://relay.example.org/sync"], "private network"],
  [["--profile", "../x"], "letters, digits"],
  [["--nonsense"], "npm start [--"],
])("%j is refused at once, in words", (words, reason) => {
  const ran = spawnSync(process.execPath, [setup, "start", ...words], { cwd: root, encoding: "utf8" });
  expect(ran.status).toBe(2);
  expect(ran.stderr).toContain(reason);
});

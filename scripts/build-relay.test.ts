/** The relay as a package runs it: what was built, started by the package's command. */
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildRelay } from "./build-relay.ts";
import { cacheFolder, root } from "./paths.ts";

/** Inside the project, so that its packages are found from there. */
let folder = "";
let command = "";

beforeAll(async () => {
  mkdirSync(cacheFolder, { recursive: true });
  folder = mkdtempSync(join(cacheFolder, "package-"));
  command = join(folder, "relay", "deckle-relay.mjs");
  mkdirSync(join(folder, "relay"));
  mkdirSync(join(folder, "dist"));
  copyFileSync(join(root, "relay", "deckle-relay.mjs"), command);
  expect(await buildRelay(join(folder, "dist", "relay"))).toBe(true);
  expect(await buildRelay(join(folder, "dist", "relay"))).toBe(false);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("it has the thread and the process that are started from beside it, and no TypeScript", () => {
  const files = readdirSync(join(folder, "dist", "relay"));
  expect(files).toEqual(expect.arrayContaining(["cli.js", "thread.js", "child.js", "package.json"]));
  expect(files.filter((file) => file.endsWith(".ts"))).toEqual([]);
});

test("it imports only what a user of the package has installed", () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const imported = readdirSync(join(folder, "dist", "relay"))
    .flatMap((file) => [
      ...readFileSync(join(folder, "dist", "relay", file), "utf8").matchAll(
        /^(?:import|export) .*?"([^"]+)";$/gm,
      ),
    ])
    .map(([, name = ""]) => name)
    .filter((name) => !name.startsWith(".") && !name.startsWith("node:"));
  expect(new Set(imported)).toEqual(new Set(Object.keys(dependencies)));
});

test("the command serves, answers about its store, and ends", async () => {
  const data = join(folder, "data");
  const relay = spawn(process.execPath, [command, "serve", "--data", data, "--port", "0", "--open"]);
  const exited = new Promise((resolve) => relay.once("exit", resolve));
  try {
    const line = await new Promise<string>((resolve) => createInterface(relay.stdout).once("line", resolve));
    const url = /^listening ws(:\/\/127\.0\.0\.1:\d+)\/sync$/.exec(line)?.[1];
    expect((await fetch(`http${url}/readyz`)).status).toBe(200);
    const stats = spawnSync(process.execPath, [command, "stats", "--json", "--data", data], {
      encoding: "utf8",
    });
    expect([stats.status, stats.stderr, JSON.parse(stats.stdout)]).toMatchObject([0, "", { documents: 0 }]);
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(spawnSync(process.execPath, [command, "--version"], { encoding: "utf8" }).stdout).toBe(
      `${version}\n`,
    );
    relay.kill("SIGTERM");
    expect(await exited).toBe(0);
  } finally {
    relay.kill("SIGKILL");
  }
}, 30_000);

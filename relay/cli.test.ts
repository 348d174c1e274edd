import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { RelayProcess, temporaryFolder } from "./harness.ts";

const cli = new URL("./cli.ts", import.meta.url).pathname;
const run = (...args: string[]) => spawnSync("node", [cli, ...args], { encoding: "utf8", timeout: 10_000 });

test.each([
  [[], "serve"],
  [["serve", "--port", "0", "--open"], "--data"],
  [["serve", "--data", "x", "--open"], "--port"],
  [["serve", "--data", "x", "--port", "99999", "--open"], "--port"],
  [["serve", "--data", "x", "--port", "0"], "--open"],
  [["serve", "--data", "x", "--port", "0", "--open", "--host", "0.0.0.0"], "loopback"],
  [["serve", "--nonsense"], "--nonsense"],
])("%j is refused with one line about %s", (args, word) => {
  const { status, stderr, stdout } = run(...args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(word);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test("a second relay on the same folder says so and exits 1", async () => {
  using folder = temporaryFolder();
  const first = await RelayProcess.start(folder.path);
  expect(first.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/sync$/);
  const second = run("serve", "--data", folder.path, "--port", "0", "--open");
  expect([second.status, second.stderr.includes("in use by another relay")]).toEqual([1, true]);
  expect(await first.end("SIGINT")).toBe(0);
}, 20_000);

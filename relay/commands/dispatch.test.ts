/** Words, help and refusals; the commands themselves are tested as processes in `cli.test.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../harness.ts";
import type { ExitCode } from "./command.ts";
import { dispatch } from "./dispatch.ts";
import { version } from "./version.ts";

async function say(words: readonly string[]): Promise<[code: ExitCode, out: string, err: string]> {
  let [out, err] = ["", ""];
  const code = await dispatch(words, {
    environment: {},
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return [code, out, err];
}

const names =
  "serve health invite members devices role revoke audit workspaces backup restore recover verify stats repair".split(
    " ",
  );

describe("words that must be changed: exit 2, one line each, nothing on stdout", () => {
  test.each<[string[], string]>([
    [[], `a command is missing: known are ${names.join(", ")}`],
    [["serv"], '"serv" is not a command: did you mean serve?'],
    [
      ["serve", "--port", "0", "--open"],
      "--data is missing: name the folder that the relay keeps everything in, e.g. --data ./relay-data",
    ],
    [
      ["serve", "--data", "x", "--port", "99999", "--open"],
      '--port must be a whole number from 0 (any free one) to 65535, not "99999": write --port 8137',
    ],
    [
      ["serve", "--data", "x", "--host", "0.0.0.0"],
      "--url is missing: on 0.0.0.0 the relay cannot know under which address apps reach it; write --url wss://relay.example.org with the name that it has for them",
    ],
    [
      ["serve", "--data", "x", "--open", "--host", "0.0.0.0"],
      "--host is 0.0.0.0, and the open mode is for loopback only, as whoever reaches it may read and write everything: write --host 127.0.0.1, or --exposed if that is meant",
    ],
    [["serve", "--data", "x", "--open", "y"], '"y" is one word too many'],
    [["serve", "--nonsense"], "--nonsense is not a flag of this command; --help lists them"],
    [
      ["verify"],
      "--data is missing: name the folder that the relay keeps everything in, e.g. --data ./relay-data",
    ],
    [["backup", "--data", "x"], "FILE is missing; --help says how"],
    [["revoke", "--data", "x"], "ID is missing; --help says how"],
    [["workspaces", "add", "--data", "x"], "NAME is missing; --help says how"],
    [["workspaces", "drop", "--data", "x"], '"drop" is one word too many'],
    [["backup", "f", "--all", "d", "--data", "x"], '"f" is one word too many'],
    [
      ["repair", "--workspace", "../x", "--data", "x"],
      '--workspace must be the whole id of the workspace, not "../x"',
    ],
    [["stats", "--data", "x", "--port", "1"], "--port is not a flag of this command; --help lists them"],
  ])("%j", async (args, message) => {
    expect(await say(args)).toEqual([2, "", `${message}\n`]);
  });

  test("a wrong file says which line", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "relay.jsonc");
    writeFileSync(file, '{\n  "data": "x",\n  "prot": 1,\n  "open": 1\n}\n');
    const [status, , stderr] = await say(["serve", "--config", file]);
    expect(status).toBe(2);
    expect(stderr.replaceAll(folder.path, "FOLDER").split("\n")).toEqual([
      'FOLDER/relay.jsonc:3: "prot" is not a setting: did you mean "port"?',
      'FOLDER/relay.jsonc:4: "open" must be true or false, not 1: write "open": true',
      "",
    ]);
  });
});

test("--version, --help and the help of each command", async () => {
  expect(await say(["--version"])).toEqual([0, `${version()}\n`, ""]);
  expect(version()).toMatch(/^\d+\.\d+\.\d+/);
  const [, help] = await say(["--help"]);
  for (const command of names) {
    expect(help).toContain(`  ${command}`);
    const [status, own] = await say([command, "--help"]);
    expect([status, own.startsWith(`usage: deckle-relay ${command}`)]).toEqual([0, true]);
  }
  expect((await say(["serve", "--help"]))[1]).toContain("--tls-cert FILE");
});

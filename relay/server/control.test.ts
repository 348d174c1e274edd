import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { controlPathBytesMax, controlRequestBytesMax } from "../protocol/limits.ts";
import { Control, controlPath, type ControlHandler } from "./control.ts";

let folder: string;
const reported: string[] = [];
const controls: Control[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "deckle-control-"))));
afterEach(async () => {
  for (const control of controls.splice(0)) await control.stop();
  rmSync(folder, { recursive: true, force: true });
  reported.length = 0;
});

async function open(handle: ControlHandler, data = folder): Promise<Control> {
  const control = await Control.open(data, handle, (event) => void reported.push(event));
  controls.push(control);
  return control;
}
function say(text: string): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = connect(controlPath(folder) ?? "", () => socket.write(text));
    let answer = "";
    socket.on("data", (data) => (answer += data.toString()));
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer === "" ? undefined : JSON.parse(answer)));
  });
}

test("one line in, one out; only the owner may enter, and nothing else is left in the folder", async () => {
  await open(async (request) => ({ got: request.command }));
  expect(statSync(join(folder, "relay.sock")).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["relay.sock"]);
  expect(await say('{"command":"stats"}\n')).toEqual({ ok: true, result: { got: "stats" } });
});

test("a handler that fails says why; the next is served", async () => {
  await open(async (request) => {
    if (request.command === "backup") throw new Error(`not to ${request.file}`);
    return 1;
  });
  expect(await say('{"command":"backup","file":"/x"}\n')).toEqual({ ok: false, reason: "not to /x" });
  expect(await say('{"command":"verify"}\n')).toEqual({ ok: true, result: 1 });
});

test.each([
  ["not JSON", "x\n"],
  ["an unknown command", '{"command":"drop"}\n'],
  ["a backup to nowhere", '{"command":"backup"}\n'],
  ["a line without end", "x".repeat(controlRequestBytesMax + 1)],
])("%s is refused in words", async (_name, text) => {
  await open(() => Promise.reject(new Error("reached")));
  expect(await say(text)).toEqual({
    ok: false,
    reason: "the relay does not know this request: is it of another version?",
  });
});

test("what a killed relay left behind is replaced, and stopping takes the socket away", async () => {
  writeFileSync(join(folder, "relay.sock"), "");
  const control = await open(async () => 1);
  expect(await say('{"command":"stats"}\n')).toEqual({ ok: true, result: 1 });
  await control.stop();
  expect(existsSync(join(folder, "relay.sock"))).toBe(false);
});

test("a folder whose path is too long for a socket is reported, at the limit it is not", async () => {
  const socketName = "/relay.sock";
  const nested = join(folder, "x".repeat(controlPathBytesMax - socketName.length - folder.length - 1));
  mkdirSync(nested);
  expect(controlPath(nested)).toHaveLength(controlPathBytesMax);
  await open(async () => 1, nested);
  expect(reported).toEqual([]);
  expect(existsSync(join(nested, "relay.sock"))).toBe(true);
  mkdirSync(`${nested}x`);
  await open(async () => 1, `${nested}x`);
  expect(reported).toEqual(["control-failed"]);
});

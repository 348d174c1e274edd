/** What main does for the window: the relay setting, files from the command line, what is kept. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Bridge } from "../../electron/ipc.ts";
import { launchApp, temporaryFolder, type RunningApp } from "../app.ts";

declare global {
  interface Window {
    deckle: Bridge;
  }
}

let dataDir: string;
let deckle: RunningApp | undefined;
beforeEach(async () => {
  dataDir = await temporaryFolder();
});
afterEach(async () => {
  await deckle?.close();
  deckle = undefined;
  await rm(dataDir, { recursive: true, force: true });
});

const configuration = (page: Page) => page.evaluate(() => window.deckle.configuration());
const policy = (page: Page) =>
  page.evaluate(async () => (await fetch("/engine.js")).headers.get("content-security-policy") ?? "");

test("a relay set in the window is in the policy of the page that follows, and kept", async () => {
  deckle = await launchApp({ dataDir });
  expect(await configuration(deckle.page)).toMatchObject({
    place: { kind: "private" },
    relayProblem: null,
  });
  expect(await policy(deckle.page)).toContain("connect-src 'self';");

  const emptied = deckle.page.waitForURL("about:blank");
  expect(await deckle.page.evaluate(() => window.deckle.setRelay("ws://127.0.0.1:9/sync"))).toEqual({
    ok: true,
  });
  await emptied;
  await deckle.page.waitForURL("app://deckle/");
  expect(await policy(deckle.page)).toContain("connect-src 'self' ws://127.0.0.1:9;");
  await deckle.close();

  deckle = await launchApp({ dataDir });
  expect(await configuration(deckle.page)).toMatchObject({
    place: { kind: "open", relay: "ws://127.0.0.1:9/sync" },
  });
});

test("a relay that cannot be used is refused in words, and nothing changes", async () => {
  deckle = await launchApp({ dataDir });
  const answer = await deckle.page.evaluate(() => window.deckle.setRelay("http://127.0.0.1:9/"));
  expect(answer).toMatchObject({ ok: false, code: "relay-refused" });
  expect(await configuration(deckle.page)).toMatchObject({ place: { kind: "private" } });
});

test("a broken --relay and broken settings do not keep anyone from writing", async () => {
  deckle = await launchApp({ dataDir, relay: "ws://relay.example.org/sync" });
  const first = await configuration(deckle.page);
  expect(first.place).toEqual({ kind: "private" });
  expect(first.relayProblem).toContain("wss://");
  await deckle.close();

  const settings = join(dataDir, "profiles", "default", "settings.json");
  await writeFile(settings, "{ not json");
  deckle = await launchApp({ dataDir });
  expect((await configuration(deckle.page)).relayProblem).toContain("damaged");
  expect(await readFile(`${settings}.broken`, "utf8")).toBe("{ not json");
});

test("a second Deckle with the same profile leaves the field to the first", async () => {
  deckle = await launchApp({ dataDir });
  await expect(launchApp({ dataDir })).rejects.toThrow(/closed|exit/i);
  expect(await configuration(deckle.page)).toMatchObject({ profile: "default" });
});

test("after a crash the profile opens again", async () => {
  const crashed = await launchApp({ dataDir });
  await crashed.kill();
  deckle = await launchApp({ dataDir });
  expect(await configuration(deckle.page)).toMatchObject({ profile: "default" });
});

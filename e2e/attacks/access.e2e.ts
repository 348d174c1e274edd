/** Joining by link in the real shell, and what a page that has been taken over could get out of main by it. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Bridge, CallName, Notice } from "../../electron/ipc.ts";
import { startRelay, type Relay } from "../../relay/main.ts";
import { inviteLink } from "../../relay/protocol/invite-link.ts";
import { electronBinary } from "../../scripts/electron-binary.ts";
import { launchApp, temporaryFolder, type RunningApp } from "../app.ts";

const secret = "a".repeat(22);

let dataDir: string;
let relay: Relay;
let link: string;
let deckle: RunningApp;
/** Somebody else's server: sends whoever asks it elsewhere, to itself. */
let stranger: Server;
let strangerPort: number;
const heard: string[] = [];

async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  dataDir = await temporaryFolder();
  stranger = createServer((request, response) => {
    heard.push(request.url ?? "");
    response.writeHead(307, { Location: `http://127.0.0.1:${strangerPort}/elsewhere` }).end();
  });
  strangerPort = await listen(stranger);
  // A relay must know under which origin it is reached, and so its port, before it has it.
  const free = createServer();
  const port = await listen(free);
  await new Promise((resolve) => free.close(resolve));
  const origins = [`ws://127.0.0.1:${port}`];
  relay = await startRelay({ data: join(dataDir, "relay"), port, origins, report: () => {} });
  const id = createHash("sha256").update(secret).digest("hex");
  await relay.invite({ id, role: "owner", uses: 1, lastsMs: 3_600_000 });
  link = inviteLink({ relay: relay.url, workspace: relay.workspace, role: "owner", name: "Poems", secret });
  deckle = await launchApp({ dataDir, args: [link] });
});

afterAll(async () => {
  await deckle.close();
  await relay.stop();
  await new Promise((resolve) => stranger.close(resolve));
  await rm(dataDir, { recursive: true, force: true });
});

/** As any script in the page could. */
async function call<Name extends CallName>(name: Name, ...words: Parameters<Bridge[Name]>): Promise<unknown> {
  return deckle.page.evaluate(
    ([asked, given]) =>
      (window as unknown as { deckle: Record<string, (...each: unknown[]) => Promise<unknown>> }).deckle[
        asked
      ]?.(...given),
    [name, words as unknown[]] as const,
  );
}

/** What the page is told from here on. */
async function listenToNotices(): Promise<() => Promise<Notice[]>> {
  await deckle.page.evaluate(() => {
    const page = window as unknown as { deckle: Bridge; heard: Notice[] };
    page.heard = [];
    page.deckle.onNotice((notice) => page.heard.push(notice));
  });
  return () => deckle.page.evaluate(() => (window as unknown as { heard: Notice[] }).heard);
}

const accept = (given: string, agreesToReadableKey = true) =>
  call("acceptInvite", { link: given, name: "Ada", deviceName: "Laptop", agreesToReadableKey });

/** Waits for what makes main load the page anew. */
async function renewed(act: () => Promise<unknown>): Promise<unknown> {
  await deckle.page.evaluate(() => Object.assign(window, { isOld: true }));
  const done = await act();
  const isNew = () => deckle.page.evaluate(() => "deckle" in window && !("isOld" in window));
  await expect.poll(() => isNew().catch(() => false), { timeout: 30_000 }).toBe(true);
  await deckle.page.waitForLoadState("load");
  return done;
}

test("a link that the app was started with waits until a window has read it", async () => {
  const notices = await listenToNotices();
  await call("configuration");
  await expect.poll(notices).toContainEqual({ type: "invited", link });
  expect(await call("readInvite", link)).toMatchObject({ ok: true, relay: relay.url, name: "Poems" });
  const before = (await notices()).length;
  await call("configuration");
  await call("configuration");
  expect(await notices()).toHaveLength(before);
});

test("a link that is opened while the app runs comes to its window", async () => {
  const notices = await listenToNotices();
  const binary = await electronBinary();
  const display = await deckle.app.evaluate(() => process.env["DISPLAY"]);
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const later = link.replace("name=Poems", "name=Later");
  const second = spawn(binary.path, [...binary.appArguments, ...sandbox, "--", later], {
    env: { ...process.env, DECKLE_DATA: dataDir, DISPLAY: display },
    stdio: "ignore",
  });
  expect(await once(second, "exit")).toEqual([0, null]);
  await expect.poll(notices, { timeout: 10_000 }).toContainEqual({ type: "invited", link: later });
  await call("readInvite", later);
});

test("attack: an invite's relay that sends main elsewhere is not followed", async () => {
  const elsewhere = link.replace(encodeURIComponent(relay.url), `ws://127.0.0.1:${strangerPort}/sync`);
  expect(await accept(elsewhere)).toMatchObject({ ok: false, code: "unreachable" });
  expect(heard).toEqual(["/access/offer"]);
});

test("joining: by agreement where the key can be read, and the page comes anew with the relay in its policy", async () => {
  const policy = () =>
    deckle.page.evaluate(async () => (await fetch("/")).headers.get("content-security-policy"));
  expect(await policy()).toContain("connect-src 'self';");
  // As on a machine without a keyring, whatever this one has.
  await deckle.app.evaluate(({ safeStorage }) => {
    safeStorage.getSelectedStorageBackend = () => "basic_text";
  });
  expect(await call("readInvite", link)).toMatchObject({ keyStorage: "readable" });
  expect(await accept(link, false)).toMatchObject({ ok: false, code: "key-readable" });
  expect(await renewed(() => accept(link))).toEqual({ ok: true });
  expect(await policy()).toContain(`connect-src 'self' ws://127.0.0.1:${relay.port};`);
  const { workspace, url } = relay;
  expect(await call("configuration")).toMatchObject({
    place: { kind: "workspace", workspace, relay: url, role: "owner" },
    device: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
});

test("attack: neither any answer nor anything that the page reaches has the key", async () => {
  const folder = join(dataDir, "profiles", "default");
  const { privateKey } = JSON.parse(await readFile(join(folder, "device-key.json"), "utf8")) as {
    privateKey: string;
  };
  expect(privateKey.length).toBeGreaterThan(60);
  const answers = JSON.stringify([
    await call("configuration"),
    await call("readInvite", link),
    await call("ticket", relay.workspace),
    await call("people", relay.workspace),
    await call("invite", relay.workspace, { role: "viewer", uses: 1, lastsMs: 60_000 }),
  ]);
  expect(answers).toContain('"ticket":"');
  expect(answers).toContain('"you":{');
  expect(answers).toContain('"link":"deckle://join');
  expect(answers).not.toContain(privateKey);
  expect(answers).not.toContain(privateKey.slice(-40));
  // The secret of the link is nowhere on the disk either.
  for (const file of ["settings.json", "device-key.json"])
    expect(await readFile(join(folder, file), "utf8")).not.toContain(secret);
  expect(await readdir(folder)).toContain("settings.json");
});

test("attack: the page asks the relay's HTTP API itself", async () => {
  const outcome = await deckle.page.evaluate(
    (url) =>
      fetch(url, { method: "POST", body: "{}" }).then(
        () => "reached",
        () => "refused",
      ),
    `http://127.0.0.1:${relay.port}/access/nonce`,
  );
  expect(outcome).toBe("refused");
});

test("an export goes where the person said, under a name that cannot lead elsewhere", async () => {
  const file = join(dataDir, "out.md");
  await deckle.app.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = (_: unknown, options?: { defaultPath?: string }) => {
      process.env["ASKED"] = options?.defaultPath ?? "";
      return Promise.resolve({ canceled: false, filePath });
    };
  }, file);
  expect(await call("exportText", { name: "../a/b", text: "# Größe\n" })).toEqual({ ok: true, saved: true });
  expect(await readFile(file, "utf8")).toBe("# Größe\n");
  expect(await deckle.app.evaluate(() => process.env["ASKED"])).toBe("-a-b.md");
  await deckle.app.evaluate(({ dialog }) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: true, filePath: "" });
  });
  expect(await call("exportText", { name: "x", text: "y" })).toEqual({ ok: true, saved: false });
});

/** The command as people run it: real processes, real files, what they print and how they end. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { askRelay } from "./commands/control-client.ts";
import { version } from "./commands/version.ts";
import { RelayProcess, Stage, until, type Content } from "./harness.ts";
import { parseInviteLink } from "./protocol/invite-link.ts";
import { makeCertificate } from "./test-certificate.ts";

const cli = new URL("./cli.ts", import.meta.url).pathname;
const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  spawnSync(process.execPath, [cli, ...args], {
    encoding: "utf8",
    timeout: 20_000,
    env: { ...process.env, ...environment },
  });

let stage: Stage;
let folder: string;
beforeEach(() => {
  stage = new Stage();
  folder = stage.folder();
});
afterEach(() => stage.end());

/** A relay with any words, until the test ends. */
async function serve(
  ...words: readonly string[]
): Promise<{ child: ChildProcess; url: string; log: () => string }> {
  const child = spawn(process.execPath, [
    cli,
    "serve",
    "--data",
    join(folder, "data"),
    "--port",
    "0",
    "--open",
    ...words,
  ]);
  stage.defer(() => child.kill("SIGKILL"));
  let log = "";
  child.stderr.on("data", (data) => (log += String(data)));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (data) => resolve(String(data)));
    child.once("exit", () => reject(new Error(log)));
  });
  return { child, url: line.trim().replace("listening ", ""), log: () => log };
}
const end = (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> =>
  new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill(signal);
  });
const events = (log: string): Record<string, unknown>[] =>
  log
    .trim()
    .split("\n")
    // Beside the log are words for a person.
    .filter((line) => line.startsWith("{"))
    .map((line): Record<string, unknown> => JSON.parse(line));
const httpOf = (url: string, path: string): string => url.replace(/^ws/, "http").replace("/sync", path);

test("a word that must be changed: exit 2, one line, nothing on stdout", () => {
  const { status, stderr, stdout } = run(["serve", "--data", "x", "--port", "http"]);
  const message =
    '--port must be a whole number from 0 (any free one) to 65535, not "http": write --port 8137\n';
  expect([status, stdout, stderr]).toEqual([2, "", message]);
  expect(run(["--version"]).stdout).toBe(`${version()}\n`);
});

test("--print-config prints the settings in force and starts nothing", () => {
  const file = join(folder, "relay.jsonc");
  writeFileSync(file, '{ "data": "d",\n"port": 1, "open": true }');
  const { status, stdout, stderr } = run(["serve", "--config", file, "--port", "2", "--print-config"], {
    DECKLE_RELAY_LOG_LEVEL: "warn",
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(`"data": ${JSON.stringify(join(folder, "d"))}, // ${file}:1`);
  expect(stdout).toContain('"port": 2, // --port');
  expect(stdout).toContain('"level": "warn", // DECKLE_RELAY_LOG_LEVEL');
  expect(existsSync(join(folder, "d"))).toBe(false);
});

test("the log begins with the settings and where each came from, and ends with the stop", async () => {
  const { child, log } = await serve("--log-level", "info");
  expect(await end(child, "SIGTERM")).toBe(0);
  const [first, ...rest] = events(log());
  expect(first).toMatchObject({
    event: "configuration",
    level: "info",
    port: 0,
    "port from": "--port",
    "host from": "default",
  });
  expect(rest.map(({ event }) => event)).toEqual(["listening", "open-mode", "stopping", "stopped"]);
  expect(log()).toContain("This relay is open: whoever reaches ws://127.0.0.1:");
});

test("without --open: members only, and the first owner's link is on stderr until there is an owner", async () => {
  const words = ["serve", "--data", folder, "--port", "0"];
  const start = async (): Promise<{ child: ChildProcess; url: string; said: () => string }> => {
    const child = spawn(process.execPath, [cli, ...words]);
    stage.defer(() => child.kill("SIGKILL"));
    let said = "";
    child.stderr.on("data", (data) => (said += String(data)));
    const line = await new Promise<string>((resolve) =>
      child.stdout.once("data", (data) => resolve(String(data))),
    );
    return { child, url: line.trim().replace("listening ", ""), said: () => said };
  };
  const first = await start();
  await until("the link is said", () => first.said().includes("`deckle-relay invite --role owner`"));
  const link = parseInviteLink(/deckle:\/\/\S+/.exec(first.said())?.[0] ?? "");
  expect(link).toMatchObject({ role: "owner", relay: first.url });
  expect(JSON.stringify(events(first.said()))).not.toContain(link?.secret);
  const refused = new WebSocket(first.url).on("error", () => {});
  const status = await new Promise((resolve) =>
    refused.on("unexpected-response", (_request, answer) => resolve(answer.statusCode)),
  );
  expect(status).toBe(401);
  expect(await end(first.child, "SIGTERM")).toBe(0);
  const second = await start();
  await until("it says how to make another", () => second.said().includes("if that link is lost"));
  expect(second.said()).not.toContain("deckle://");
  const { status: code, stdout } = run(["invite", "--role", "owner", "--data", folder]);
  expect([code, parseInviteLink(stdout)?.relay]).toEqual([0, second.url]);
}, 30_000);

test("the data folder is made for its owner only", async () => {
  await serve();
  expect(statSync(join(folder, "data")).mode & 0o777).toBe(0o700);
});

test("a second relay on the same folder says so and exits 1", async () => {
  const first = await RelayProcess.start(folder);
  stage.defer(() => first.child.kill("SIGKILL"));
  expect(first.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/sync$/);
  const second = run(["serve", "--data", folder, "--port", "0", "--open"]);
  expect([second.status, second.stdout]).toEqual([1, ""]);
  expect(second.stderr).toContain("in use by another relay");
  expect(await first.end("SIGINT")).toBe(0);
}, 20_000);

test("a port that is taken: exit 1, and the folder can be used again at once", async () => {
  const { url } = await serve();
  const port = new URL(url).port;
  const other = join(folder, "other");
  const taken = run(["serve", "--data", other, "--port", port, "--open"]);
  expect(taken.status).toBe(1);
  expect(taken.stderr).toContain("the relay did not start: listen EADDRINUSE");
  expect(run(["verify", "--data", other]).status).toBe(0);
});

describe("over HTTP", () => {
  test("alive, ready, metrics that parse; nothing is cached", async () => {
    const { url } = await serve();
    const client = await stage.raw(url);
    for (const [path, body] of [
      ["/healthz", "ok\n"],
      ["/readyz", "ready\n"],
    ] as const) {
      const answer = await fetch(httpOf(url, path));
      expect([answer.status, await answer.text(), answer.headers.get("cache-control")]).toEqual([
        200,
        body,
        "no-store",
      ]);
    }
    const answer = await fetch(httpOf(url, "/metrics"));
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const text = await answer.text();
    for (const line of text.split("\n"))
      expect(line).toMatch(/^$|^(# (HELP|TYPE) |[a-z_]+(\{[^{}]+\})? [-+0-9.e]+$)/);
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
    expect(value("deckle_relay_connections")).toBe(1);
    expect(value("deckle_relay_frames_in_total")).toBeGreaterThanOrEqual(1);
    expect(value("deckle_relay_bytes_in_total")).toBeGreaterThan(100);
    expect(value("deckle_relay_store_ready")).toBe(1);
    expect(value("deckle_relay_store_bytes")).toBeGreaterThan(0);
    client.socket.close();
    await until("the close is counted", async () =>
      (await (await fetch(httpOf(url, "/metrics"))).text()).includes(
        'deckle_relay_closed_total{reason="left"} 1',
      ),
    );
  });

  test("metrics through a proxy, or by a page that calls itself by another name: not found", async () => {
    const { url } = await serve();
    const statusOf = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        get(httpOf(url, "/metrics"), { headers }, (answer) => resolve(answer.resume().statusCode)).on(
          "error",
          reject,
        );
      });
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ "X-Forwarded-For": "192.0.2.1" })).toBe(404);
    expect(await statusOf({ Forwarded: "for=192.0.2.1" })).toBe(404);
    expect(await statusOf({ Host: "rebound.example.org" })).toBe(404);
    expect(await statusOf({ Host: "127.0.0.1.example.org" })).toBe(404);
  });

  test("metrics: off; and on a port of their own, then not on the relay's", async () => {
    const { url, child } = await serve("--metrics", "off");
    expect((await fetch(httpOf(url, "/metrics"))).status).toBe(404);
    await end(child, "SIGTERM");
    const own = await serve("--metrics", "127.0.0.1:0");
    expect((await fetch(httpOf(own.url, "/metrics"))).status).toBe(404);
    const address = events(own.log()).find(({ event }) => event === "metrics-listening")?.["address"];
    expect((await fetch(`http://${String(address)}/metrics`)).status).toBe(200);
    expect((await fetch(`http://${String(address)}/healthz`)).status).toBe(404);
  });

  test("one connection more than allowed is told to come later", async () => {
    const { url } = await serve("--limits-connections", "2");
    const clients = [await stage.raw(url), await stage.raw(url)];
    const refused = new WebSocket(url).on("error", () => {});
    const status = await new Promise((resolve) =>
      refused.on("unexpected-response", (_request, answer) => resolve(answer.statusCode)),
    );
    expect(status).toBe(503);
    clients[0]?.socket.close();
    await until("a place is free", async () =>
      (await (await fetch(httpOf(url, "/metrics"))).text()).includes("deckle_relay_connections 1"),
    );
    await stage.raw(url);
    expect(await (await fetch(httpOf(url, "/metrics"))).text()).toContain(
      'limited_total{limit="connections"} 1',
    );
  }, 30_000);
});

test("a reader of the log that goes away ends the log, not the relay", async () => {
  const { child, url } = await serve();
  child.stderr?.destroy();
  const clients = await Promise.all(Array.from({ length: 10 }, () => stage.raw(url)));
  for (const client of clients) client.socket.close();
  expect((await fetch(httpOf(url, "/readyz"))).status).toBe(200);
  expect(await end(child, "SIGTERM")).toBe(0);
});

test("SIGTERM: clients are told to come back, and what was receipted is there", async () => {
  const { child, url } = await serve();
  const client = await stage.raw(url);
  const ended = end(child, "SIGTERM");
  await until("the socket is closed", () => client.closeCode !== undefined);
  expect([client.closeCode, await ended]).toEqual([1012, 0]);
});

describe("TLS", () => {
  /** Connected with trust in one certificate only, and told what the relay sent. */
  async function secure(url: string, certificate: string): Promise<WebSocket> {
    const socket = new WebSocket(url, { ca: readFileSync(certificate) });
    stage.defer(() => socket.terminate());
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    return socket;
  }
  const answersPing = (socket: WebSocket): Promise<unknown> =>
    new Promise((resolve, reject) => {
      socket.once("pong", resolve).once("close", reject);
      socket.ping();
    });

  test("wss; SIGHUP changes the certificate under a connection that stays", async () => {
    const [one, two] = [makeCertificate(folder, "one"), makeCertificate(folder, "two")];
    const used = { cert: join(folder, "used.pem"), key: join(folder, "used.key") };
    const use = (from: typeof used): void => {
      for (const part of ["cert", "key"] as const) copyFileSync(from[part], used[part]);
    };
    use(one);
    const { child, url, log } = await serve("--tls-cert", used.cert, "--tls-key", used.key);
    expect(url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/sync$/);
    const first = await secure(url, one.cert);
    use(two);
    child.kill("SIGHUP");
    await until("it is reloaded", () => log().includes("tls-reloaded"));
    await expect(secure(url, one.cert)).rejects.toThrow("certificate");
    await answersPing(await secure(url, two.cert));
    await answersPing(first);
    writeFileSync(used.key, "half a renewal");
    child.kill("SIGHUP");
    await until("it is refused", () => log().includes("tls-reload-failed"));
    await answersPing(await secure(url, two.cert));
    expect(await end(child, "SIGTERM")).toBe(0);
  }, 30_000);

  test("a key of another certificate: exit 1, in words", () => {
    const [one, two] = [makeCertificate(folder, "one"), makeCertificate(folder, "two")];
    const words = ["serve", "--data", join(folder, "data"), "--port", "0", "--open"];
    const { status, stderr } = run([...words, "--tls-cert", one.cert, "--tls-key", two.key]);
    expect(status).toBe(1);
    expect(stderr).toContain(
      `the relay did not start: ${two.key} is not the key of the first certificate in ${one.cert}`,
    );
  });
});

/** A relay with a document of somebody in it. */
async function withDocument(): Promise<{ child: ChildProcess; url: string }> {
  const relay = await serve();
  const handle = stage.repo(relay.url).create<Content>({ title: "kept" });
  await until("it is stored", async () => {
    const answer = await askRelay(join(folder, "data"), { command: "stats" });
    return answer?.ok === true && JSON.stringify(answer.result).includes('"documents":1');
  });
  expect(handle.doc()["title"]).toBe("kept");
  return relay;
}

test("health asks the relay with the same settings", async () => {
  const certificate = makeCertificate(folder, "one");
  const tls = ["--tls-cert", certificate.cert, "--tls-key", certificate.key];
  const { child, url } = await serve(...tls);
  const words = ["health", "--port", new URL(url).port];
  expect(run([...words, ...tls])).toMatchObject({ status: 0, stdout: "ok\n" });
  expect(run(words)).toMatchObject({ status: 1, stdout: "socket hang up\n" });
  await end(child, "SIGKILL");
  expect(run([...words, ...tls])).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("ECONNREFUSED"),
  });
}, 30_000);

describe("on the store, with the relay running and without", () => {
  const data = (): string => join(folder, "data");

  test("stats, verify and backup are the running relay's, through a socket for its owner only", async () => {
    const { child } = await withDocument();
    expect(statSync(join(data(), "relay.sock")).mode & 0o777).toBe(0o600);
    const live = run(["stats", "--data", data()]);
    expect([live.status, live.stdout]).toEqual([0, expect.stringMatching(/^documents +1\nchanges +\d+\n/)]);
    expect(run(["verify", "--data", data()])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^1 documents, \d+ changes: whole\n$/),
    });
    const copy = join(folder, "copy.sqlite");
    expect(run(["backup", copy, "--data", data()])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(copy),
    });
    const again = run(["backup", copy, "--data", data()]);
    expect([again.status, again.stderr]).toEqual([1, `${copy} is there already: name another file\n`]);
    expect(run(["restore", copy, "--data", data()])).toMatchObject({
      status: 1,
      stderr: `a relay runs on ${data()}: stop it first\n`,
    });
    expect(await end(child, "SIGTERM")).toBe(0);
    expect(existsSync(join(data(), "relay.sock"))).toBe(false);

    // Without a relay the commands open the file themselves, to the same.
    expect(run(["stats", "--data", data()]).stdout.split("\n").slice(0, 3)).toEqual(
      live.stdout.split("\n").slice(0, 3),
    );
    expect(run(["verify", "--data", data()]).status).toBe(0);
    const second = join(folder, "second.sqlite");
    expect(run(["backup", second, "--data", data()]).status).toBe(0);
    expect(existsSync(second)).toBe(true);
  }, 60_000);

  test("kill -9 leaves a socket behind: the commands and the next relay are not misled", async () => {
    const { child } = await withDocument();
    await end(child, "SIGKILL");
    expect(existsSync(join(data(), "relay.sock"))).toBe(true);
    expect(run(["verify", "--data", data()]).status).toBe(0);
    await serve();
    expect(run(["stats", "--data", data()]).stdout).toMatch(/^documents +1\n/);
  }, 60_000);

  test("a backup is restored into a new folder, and over a store only when told, which is kept", async () => {
    const { child } = await withDocument();
    const copy = join(folder, "copy.sqlite");
    expect(run(["backup", copy, "--data", data()]).status).toBe(0);
    await end(child, "SIGTERM");
    const fresh = join(folder, "fresh");
    expect(run(["restore", copy, "--data", fresh])).toMatchObject({
      status: 0,
      stdout: `${join(fresh, "relay.sqlite")}\n`,
    });
    expect(statSync(fresh).mode & 0o777).toBe(0o700);
    expect(run(["stats", "--data", fresh]).stdout).toMatch(/^documents +1\n/);
    const refused = run(["restore", copy, "--data", data()]);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      `${join(data(), "relay.sqlite")} is there already: add --replace, and it is kept beside, under another name\n`,
    ]);
    expect(run(["restore", copy, "--replace", "--data", data()]).status).toBe(0);
    expect(readdirSync(data()).filter((name) => name.includes("replaced"))).not.toEqual([]);
    expect(run(["verify", "--data", data()]).status).toBe(0);
  }, 60_000);

  test("verify exits 1 with what it found; a damaged backup is not restored", async () => {
    const { child } = await withDocument();
    const copy = join(folder, "copy.sqlite");
    run(["backup", copy, "--data", data()]);
    await end(child, "SIGTERM");
    const bytes = readFileSync(copy);
    // The document's title stands in the bytes of its change; nothing else of the file knows it.
    const at = bytes.indexOf("kept");
    expect(at).toBeGreaterThan(0);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(copy, bytes);
    const broken = join(folder, "broken");
    mkdirSync(broken);
    writeFileSync(join(broken, "relay.sqlite"), bytes);
    const found = run(["verify", "--data", broken]);
    expect(found.status).toBe(1);
    expect(found.stdout).toMatch(/1 documents, \d+ changes: \d+ findings\n$/);
    const refused = run(["restore", copy, "--data", join(folder, "fresh")]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("is not whole")]);
  }, 60_000);

  test("repair makes a new store of what a broken one still holds, and keeps the broken one", async () => {
    const { child } = await withDocument();
    expect(run(["repair", "--data", data()]).stderr).toBe(`a relay runs on ${data()}: stop it first\n`);
    await end(child, "SIGTERM");
    const file = join(data(), "relay.sqlite");
    const bytes = readFileSync(file);
    // The table of tables: SQLite itself cannot open it any more.
    bytes.fill(0xff, 100, 1_000);
    writeFileSync(file, bytes);
    expect(run(["verify", "--data", data()]).status).toBe(1);
    const refused = run(["serve", "--data", data(), "--port", "0", "--open"]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("deckle-relay repair")]);
    const repaired = run(["repair", "--data", data()]);
    expect([repaired.status, repaired.stdout]).toEqual([
      0,
      expect.stringMatching(/^1 documents, [1-9]\d* changes; /),
    ]);
    expect(run(["verify", "--data", data()])).toMatchObject({ status: 0 });
    expect(readdirSync(data()).filter((name) => name.startsWith("relay.sqlite.replaced-1"))).not.toEqual([]);
    const { url } = await serve();
    expect((await fetch(httpOf(url, "/readyz"))).status).toBe(200);
  }, 60_000);

  test("a folder without a store is said to be none, and is left alone", () => {
    for (const words of [["stats"], ["verify"], ["backup", join(folder, "b")]]) {
      const { status, stderr } = run([...words, "--data", join(folder, "none")]);
      expect([status, stderr]).toEqual([1, expect.stringContaining("relay.sqlite is not there")]);
    }
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)(
    "root does not leave files in another user's store",
    async () => {
      const { child } = await withDocument();
      await end(child, "SIGTERM");
      chownSync(data(), 12_345, 12_345);
      const before = readdirSync(data());
      for (const words of [
        ["stats"],
        ["verify"],
        ["backup", join(folder, "b")],
        ["restore", join(folder, "b")],
      ]) {
        const { status, stderr } = run([...words, "--data", data()]);
        expect([status, stderr]).toEqual([1, expect.stringContaining("sudo -u '#12345'")]);
      }
      expect(readdirSync(data())).toEqual(before);
    },
    60_000,
  );
});

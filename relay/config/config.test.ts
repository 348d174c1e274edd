import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig, serveProblems } from "./effective.ts";
import { nearest } from "./nearest.ts";
import { printConfig } from "./print.ts";
import { configSchema, flagOf, keys, metricsPlace, originsOf, settings, variableOf } from "./settings.ts";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "deckle-config-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (text: string): string => {
  const file = join(folder, "relay.jsonc");
  writeFileSync(file, text);
  return file;
};
const load = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  loadConfig(args, environment, { "print-config": true });

/** Everything that is said of what was given, a line a problem. */
function said(args: readonly string[], environment: Readonly<Record<string, string>> = {}): string[] {
  const loaded = load(args, environment);
  const problems = loaded.ok ? serveProblems(loaded.effective) : loaded.problems;
  return problems.map(({ message }) => message.replaceAll(folder, "FOLDER"));
}
const saidOfFile = (text: string): string[] => said(["--config", fileOf(text)]);
const config = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const loaded = load(args, environment);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join("\n"));
  return loaded.effective.config;
};

describe("a wrong file is refused with the line that is wrong", () => {
  test.each([
    [
      '{\n  // comment\n  "port": "http"\n}',
      'relay.jsonc:3: "port" must be a whole number from 0 (any free one) to 65535, not "http": write "port": 8137',
    ],
    [
      '{ "port": 65536 }',
      'relay.jsonc:1: "port" must be a whole number from 0 (any free one) to 65535, not 65536: write "port": 8137',
    ],
    [
      '{ "port": "8137" }',
      'relay.jsonc:1: "port" must be a whole number from 0 (any free one) to 65535, not "8137": write "port": 8137',
    ],
    ['{\n\n "prot": 1 }', 'relay.jsonc:3: "prot" is not a setting: did you mean "port"?'],
    ['{\n "zebra": 1 }', `relay.jsonc:2: "zebra" is not a setting: known are ${keys.join(", ")}`],
    [
      '{ "tls": {\n "certificate": "x" } }',
      'relay.jsonc:2: "tls.certificate" is not a setting: known are ' + keys.join(", "),
    ],
    ['{ "tls": {\n "crt": "x" } }', 'relay.jsonc:2: "tls.crt" is not a setting: did you mean "tls.cert"?'],
    ['{\n "level": "warn" }', 'relay.jsonc:2: "level" is not a setting: did you mean "log.level"?'],
    ['{\n "log": "warn" }', 'relay.jsonc:2: "log" is a group of settings: write "log": { "level": … }'],
    [
      '{ "log": {\n\n "level": "loud" } }',
      'relay.jsonc:3: "log.level" must be "error", "warn" or "info", not "loud": write "level": "warn"',
    ],
    ['{ "port": 1,\n "port": 2 }', 'relay.jsonc:2: "port" is set twice, first on line 1: keep one'],
    ['{ "data": "x"\n "port": 1 }', "relay.jsonc:1: a comma is missing before this"],
    [
      '{\n "data": x }',
      "relay.jsonc:2: a word that is not true, false or null: texts stand in double quotes",
    ],
    ['{\n "data": "x }\n', "relay.jsonc:2: a text is not closed: its double quote is missing"],
    ['{\n "data": "x",\n', "relay.jsonc:2: the file ends here, and a closing } is missing"],
    ["", 'relay.jsonc:1: the file must be one object: write { "data": "/var/lib/deckle-relay" }'],
    ["[]", 'relay.jsonc:1: the file must be one object: write { "data": "/var/lib/deckle-relay" }'],
    ['{ "open": "yes" }', 'relay.jsonc:1: "open" must be true or false, not "yes": write "open": true'],
    [
      '{ "host": "127.0.0.1:80" }',
      'relay.jsonc:1: "host" must be an address or a host name, without a port, not "127.0.0.1:80": write "host": "127.0.0.1"',
    ],
    [
      '{ "host": "300.1.1.1" }',
      'relay.jsonc:1: "host" must be an address or a host name, without a port, not "300.1.1.1": write "host": "127.0.0.1"',
    ],
    [
      '{ "metrics": "9464" }',
      'relay.jsonc:1: "metrics" must be "on", "off", or an address with a port, not "9464": write "metrics": "127.0.0.1:9464"',
    ],
    [
      '{ "data": null }',
      'relay.jsonc:1: "data" must be a path, not null: write "data": "/var/lib/deckle-relay"',
    ],
    [
      '{ "limits": { "connections": 0 } }',
      'relay.jsonc:1: "limits.connections" must be a whole number from 1 to 1000000, not 0: write "connections": 2000',
    ],
  ])("%j", (text, message) => {
    expect(saidOfFile(text)).toEqual([`FOLDER/${message}`]);
  });

  test("every problem of a file at once", () => {
    expect(saidOfFile('{\n "prot": 1,\n "host": 2,\n "log": { "level": 3 }\n}')).toHaveLength(3);
  });
  test("a file that is not there", () => {
    expect(said(["--config", join(folder, "none")])).toEqual([
      "FOLDER/none: there is no such file: name a configuration file with --config FILE",
    ]);
  });
  test("two settings that do not go together point at the line of one", () => {
    expect(saidOfFile('{ "data": "x", "open": true,\n "host": "0.0.0.0" }')).toEqual([
      'FOLDER/relay.jsonc:2: "host" is 0.0.0.0, and the open mode is for loopback only, as whoever reaches it may read and write everything: write "host": "127.0.0.1", or "exposed": true if that is meant',
    ]);
    expect(saidOfFile('{ "data": "x", "open": true, "tls": {\n\n"key": "k" } }')).toEqual([
      'FOLDER/relay.jsonc:3: "tls.key" is set without tls.cert: write "cert": "/etc/deckle-relay/cert.pem" as well',
    ]);
    expect(saidOfFile('{ "data": "x",\n "exposed": true }')).toEqual([
      'FOLDER/relay.jsonc:2: "exposed" is for the open mode only: leave it out, or write "open": true as well',
    ]);
    expect(saidOfFile('{ "data": "x",\n "host": "0.0.0.0" }')).toEqual([
      '--url is missing: on 0.0.0.0 the relay cannot know under which address apps reach it; write "url": "wss://relay.example.org" with the name that it has for them',
    ]);
    expect(said(["--data", "x", "--tls-cert", "c", "--tls-key", "k"])).toEqual([
      "--url is missing: with TLS the relay cannot know under which address apps reach it; write --url wss://relay.example.org with the name that it has for them",
    ]);
  });

  test("what goes together is taken", () => {
    const url = ["--url", "wss://relay.example.org"];
    for (const words of [
      [],
      ["--open"],
      ["--open", "--exposed", "--host", "0.0.0.0"],
      ["--host", "0.0.0.0", ...url],
      ["--tls-cert", "c", "--tls-key", "k", ...url],
      ["--host", "::1"],
    ])
      expect([words, said(["--data", "x", ...words])]).toEqual([words, []]);
  });
});

describe("a wrong flag or variable is named", () => {
  test.each<[string[], Record<string, string>, string]>([
    [["--prot", "1"], {}, "--prot is not a flag of this command: did you mean --port?"],
    [["--zebra"], {}, "--zebra is not a flag of this command; --help lists them"],
    [["-p", "1"], {}, "-p is not a flag of this command; --help lists them"],
    [
      ["--port", "http"],
      {},
      '--port must be a whole number from 0 (any free one) to 65535, not "http": write --port 8137',
    ],
    [
      ["--port", "1e3"],
      {},
      '--port must be a whole number from 0 (any free one) to 65535, not "1e3": write --port 8137',
    ],
    [["--port"], {}, "--port needs a value"],
    [["--data", "--port", "1"], {}, "--data needs a value"],
    [["--port", "1", "--port", "2"], {}, "--port is given twice: keep one"],
    [["--open=maybe"], {}, '--open must be true or false, not "maybe": write --open'],
    [[], { DECKLE_RELAY_PROT: "1" }, "DECKLE_RELAY_PROT is not a setting: did you mean DECKLE_RELAY_PORT?"],
    [
      [],
      { DECKLE_RELAY_PORT: "tcp://x" },
      'DECKLE_RELAY_PORT must be a whole number from 0 (any free one) to 65535, not "tcp://x": write DECKLE_RELAY_PORT=8137',
    ],
    [
      [],
      { DECKLE_RELAY_OPEN: "yes" },
      'DECKLE_RELAY_OPEN must be true or false, not "yes": write DECKLE_RELAY_OPEN=true',
    ],
    [
      [],
      { DECKLE_RELAY_LOG_LEVEL: "x" },
      'DECKLE_RELAY_LOG_LEVEL must be "error", "warn" or "info", not "x": write DECKLE_RELAY_LOG_LEVEL=warn',
    ],
  ])("%j %j", (args, environment, message) => {
    expect(said(args, environment)).toEqual([message]);
  });
});

test("flags come before variables, variables before the file, the file before defaults", () => {
  const file = fileOf(
    '{ "data": "d", "port": 1, "log": { "level": "warn" }, "limits": { "connections": 7 } }',
  );
  const environment = { DECKLE_RELAY_PORT: "2", DECKLE_RELAY_LOG_LEVEL: "error", DECKLE_RELAY_CONFIG: file };
  const effective = config(["--port", "3"], environment);
  expect(effective).toMatchObject({
    data: join(folder, "d"),
    port: 3,
    "log.level": "error",
    "limits.connections": 7,
    host: "127.0.0.1",
    open: false,
  });
  expect(config([], environment).port).toBe(2);
  expect(config(["--config", fileOf('{ "port": 9 }')], { DECKLE_RELAY_CONFIG: "/nowhere" }).port).toBe(9);
});

test("every setting can be set by flag, by variable and in a file, to the same", () => {
  for (const key of keys) {
    const { example: value } = settings[key];
    const [group = key, member] = key.split(".");
    const inFile = member === undefined ? { [key]: value } : { [group]: { [member]: value } };
    const byFlag = config([`${flagOf(key)}=${value}`])[key];
    expect([key, byFlag]).toEqual([key, value]);
    expect(config([], { [variableOf(key)]: String(value) })[key]).toEqual(byFlag);
    expect(config(["--config", fileOf(JSON.stringify(inFile))])[key]).toEqual(byFlag);
  }
});

test("every default is allowed", () => {
  for (const key of keys) {
    const parsed = configSchema.shape[key].safeParse(settings[key].default);
    expect([key, parsed.success]).toEqual([key, true]);
  }
});

test("an empty variable counts as not set; others' variables are nobody's business", () => {
  expect(config([], { DECKLE_RELAY_PORT: "", DECKLE_DATA: "x", PORT: "5" }).port).toBe(settings.port.default);
});

test("the printed form says where each value came from, and is a file that gives the same", () => {
  const file = fileOf('{ "data": "/d/\\"x\\"",\n "tls": { "cert": "/c", "key": "/k" } }');
  const loaded = load(["--open", "--config", file], { DECKLE_RELAY_PORT: "2" });
  if (!loaded.ok) throw new Error("refused");
  const printed = printConfig(loaded.effective);
  const expected = [
    '"data": "/d/\\"x\\"", // FOLDER/relay.jsonc:1',
    '"host": "127.0.0.1", // default',
    '"port": 2, // DECKLE_RELAY_PORT',
    '"open": true, // --open',
    '"cert": "/c", // FOLDER/relay.jsonc:2',
  ];
  for (const line of expected) expect(printed.replaceAll(folder, "FOLDER")).toContain(line);
  expect(config(["--config", fileOf(printed)])).toEqual(loaded.effective.config);
  const bare = load([]);
  expect(bare.ok && printConfig(bare.effective)).toContain('// "data": not set');
});

test("addresses: what an app calls the same place is one origin; what is no address is refused", () => {
  expect(originsOf("wss://Relay.example.org/sync, ws://127.0.0.1:8137")).toEqual([
    "wss://relay.example.org",
    "ws://127.0.0.1:8137",
  ]);
  expect(originsOf("wss://relay.example.org:443/")).toEqual(["wss://relay.example.org"]);
  for (const none of [
    "",
    "relay.example.org",
    "https://relay.example.org",
    "wss://relay.example.org/other",
    "wss://relay.example.org/?x",
    "wss://a:b@relay.example.org",
    "wss://relay.example.org,",
  ])
    expect([none, originsOf(none)]).toEqual([none, undefined]);
});

test("metrics: places and what is none", () => {
  expect(metricsPlace("on")).toEqual({ at: "same-port" });
  expect(metricsPlace("off")).toEqual({ at: "nowhere" });
  expect(metricsPlace("0.0.0.0:9464")).toEqual({ at: "own-port", host: "0.0.0.0", port: 9464 });
  expect(metricsPlace("[::1]:0")).toEqual({ at: "own-port", host: "::1", port: 0 });
  for (const none of [
    "",
    "yes",
    "::1:9464",
    "[::g]:1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    ":9464",
    "[127.0.0.1]:1",
  ])
    expect([none, metricsPlace(none)]).toEqual([none, undefined]);
});

test("nearest: the name that was meant, or none", () => {
  expect(nearest("DATA", ["data", "port"])).toBe("data");
  expect(nearest("pot", ["data", "port"])).toBe("port");
  expect(nearest("x", ["data", "port"])).toBeUndefined();
  expect(nearest("logs-level", ["log-level"])).toBe("log-level");
});

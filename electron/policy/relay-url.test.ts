import { expect, test } from "vitest";
import { contentSecurityPolicy } from "./csp.ts";
import { relayUrlCharactersMax } from "./limits.ts";
import { parseRelayUrl } from "./relay-url.ts";

function relay(text: string) {
  const parsed = parseRelayUrl(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.relay;
}

test.each([
  ["wss://relay.example.org/sync", "wss://relay.example.org", false],
  ["  wss://Relay.Example.org:443/sync ", "wss://relay.example.org", false],
  ["wss://relay.example.org:8443", "wss://relay.example.org:8443", false],
  ["wss://bücher.example/sync", "wss://xn--bcher-kva.example", false],
  ["wss://203.0.113.7/sync", "wss://203.0.113.7", false],
  ["ws://127.0.0.1:8137/sync", "ws://127.0.0.1:8137", true],
  ["ws://127.9.9.9/sync", "ws://127.9.9.9", true],
  ["ws://localhost:80/sync", "ws://localhost", true],
  ["ws://relay.localhost/sync", "ws://relay.localhost", true],
  ["ws://office.local/sync", "ws://office.local", true],
  ["ws://10.0.0.1/sync", "ws://10.0.0.1", true],
  ["ws://172.16.0.1/sync", "ws://172.16.0.1", true],
  ["ws://172.31.255.1/sync", "ws://172.31.255.1", true],
  ["ws://192.168.1.2/sync", "ws://192.168.1.2", true],
  ["ws://169.254.1.2/sync", "ws://169.254.1.2", true],
  ["wss://192.168.1.2/sync", "wss://192.168.1.2", true],
])("%s can be used", (text, origin, isLocal) => {
  expect(relay(text)).toMatchObject({ origin, isLocal });
});

test.each([
  ["", "is empty"],
  ["   ", "is empty"],
  ["relay.example.org", "is not an address"],
  ["wss://", "is not an address"],
  ["https://relay.example.org/sync", "does not begin with"],
  ["javascript:alert(1)", "does not begin with"],
  ["wss://name:secret@relay.example.org/", "no name and password"],
  ["wss://:secret@relay.example.org/", "no name and password"],
  ["wss://relay.example.org/sync#part", "no # part"],
  ["wss://[2001:db8::1]/sync", "IPv6"],
  ["ws://relay.example.org/sync", "only for this machine or a private network"],
  ["ws://203.0.113.7/sync", "only for this machine"],
  ["ws://172.15.0.1/sync", "only for this machine"],
  ["ws://172.32.0.1/sync", "only for this machine"],
  ["ws://192.169.0.1/sync", "only for this machine"],
  ["ws://169.255.0.1/sync", "only for this machine"],
  ["ws://127.0.0.1.example.org/sync", "only for this machine"],
  ["ws://notlocalhost/sync", "only for this machine"],
])("%j is refused, with the reason and what a good one looks like", (text, reason) => {
  const parsed = parseRelayUrl(text);
  expect(parsed).toMatchObject({ ok: false, message: expect.stringContaining(reason) });
  expect(parsed).toMatchObject({ message: expect.stringContaining("wss://relay.example.org/sync") });
});

test.each([
  "wss://*/sync",
  "wss://*.example.org/",
  "wss://a;script-src/",
  "wss://a'self'/",
  "wss://a,b/",
  "wss://-a/",
])("a host that means something in a policy does not get into it: %s", (text) => {
  expect(parseRelayUrl(text)).toMatchObject({ ok: false });
});

test("an address as long as the limit can be used, one longer cannot", () => {
  const start = "wss://relay.example.org/";
  expect(parseRelayUrl(start.padEnd(relayUrlCharactersMax, "x"))).toMatchObject({ ok: true });
  expect(parseRelayUrl(start.padEnd(relayUrlCharactersMax + 1, "x"))).toMatchObject({ ok: false });
});

test("the window may connect to exactly its relay", () => {
  const policy = contentSecurityPolicy(relay("ws://127.0.0.1:8137/sync").origin);
  expect(policy).toContain("connect-src 'self' ws://127.0.0.1:8137;");
  expect(contentSecurityPolicy(null)).toContain("connect-src 'self';");
  expect(policy).toContain("default-src 'none';");
  expect(policy).not.toContain("'unsafe-eval'");
  expect(policy.split("; ").filter((rule) => rule.startsWith("script-src"))).toEqual([
    "script-src 'self' 'wasm-unsafe-eval'",
  ]);
  expect(policy).toMatch(
    /require-trusted-types-for 'script'; trusted-types ProseMirrorClipboard app-workers$/,
  );
});

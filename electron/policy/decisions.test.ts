/** The small decisions: navigation, permissions, links, what is served, how a window closes. */
import { expect, test } from "vitest";
import { newWindow, nextClosing, type Closing, type ClosingEvent } from "./closing.ts";
import { linkCharactersMax } from "./limits.ts";
import { openableLink } from "./links.ts";
import { carriesPolicy, servedFile, type Manifest } from "./manifest.ts";
import { requestAllowed } from "./navigation.ts";
import { isAppUrl } from "./origin.ts";
import { permissionAllowed } from "./permissions.ts";

const relayOrigin = "wss://relay.example.org";

test.each([
  ["app://deckle/", true],
  ["app://deckle/engine.js?x#y", true],
  ["app://deckle.example/", false],
  ["app://deckle@evil.example/", false],
  ["app://name@deckle/", false],
  ["app://deckle:80/", false],
  ["app:deckle/", false],
  ["https://deckle/", false],
  ["", false],
])("%j is the app's own: %s", (url, own) => {
  expect(isAppUrl(url)).toBe(own);
});

test.each([
  ["app://deckle/index.html", true],
  ["data:image/png;base64,AA==", true],
  ["blob:app://deckle/0a", true],
  ["blob:https://evil.example/0a", false],
  ["devtools://devtools/bundled/x.html", true],
  ["wss://relay.example.org/sync", true],
  ["wss://relay.example.org:444/sync", false],
  ["wss://name@relay.example.org/sync", false],
  ["https://relay.example.org/", false],
  ["ws://relay.example.org/sync", false],
  ["wss://relay.example.org.evil.example/", false],
  ["file:///etc/passwd", false],
  ["not a url", false],
])("a request to %s is let through: %s", (url, allowed) => {
  expect(requestAllowed(url, relayOrigin)).toBe(allowed);
});

test("without a relay no socket is let through", () => {
  expect(requestAllowed("wss://relay.example.org/sync", null)).toBe(false);
});

const own = { origin: "app://deckle", relayIsLocal: false };

test("permissions: what is named, for us, and nothing else", () => {
  expect(permissionAllowed("clipboard-sanitized-write", own)).toBe(true);
  expect(permissionAllowed("clipboard-sanitized-write", { ...own, origin: "app://deckle/" })).toBe(true);
  expect(permissionAllowed("persistent-storage", own)).toBe(true);
  for (const permission of [
    "clipboard-read",
    "media",
    "geolocation",
    "notifications",
    "usb",
    "constructor",
    "x",
  ]) {
    expect(permissionAllowed(permission, own)).toBe(false);
  }
});

test.each(["https://evil.example", "app://deckle.example", "", "null"])("no permission for %j", (origin) => {
  expect(permissionAllowed("clipboard-sanitized-write", { origin, relayIsLocal: true })).toBe(false);
});

test.each(["local-network", "local-network-access", "loopback-network"])(
  "%s only for a relay on it",
  (permission) => {
    expect(permissionAllowed(permission, own)).toBe(false);
    expect(permissionAllowed(permission, { ...own, relayIsLocal: true })).toBe(true);
  },
);

test.each([
  ["https://example.org/a b", "https://example.org/a%20b"],
  ["mailto:ann@example.org?subject=Hi", "mailto:ann@example.org?subject=Hi"],
  ["HTTPS://EXAMPLE.ORG", "https://example.org/"],
])("%s is opened as %s", (text, url) => {
  expect(openableLink(text)).toEqual({ ok: true, url });
});

test.each([
  "javascript:alert(1)",
  "java\nscript:alert(1)",
  "http://example.org/",
  "file:///etc/passwd",
  "smb://host/share",
  "ms-msdt:/id",
  "https://bank.example@evil.example/",
  "https://:x@evil.example/",
  "/relative",
  "",
])("%j is not opened", (text) => {
  expect(openableLink(text)).toMatchObject({ ok: false, code: "link-refused" });
});

test("a link as long as the limit is opened, one longer is not", () => {
  const start = "https://example.org/";
  expect(openableLink(start.padEnd(linkCharactersMax, "x"))).toMatchObject({ ok: true });
  expect(openableLink(start.padEnd(linkCharactersMax + 1, "x"))).toMatchObject({ ok: false });
});

const page = { file: "renderer/index.html", type: "text/html; charset=utf-8" };
const script = { file: "renderer/engine.js", type: "text/javascript; charset=utf-8" };
const wasm = { file: "renderer/a.wasm", type: "application/wasm" };
const manifest: Manifest = new Map([
  ["/index.html", page],
  ["/engine.js", script],
  ["/a.wasm", wasm],
]);

test("what is served is what the build named", () => {
  expect(servedFile(manifest, "app://deckle")).toBe(page);
  expect(servedFile(manifest, "app://deckle/")).toBe(page);
  expect(servedFile(manifest, "app://deckle/index.html?x")).toBe(page);
  expect(servedFile(manifest, "app://deckle/engine.js")).toBe(script);
});

test.each([
  "/../package.json",
  "/%2e%2e/x",
  "/engine.js/",
  "/Engine.js",
  "//engine.js",
  "/__proto__",
  "/nothing",
])("%s is not served", (path) => {
  expect(servedFile(manifest, `app://deckle${path}`)).toBeNull();
});

test("nothing is served to another host", () => {
  expect(servedFile(manifest, "app://other/index.html")).toBeNull();
  expect(servedFile(manifest, "not a url")).toBeNull();
});

test("documents and scripts carry the policy", () => {
  expect([page, script, wasm].map(carriesPolicy)).toEqual([true, true, false]);
});

test("a window closes once its page has flushed, took too long, or cannot", () => {
  const after = (...events: ClosingEvent[]): Closing["state"] => events.reduce(nextClosing, newWindow).state;
  expect(after("close-asked")).toBe("closed");
  expect(after("loaded", "close-asked")).toBe("flushing");
  expect(after("loaded", "close-asked", "ready")).toBe("closed");
  expect(after("loaded", "close-asked", "timed-out")).toBe("closed");
  expect(after("loaded", "close-asked", "crashed")).toBe("closed");
  expect(after("loaded", "close-asked", "close-asked")).toBe("flushing");
  expect(after("loaded", "close-asked", "loaded")).toBe("flushing");
  expect(after("loaded", "crashed", "close-asked")).toBe("closed");
  // "Ready" before it is asked does not count for what is typed afterwards.
  expect(after("loaded", "ready", "close-asked")).toBe("flushing");
  expect(after("loaded", "timed-out")).toBe("open");
  // What is not durable keeps the window open, and it can be asked again.
  expect(after("loaded", "close-asked", "kept-open")).toBe("open");
  expect(after("loaded", "close-asked", "kept-open", "close-asked")).toBe("flushing");
  expect(after("loaded", "kept-open")).toBe("open");
  expect(after("close-asked", "ready")).toBe("closed");
});

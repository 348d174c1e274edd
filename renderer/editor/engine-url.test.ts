import { describe, expect, it } from "vitest";
import { engineUrl, isEngineUrl } from "./engine-url.ts";

const relay = "wss://relay.example.org:8443/sync?a=b&c='d'";
const workspace = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";
const device = "0123456789abcdef";

describe("the engine's address", () => {
  it.each([
    ["nothing", { relay: null, workspace: null, device: null }, "/engine.js"],
    ["a device", { relay: null, workspace: null, device }, `/engine.js?device=${device}`],
    [
      "an open relay",
      { relay: "ws://127.0.0.1:9/sync", workspace: null, device: null },
      "/engine.js?relay=ws%3A%2F%2F127.0.0.1%3A9%2Fsync",
    ],
    [
      "all of it",
      { relay, workspace, device },
      `/engine.js?relay=wss%3A%2F%2Frelay.example.org%3A8443%2Fsync%3Fa%3Db%26c%3D'd'&workspace=${workspace}&device=${device}`,
    ],
  ])("of %s is allowed", (_, options, url) => {
    expect(engineUrl(options)).toBe(url);
    expect(isEngineUrl(url)).toBe(true);
  });

  it.each([
    "",
    "/engine.jsx",
    "//engine.js",
    "https://example.org/engine.js",
    "/engine.js?",
    "/engine.js?relay=",
    "/engine.js?relay=a&",
    "/engine.js?relay=a&relay=b",
    "/engine.js?relay=a/b",
    "/engine.js?relay=a#b",
    `/engine.js?device=${device}&relay=a`,
    `/engine.js?device=${device}0`,
    "/engine.js?device=0123456789ABCDEF",
    "/engine.js?workspace=0OIl",
    `/engine.js?workspace=${"a".repeat(65)}`,
    `/engine.js?workspace=${workspace}\n`,
    `/engine.js?relay=a&workspace=${workspace}&script=x`,
  ])("%j is none", (url) => expect(isEngineUrl(url)).toBe(false));
});

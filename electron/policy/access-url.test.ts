import { expect, test } from "vitest";
import { accessUrl } from "./access-url.ts";
import { parseRelayUrl } from "./relay-url.ts";

test.each([
  ["wss://relay.example.org/sync", "https://relay.example.org/access/nonce"],
  ["wss://relay.example.org", "https://relay.example.org/access/nonce"],
  ["wss://relay.example.org:8443/deckle/sync?a=/b", "https://relay.example.org:8443/deckle/access/nonce"],
  ["ws://127.0.0.1:8137/sync", "http://127.0.0.1:8137/access/nonce"],
  ["wss://ws.example.org/sync", "https://ws.example.org/access/nonce"],
])("the relay at %s is asked at %s", (text, url) => {
  const parsed = parseRelayUrl(text);
  if (!parsed.ok) throw new Error(parsed.message);
  expect(accessUrl(parsed.relay, "nonce")).toBe(url);
});

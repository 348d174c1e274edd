import { expect, test } from "vitest";
import { blobUrl } from "./blob-url.ts";
import { parseRelayUrl } from "./relay-url.ts";

test.each([
  ["wss://relay.example.org/sync", "W", "https://relay.example.org/blobs/W/00"],
  ["wss://relay.example.org/deckle/sync?a=/b", "W", "https://relay.example.org/deckle/blobs/W/00"],
  ["ws://127.0.0.1:8137/sync", null, "http://127.0.0.1:8137/blobs/open/00"],
])("the relay at %s has blobs of %s at %s", (text, workspace, url) => {
  const parsed = parseRelayUrl(text);
  if (!parsed.ok) throw new Error(parsed.message);
  expect(blobUrl(parsed.relay, workspace, "00")).toBe(url);
});

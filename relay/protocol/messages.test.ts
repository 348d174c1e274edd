import { expect, test } from "vitest";
import { closeReasons, retryAfter } from "./codes.ts";
import { isDocumentId, isPeerId } from "./ids.ts";
import {
  ephemeralBytesMax,
  feedEntriesMax,
  peerIdCharsMax,
  presenceBatchMax,
  syncHeadsMax,
} from "./limits.ts";
import {
  parseClientMessage,
  parseDeckleMetadata,
  parseFeed,
  parsePresences,
  parseProgress,
  parseReceipt,
} from "./messages.ts";

const documentId = "2nGkVeQScJEXQtq9R22UrhThLdU9";
const hash = "ab".repeat(32);
const sync = { type: "sync", senderId: "a", targetId: "b", documentId, data: Uint8Array.of(1) };
const ephemeral = { ...sync, type: "ephemeral", count: 1, sessionId: "s" };
const hashes = new Uint8Array(32).fill(0xab);
const receipt = { type: "receipt", senderId: "a", targetId: "b", documentId, heads: hashes };

test("the close table has distinct codes and words for each", () => {
  const all = Object.values(closeReasons);
  expect(new Set(all.map((each) => each.code)).size).toBe(all.length);
  for (const { code, reason, message, retry } of all) {
    expect(code === 1009 || code === 1012 || code === 1013 || (code >= 4000 && code < 5000)).toBe(true);
    expect(reason.length).toBeLessThanOrEqual(123);
    expect(message).toMatch(/\.$/);
    expect(retryAfter(code)).toBe(retry);
  }
  expect(retryAfter(1006)).toBe("now");
});

test("messages that stock clients send are taken, unknown fields ignored", () => {
  expect(parseClientMessage({ ...sync, more: 1 })).toEqual({
    type: "sync",
    senderId: "a",
    documentId,
    data: sync.data,
  });
  expect(parseClientMessage(ephemeral)?.type).toBe("ephemeral");
  for (const type of ["doc-unavailable", "remote-subscription-change", "remote-heads-changed"]) {
    expect(parseClientMessage({ type, senderId: "a" })).toEqual({ type: "ignored", senderId: "a" });
  }
  const join = { type: "join", senderId: "a", peerMetadata: { storageId: "x", isEphemeral: false } };
  expect(parseClientMessage(join)).toEqual({
    type: "join",
    senderId: "a",
    versions: ["1"],
    deckle: undefined,
  });
  const marked = { ...join, peerMetadata: { deckle: { version: 1 } }, supportedProtocolVersions: ["1", "2"] };
  expect(parseClientMessage(marked)).toEqual({
    type: "join",
    senderId: "a",
    versions: ["1", "2"],
    deckle: 1,
  });
});

test("limits: at, and one past", () => {
  expect(isPeerId("x".repeat(peerIdCharsMax))).toBe(true);
  expect(isPeerId("x".repeat(peerIdCharsMax + 1))).toBe(false);
  expect(isDocumentId("2".repeat(40)) && isDocumentId("2".repeat(20))).toBe(true);
  expect(
    isDocumentId("2".repeat(41)) || isDocumentId("2".repeat(19)) || isDocumentId(`${documentId}\n`),
  ).toBe(false);
  expect(parseClientMessage({ ...ephemeral, data: new Uint8Array(ephemeralBytesMax) })).toBeDefined();
  expect(parseClientMessage({ ...ephemeral, data: new Uint8Array(ephemeralBytesMax + 1) })).toBeUndefined();
});

test("what the relay sends to Deckle is read, and nothing that only looks like it", () => {
  expect(parseReceipt(receipt)).toEqual({ ...receipt, heads: [hash] });
  expect(parseReceipt({ ...receipt, heads: new Uint8Array(64) })?.heads).toEqual([
    "00".repeat(32),
    "00".repeat(32),
  ]);
  expect(parseReceipt({ ...receipt, heads: hashes.subarray(1) })).toBeUndefined();
  expect(parseReceipt({ ...receipt, heads: new Uint8Array(32 * (syncHeadsMax + 1)) })).toBeUndefined();
  expect(parseReceipt({ ...receipt, heads: [hash] })).toBeUndefined();
  expect(parseReceipt({ ...receipt, documentId: "../x" })).toBeUndefined();
  expect(parseReceipt(null)).toBeUndefined();
  expect(parseDeckleMetadata({ deckle: { version: 1, workspace: documentId } })).toEqual({
    version: 1,
    workspace: documentId,
  });
  for (const other of [
    undefined,
    {},
    { deckle: 1 },
    { deckle: { version: 2, workspace: documentId } },
    { deckle: { version: 1, workspace: "x" } },
  ]) {
    expect(parseDeckleMetadata(other)).toBeUndefined();
  }
});

test("a request for the feed names a place in it", () => {
  const request = { type: "feed", senderId: "a", after: 7, epoch: "now" };
  expect(parseClientMessage(request)).toEqual(request);
  expect(parseClientMessage({ ...request, after: 0, epoch: "" })).toBeDefined();
  for (const wrong of [{ after: -1 }, { after: 0.5 }, { after: "7" }, { epoch: 1 }, { epoch: "a b" }])
    expect(parseClientMessage({ ...request, ...wrong })).toBeUndefined();
});

test("whether the relay is there is asked with nothing else, and a document is left by its id", () => {
  const alive = { type: "alive", senderId: "a" };
  expect(parseClientMessage({ ...alive, targetId: "b" })).toEqual(alive);
  expect(parseClientMessage({ type: "alive" })).toBeUndefined();
  const leave = { type: "leave", senderId: "a", documentId };
  expect(parseClientMessage({ ...leave, targetId: "b" })).toEqual(leave);
  expect(parseClientMessage({ ...leave, documentId: "../x" })).toBeUndefined();
});

test("a page of the feed is read whole or not at all", () => {
  const page = { type: "feed", epoch: "now", entries: [[3, documentId, hashes]], upTo: 3, isLast: true };
  const { type: _, ...rest } = page;
  expect(parseFeed(page)).toEqual({ ...rest, entries: [{ sequence: 3, documentId, heads: [hash] }] });
  const entries = Array.from({ length: feedEntriesMax + 1 }, () => page.entries[0]);
  expect(parseFeed({ ...page, entries: entries.slice(1) })?.entries).toHaveLength(feedEntriesMax);
  for (const wrong of [
    { entries },
    { entries: [[3, "../x", hashes]] },
    { entries: [[3, documentId, hashes.subarray(1)]] },
    { entries: [3] },
    { upTo: -1 },
    { isLast: 1 },
    { epoch: "" },
    { type: "sync" },
  ])
    expect(parseFeed({ ...page, ...wrong })).toBeUndefined();
});

test("progress and presences", () => {
  const progress = { type: "progress", documentId, sentBytes: 1, totalBytes: 2 };
  expect(parseProgress(progress)).toEqual({ documentId, sentBytes: 1, totalBytes: 2 });
  for (const wrong of [{ sentBytes: -1 }, { totalBytes: null }, { documentId: "x" }, { type: "sync" }])
    expect(parseProgress({ ...progress, ...wrong })).toBeUndefined();
  const state = ["a", 1, "s", Uint8Array.of(1)];
  const { targetId: _, ...heard } = ephemeral;
  expect(parsePresences({ documentId, states: [state, ["a"], 5, state] })).toEqual([heard, heard]);
  const states = Array.from({ length: presenceBatchMax + 1 }, () => state);
  expect(parsePresences({ documentId, states: states.slice(1) })).toHaveLength(presenceBatchMax);
  expect(parsePresences({ documentId, states })).toEqual([]);
  expect(parsePresences({ documentId: "../x", states: [state] })).toEqual([]);
});

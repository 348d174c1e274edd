/**
 * Malformed frames, each on a socket that has joined and on one that has not: whatever PEERS lists as the end of
 * other relays, and what a CBOR or sync message decoder may stumble over. The offender is closed with a code.
 */
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Attacked, attackedStartMs, type Memory } from "../harness-attacked.ts";
import { changeBody, chunk, frame as syncFrame, join, leb, syncMessage } from "../harness-forge.ts";
import { RawClient, rawTcp, Stage, until, wsFrame } from "../harness.ts";
import { encodeCbor, type Encodable } from "../protocol/cbor.ts";
import { makeDocumentId } from "../store/documentId.ts";

const stage = new Stage();
let attacked: Attacked;
let first: Memory;
let before: Memory;

beforeAll(async () => {
  attacked = await Attacked.start(stage);
  first = await attacked.memory();
}, attackedStartMs);
afterAll(async () => {
  // All of them together leave no more behind than each may alone.
  await attacked.mustBeUnharmed(first).finally(() => stage.end());
});
beforeEach(async () => void (before = await attacked.memory()));
afterEach(async () => void (await attacked.mustBeUnharmed(before)));

describe.each([
  ["reserved bits", wsFrame(0x82 | 0x70, Buffer.from("x"))],
  ["unknown opcode", wsFrame(0x83, Buffer.from("x"))],
  ["bad close code", wsFrame(0x88, Buffer.from([0x03, 0xee]))],
  ["close frame of one byte", wsFrame(0x88, Buffer.from([0x03]))],
  ["close reason that is not UTF-8", wsFrame(0x88, Buffer.from([0x03, 0xe8, 0xff, 0xfe]))],
  ["unmasked frame", wsFrame(0x82, Buffer.from("x"), { masked: false })],
  ["header over 100 MiB", wsFrame(0x82, Buffer.alloc(0), { announced: 101n << 20n })],
  ["header of 2^63", wsFrame(0x82, Buffer.alloc(0), { announced: 1n << 63n })],
  ["fragmented ping", wsFrame(0x09, Buffer.from("x"))],
  ["ping of 10 kB", wsFrame(0x89, Buffer.alloc(10_000))],
  ["continuation of nothing", wsFrame(0x80, Buffer.from("x"))],
  ["compressed though nothing was agreed", wsFrame(0x82 | 0x40, Buffer.from("x"))],
])("websocket: %s", (_name, bytes) => {
  test.each(["before join", "after join"])("%s", async (when) => {
    const socket = await rawTcp(attacked.port);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    if (when === "after join") {
      socket.write(wsFrame(0x82, join()));
      await new Promise((resolve) => socket.once("data", resolve));
    }
    socket.write(bytes);
    // The relay's close frame must be read, or the socket does not end.
    socket.resume();
    await closed;
  });
});

const documentId = makeDocumentId();
const frame = (more: { readonly [key: string]: Encodable }): Uint8Array =>
  syncFrame(documentId, syncMessage(), more);
const map = (...keysAndValues: Encodable[]): Uint8Array =>
  Buffer.concat([Uint8Array.of(0xa0 | (keysAndValues.length / 2)), ...keysAndValues.map(encodeCbor)]);
const nested = (byte: number, depth: number): Uint8Array =>
  Buffer.concat([Buffer.alloc(depth, byte), Uint8Array.of(0)]);

describe.each<[string, Uint8Array]>([
  ["f6", Uint8Array.of(0xf6)],
  ["an integer", encodeCbor(7)],
  ["a string", encodeCbor("join")],
  ["an array", encodeCbor(["join"])],
  ["an empty map", encodeCbor({})],
  ["an empty frame", new Uint8Array(0)],
  ["truncated", join().subarray(0, 20)],
  ["bytes after the end", Buffer.concat([join(), Uint8Array.of(0)])],
  ["a tag", Buffer.concat([Uint8Array.of(0xc1), encodeCbor(1)])],
  ["a RegExp tag", Buffer.concat([Uint8Array.of(0xd8, 0x1b), encodeCbor(["RegExp", "(a+)+$"])])],
  ["a Set tag", Buffer.concat([Uint8Array.of(0xd9, 0x01, 0x02), encodeCbor([1, 1])])],
  ["a bignum tag", Buffer.concat([Uint8Array.of(0xc2), encodeCbor(Buffer.alloc(1_000, 0xff))])],
  ["duplicate keys", map("type", "join", "type", "join")],
  ["a number as key", map(1, "join", "type", "join")],
  ["__proto__ key", encodeCbor(JSON.parse('{"__proto__":{"type":"join"},"senderId":"x"}'))],
  ["nested arrays, 3,000 deep", nested(0x81, 3_000)],
  ["nested maps, 3,000 deep", Buffer.concat([Buffer.alloc(3_000, Buffer.from([0xa1, 0x61, 0x61])), leb(0)])],
  ["an array of 2^32", Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff)],
  ["a map of 2^32", Uint8Array.of(0xba, 0xff, 0xff, 0xff, 0xff)],
  ["bytes of 2^53", Buffer.concat([Uint8Array.of(0x5b, 0, 0x20), Buffer.alloc(6)])],
  ["a text of 2^64", Buffer.concat([Uint8Array.of(0x7b), Buffer.alloc(8, 0xff)])],
  ["indefinite lengths", Uint8Array.of(0xbf, 0x61, 0x61, 0x01, 0xff)],
  ["reserved info 28", Uint8Array.of(0x1c)],
  ["text that is not UTF-8", Uint8Array.of(0xa1, 0x64, 0x74, 0x79, 0x70, 0xff, 0x01)],
  ["join without senderId", encodeCbor({ type: "join", peerMetadata: {}, supportedProtocolVersions: ["1"] })],
  ["join with a number as senderId", join({ senderId: 5 })],
  ["join with an empty senderId", join({ senderId: "" })],
  ["join with a NUL in senderId", join({ senderId: "a\0b" })],
  ["join with a senderId of 1,000 characters", join({ senderId: "a".repeat(1_000) })],
  ["join with versions as text", join({ supportedProtocolVersions: "1" })],
  ["join with versions as numbers", join({ supportedProtocolVersions: [1] })],
  ["join with version 0", join({ supportedProtocolVersions: ["0"] })],
  ["join with a future version", join({ supportedProtocolVersions: ["2"] })],
  ["join with no versions", join({ supportedProtocolVersions: [] })],
  ["join with metadata as a list", join({ peerMetadata: ["deckle"] })],
  ["document id ../x", frame({ documentId: "../../../../../../etc/x" })],
  ["document id with NUL", frame({ documentId: `${documentId.slice(0, -1)}\0` })],
  ["document id of 5,000 characters", frame({ documentId: "2".repeat(5_000) })],
  ["document id of 41 characters", frame({ documentId: "2".repeat(41) })],
  ["document id %2e", frame({ documentId: "%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e" })],
  ["document id as bytes", frame({ documentId: Buffer.from(documentId) })],
  ["empty data", frame({ data: new Uint8Array(0) })],
  ["data of another kind", frame({ data: "text" })],
  ["sync message of version 9", frame({ data: syncMessage({ version: 0x49 }) })],
  ["sync message that is only its version", frame({ data: Uint8Array.of(0x42) })],
  [
    "sync message with 2^50 heads",
    frame({ data: Uint8Array.of(0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2) }),
  ],
  [
    "sync message with 2^40 changes",
    frame({ data: Buffer.concat([Uint8Array.of(0x42, 0, 0, 0), leb(2 ** 40)]) }),
  ],
  [
    "a change of 2^40 bytes",
    frame({ data: Buffer.concat([Uint8Array.of(0x42, 0, 0, 0, 1), leb(2 ** 40), randomBytes(50)]) }),
  ],
  ["a change of no bytes", frame({ data: syncMessage({ changes: [new Uint8Array(0)] }) })],
  ["a change without a body", frame({ data: syncMessage({ changes: [chunk(1, new Uint8Array(0)).bytes] }) })],
  ["a LEB128 number that never ends", frame({ data: Buffer.concat([leb(0x42), Buffer.alloc(500, 0x80)]) })],
  [
    "bloom filter of 2^40 bits",
    frame({
      data: syncMessage({
        have: [{ lastSync: [], bloom: Buffer.concat([leb(2 ** 40), leb(10), leb(7), leb(0)]) }],
      }),
    }),
  ],
  [
    "bloom filter with 2^30 probes",
    frame({
      data: syncMessage({
        have: [{ lastSync: [], bloom: Buffer.concat([leb(8), leb(8), leb(2 ** 30), Buffer.alloc(8, 0xff)]) }],
      }),
    }),
  ],
  ["somebody else's senderId", frame({ senderId: "victim" })],
  ["an unknown type", frame({ type: "constructor" })],
  ["a type that is a number", frame({ type: 1 })],
  ["an ephemeral frame without a count", frame({ type: "ephemeral", data: Buffer.from("x") })],
  [
    "an ephemeral frame of 1 MB",
    frame({ type: "ephemeral", count: 1, sessionId: "s", data: Buffer.alloc(1_000_000) }),
  ],
])("frame: %s", (_name, bytes) => {
  test.each(["before join", "after join"])("%s", async (when) => {
    const client = await RawClient.open(attacked.url, "attacker");
    if (when === "after join") {
      client.socket.send(join());
      await until("joined", () => client.of("peer").length > 0);
    }
    client.socket.send(bytes);
    await until("closed with a code", () => client.closeCode !== undefined);
    expect([4400, 4406, 4409, 1009]).toContain(client.closeCode);
  });
});

test("what claims to be a change and is none costs the document nothing", async () => {
  const client = await stage.raw(attacked.url, "attacker");
  const good = chunk(1, changeBody({}));
  const flipped = Uint8Array.from(good.bytes, (byte, i) => (i === good.bytes.length - 1 ? byte ^ 1 : byte));
  const changes = [
    flipped,
    good.bytes.subarray(0, 20),
    Buffer.concat([good.bytes, Uint8Array.of(0)]),
    chunk(1, changeBody({ seq: 0 })).bytes,
    chunk(1, changeBody({ deps: [good.hash, good.hash] })).bytes,
    chunk(1, leb(2 ** 40)).bytes,
  ];
  client.socket.send(frame({ data: syncMessage({ heads: [good.hash], changes }) }));
  // The answer to the next one says that this one is done with.
  client.frame("request", makeDocumentId(), syncMessage());
  await until("answered", () => client.of("doc-unavailable").length > 0);
  expect(client.of("receipt")).toEqual([]);
  expect(client.closeCode).toBeUndefined();
});

test("a text frame and a second join", async () => {
  const [text, twice] = [await stage.raw(attacked.url), await stage.raw(attacked.url)];
  text.socket.send("hello");
  twice.socket.send(join());
  await until("closed", () => text.closeCode === 4400 && twice.closeCode === 4409);
});

test("a 1 MB frame before join gets no memory", async () => {
  const client = await RawClient.open(attacked.url, "fat");
  client.socket.send(Buffer.alloc(1_000_000));
  await until("closed", () => client.closeCode !== undefined);
});

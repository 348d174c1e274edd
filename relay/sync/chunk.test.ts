/** Change chunks made by hand; `message.test.ts` has those that Automerge makes. */
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { actorBytesMax, changeDepsMax } from "../protocol/limits.ts";
import { ByteWriter, toHex } from "./bytes.ts";
import { parseChange, type Hashing, type ParsedChange } from "./chunk.ts";

const hashing: Hashing = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  inflate(bytes, maxOutputLength) {
    try {
      return inflateRawSync(bytes, { maxOutputLength });
    } catch {
      return undefined;
    }
  },
};

interface Header {
  readonly deps: readonly string[];
  readonly actor: string;
  readonly seq: number;
  readonly rest?: Uint8Array;
}
function bodyOf({ deps, actor, seq, rest = new Uint8Array(0) }: Header): Uint8Array {
  const body = new ByteWriter();
  body.hashes(deps);
  body.number(actor.length / 2);
  body.hex(actor);
  body.number(seq);
  body.bytes(rest);
  return body.done();
}
function chunkOf(body: Uint8Array, deflates = false): { bytes: Uint8Array; hash: string } {
  const part = (type: number, content: Uint8Array): Uint8Array => {
    const writer = new ByteWriter();
    writer.byte(type);
    writer.number(content.length);
    writer.bytes(content);
    return writer.done();
  };
  const hash = hashing.sha256(part(1, body));
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.of(0x85, 0x6f, 0x4a, 0x83));
  writer.bytes(hash.subarray(0, 4));
  writer.bytes(deflates ? part(2, deflateRawSync(body)) : part(1, body));
  return { hash: toHex(hash), bytes: writer.done() };
}
const fault = (parsed: ParsedChange): string => (parsed.ok ? "none" : parsed.fault);

const headers = fc.record({
  deps: fc.uniqueArray(
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes)),
    { maxLength: 3 },
  ),
  actor: fc.uint8Array({ maxLength: 20 }).map((bytes) => toHex(bytes)),
  seq: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(Number.MAX_SAFE_INTEGER)),
  rest: fc.uint8Array({ maxLength: 60 }),
});

test("a header is read as it was written, plain and deflated, alone or from within a frame", () => {
  fc.assert(
    fc.property(headers, fc.boolean(), fc.nat(9), (header, deflates, before) => {
      const body = bodyOf(header);
      const { bytes, hash } = chunkOf(body, deflates);
      const frame = Uint8Array.of(...new Uint8Array(before), ...bytes, 1, 2, 3);
      const chunk = frame.subarray(before, before + bytes.length);
      const { deps, actor, seq } = header;
      expect(parseChange(chunk, hashing)).toEqual({
        ok: true,
        change: { hash, deps, actor, seq, bytes: chunk },
        inflatedBytes: deflates ? body.length : 0,
      });
    }),
    { numRuns: 300 },
  );
});

test("whatever byte is changed, cut off or put behind, the chunk is refused", () => {
  fc.assert(
    fc.property(
      headers,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (header, place, mask, deflates) => {
        const { bytes, hash } = chunkOf(bodyOf(header), deflates);
        const at = place % bytes.length;
        const parsed = parseChange(
          bytes.map((byte, i) => (i === at ? byte ^ mask : byte)),
          hashing,
        );
        // Deflate has more than one way to say the same: then it is the same change.
        expect(!parsed.ok || (deflates && parsed.change.hash === hash)).toBe(true);
        expect(parseChange(bytes.subarray(0, at), hashing).ok).toBe(false);
        expect(parseChange(Uint8Array.of(...bytes, mask), hashing).ok).toBe(false);
      },
    ),
    { numRuns: 500 },
  );
});

test("each limit holds at the limit and refuses one past it", () => {
  const deps = Array.from({ length: changeDepsMax + 1 }, (_, n) => n.toString(16).padStart(64, "0"));
  const parsed = (header: Header): string => fault(parseChange(chunkOf(bodyOf(header)).bytes, hashing));
  expect(parsed({ deps: deps.slice(1), actor: "aa", seq: 1 })).toBe("none");
  expect(parsed({ deps, actor: "aa", seq: 1 })).toBe("bad-header");
  expect(parsed({ deps: [], actor: "aa".repeat(actorBytesMax), seq: 1 })).toBe("none");
  expect(parsed({ deps: [], actor: "aa".repeat(actorBytesMax + 1), seq: 1 })).toBe("bad-header");
  expect(parsed({ deps: [], actor: "aa", seq: 0 })).toBe("bad-header");
  const [dep = ""] = deps;
  expect(parsed({ deps: [dep, dep], actor: "aa", seq: 1 })).toBe("bad-header");
});

test("attack: a bomb inflates as far as it may and no further", () => {
  const body = bodyOf({ deps: [], actor: "aa", seq: 1, rest: new Uint8Array(100_000) });
  const { bytes } = chunkOf(body, true);
  expect(bytes.length).toBeLessThan(1_000);
  expect(fault(parseChange(bytes, hashing, body.length))).toBe("none");
  expect(fault(parseChange(bytes, hashing, body.length - 1))).toBe("inflates-too-far");
});

test("a length in a longer form than needed is refused, though the hash would fit", () => {
  const body = bodyOf({ deps: [], actor: "aa", seq: 1 });
  const hashed = Uint8Array.of(1, body.length | 0x80, 0, ...body);
  const checksum = hashing.sha256(hashed).subarray(0, 4);
  expect(fault(parseChange(Uint8Array.of(0x85, 0x6f, 0x4a, 0x83, ...checksum, ...hashed), hashing))).toBe(
    "bad-header",
  );
});

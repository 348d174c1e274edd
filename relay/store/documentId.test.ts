import { generateAutomergeUrl, parseAutomergeUrl } from "@automerge/automerge-repo";
import { expect, test } from "vitest";
import { commentedBy, commentsOf, isMadeDocumentId, makeDocumentId } from "./documentId.ts";

const parse = (id: string) => parseAutomergeUrl(`automerge:${id}` as ReturnType<typeof generateAutomergeUrl>);

test("the comments on a document have an id that automerge-repo takes, and that leads back", () => {
  for (let i = 0; i < 200; i++) {
    const id = makeDocumentId();
    const comments = commentsOf(id) ?? "";
    expect(isMadeDocumentId(comments)).toBe(true);
    expect(parse(comments).documentId).toBe(comments);
    expect([commentedBy(comments), comments === id]).toEqual([id, false]);
  }
});

test("documents have no comments on comments, and are comments on nothing", () => {
  for (let i = 0; i < 200; i++) {
    const id = makeDocumentId();
    expect([commentedBy(id), commentsOf(commentsOf(id) ?? "")]).toEqual([undefined, undefined]);
  }
});

test("an id that automerge-repo makes is one of ours, and can be commented", () => {
  for (let i = 0; i < 50; i++) {
    const { documentId } = parseAutomergeUrl(generateAutomergeUrl());
    expect(commentedBy(commentsOf(documentId) ?? "")).toBe(documentId);
  }
});

/** 16 bytes of one value, but for the two that say what a UUID is. */
const uuid = (fill: number, version: number, variant: number): string => {
  const bytes = Buffer.alloc(16, fill);
  bytes[6] = (version << 4) | (fill & 0x0f);
  bytes[8] = (variant << 6) | (fill & 0x3f);
  return makeDocumentId(bytes);
};

test("at both ends of the numbers", () => {
  for (const fill of [0, 0xff])
    expect([commentsOf(uuid(fill, 4, 2)), commentedBy(uuid(fill, 8, 2))]).toEqual([
      uuid(fill, 8, 2),
      uuid(fill, 4, 2),
    ]);
});

test("attack: ids of other versions and variants are no comments and have none", () => {
  for (let version = 0; version < 16; version++)
    for (let variant = 0; variant < 4; variant++) {
      const id = uuid(0x5a, version, variant);
      const isRight = variant === 2;
      expect([version, variant, commentsOf(id) !== undefined]).toEqual([
        version,
        variant,
        isRight && version === 4,
      ]);
      expect([version, variant, commentedBy(id) !== undefined]).toEqual([
        version,
        variant,
        isRight && version === 8,
      ]);
    }
});

test("attack: the same number written otherwise, with wrong check bytes, or none at all", () => {
  const comments = commentsOf(makeDocumentId()) ?? "";
  const wrong = comments.replace(/.$/, (last) => (last === "x" ? "y" : "x"));
  for (const id of ["", "../x", comments.slice(1), `1${comments}`, wrong, "1".repeat(27), "z".repeat(40)])
    expect([id, commentsOf(id), commentedBy(id)]).toEqual([id, undefined, undefined]);
});

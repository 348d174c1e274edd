import { expect, test } from "vitest";
import { blobsIn, blobsOfSpans, isBlobHash } from "./blobs.ts";
import { imageFromPath, imagePath } from "./image-path.ts";
import { parseMarkdown } from "./markdown-parse.ts";
import { writeMarkdown } from "./markdown-write.ts";
import { render } from "./render.ts";
import type { Span } from "./render.ts";
import { schema } from "./schema.ts";

const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(64)) as [
  string,
  string,
  string,
  string,
  string,
];

test("a hash is 64 lower hex digits and nothing else: it becomes part of an address", () => {
  expect(isBlobHash(a)).toBe(true);
  for (const not of ["", "a".repeat(63), "a".repeat(65), "A".repeat(64), `${a}\n`, `../${"a".repeat(61)}`, 7])
    expect(isBlobHash(not)).toBe(false);
});

test("blobs are found in blocks, in lines, in what a newer version wrote, and in what is not shown", () => {
  const marker = (type: string, attrs: Record<string, unknown>): Span => ({
    type: "block",
    value: { type, parents: [], attrs, isEmbed: false },
  });
  const spans: Span[] = [
    marker("image", { hash: { val: a }, alt: "x" }),
    marker("paragraph", {}),
    { type: "text", value: "\ufffc", marks: { embed: "image_inline", "embed/hash": b } },
    { type: "text", value: "\ufffc", marks: { embed: "file", "embed/hash": e, "embed/name": "a.pdf" } },
    marker("kanban", { picture: c }),
    // A rule that was an image: its attributes are still there, and nothing shows them.
    marker("horizontal_rule", { hash: d }),
    marker("image", { hash: "not one" }),
  ];
  expect(blobsOfSpans(spans)).toEqual(new Set([a, b, c, d, e]));
  expect(blobsIn(render(spans))).toEqual(new Set([a, b, c, e]));
});

test("what is no attributes at all names no blobs", () => {
  const spans: Span[] = [
    { type: "block", value: { type: "image", attrs: a } },
    { type: "text", value: a },
  ];
  expect(blobsOfSpans(spans)).toEqual(new Set());
});

test.each(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml", "image/bmp"])(
  "a picture of type %s has a file beside a Markdown file, and is read back from its name",
  (mediaType) => {
    const path = imagePath(a, mediaType);
    expect(imageFromPath(path ?? "")).toEqual({ hash: a, mediaType });
  },
);

test("a picture of another type has a file all the same; a hash that is none has not", () => {
  expect(imagePath(a, "image/x-new")).toBe(`images/${a}.bin`);
  expect(imageFromPath(`images/${a}.bin`)).toEqual({ hash: a, mediaType: "" });
  expect(imagePath("../../x", "image/png")).toBeNull();
  for (const path of [`images/${a}`, `images/${a}.exe`, `images/${a}.png.png`, `${a}.png`, "images/x.png"])
    expect(imageFromPath(path)).toBeNull();
});

test("an image of ours goes through Markdown and back with its hash, as a block, in a line and in a table", () => {
  const attrs = { hash: a, mediaType: "image/png", alt: "a *b*", title: "t" };
  const doc = schema.node("doc", null, [
    schema.node("image", attrs),
    schema.node("paragraph", null, [
      schema.text("x "),
      schema.node("image_inline", { ...attrs, hash: b, mediaType: "image/jpeg" }),
      schema.text(" y"),
    ]),
  ]);
  const markdown = writeMarkdown("", doc);
  expect(markdown).toContain(`![a \\*b\\*](images/${a}.png "t")`);
  expect(markdown).toContain(`images/${b}.jpg`);
  let id = 0;
  const { doc: read } = parseMarkdown(markdown, () => `id${id++}`);
  expect(blobsIn(read)).toEqual(new Set([a, b]));
  expect(read.firstChild?.attrs).toMatchObject({ ...attrs, source: "" });
  expect(read.child(1).child(1).attrs).toMatchObject({ hash: b, mediaType: "image/jpeg" });
  expect(writeMarkdown("", read)).toBe(markdown);
});

test("a picture of ours is written as such though it is known where it came from", () => {
  const doc = schema.node("doc", null, [
    schema.node("image", { hash: a, mediaType: "image/png", source: "https://example.org/x.png" }),
  ]);
  expect(writeMarkdown("", doc)).toBe(`![](images/${a}.png)\n`);
});

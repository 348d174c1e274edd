import * as A from "@automerge/automerge/slim";
import { Transform } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";
import { beforeAll, expect, test, vi } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { schema } from "../document/schema.ts";
import type { Span } from "../document/render.ts";
import { BlobNaming, blobsOfDocument } from "./blob-naming.ts";

beforeAll(useAutomerge);

const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];
const paragraph = (text: string) => schema.node("paragraph", null, [schema.text(text)]);
const image = (hash: string) => schema.node("image", { hash });

const steps = (change: (tr: Transform) => void): Step[] => {
  const tr = new Transform(schema.node("doc", null, [paragraph("text"), image(c)]));
  change(tr);
  return tr.steps;
};
const spans: Span[] = [{ type: "block", value: { type: "image", parents: [], attrs: { hash: a } } }];
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("main is told at the opening, and when a step brings an image; never for mere typing", async () => {
  const told: string[][] = [];
  const naming = new BlobNaming((blobs) => Promise.resolve(void told.push(blobs)));
  naming.opened(spans);
  await settled();
  naming.changed(steps((tr) => tr.insert(1, schema.text("x"))));
  await settled();
  expect(told).toEqual([[a]]);
  naming.changed(steps((tr) => tr.insert(0, image(b))));
  await settled();
  expect(told).toEqual([[a], [a, b]]);
  naming.changed(steps((tr) => tr.setNodeAttribute(6, "hash", c)));
  await settled();
  expect(told.at(-1)).toEqual([a, b, c]);
});

test("a file is named exactly as an image is: at the opening, and as soon as a step brings it", async () => {
  const told: string[][] = [];
  const naming = new BlobNaming((blobs) => Promise.resolve(void told.push(blobs)));
  naming.opened([{ type: "text", value: "\ufffc", marks: { embed: "file", "embed/hash": a } }]);
  await settled();
  naming.changed(steps((tr) => tr.insert(1, schema.node("file", { hash: b, name: "b.pdf" }))));
  await settled();
  // Undo may bring it back.
  naming.changed(steps((tr) => tr.delete(1, 2)));
  await settled();
  expect(told).toEqual([[a], [a, b]]);
});

test("a document without images is not spoken of", async () => {
  const told: string[][] = [];
  const naming = new BlobNaming((blobs) => Promise.resolve(void told.push(blobs)));
  naming.opened([]);
  naming.again();
  await settled();
  expect(told).toEqual([]);
});

test("an image that was deleted stays named: undo brings it back", async () => {
  const told: string[][] = [];
  const naming = new BlobNaming((blobs) => Promise.resolve(void told.push(blobs)));
  naming.changed(steps((tr) => tr.insert(0, image(b))));
  await settled();
  naming.changed(steps((tr) => tr.delete(0, 6)));
  naming.again();
  await settled();
  expect(told).toEqual([[b]]);
});

test("a main that did not take it is told again, and not at every letter", async () => {
  const warned = vi.spyOn(console, "warn").mockReturnValue();
  let asked = 0;
  const naming = new BlobNaming(() => (++asked < 2 ? Promise.reject(new Error("no")) : Promise.resolve()));
  naming.opened(spans);
  await settled();
  naming.changed(steps((tr) => tr.insert(1, schema.text("x"))));
  await settled();
  expect(asked).toBe(1);
  naming.again();
  await settled();
  naming.again();
  await settled();
  expect(asked).toBe(2);
  expect(warned).toHaveBeenCalledOnce();
  warned.mockRestore();
});

test("what comes while main is being told is told after it", async () => {
  const told: string[][] = [];
  const first = Promise.withResolvers<void>();
  const naming = new BlobNaming((blobs) => {
    told.push(blobs);
    return told.length === 1 ? first.promise : Promise.resolve();
  });
  naming.opened(spans);
  naming.changed(steps((tr) => tr.insert(0, image(b))));
  expect(told).toEqual([[a]]);
  first.resolve();
  await settled();
  expect(told).toEqual([[a], [a, b]]);
});

test("of a whole document the body counts, and one without such a body names nothing", () => {
  const hash = "e".repeat(64);
  let doc = A.from<Record<string, unknown>>({ title: hash, body: "" });
  doc = A.change(doc, (draft) => A.splitBlock(draft, ["body"], 0, { type: "image", attrs: { hash } }));
  expect(blobsOfDocument(doc)).toEqual(new Set([hash]));
  expect(blobsOfDocument(A.from({ n: 1 }))).toEqual(new Set());
  expect(blobsOfDocument(A.from({ body: { hash } }))).toEqual(new Set());
});

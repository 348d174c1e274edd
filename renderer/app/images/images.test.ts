import { EditorState } from "prosemirror-state";
import type { Transaction } from "prosemirror-state";
import { expect, test } from "vitest";
import { schema } from "../../document/schema.ts";
import type { KeptPicture } from "../../editor/adding-images.ts";
import { picturePlaces } from "../../editor/picture-places.ts";
import { Images } from "./images.ts";

const sha256 = "a".repeat(64);
const file = new File(["x"], "x.png", { type: "image/png" });

function stand() {
  const doc = schema.node("doc", null, [schema.node("paragraph")]);
  const target = {
    state: EditorState.create({ doc, plugins: [picturePlaces()] }),
    isEditable: true,
    dispatch: (tr: Transaction): void => void (target.state = target.state.apply(tr)),
  };
  const stored = Promise.withResolvers<KeptPicture>();
  const [told, settled]: [string[], unknown[]] = [[], []];
  const images = new Images({
    keep: () => stored.promise,
    measure: () => Promise.resolve({ width: 1, height: 1 }),
    tell: (words) => told.push(words),
    hasRelay: () => false,
    askForAltText: () => {},
    whereIs: () => Promise.resolve("here"),
    saveFile: () => {},
    settled: (one) => settled.push(one),
  });
  return { target, images, stored, told, settled };
}

test("a text is busy until its pictures are in it, and whoever leaves waits for them", async () => {
  const { target, images, stored, settled } = stand();
  expect(images.isBusy(target)).toBe(false);
  await images.settle();
  images.addFiles(target, [file], null);
  expect(images.isBusy(target)).toBe(true);
  const left = images.settle();
  stored.resolve({ ok: true, sha256, bytes: 1, type: "image/png" });
  await left;
  expect(target.state.doc.firstChild?.attrs["hash"]).toBe(sha256);
  await expect.poll(() => settled).toEqual([target]);
  expect(images.isBusy(target)).toBe(false);
});

test("a picture that was stored here is shown wherever it was waited for", async () => {
  const { target, images, stored } = stand();
  let shown = 0;
  images.arrivals.wait(sha256, () => void shown++);
  images.addFiles(target, [file], null);
  stored.resolve({ ok: true, sha256, bytes: 1, type: "image/png" });
  await images.settle();
  expect(shown).toBe(1);
});

test("whatever breaks is said in words, and nothing stays busy", async () => {
  const { target, images, stored, told } = stand();
  images.addFiles(target, [file], null);
  stored.reject(new Error("broken"));
  await images.settle();
  await expect.poll(() => images.isBusy(target)).toBe(false);
  expect(told).toEqual(["The picture was not added: Error: broken"]);
  expect(target.state.doc.childCount).toBe(1);
});

test("a file is in the text once it is stored, wherever it was waited for", async () => {
  const { target, images, stored, told } = stand();
  let arrived = 0;
  images.arrivals.wait(sha256, () => void arrived++);
  images.addAttachments(target, [new File(["x"], "../a.html", { type: "text/html" })], null);
  expect(images.isBusy(target)).toBe(true);
  stored.resolve({ ok: true, sha256, bytes: 1, type: "application/octet-stream" });
  await images.settle();
  expect(target.state.doc.firstChild?.firstChild?.attrs).toEqual({
    hash: sha256,
    name: ".. a.html",
    mediaType: "text/html",
    size: 1,
  });
  expect([arrived, told]).toEqual([1, []]);
});

test("no files are nothing to do", () => {
  const { target, images } = stand();
  images.addFiles(target, [], null);
  images.addAttachments(target, [], null);
  expect(images.isBusy(target)).toBe(false);
});

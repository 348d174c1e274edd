import { expect, test } from "vitest";
import { keepHeader } from "../../../electron/keep.ts";
import { keepPicture } from "./keep-picture.ts";

const file = new Blob(["x"], { type: "image/png" });
const sha256 = "a".repeat(64);
const answering =
  (status: number, body: unknown): typeof fetch =>
  () =>
    Promise.resolve(new Response(JSON.stringify(body), { status }));

test("the bytes go to main, with the header that no other origin may send", async () => {
  const asked: unknown[] = [];
  const kept = await keepPicture((...request) => {
    asked.push(request);
    return answering(200, { sha256, bytes: 1, type: "image/png" })("");
  }, file);
  expect(kept).toEqual({ ok: true, sha256, bytes: 1, type: "image/png" });
  expect(asked).toEqual([["/keep/blob", { method: "POST", headers: { [keepHeader]: "1" }, body: file }]]);
});

test("a disk that is full says so in main's words", async () => {
  expect(await keepPicture(answering(507, { reason: "The disk is full." }), file)).toEqual({
    ok: false,
    reason: "The disk is full.",
  });
});

test.each([
  ["a main that is not there", () => Promise.reject(new TypeError("no")), /does not answer/],
  ["a main without blobs", answering(404, null), /could not be stored \(404\)/],
  ["an answer that is none", answering(200, { sha256: "../x", bytes: 1, type: "" }), /could not be stored/],
])("%s is a failure in words, never a picture", async (_, fetched, words) => {
  const kept = await keepPicture(fetched, file);
  expect(kept).toMatchObject({ ok: false });
  expect("reason" in kept ? kept.reason : "").toMatch(words);
});

import { expect, test } from "vitest";
import { blobRoute } from "./blob-route.ts";

const sha256 = "0".repeat(64);
const document = "2nGkVeQScJEXQtq9R22UrhThLdU9";

test.each([
  ["GET", `app://deckle/blob/${sha256}`, null, { kind: "serve", sha256 }],
  ["GET", "app://deckle/blob/../settings.json", null, null],
  ["GET", "app://deckle/blob/..%2fsettings.json", null, { kind: "refused", status: 404 }],
  ["GET", `app://deckle/blob/${sha256}/x`, null, { kind: "refused", status: 404 }],
  ["POST", `app://deckle/blob/${sha256}`, "1", { kind: "refused", status: 405 }],
  ["POST", "app://deckle/keep/blob", "1", { kind: "keep" }],
  ["POST", "app://deckle/keep/blob", null, { kind: "refused", status: 403 }],
  ["GET", "app://deckle/keep/blob", "1", { kind: "refused", status: 405 }],
  ["POST", `app://deckle/keep/named/${document}`, "1", { kind: "name", document }],
  ["POST", "app://deckle/keep/named/..%2f..%2fx", "1", { kind: "refused", status: 400 }],
  ["POST", "app://deckle/keep/chunk/x", "1", null],
  ["GET", "app://deckle/index.html", null, null],
  ["GET", `app://other/blob/${sha256}`, null, null],
  ["GET", `https://deckle/blob/${sha256}`, null, null],
  ["GET", "nothing", null, null],
] as const)("%s %s with %j", (method, url, header, route) => {
  expect(blobRoute(url, method, header)).toEqual(route);
});

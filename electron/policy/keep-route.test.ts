import { expect, test } from "vitest";
import { diskWords } from "./disk-words.ts";
import { keepRoute } from "./keep-route.ts";

const id = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";
const backup = "backup-2026-11-22T23-05-00Z.json";
const ask = (path: string, method = "GET", header: string | null = "1") =>
  keepRoute({ url: `app://deckle${path}`, method, header });
const refused = (status: number) => ({ ok: false, status });

test.each([
  ["/keep/documents", "GET", { area: "documents" }],
  ["/keep/verify", "GET", { area: "verify" }],
  ["/keep/blob", "POST", { area: "blob" }],
  ["/keep/blobs", "GET", { area: "blobs" }],
  ["/keep/mirror", "GET", { area: "mirrors" }],
  [`/keep/mirror/${id}`, "POST", { area: "mirror", document: id }],
  [`/keep/chunks/${id}`, "GET", { area: "chunks", document: id }],
  [`/keep/remove/${id}`, "POST", { area: "remove", document: id }],
  [`/keep/named/${id}`, "POST", { area: "named", document: id }],
  [`/keep/backup/${backup}/${id}`, "GET", { area: "backup", backup, document: id }],
  ["/keep/value/ledger", "GET", { area: "value", method: "GET", name: "ledger" }],
  ["/keep/value/restored", "POST", { area: "value", method: "POST", name: "restored" }],
  [
    `/keep/chunk/${id}/snapshot/a-_9`,
    "POST",
    { area: "chunk", method: "POST", document: id, chunk: { kind: "snapshot", name: "a-_9" } },
  ],
])("%s by %s", (path, method, route) => {
  expect(ask(path, method)).toEqual({ ok: true, route });
});

test.each([
  "/keep/",
  "/keep/nothing",
  "/keep/documents/",
  "/keep/verify/all",
  "/keep/blob/x",
  "/keep/blobs/x",
  "/keep/chunks",
  `/keep/chunks/${id}/more`,
  "/keep/chunks/short",
  `/keep/mirror/${id}/more`,
  "/keep/mirror/short",
  "/keep/chunks/..%2f..%2fsettings.json",
  `/keep/chunks/${id}%00`,
  `/keep/chunks/${id}%2f..`,
  `/keep/chunks/${"a".repeat(5000)}`,
  `/keep/chunk/${id}/snapshot`,
  `/keep/chunk/${id}/other/a`,
  `/keep/chunk/${id}/snapshot/..%2fa`,
  `/keep/chunk/${id}/snapshot/a.b`,
  `/keep/chunk/${id}/snapshot/${"a".repeat(129)}`,
  `/keep/chunk/${id}/snapshot/a/b`,
  "/keep/chunk/short/snapshot/a",
  "/keep/value",
  "/keep/value/other",
  "/keep/value/__proto__",
  "/keep/value/ledger/more",
  `/keep/backup/${backup}`,
  `/keep/backup/${backup}/short`,
  `/keep/backup/${backup}/${id}/more`,
  `/keep/backup/..%2f${backup}/${id}`,
  `/keep/backup/other.json/${id}`,
])("attack: there is no such place as %s", (path) => {
  expect(ask(path)).toEqual(refused(404));
});

test.each(["/keep/../settings.json", "/keep/%2e%2e/settings.json", "/index.html", "/keep", "/keeper/x"])(
  "%s is not below /keep/ at all",
  (path) => {
    expect(ask(path)).toBeNull();
  },
);

test.each(["https://deckle/keep/documents", "app://other/keep/documents", "not a URL"])(
  "attack: %s is not ours",
  (url) => {
    expect(keepRoute({ url, method: "GET", header: "1" })).toBeNull();
  },
);

test.each([null, "", "0", "1, 1"])("attack: with %j as its header nothing is said", (header) => {
  expect(ask("/keep/documents", "GET", header)).toEqual(refused(403));
  expect(ask("/keep/nothing", "GET", header)).toEqual(refused(403));
});

test.each([
  ["/keep/documents", "POST"],
  ["/keep/documents", "HEAD"],
  ["/keep/verify", "DELETE"],
  ["/keep/blob", "GET"],
  ["/keep/blobs", "POST"],
  [`/keep/chunk/${id}/snapshot/a`, "PUT"],
  [`/keep/remove/${id}`, "GET"],
  ["/keep/value/ledger", "PATCH"],
])("attack: %s by %s", (path, method) => {
  expect(ask(path, method)).toEqual(refused(405));
});

test("a full disk is told in words, and what has no words by its code", () => {
  expect(diskWords("ENOSPC")).toBe("the disk is full. Make room on it, and Deckle tries again");
  expect(diskWords("ESTRANGE")).toBe("the system says ESTRANGE");
});

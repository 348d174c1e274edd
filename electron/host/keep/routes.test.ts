import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepHeader } from "../../keep.ts";
import { keptNamesBytesMax } from "../../policy/limits.ts";
import { KeptDocuments } from "./kept-documents.ts";
import { copyHandlers, done, keepRoutes } from "./routes.ts";
import { Values } from "./values.ts";

const document = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";
let folder: string;
let ask: (path: string, body?: string | Uint8Array<ArrayBuffer>, init?: RequestInit) => Promise<Response>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-keep-"));
  const documents = new KeptDocuments(join(folder, "copy"));
  const values = new Values(join(folder, "copy", "values"));
  const backups = {
    document: async (name: string) => (name === "backup-2026-11-22T23-05-00Z.json" ? bytesOf("old") : null),
  };
  const answer = keepRoutes(copyHandlers({ documents, values, backups }), { blob: async () => done() });
  ask = async (path, body, init = {}) => {
    const request = new Request(`app://deckle${path}`, {
      headers: { [keepHeader]: "1" },
      ...(body !== undefined && { method: "POST", body }),
      ...init,
    });
    const answered = await answer(request);
    if (!answered) throw new Error("not a request for /keep/");
    return answered;
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

test("a chunk that was kept is listed, and read as it was", async () => {
  expect((await ask(`/keep/chunk/${document}/snapshot/a`, bytesOf("one"))).status).toBe(204);
  expect((await ask(`/keep/chunk/${document}/incremental/b`, bytesOf("two!"))).status).toBe(204);
  expect(await (await ask("/keep/documents")).json()).toEqual({ documents: [document] });
  expect(await (await ask(`/keep/chunks/${document}`)).json()).toEqual({
    chunks: [
      { kind: "snapshot", name: "a", bytes: 3 },
      { kind: "incremental", name: "b", bytes: 4 },
    ],
  });
  const read = await ask(`/keep/chunk/${document}/incremental/b`);
  expect(await read.text()).toBe("two!");
  expect(Object.fromEntries(read.headers)).toEqual({
    "cache-control": "no-store",
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
  });
  expect((await ask(`/keep/chunk/${document}/snapshot/b`)).status).toBe(404);
});

test("what a backup has of a document is handed out", async () => {
  const read = await ask(`/keep/backup/backup-2026-11-22T23-05-00Z.json/${document}`);
  expect(await read.text()).toBe("old");
  expect((await ask(`/keep/backup/backup-2026-11-22T23-05-01Z.json/${document}`)).status).toBe(404);
});

test("what is removed is gone", async () => {
  await ask(`/keep/chunk/${document}/incremental/b`, bytesOf("two"));
  const removed = await ask(`/keep/remove/${document}`, JSON.stringify([{ kind: "incremental", name: "b" }]));
  expect(removed.status).toBe(204);
  expect(await (await ask("/keep/documents")).json()).toEqual({ documents: [] });
});

test("a value is JSON as it was given; null is one, nothing is 404", async () => {
  expect((await ask("/keep/value/ledger")).status).toBe(404);
  expect((await ask("/keep/value/ledger", '{"a":[1,"ä"]}')).status).toBe(204);
  expect(await (await ask("/keep/value/ledger")).text()).toBe('{"a":[1,"ä"]}');
  expect((await ask("/keep/value/restored", "null")).status).toBe(204);
  expect(await (await ask("/keep/value/restored")).json()).toBeNull();
});

test.each(["", "{", '{"a":', "\0"])("a value that is no JSON is refused: %j", async (text) => {
  await ask("/keep/value/ledger", "1");
  const refused = await ask("/keep/value/ledger", text);
  expect(refused.status).toBe(400);
  expect(await refused.json()).toEqual({ reason: "this is not JSON" });
  expect(await (await ask("/keep/value/ledger")).text()).toBe("1");
});

test("names of another shape are refused, and nothing is removed", async () => {
  await ask(`/keep/chunk/${document}/incremental/b`, bytesOf("two"));
  const refused = await ask(`/keep/remove/${document}`, '[{"kind":"incremental","name":"../b"}]');
  expect(refused.status).toBe(400);
  expect(await (await ask(`/keep/chunk/${document}/incremental/b`)).text()).toBe("two");
});

test("attack: a body that never ends is cut off at the limit, and nothing of it is kept", async () => {
  const list = `["${"x".repeat(keptNamesBytesMax)}"]`;
  const refused = await ask(`/keep/remove/${document}`, list);
  expect(refused.status).toBe(413);
  expect(await refused.json()).toEqual({ reason: "this is larger than 8 MB" });
});

test("attack: without the header nothing is answered or done", async () => {
  const headers = {};
  expect((await ask(`/keep/chunk/${document}/snapshot/a`, bytesOf("one"), { headers })).status).toBe(403);
  expect((await ask("/keep/documents", undefined, { headers })).status).toBe(403);
  expect(await readdir(folder)).toEqual([]);
});

test.each(["PUT", "DELETE", "POST"])("attack: %s where nothing is to be written", async (method) => {
  expect((await ask("/keep/documents", undefined, { method })).status).toBe(405);
});

test("others add their areas, and an area without a handler is not there", async () => {
  expect((await ask("/keep/blob", bytesOf("x"))).status).toBe(204);
  expect((await ask(`/keep/mirror/${document}`, "{}")).status).toBe(404);
});

test("what is not below /keep/ is left to others", async () => {
  await expect(ask("/index.html")).rejects.toThrow("not a request for /keep/");
});

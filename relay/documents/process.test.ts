/** Automerge in a process of its own: what it gives, and what becomes of it when it is given a bomb. */
import { randomBytes } from "node:crypto";
import * as A from "@automerge/automerge";
import { afterEach, expect, test } from "vitest";
import { packBody } from "../sync/segment.ts";
import { DocumentProcess, type DocumentProcessLimits } from "./process.ts";

const opened: DocumentProcess[] = [];
const reasons: unknown[] = [];
function open(limits: Partial<DocumentProcessLimits> = {}): DocumentProcess {
  const made = new DocumentProcess((_event, facts) => void reasons.push(facts["reason"]), limits);
  opened.push(made);
  return made;
}
afterEach(() => {
  for (const each of opened.splice(0)) each.stop();
  reasons.length = 0;
});

function typed(letters: number): A.Doc<{ text: string }> {
  let doc = A.from({ text: "" });
  for (let i = 0; i < letters; i++) doc = A.change(doc, (draft) => A.splice(draft, ["text"], i, 0, "x"));
  return doc;
}

test("changes make a document, and a document gives the same changes", async () => {
  const documents = open();
  const doc = typed(300);
  const changes = packBody(A.getAllChanges(doc));
  const saved = await documents.save(changes, A.getHeads(doc));
  expect(saved && A.load<{ text: string }>(saved).text).toBe("x".repeat(300));
  const back = await documents.changes(saved ?? new Uint8Array(0));
  expect(back?.count).toBe(changes.count);
  expect(Buffer.from(back?.body ?? []).equals(Buffer.from(changes.body))).toBe(true);
});

test("other heads than those, half a history and noise are refused, and the next job is done", async () => {
  const documents = open();
  const doc = typed(20);
  const all = A.getAllChanges(doc);
  expect(await documents.save(packBody(all), ["00".repeat(32)])).toBeUndefined();
  expect(await documents.save(packBody(all.slice(10)), A.getHeads(doc))).toBeUndefined();
  expect(await documents.changes(randomBytes(500))).toBeUndefined();
  expect(await documents.changes(new Uint8Array(0))).toEqual({ count: 0, body: new Uint8Array(0) });
  expect(await documents.save(packBody(all), A.getHeads(doc))).toBeInstanceOf(Uint8Array);
});

test("a small document that is a large one in memory costs its process, and the next job gets another", async () => {
  const bomb = A.save(A.from({ text: "a".repeat(1_500_000) }));
  expect(bomb.length).toBeLessThan(20_000);
  const documents = open({ bytesMax: 150 * 1024 * 1024 });
  const [first, second] = await Promise.all([
    documents.changes(bomb),
    documents.changes(A.save(A.from({ text: "fine" }))),
  ]);
  expect(first).toBeUndefined();
  expect(reasons).toContain("it took too much memory");
  expect(second?.count).toBe(1);
});

test("what takes too long is ended", async () => {
  const documents = open({ deadlineMs: 1 });
  expect(await documents.changes(A.save(typed(200)))).toBeUndefined();
  expect(reasons).toEqual(["it took too long"]);
});

test("an idle process is ended, and stopping answers what waits", async () => {
  const documents = open({ idleMs: 10 });
  const saved = A.save(typed(5));
  expect((await documents.changes(saved))?.count).toBe(6);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await documents.changes(saved))?.count).toBe(6);
  const waiting = [documents.changes(saved), documents.changes(saved)];
  documents.stop();
  expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  expect(await documents.changes(saved)).toBeUndefined();
});

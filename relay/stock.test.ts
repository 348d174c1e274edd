/**
 * Unmodified automerge-repo clients through a relay process: new, existing, large and concurrent documents in both
 * directions, and together with a client that has Deckle's marker, while the relay stops, dies and comes back.
 */
import * as A from "@automerge/automerge";
import type { DocHandle, Repo } from "@automerge/automerge-repo";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FaultProxy } from "../scripts/faults/proxy.ts";
import { blob, find, RelayProcess, sleep, Stage, until, type Content } from "./harness.ts";

let stage: Stage;
let relay: RelayProcess;
beforeEach(async () => {
  stage = new Stage();
  relay = await RelayProcess.start(stage.folder());
  stage.defer(() => relay.end("SIGKILL"));
}, 30_000);
afterEach(() => stage.end());

const isLevel = (...handles: DocHandle<Content>[]): boolean =>
  handles.every((each) => each.heads().length > 0 && each.heads().join() === handles[0]?.heads().join());
const level = (what: string, ...handles: DocHandle<Content>[]): Promise<void> =>
  until(what, () => isLevel(...handles), 20_000);
const set = (handle: DocHandle<Content>, key: string, value: Content[string]): void =>
  handle.change((doc) => void (doc[key] = value));

test("a new document, and edits from both sides", async () => {
  const [a, b] = [stage.repo(relay.url), stage.repo(relay.url)];
  const here = a.create<Content>({ title: "new" });
  const there = await find(b, here.url);
  expect(there.doc()).toEqual({ title: "new" });
  for (let i = 0; i < 20; i++) set(i % 2 ? here : there, `k${i}`, i);
  await level("both have all", here, there);
  expect(Object.keys(there.doc())).toHaveLength(21);
});

test("an existing document with a history, from either side, and one that both have already", async () => {
  let doc = A.from<Content>({ n: 0 });
  for (let i = 1; i <= 3_000; i++) doc = A.change(doc, (draft) => void (draft[`k${i % 90}`] = i));
  const saved = A.save(doc);
  const [a, b] = [stage.repo(relay.url), stage.repo(relay.url)];
  const fromA = a.import<Content>(saved);
  await level("a's went over", fromA, await find(b, fromA.url));
  const fromB = b.import<Content>(saved);
  await level("b's went over", fromB, await find(a, fromB.url));
  // Both had it, and went different ways, before they met.
  const shared = stage.repo("ws://127.0.0.1:9/sync").create<Content>();
  const left = a.import<Content>(saved, { docId: shared.documentId });
  set(left, "left", 1);
  const right = b.import<Content>(saved, { docId: shared.documentId });
  set(right, "right", 1);
  await level("both ways are there", left, right);
  expect([left.doc()["left"], left.doc()["right"], left.doc()["k7"]]).toEqual([1, 1, doc["k7"]]);
});

test("a large document in one change, in many changes, and in one text, up and down", async () => {
  const [a, b] = [stage.repo(relay.url), stage.repo(relay.url)];
  const one = a.create<Content>({ body: blob(5_000_000) });
  const many = a.create<Content>();
  for (let i = 0; i < 60; i++) set(many, `k${i}`, blob(100_000));
  const text = a.create<Content>({ text: "" });
  text.change((doc) => A.splice(doc, ["text"], 0, 0, "word ".repeat(20_000)));
  for (const handle of [one, many, text]) {
    const found = await find(b, handle.url);
    await level("all went over", handle, found);
    expect(found.doc()).toEqual(handle.doc());
    set(found, "back", 1);
    await level("and back", handle, found);
  }
}, 60_000);

test("six clients at once in one document, all writing, all end equal", async () => {
  const [first, ...others] = Array.from({ length: 6 }, () => stage.repo(relay.url));
  if (!first) throw new Error("no repo");
  const made = first.create<Content>({ n: 0 });
  const handles = [made, ...(await Promise.all(others.map((each) => find(each, made.url))))];
  for (let i = 0; i < 40; i++) {
    for (const [who, handle] of handles.entries()) set(handle, `${who}-${i % 10}`, i);
    if (i % 8 === 0) await sleep(20);
  }
  await level("all have all", ...handles);
  for (const handle of handles) expect(handle.doc()).toEqual(made.doc());
  expect(Object.keys(made.doc())).toHaveLength(61);
}, 30_000);

test("one client writes while another finds, over a line with delay and jitter", async () => {
  const proxy = await FaultProxy.listen({ to: { port: relay.port }, link: { delayMs: 30, jitterMs: 60 } });
  stage.defer(() => proxy.stop());
  const [near, far] = [stage.repo(relay.url), stage.repo(`ws://127.0.0.1:${proxy.port}/sync`, 5_000)];
  const handle = near.create<Content>({ n: 0 });
  let isWriting = true;
  const writing = (async () => {
    for (let i = 0; isWriting; i++) {
      set(handle, `k${i % 50}`, i);
      await sleep(5);
    }
  })();
  const found = await find(far, handle.url);
  for (let i = 0; i < 50; i++) set(found, `far${i % 20}`, i);
  await sleep(500);
  isWriting = false;
  await writing;
  await level("both have all", handle, found);
});

interface Companion {
  readonly repo: Repo;
  readonly proxy: FaultProxy;
}

/** A client whose line can be cut by itself. */
async function companion(make: (url: string) => Repo): Promise<Companion> {
  const proxy = await FaultProxy.listen({ to: { port: relay.port } });
  stage.defer(() => proxy.stop());
  return { repo: make(`ws://127.0.0.1:${proxy.port}/sync`), proxy };
}

test("two stock clients and one of ours, with the relay stopped and killed in between, and all of them offline at times", async () => {
  const data = stage.folder();
  await relay.end("SIGTERM");
  relay = await RelayProcess.start(data);
  const { port } = relay;
  const one = await companion((url) => stage.repo(url));
  const two = await companion((url) => stage.repo(url));
  let receipts: readonly { readonly documentId: string; readonly heads: readonly string[] }[] = [];
  const ours = await companion((url) => {
    const marked = stage.deckleRepo(url);
    receipts = marked.receipts;
    return marked.repo;
  });
  const all = [one, two, ours];
  const made = [one.repo.create<Content>({ by: "one" }), ours.repo.create<Content>({ by: "ours" })];
  const handlesOf = (handle: DocHandle<Content>): Promise<DocHandle<Content>[]> =>
    Promise.all(all.map(({ repo }) => find(repo, handle.url)));
  const documents = await Promise.all(made.map(handlesOf));
  let edits = 0;
  const edit = (): void => {
    edits++;
    for (const handles of documents)
      for (const [who, handle] of handles.entries()) set(handle, `${who}-${edits % 12}`, edits);
  };
  for (const end of ["SIGTERM", "SIGKILL", "SIGKILL", "SIGTERM"] as const) {
    for (let i = 0; i < 5; i++) {
      edit();
      await sleep(15);
    }
    await relay.end(end);
    // All are offline, and write.
    for (let i = 0; i < 5; i++) edit();
    relay = await RelayProcess.startAt(data, port);
    // One after the other is cut off for a while, and all write.
    for (const { proxy } of all) {
      proxy.halfOpen();
      proxy.cut();
      edit();
      await sleep(60);
      proxy.heal();
      edit();
    }
  }
  for (const handles of documents) {
    await level("all three have all", ...handles);
    for (const handle of handles) expect(handle.doc()).toEqual(handles[0]?.doc());
    for (let who = 0; who < 3; who++) expect(handles[who]?.doc()[`${who}-${edits % 12}`]).toBe(edits);
    // What ours was told is on the relay's disk is all of it.
    const [document] = handles;
    if (!document) throw new Error("no document");
    const heads = A.getHeads(document.doc()).join();
    const last = (): string | undefined =>
      receipts.findLast((each) => each.documentId === document.documentId)?.heads.join();
    await until("receipted", () => last() === heads);
    const fresh = await find(stage.repo(relay.url), document.url);
    await level("a fresh client has it", ...handles, fresh);
  }
  expect(relay.stderr).not.toContain('"bug"');
}, 90_000);

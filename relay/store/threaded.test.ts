/** The store's thread: what its death means, and that killing the process loses nothing that was answered. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { makeDocumentId } from "./documentId.ts";
import { Author, randomFrom, temporaryFolder } from "./harness.ts";
import { StoreProblem } from "./problem.ts";
import { ThreadedStore } from "./threaded.ts";
import { verifyFile } from "./verify.ts";

const threadOf = (code: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from "node:worker_threads"; ${code}`)}`,
  );
const opened = `parentPort.postMessage({ kind: "opened", isReady: true, identity: { relayId: "r", workspace: "w", epoch: "e" } });`;

test.each([
  [
    "throws",
    `${opened} parentPort.on("message", () => { throw new Error("out of memory"); });`,
    "out of memory",
  ],
  ["ends", `${opened} parentPort.on("message", () => process.exit(3));`, "thread is gone"],
])(
  "a thread that %s answers all that wait, and the store is not ready any more",
  async (_name, code, words) => {
    const events: string[] = [];
    const store = await ThreadedStore.open("unused", {
      thread: threadOf(code),
      report: (event) => void events.push(event),
    });
    expect(store.isReady()).toBe(true);
    const one = new Author(makeDocumentId(), randomFrom(1));
    const [committed, listed, page] = await Promise.all([
      store.commit([one.batch(1)]),
      store.list(one.documentId, 0),
      store.feed(0, 1),
    ]);
    for (const each of [committed, listed, page, await store.read(one.documentId, [])])
      expect(each).toEqual({ ok: false, reason: expect.stringContaining(words) });
    expect(await store.snapshot(one.documentId)).toBeUndefined();
    expect(await store.stats()).toBeUndefined();
    expect((await store.verify()).faults).toHaveLength(1);
    expect(store.isReady()).toBe(false);
    expect(events).toContain("store-died");
    await store.stop();
  },
);

test.each([
  ["dies", "process.exit(1);", /ended before the file was open/],
  [
    "cannot open the file",
    `parentPort.postMessage({ kind: "problem", message: "no such disk" });`,
    /no such disk/,
  ],
])("a thread that %s at the start is a problem in words", async (_name, code, words) => {
  const opening = ThreadedStore.open("unused", { thread: threadOf(code) });
  await expect(opening).rejects.toBeInstanceOf(StoreProblem);
  await expect(opening).rejects.toThrow(words);
});

test("what lies beside a view of a large buffer is not sent along, nor is the view taken from its owner", async () => {
  using folder = temporaryFolder();
  const store = await ThreadedStore.open(join(folder.path, "relay.sqlite"));
  const one = new Author(makeDocumentId(), randomFrom(2));
  const batch = one.batch(3);
  const frame = Buffer.concat([Buffer.alloc(100, 1), batch.body, Buffer.alloc(100, 2)]);
  const view = frame.subarray(100, frame.length - 100);
  expect(await store.commit([{ ...batch, body: view }])).toMatchObject({ ok: true });
  await store.keepSnapshot(one.documentId, { upTo: 3, heads: one.heads, bytes: view });
  expect(Buffer.compare(view, batch.body)).toBe(0);
  const [read, again] = await Promise.all([
    store.read(one.documentId, [{ from: 0, to: 3 }]),
    store.read(one.documentId, [{ from: 0, to: 3 }]),
  ]);
  for (const each of [read, again]) expect(each.ok && Buffer.compare(each.body, batch.body)).toBe(0);
  expect(Buffer.compare((await store.snapshot(one.documentId))?.bytes ?? frame, batch.body)).toBe(0);
  await store.stop();
});

const writer = `
  import { ThreadedStore } from ${JSON.stringify(import.meta.resolve("./threaded.ts"))};
  import { Author, randomFrom } from ${JSON.stringify(import.meta.resolve("./harness.ts"))};
  const [file, ...ids] = process.argv.slice(2);
  const store = await ThreadedStore.open(file);
  const authors = ids.map((id) => new Author(id, randomFrom(Date.now())));
  for (const each of authors) {
    const listed = await store.list(each.documentId, 0);
    each.log.length = listed.next;
  }
  for (;;) {
    const batches = authors.map((each) => each.batch(1, 200, false));
    const committed = await store.commit(batches);
    if (!committed.ok) throw new Error(committed.reason);
    console.log(batches.map((each) => each.first + each.count).join(" "));
  }`;

test("kill -9 while it writes, five times: every commit that was answered is there", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "relay.sqlite");
  const ids = Array.from({ length: 3 }, () => makeDocumentId());
  const answered = ids.map(() => 0);
  const script = join(folder.path, "writer.mjs");
  writeFileSync(script, writer);
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [script, file, ...ids], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    let count = 0;
    const closed = new Promise((resolve) => child.once("close", resolve));
    lines.on("line", (line) => {
      for (const [i, next] of line.split(" ").entries())
        answered[i] = Math.max(answered[i] ?? 0, Number(next));
      if (++count === 40 + 30 * round) child.kill("SIGKILL");
    });
    await closed;
  }
  const { faults } = verifyFile(file);
  // Each writer begins with changes that stand on nothing that the killed one wrote: heads are not what it counts.
  expect(faults.filter((each) => !each.endsWith("its heads are not those of its log"))).toEqual([]);
  const store = await ThreadedStore.open(file);
  for (const [i, id] of ids.entries()) {
    const listed = await store.list(id, 0);
    expect(listed.ok && listed.next).toBeGreaterThanOrEqual(answered[i] ?? 0);
  }
  expect(answered.every((next) => next >= 40 * 5)).toBe(true);
  await store.stop();
}, 60_000);

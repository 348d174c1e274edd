import { expect, it } from "vitest";
import { schema } from "../document/schema.ts";
import { FakeClock } from "./fake-clock.ts";
import { mirrorAfterMs, mirrorAtLeastEveryMs, mirrorRetryMs } from "./limits.ts";
import { Mirroring } from "./mirroring.ts";
import type { ReadableText } from "./mirroring.ts";

const { nodes } = schema;
const docOf = (words: string) =>
  nodes.doc.create(null, [nodes.paragraph.create({ id: "p" }, words === "" ? [] : [schema.text(words)])]);

/** Lets promises run that wait for nothing else. */
async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function stand(there: Record<string, string[]> | null = {}) {
  const clock = new FakeClock();
  const stored = new Map<string, ReadableText>();
  const written: string[] = [];
  const reads: string[] = [];
  const noted = new Map<string, string[]>();
  const state = { failure: null as string | null, there };
  const mirroring = new Mirroring({
    clock,
    documents: () => [...stored.keys()],
    headsOf: (document) => noted.get(document),
    read: (document) => {
      reads.push(document);
      return Promise.resolve(stored.get(document) ?? null);
    },
    copy: {
      mirrors: () => Promise.resolve(state.there),
      mirror: (document, { markdown, heads }) => {
        if (state.failure !== null) return Promise.reject(new Error(state.failure));
        written.push(`${document}@${heads.join()}: ${markdown.trim()}`);
        return Promise.resolve();
      },
    },
  });
  const text = (words: string, head: string): ReadableText => ({
    title: "",
    doc: docOf(words),
    heads: [head],
  });
  const pass = async (ms: number): Promise<void> => {
    await turn();
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(Math.min(100, ms - passed));
      await turn();
    }
  };
  return { mirroring, reads, noted, stored, written, state, text, pass };
}

it("writes a document when it has settled, once", async () => {
  const { mirroring, written, text, pass } = stand();
  void mirroring.start();
  await pass(0);
  mirroring.changed("a", () => text("one", "1"));
  await pass(mirrorAfterMs - 100);
  mirroring.changed("a", () => text("two", "2"));
  await pass(mirrorAfterMs - 100);
  expect(written).toEqual([]);
  await pass(100);
  expect(written).toEqual(["a@2: two"]);
  await pass(10 * mirrorAtLeastEveryMs);
  expect(written.length).toBe(1);
});

it("writes at least now and then while typing goes on", async () => {
  const { mirroring, written, text, pass } = stand();
  void mirroring.start();
  await pass(0);
  for (let at = 0; at < 3 * mirrorAtLeastEveryMs; at += 500) {
    mirroring.changed("a", () => text("words", String(at)));
    await pass(500);
  }
  expect(written.length).toBeGreaterThanOrEqual(2);
  expect(written.length).toBeLessThanOrEqual(4);
});

it("waits for what is being written, and does not write half of it", async () => {
  const { mirroring, written, text, pass } = stand();
  void mirroring.start();
  await pass(0);
  let read: ReadableText | null = null;
  mirroring.changed("a", () => read);
  await pass(mirrorAfterMs);
  expect(written).toEqual([]);
  read = text("whole", "1");
  await pass(mirrorAfterMs);
  expect(written).toEqual(["a@1: whole"]);
});

it("looks at everything when it starts, and writes what the copy does not have as it is now", async () => {
  const { mirroring, stored, written, text, pass } = stand({ a: ["1"], b: ["1"] });
  stored.set("a", text("old", "1"));
  stored.set("b", text("newer", "2"));
  stored.set("c", text("new", "1"));
  void mirroring.start();
  await pass(1_000);
  expect(written).toEqual(["b@2: newer", "c@1: new"]);
});

it("reads nothing that the copy is known to have", async () => {
  const { mirroring, stored, noted, reads, written, text, pass } = stand({ a: ["1"] });
  stored.set("a", text("old", "1"));
  noted.set("a", ["1"]);
  void mirroring.start();
  await pass(1_000);
  expect([reads, written]).toEqual([[], []]);
});

it("writes what was fetched while it was not open, and nothing that the library does not list", async () => {
  const { mirroring, stored, noted, reads, written, text, pass } = stand({ a: ["1"] });
  stored.set("a", text("old", "1"));
  noted.set("a", ["1"]);
  void mirroring.start();
  await pass(0);
  stored.set("a", text("fetched", "2"));
  noted.set("a", ["2"]);
  mirroring.stored("a");
  mirroring.stored("a list");
  await pass(mirrorAfterMs + 1_000);
  expect(reads).toEqual(["a"]);
  expect(written).toEqual(["a@2: fetched"]);
});

it("does nothing where no copy is kept, and everything when one is", async () => {
  const { mirroring, stored, written, state, text, pass } = stand(null);
  stored.set("a", text("words", "1"));
  void mirroring.start();
  await pass(1_000);
  mirroring.changed("a", () => text("words", "2"));
  await pass(mirrorAtLeastEveryMs);
  expect(written).toEqual([]);
  state.there = {};
  void mirroring.start();
  await pass(1_000);
  expect(written).toEqual(["a@1: words"]);
});

it("tries again later what could not be written, without being told", async () => {
  const { mirroring, stored, written, state, text, pass } = stand();
  void mirroring.start();
  await pass(0);
  state.failure = "the folder is not there";
  stored.set("a", text("words", "1"));
  mirroring.changed("a", () => text("words", "1"));
  await pass(mirrorAfterMs);
  expect(written).toEqual([]);
  state.failure = null;
  await pass(mirrorRetryMs + 1_000);
  expect(written).toEqual(["a@1: words"]);
});

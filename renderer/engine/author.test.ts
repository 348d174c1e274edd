import { Repo } from "@automerge/automerge-repo/slim";
import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { Author } from "./author.ts";

beforeAll(useAutomerge);

const device = "00112233445566ff";
const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
const actorsOf = (doc: A.Doc<unknown>): string[] =>
  A.getAllChanges(doc).map((change) => A.decodeChange(change).actor);

test("an actor is the device and what is new at each start", () => {
  const [one, two] = [new Author(device, random), new Author(device, random)];
  for (const { actor } of [one, two]) expect(actor).toMatch(/^00112233445566ff[0-9a-f]{16}$/);
  expect(one.actor).not.toBe(two.actor);
});

test("without a device, or with what is none, all of it is random", () => {
  const actors = [null, "", "0011", "XX112233445566ff"].map((each) => new Author(each, random).actor);
  for (const actor of actors) expect(actor).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(actors.map((actor) => actor.slice(0, 16))).size).toBe(actors.length);
});

test("a document is this device's from its first change on, and ready to be written to", () => {
  const author = new Author(device, random);
  const handle = author.create(new Repo(), { title: "x" });
  expect(handle.isReady()).toBe(true);
  handle.change((draft) => void (draft.title = "y"));
  expect(actorsOf(handle.doc())).toEqual([author.actor, author.actor]);
});

test("a document that others wrote is signed before it is written to, and says nothing of it", async () => {
  const author = new Author(device, random);
  const repo = new Repo();
  const handle = repo.create<{ title: string }>({ title: "theirs" });
  const [theirs] = actorsOf(handle.doc());
  let heard = 0;
  handle.on("heads-changed", () => heard++);
  author.sign(handle);
  author.sign(handle);
  await Promise.resolve();
  expect(heard).toBe(0);
  handle.change((draft) => void (draft.title = "ours"));
  expect(actorsOf(handle.doc())).toEqual([theirs, author.actor]);
  expect(handle.doc().title).toBe("ours");
});

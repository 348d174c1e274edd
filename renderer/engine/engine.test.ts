import { generateAutomergeUrl, parseAutomergeUrl, Repo } from "@automerge/automerge-repo/slim";
import type { StorageAdapterInterface } from "@automerge/automerge-repo/slim";
import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { until } from "../../relay/harness.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { idFrom } from "../document/id.ts";
import { Author } from "./author.ts";
import { chunkStoreOf } from "./chunk-store.ts";
import { Engine } from "./engine.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeDisk, FakeJournal } from "./fake-places.ts";
import type { Ledger, Receipt } from "./ledger.ts";
import type { Library } from "./library.ts";
import { missingAfterMs } from "./limits.ts";
import type { FromEngine, FromWindow } from "./port.ts";
import type { Renderings } from "./renderings.ts";
import { Storage } from "./storage.ts";

beforeAll(useAutomerge);

/** Takes no write before the test says so. */
class HeldStorage implements StorageAdapterInterface {
  private readonly open = Promise.withResolvers<void>();
  writes = 0;

  letGo(): void {
    this.open.resolve();
  }
  load(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  save(): Promise<void> {
    this.writes++;
    return this.open.promise;
  }
  remove(): Promise<void> {
    return Promise.resolve();
  }
  loadRange(): Promise<[]> {
    return Promise.resolve([]);
  }
  removeRange(): Promise<void> {
    return Promise.resolve();
  }
}

/** What the engine needs of its ledger, its library and its renderings, which are in IndexedDB otherwise. */
function stand(): {
  engine: Engine;
  repo: Repo;
  clock: FakeClock;
  storage: HeldStorage;
  disk: FakeDisk;
  places: Storage;
  receipts: Map<string, Receipt>;
  /** Which blobs main was told of. */
  named: [document: string, names: unknown][];
  window: () => { said: FromEngine[]; say: (message: FromWindow) => void };
} {
  const [clock, storage] = [new FakeClock(), new HeldStorage()];
  const repo = new Repo({ storage, saveDebounceRate: 1 });
  const disk = new FakeDisk();
  const places = new Storage({ disk, copy: null, clock, random: () => 0.5 });
  const receipts = new Map<string, Receipt>();
  const named: [string, unknown][] = [];
  const ledger = {
    receipt: (document: string) => receipts.get(document),
    set: (document: string, receipt: Receipt) => void receipts.set(document, receipt),
    unsent: () => [],
    claim: () => {},
    written: () => {},
    here: () => undefined,
    noted: () => Promise.resolve(),
    setDurably: () => Promise.resolve(),
    setHere: () => {},
    documents: () => [],
  } as unknown as Ledger;
  const library = {
    entries: () => [],
    add: () => {},
    isHere: () => true,
    unlisted: () => [],
  } as unknown as Library;
  let ids = 0;
  const newId = (): string => idFrom((count) => new Uint8Array(count).fill(++ids));
  const renderings = { write: () => Promise.resolve() } as unknown as Renderings;
  const author = new Author("00112233445566ff", (count) => new Uint8Array(count).fill(7));
  const engine = new Engine({
    repo,
    chunks: chunkStoreOf(places),
    ledger,
    renderings,
    clock,
    random: () => 0.5,
    newId,
    hasRelay: true,
    author,
    role: null,
    keepRole: () => Promise.resolve(),
    storage: places,
    copy: {
      named: (document, names) => Promise.resolve(void named.push([document, names])),
      backup: () => Promise.resolve(null),
    },
    journal: new FakeJournal(),
    persisted: () => Promise.resolve(true),
    place: null,
    lock: "an engine",
  });
  engine.start(library);
  const window = (): { said: FromEngine[]; say: (message: FromWindow) => void } => {
    const said: FromEngine[] = [];
    return { said, say: engine.connect((message) => said.push(message)) };
  };
  return { engine, repo, clock, storage, disk, places, receipts, named, window };
}

test("a receipt that comes before the disk has taken a new document counts", async () => {
  const { engine, repo, storage, receipts, window } = stand();
  const { said, say } = window();
  say({ type: "import", request: 1, name: "a.md", markdown: "# A title\n\nSome text." });
  await until("the document is being saved", () => storage.writes > 0);
  const [handle] = Object.values(repo.handles);
  if (!handle) throw new Error("there is no document");
  engine.relayEvents.receipt(handle.documentId, A.getHeads(handle.doc() as A.Doc<unknown>));
  storage.letGo();
  await until("the document is made", () => said.some(({ type }) => type === "created"));
  expect(receipts.get(handle.documentId)?.unsent).toBe(false);
});

test("heads that the relay tells in passing are receipts once they are here, and never take one back", async () => {
  const { engine, repo, storage, receipts, window } = stand();
  storage.letGo();
  const { said, say } = window();
  say({ type: "import", request: 1, name: "a.md", markdown: "# A title\n\nSome text." });
  await until("the document is made", () => said.some(({ type }) => type === "created"));
  const [handle] = Object.values(repo.handles);
  if (!handle) throw new Error("there is no document");
  const document = handle.documentId;
  say(open(document));
  await until("opened", () => said.some(({ type }) => type === "opened"));
  const unsent = (): number | null => {
    const status = said.findLast(({ type }) => type === "status");
    return status?.type === "status" ? status.status.unsent : null;
  };
  const all = A.getHeads(handle.doc() as A.Doc<unknown>);
  const first = A.getHeads(
    A.applyChanges(A.init(), A.getAllChanges(handle.doc() as A.Doc<unknown>).slice(0, 1))[0],
  );
  expect(unsent()).toBeGreaterThan(0);
  engine.relayEvents.told(document, ["ab".repeat(32)]);
  engine.relayEvents.told(document, [...all, "ab".repeat(32)]);
  expect(unsent()).toBeGreaterThan(0);
  engine.relayEvents.told(document, all);
  expect(unsent()).toBe(0);
  expect(first).not.toEqual(all);
  engine.relayEvents.told(document, first);
  expect(unsent()).toBe(0);
  expect(receipts.get(document)).toEqual({ heads: all, unsent: false });
});

const { documentId } = parseAutomergeUrl(generateAutomergeUrl());
const open = (document: string): FromWindow => ({
  type: "open",
  document,
  clientId: "c",
  rendering: null,
  keeps: false,
  written: [],
});

test("main is told which blobs a document names: at its opening, and when a picture is put in", async () => {
  const { repo, storage, named, window } = stand();
  storage.letGo();
  const { said, say } = window();
  const [first, second] = ["a".repeat(64), "b".repeat(64)];
  say({ type: "import", request: 1, name: "a.md", markdown: `# T\n\n![x](images/${first}.png)\n\nText` });
  await until("the document is made", () => said.some(({ type }) => type === "created"));
  const [handle] = Object.values(repo.handles);
  if (!handle) throw new Error("there is no document");
  const document = handle.documentId;
  say(open(document));
  await until("main knows", () => named.length > 0);
  expect(named).toEqual([[document, { blobs: [first], place: null }]]);
  const slice = { content: [{ type: "image", attrs: { hash: second } }] };
  const steps = [{ stepType: "replace", from: 0, to: 0, slice }];
  say({ type: "steps", document, version: 0, clientId: "c", batch: 1, steps });
  await until("main knows of both", () => named.length > 1);
  expect(named.at(-1)).toEqual([document, { blobs: [first, second], place: null }]);
});

test("of a document that is not here every window that waits is told, once the relay has had its time", async () => {
  const { repo, clock, window } = stand();
  const [one, two] = [window(), window()];
  one.say(open(documentId));
  two.say(open(documentId));
  await until("asked for", () => repo.handles[documentId]?.inState(["requesting", "unavailable"]) ?? false);
  await until("waited for", () => clock.waiting > 0);
  const missing = (said: readonly FromEngine[]): number =>
    said.filter(({ type }) => type === "missing").length;
  clock.advance(missingAfterMs - 1);
  expect([missing(one.said), missing(two.said)]).toEqual([0, 0]);
  clock.advance(1);
  expect([missing(one.said), missing(two.said)]).toEqual([1, 1]);
  const late = window();
  late.say(open(documentId));
  expect(missing(late.said)).toBe(1);
});

test("of a document of which all that is here is damaged that is said, and not that it is not here", async () => {
  const { clock, disk, places, window } = stand();
  const key = [documentId, "snapshot", "s1"];
  await places.save(key, new Uint8Array([1, 2, 3]));
  disk.stored(key).binary[0] = 9;
  const { said, say } = window();
  say(open(documentId));
  await until("it was read", async () => (await places.chunks(documentId)).damaged.length === 1);
  await until("the engine waits", () => clock.waiting > 0);
  clock.advance(missingAfterMs);
  expect(said).toContainEqual({ type: "missing", document: documentId, isDamaged: true });
});

test("what is on its way is told to windows that come later, and of a document only to those that have it open", () => {
  const { engine, window } = stand();
  const receiving = { receivedBytes: 1, totalBytes: 3 };
  const told = (said: readonly FromEngine[]): FromEngine[] =>
    said.filter(({ type }) => type === "receiving" || type === "sending");
  const elsewhere = window();
  engine.relayEvents.receiving(documentId, receiving);
  engine.relayEvents.sending(1_000_000);
  const late = window();
  late.say(open(documentId));
  engine.relayEvents.receiving(documentId, null);
  engine.relayEvents.sending(0);
  const after = window();
  after.say(open(documentId));
  expect(told(elsewhere.said)).toEqual([
    { type: "sending", bytes: 0 },
    { type: "sending", bytes: 1_000_000 },
    { type: "sending", bytes: 0 },
  ]);
  expect(told(late.said)).toEqual([
    { type: "sending", bytes: 1_000_000 },
    { type: "receiving", document: documentId, receiving },
    { type: "receiving", document: documentId, receiving: null },
    { type: "sending", bytes: 0 },
  ]);
  expect(told(after.said)).toEqual([{ type: "sending", bytes: 0 }]);
});

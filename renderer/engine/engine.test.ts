import { generateAutomergeUrl, parseAutomergeUrl, Repo } from "@automerge/automerge-repo/slim";
import type { StorageAdapterInterface } from "@automerge/automerge-repo/slim";
import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { until } from "../../relay/harness.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { idFrom } from "../document/id.ts";
import { Author } from "./author.ts";
import { Engine } from "./engine.ts";
import { FakeClock } from "./fake-clock.ts";
import type { Ledger, Receipt } from "./ledger.ts";
import type { Library } from "./library.ts";
import { missingAfterMs } from "./limits.ts";
import type { FromEngine, FromWindow } from "./port.ts";
import type { Renderings } from "./renderings.ts";

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
  receipts: Map<string, Receipt>;
  window: () => { said: FromEngine[]; say: (message: FromWindow) => void };
} {
  const [clock, storage] = [new FakeClock(), new HeldStorage()];
  const repo = new Repo({ storage, saveDebounceRate: 1 });
  const receipts = new Map<string, Receipt>();
  const ledger = {
    receipt: (document: string) => receipts.get(document),
    set: (document: string, receipt: Receipt) => void receipts.set(document, receipt),
    unsent: () => [],
    claim: () => {},
    written: () => {},
  } as unknown as Ledger;
  const library = { entries: () => [], add: () => {}, isHere: () => true } as unknown as Library;
  let ids = 0;
  const newId = (): string => idFrom((count) => new Uint8Array(count).fill(++ids));
  const renderings = { write: () => Promise.resolve() } as unknown as Renderings;
  const author = new Author("00112233445566ff", (count) => new Uint8Array(count).fill(7));
  const engine = new Engine({
    repo,
    ledger,
    renderings,
    clock,
    random: () => 0.5,
    newId,
    hasRelay: true,
    author,
    role: null,
    keepRole: () => Promise.resolve(),
  });
  engine.start(library);
  const window = (): { said: FromEngine[]; say: (message: FromWindow) => void } => {
    const said: FromEngine[] = [];
    return { said, say: engine.connect((message) => said.push(message)) };
  };
  return { engine, repo, clock, storage, receipts, window };
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
const open = (document: string): FromWindow => ({ type: "open", document, clientId: "c", rendering: null });

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

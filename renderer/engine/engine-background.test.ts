/** An engine with its repo, its storage and a real relay: what is open is the repo's, all else the background's. */
import { Repo } from "@automerge/automerge-repo/slim";
import type { AutomergeUrl, DocumentId as RepoId, PeerId } from "@automerge/automerge-repo/slim";
import * as A from "@automerge/automerge/slim";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { find, Stage, until as eventually } from "../../relay/harness.ts";
import { MemoryLedger } from "../../scripts/background-client.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { idFrom } from "../document/id.ts";
import { Author } from "./author.ts";
import { chunkStoreOf } from "./chunk-store.ts";
import { systemClock } from "./clock.ts";
import { Engine } from "./engine.ts";
import { FakeCopy, FakeDisk, FakeJournal } from "./fake-places.ts";
import type { Ledger, Receipt } from "./ledger.ts";
import type { Library } from "./library.ts";
import type { FromEngine, FromWindow } from "./port.ts";
import { RelayLink } from "./relay-link.ts";
import type { Renderings } from "./renderings.ts";
import { Storage } from "./storage.ts";

beforeAll(useAutomerge);
// The machine may be busy with others.
vi.setConfig({ testTimeout: 90_000 });
const until = (what: string, holds: () => boolean): Promise<void> => eventually(what, holds, 30_000);

const stage = new Stage();
afterEach(() => stage.end());

class EngineLedger extends MemoryLedger {
  onHere: (document: string) => void = () => {};
  noted(): Promise<void> {
    return Promise.resolve();
  }
  setDurably(document: string, receipt: Receipt): Promise<void> {
    this.set(document, receipt);
    return Promise.resolve();
  }
  override setHere(document: string, heads: readonly string[]): void {
    super.setHere(document, heads);
    this.onHere(document);
  }
  claim(document: string): void {
    if (!this.receipt(document)) this.set(document, { heads: [], unsent: false });
  }
  written(): void {}
}

function stand(url: string) {
  const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
  const storage = new Storage({
    disk: new FakeDisk(),
    copy: null,
    clock: systemClock,
    random: Math.random,
  });
  const repo = new Repo({ storage, saveDebounceRate: 10, peerId: idFrom(random) as PeerId });
  const ledger = new EngineLedger();
  const engine = new Engine({
    repo,
    chunks: chunkStoreOf(storage),
    ledger: ledger as unknown as Ledger,
    renderings: { write: () => Promise.resolve() } as unknown as Renderings,
    clock: systemClock,
    random: Math.random,
    newId: () => idFrom(random),
    hasRelay: true,
    author: new Author("00112233445566ff", random),
    role: null,
    keepRole: () => Promise.resolve(),
    storage,
    copy: new FakeCopy(),
    journal: new FakeJournal(),
    persisted: () => Promise.resolve(true),
    lock: "an engine",
    place: null,
  });
  const library = {
    entries: () => [],
    add: () => {},
    edited: () => {},
    settled: () => {},
    unlisted: () => [],
    isHere: () => true,
    lists: [],
    met: () => Promise.resolve(),
    connected: () => Promise.resolve(false),
  } as unknown as Library;
  engine.start(library);
  const connect = (): RelayLink => {
    const link = new RelayLink(url, engine.relayEvents, systemClock, Math.random);
    repo.synchronizer.on("sync-state", ({ documentId, syncState }) =>
      link.peerTold(documentId, syncState.theirHeads),
    );
    engine.attach(link);
    repo.networkSubsystem.addNetworkAdapter(link);
    stage.defer(() => link.disconnect());
    return link;
  };
  const said: FromEngine[] = [];
  const say: (message: FromWindow) => void = engine.connect((message) => said.push(message));
  const open = (document: string): void =>
    say({ type: "open", document, clientId: "c", rendering: null, keeps: false, written: [] });
  const isOpened = (document: string): boolean =>
    said.some((message) => message.type === "opened" && message.document === document);
  return { repo, ledger, storage, connect, said, say, open, isOpened };
}

test("what is closed with something unsent is let go of, and sent once the relay is there; what others then write comes", async () => {
  const relay = await stage.relay();
  const { repo, ledger, connect, said, say, open, isOpened } = stand(relay.url);
  say({ type: "import", request: 1, name: "a.md", markdown: "# A title\n\nSome text." });
  await until("made", () => said.some(({ type }) => type === "created"));
  const created = said.find((message) => message.type === "created");
  const document = created?.type === "created" ? created.document : "";
  open(document);
  await until("opened", () => isOpened(document));
  say({ type: "title", document, clientId: "c", base: "A title", value: "Another title" });
  say({ type: "close", document });
  await until("let go of", () => Object.keys(repo.handles).length === 0);
  expect(ledger.receipt(document)?.unsent).toBe(true);

  connect();
  await until("receipted", () => ledger.receipt(document)?.unsent === false);
  expect(Object.keys(repo.handles)).toEqual([]);
  const other = await find(stage.repo(relay.url), `automerge:${document}` as AutomergeUrl);
  expect(other.doc()["title"]).toBe("Another title");

  other.change((draft) => A.splice(draft, ["title"], 0, 0, "Yet "));
  const heads = A.getHeads(other.doc()).join();
  await until("here", () => ledger.here(document)?.join() === heads);
  expect(Object.keys(repo.handles)).toEqual([]);

  // And the repo takes it up from there.
  said.length = 0;
  open(document);
  await until("opened again", () => isOpened(document));
  const opened = said.find((message) => message.type === "opened");
  expect(opened?.type === "opened" && opened.title).toBe("Yet Another title");
  other.change((draft) => A.splice(draft, ["title"], 0, 0, "And "));
  await until("live", () =>
    said.some((message) => message.type === "title" && message.title === "And Yet Another title"),
  );
});

test("a document that is opened while it is being fetched is fetched once, and shown when it has come", async () => {
  const relay = await stage.relay();
  const writer = stand(relay.url);
  writer.connect();
  const words = Array.from(crypto.getRandomValues(new Uint16Array(30_000)), (n) =>
    String.fromCodePoint(0x4e00 + (n % 8_192)),
  ).join("");
  writer.say({ type: "import", request: 1, name: "a.md", markdown: `# A title\n\n${words}` });
  await until("made", () => writer.said.some(({ type }) => type === "created"));
  const created = writer.said.find((message) => message.type === "created");
  const document = created?.type === "created" ? created.document : "";
  await until("receipted", () => writer.ledger.receipt(document)?.unsent === false);
  const reader = stand(relay.url);
  reader.connect();
  await until("on its way", () => reader.said.some(({ type }) => type === "relay"));
  reader.open(document);
  await until("opened", () => reader.isOpened(document));
  const opened = reader.said.find((message) => message.type === "opened");
  expect(opened?.type === "opened" && opened.title).toBe("A title");
  expect(A.getHeads(reader.repo.handles[document as RepoId]?.doc() as A.Doc<unknown>)).toEqual(
    writer.ledger.here(document),
  );
});

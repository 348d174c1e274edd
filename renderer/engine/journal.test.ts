/** What a crash of everything leaves behind, and what the next engine makes of it. */
import { Repo } from "@automerge/automerge-repo/slim";
import type { DocHandle } from "@automerge/automerge-repo/slim";
import * as A from "@automerge/automerge/slim";
import { ReplaceStep } from "prosemirror-transform";
import { Fragment, Slice } from "prosemirror-model";
import { beforeAll, expect, test } from "vitest";
import { until } from "../../relay/harness.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { bodySpans } from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import { idFrom } from "../document/id.ts";
import { render } from "../document/render.ts";
import { schema } from "../document/schema.ts";
import { Author } from "./author.ts";
import { chunkStoreOf } from "./chunk-store.ts";
import { Engine } from "./engine.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeCopy, FakeDisk, FakeJournal } from "./fake-places.ts";
import { parseSegments } from "./journal.ts";
import { Journaling } from "./journaling.ts";
import type { Ledger } from "./ledger.ts";
import type { Library } from "./library.ts";
import { coalesceAloneMs, journalEveryMs } from "./limits.ts";
import type { FromEngine, FromWindow, StepJson } from "./port.ts";
import type { Renderings } from "./renderings.ts";
import { Storage } from "./storage.ts";

beforeAll(useAutomerge);

let engines = 0;

/** An engine on a disk and a journal that outlive it. */
function start(disk: FakeDisk, journal: FakeJournal, clientId = "c") {
  const clock = new FakeClock();
  const storage = new Storage({ disk, copy: null, clock, random: () => 0.5 });
  const repo = new Repo({ storage, saveDebounceRate: 1 });
  const number = ++engines;
  let ids = 0;
  const author = new Author("00112233445566ff", (count) => new Uint8Array(count).fill(number));
  const engine = new Engine({
    repo,
    ledger: {
      receipt: () => undefined,
      set: () => {},
      claim: () => {},
      written: () => {},
      unsent: () => [],
      here: () => undefined,
      noted: () => Promise.resolve(),
      setDurably: () => Promise.resolve(),
      setHere: () => {},
    } as unknown as Ledger,
    chunks: chunkStoreOf(storage),
    renderings: { write: () => Promise.resolve() } as unknown as Renderings,
    clock,
    random: () => 0.5,
    newId: () => idFrom((count) => new Uint8Array(count).fill(++ids + number)),
    hasRelay: false,
    author,
    role: null,
    keepRole: () => Promise.resolve(),
    storage,
    copy: new FakeCopy(),
    journal,
    persisted: () => Promise.resolve(true),
    place: null,
    lock: `engine ${number}`,
  });
  engine.start({
    entries: () => [],
    add: () => {},
    edited: () => {},
    settled: () => {},
    unlisted: () => [],
    isHere: () => true,
    lists: [],
  } as unknown as Library);
  const said: FromEngine[] = [];
  const say = engine.connect((message) => said.push(message));
  const made = async (): Promise<string> => {
    say({ type: "create", request: 1, title: "" });
    await until("made", () => said.some(({ type }) => type === "created"));
    const created = said.find((message) => message.type === "created");
    return created?.type === "created" ? created.document : "";
  };
  let version = 0;
  let batch = 0;
  const open = async (document: string, keeps = false, written: string[][] = []): Promise<void> => {
    const before = said.length;
    say({ type: "open", document, clientId, rendering: null, keeps, written });
    await until("opened", () => said.slice(before).some(({ type }) => type === "opened"));
    const opened = said.findLast((message) => message.type === "opened");
    version = opened?.type === "opened" ? opened.version : 0;
  };
  const type = (document: string, text: string, at: number): void => {
    const slice = new Slice(Fragment.from(schema.text(text)), 0, 0);
    const steps = [new ReplaceStep(at, at, slice).toJSON() as StepJson];
    say({
      type: "steps",
      document,
      version: version++,
      clientId,
      batch: ++batch,
      steps,
    } satisfies FromWindow);
  };
  const handle = (document: string) => {
    const found = Object.values(repo.handles).find(({ documentId }) => documentId === document);
    if (!found) throw new Error("the document is not open");
    return found;
  };
  const text = (document: string): string => {
    const doc = handle(document).doc() as A.Doc<DeckleDocument>;
    const lines: string[] = [];
    render(bodySpans(doc)).forEach((block) => void lines.push(block.textContent));
    return lines.join("\n");
  };
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  return {
    actor: author.actor,
    engine,
    clock,
    storage,
    repo,
    said,
    say,
    made,
    open,
    type,
    text,
    handle,
    settle,
  };
}

async function crashed(): Promise<{ disk: FakeDisk; journal: FakeJournal; document: string }> {
  const [disk, journal] = [new FakeDisk(), new FakeJournal()];
  const before = start(disk, journal);
  const document = await before.made();
  await before.open(document);
  before.type(document, "typed and never written", 1);
  before.clock.advance(journalEveryMs);
  await before.settle();
  return { disk, journal, document };
}

test("what was accepted and not written is there after a crash", async () => {
  const { disk, journal, document } = await crashed();
  expect(journal.kept.get(document)).toHaveLength(1);
  const after = start(disk, journal, "another");
  await after.open(document);
  expect(after.text(document)).toBe("typed and never written");
  // The first is gone: what others show of it they bring.
  expect(after.said.find((message) => message.type === "opened")?.clients).toEqual(["another"]);
  await after.settle();
  after.clock.advance(journalEveryMs);
  await after.settle();
  expect(journal.kept.get(document)).toEqual([]);

  // Once more, from the disk alone.
  const again = start(disk, journal);
  await again.open(document);
  expect(again.text(document)).toBe("typed and never written");
});

test("what has become durable is not taken up a second time", async () => {
  const { disk, journal, document } = await crashed();
  const after = start(disk, journal);
  await after.open(document);
  const segments = journal.kept.get(document) ?? [];
  expect(segments.map(({ actor }) => actor)).toEqual([after.actor]);
  await after.settle();
  // A crash between the change and the journal's next turn.
  journal.kept.set(document, segments);
  const again = start(disk, journal);
  await again.open(document);
  expect(again.text(document)).toBe("typed and never written");
});

test("a second segment goes onto the first, also where the first became durable", async () => {
  const [disk, journal] = [new FakeDisk(), new FakeJournal()];
  const before = start(disk, journal);
  const document = await before.made();
  await before.open(document);
  await before.settle();
  before.type(document, "one ", 1);
  before.clock.advance(coalesceAloneMs);
  disk.failure = "slow"; // the change is in the document, and not on the disk
  before.type(document, "two", 5);
  before.clock.advance(journalEveryMs);
  await before.settle();
  const kept = journal.kept.get(document) ?? [];
  expect(kept.at(-1)?.steps).toHaveLength(1);
  disk.failure = null;
  const after = start(disk, journal);
  await after.open(document);
  expect(after.text(document)).toBe("one two");
});

test("a window that lives sends it again itself: then the journal does not", async () => {
  const { disk, journal, document } = await crashed();
  const after = start(disk, journal);
  await after.open(document, true);
  expect(after.text(document)).toBe("");
  const other = start(disk, await crashedJournal(document, disk), "another window");
  await other.open(document, true);
  expect(other.text(document)).toBe("typed and never written");
});

test("two windows that live send it again themselves; what one of them does not the journal does", async () => {
  const { disk, journal, document } = await crashed();
  const left = (journal.kept.get(document) ?? []).map((segment) => ({ ...segment, clients: ["c", "d"] }));
  journal.kept.set(document, left);
  const after = start(disk, journal);
  const sayOther = after.engine.connect(() => {});
  const open = { type: "open", document, rendering: null, keeps: true, written: [] } as const;
  sayOther({ ...open, clientId: "d" });
  await after.open(document, true);
  expect(after.text(document)).toBe("");
  after.type(document, "mine ", 1);
  expect(after.text(document)).toBe("");
  sayOther({ type: "bye" });
  after.clock.advance(coalesceAloneMs);
  await after.settle();
  after.clock.advance(coalesceAloneMs);
  expect(after.text(document)).toContain("mine");
  expect(after.text(document)).toContain("typed and never written");
});

test("a window that had it is gone before it sent it again: then the journal does", async () => {
  const { disk, journal, document } = await crashed();
  const after = start(disk, journal);
  await after.open(document, true);
  after.say({ type: "bye" });
  await after.settle();
  after.clock.advance(coalesceAloneMs);
  await after.settle();
  const again = start(disk, new FakeJournal());
  await again.open(document);
  expect(again.text(document)).toBe("typed and never written");
});

test("a window that had it is gone before the document was open", async () => {
  const { disk, journal, document } = await crashed();
  const after = start(disk, journal);
  after.say({ type: "open", document, clientId: "c", rendering: null, keeps: true, written: [] });
  after.say({ type: "bye" });
  await until(
    "let go of",
    () => journal.kept.get(document)?.length === 0 || journal.kept.get(document)?.[0]?.actor === after.actor,
  );
  await after.settle();
  after.clock.advance(coalesceAloneMs);
  await after.settle();
  const again = start(disk, new FakeJournal());
  await again.open(document);
  expect(again.text(document)).toBe("typed and never written");
});

function copyOf(disk: FakeDisk): FakeDisk {
  const copy = new FakeDisk();
  for (const [key, value] of disk.values) copy.values.set(key, value);
  return copy;
}

async function crashedJournal(document: string, disk: FakeDisk): Promise<FakeJournal> {
  const journal = new FakeJournal();
  const before = start(disk, journal);
  await before.open(document);
  before.type(document, "typed and never written", 1);
  before.clock.advance(journalEveryMs);
  await before.settle();
  return journal;
}

test("beside what has come in since, it is written where it was meant", async () => {
  const { disk, journal, document } = await crashed();
  const other = start(disk, new FakeJournal());
  await other.open(document);
  other.type(document, "somebody else's ", 1);
  other.clock.advance(coalesceAloneMs);
  await other.settle();
  const after = start(disk, journal);
  await after.open(document);
  const text = after.text(document);
  expect(text).toContain("typed and never written");
  expect(text).toContain("somebody else's ");
});

test("what has lost its place comes at the end", async () => {
  const { disk, journal, document } = await crashed();
  journal.kept.set(
    document,
    (journal.kept.get(document) ?? []).map((segment) => ({ ...segment, heads: ["ab".repeat(32)] })),
  );
  const after = start(disk, journal);
  await after.open(document);
  expect(after.text(document)).toBe("\ntyped and never written");
});

test("a title is kept as well", async () => {
  const [disk, journal] = [new FakeDisk(), new FakeJournal()];
  const before = start(disk, journal);
  const document = await before.made();
  await before.open(document);
  const atCrash = copyOf(disk);
  before.say({ type: "title", document, clientId: "c", base: "", value: "A title" });
  before.clock.advance(journalEveryMs);
  await before.settle();
  const left = [...(journal.kept.get(document) ?? [])];
  const after = start(disk, journal);
  await after.open(document);
  expect((after.handle(document).doc() as A.Doc<DeckleDocument>).title).toBe("A title");

  // A window that lives has it as well, and sends it before it goes.
  const again = new FakeJournal();
  again.kept.set(document, left);
  const other = start(atCrash, again);
  await other.open(document, true);
  other.say({ type: "title", document, clientId: "c", base: "", value: "A title" });
  const handle = other.handle(document);
  other.say({ type: "bye" });
  await until("written", () => (handle.doc() as A.Doc<DeckleDocument>).title !== "");
  await other.settle();
  expect((handle.doc() as A.Doc<DeckleDocument>).title).toBe("A title");
});

test("what somebody wrote and took back again comes to no patch, and is saved all the same", async () => {
  const engine = start(new FakeDisk(), new FakeJournal());
  const document = await engine.made();
  await engine.open(document);
  await engine.settle();
  const handle = engine.handle(document) as unknown as DocHandle<DeckleDocument>;
  let other = A.clone(handle.doc());
  other = A.change(other, (draft) => A.splice(draft, ["body"], 1, 0, "x"));
  other = A.change(other, (draft) => A.splice(draft, ["body"], 1, 1));
  handle.update((doc) => A.merge(doc, other));
  const here = (): unknown => {
    const status = engine.said.findLast((message) => message.type === "status");
    return status?.type === "status" ? status.status.here.state : null;
  };
  engine.clock.advance(coalesceAloneMs);
  await engine.settle();
  // A window that comes now is told how it is.
  await engine.open(document);
  expect(A.getHeads(handle.doc())).toEqual(A.getHeads(other));
  expect(here()).toBe("saved");
});

test("what is no segment is passed over, with what follows", () => {
  const segment = { actor: "a", clients: ["c"], heads: [], follows: false, steps: [], title: null };
  expect(parseSegments([segment, 7, segment])).toEqual([segment]);
  expect(parseSegments("nothing")).toEqual([]);
});

test("a window is told what was written, and the next engine, which of it is there", async () => {
  const [disk, journal] = [new FakeDisk(), new FakeJournal()];
  const before = start(disk, journal);
  const document = await before.made();
  await before.open(document);
  before.type(document, "kept", 1);
  before.clock.advance(coalesceAloneMs);
  await before.settle();
  const atCrash = copyOf(disk);
  before.type(document, "lost", 5);
  before.clock.advance(coalesceAloneMs);
  await before.settle();
  const written = before.said.filter((message) => message.type === "written");
  expect(written.map(({ version }) => version)).toEqual([1, 2]);
  const [kept = [], lost = []] = written.map(({ heads }) => [...heads]);
  expect(lost).toEqual(A.getHeads(before.handle(document).doc() as A.Doc<DeckleDocument>));

  const holds = async (heads: string[][]): Promise<unknown> => {
    const after = start(atCrash, journal);
    await after.open(document, true, heads);
    return after.said.find((message) => message.type === "opened")?.holds;
  };
  expect(await holds([lost, kept])).toEqual(kept);
  expect(await holds([lost])).toBeNull();
});

test("of what is kept for a window, what it sent again is not taken up, and the rest is", () => {
  const journaling = new Journaling("d", new FakeJournal(), new FakeClock());
  const steps = [{ stepType: "replace", from: 1, to: 1 }];
  const title = { base: "", value: "T" };
  const left = { actor: "a", clients: ["c"], heads: ["h"], follows: false, steps, title };
  journaling.inherit([left]);
  expect(journaling.orphaned(["c"])).toEqual([]);
  journaling.titled(["h"], { actor: "b", client: "c" }, title);
  expect(journaling.orphaned([])).toEqual([{ ...left, title: null }]);
  expect(journaling.orphaned([])).toEqual([]);
  journaling.inherit([left]);
  journaling.accepted(["h"], { actor: "b", client: "c" }, steps);
  expect(journaling.orphaned([])).toEqual([]);
});

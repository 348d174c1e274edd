import * as A from "@automerge/automerge/slim";
import { Repo } from "@automerge/automerge-repo/slim";
import type { DocumentId, PeerId } from "@automerge/automerge-repo/slim";
import fc from "fast-check";
import { afterEach, beforeAll, expect, test } from "vitest";
import { Stage, find, until } from "../../relay/harness.ts";
import { decodeCbor } from "../../relay/protocol/cbor.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { systemClock } from "./clock.ts";
import { FakeClock } from "./fake-clock.ts";
import { Gathering } from "./gathering.ts";
import type { DocumentMessage } from "./gathering.ts";
import { applySlowMs, gatherBytesMax, gatherMostMs, gatherTimes } from "./limits.ts";
import { RelayLink } from "./relay-link.ts";

beforeAll(useAutomerge);

const stage = new Stage();
afterEach(() => stage.end());

const documentId = "2nGkVeQScJEXQtq9R22UrhThLdU9" as DocumentId;

const sync = (data: Uint8Array, document = documentId): DocumentMessage => ({
  type: "sync",
  senderId: "relay" as PeerId,
  targetId: "engine" as PeerId,
  documentId: document,
  data,
});

/** Of a message without changes. */
const hash = (byte: string): string => byte.repeat(32);
const said = (heads: string[], changes: Uint8Array[] = [], need: string[] = []): DocumentMessage =>
  sync(A.encodeSyncMessage({ heads, need, have: [], changes }));

/** Changes of one history, each with the heads after it. */
function history(length: number): { change: Uint8Array; heads: string[] }[] {
  let doc = A.init<{ n: number }>();
  return Array.from({ length }, (_, n) => {
    doc = A.change(doc, (draft) => void (draft.n = n));
    return { change: A.getLastLocalChange(doc) as Uint8Array, heads: A.getHeads(doc) };
  });
}

function gatheringOf(): { clock: FakeClock; gathering: Gathering; out: DocumentMessage[] } {
  const clock = new FakeClock();
  const out: DocumentMessage[] = [];
  return { clock, out, gathering: new Gathering(clock, (message) => out.push(message)) };
}

const decoded = (message: DocumentMessage | undefined): A.DecodedSyncMessage =>
  A.decodeSyncMessage(message?.data as Uint8Array);

test("documents that are quick to apply pass at once, untouched", () => {
  const { gathering, out, clock } = gatheringOf();
  const messages = history(3).map(({ change, heads }) => said(heads, [change]));
  for (const message of messages) {
    gathering.receive(message);
    gathering.applied(documentId, applySlowMs - 0.001);
  }
  expect(out).toEqual(messages);
  for (const [i, message] of messages.entries()) expect(out[i]).toBe(message);
  expect(clock.waiting).toBe(0);
});

test("after a slow one the next wait, then go on as one, and others' documents do not wait with them", () => {
  const { gathering, out, clock } = gatheringOf();
  const [one, two, three, four] = history(4);
  const of = (
    { change, heads }: { change: Uint8Array; heads: string[] } = { change: new Uint8Array(), heads: [] },
    need: string[] = [],
  ) => said(heads, [change], need);
  gathering.receive(of(one));
  expect(out.length).toBe(1);
  gathering.applied(documentId, applySlowMs);
  gathering.receive(of(two, [hash("ab")]));
  gathering.receive(said(two?.heads ?? []));
  gathering.receive(of(three, [hash("cd"), hash("ab")]));
  const other = { ...of(one), documentId: "other" as DocumentId };
  gathering.receive(other);
  expect(out.splice(0)).toEqual([of(one), other]);
  clock.advance(gatherTimes * applySlowMs - 1);
  expect(out).toEqual([]);
  clock.advance(1);
  expect(out.length).toBe(1);
  expect(decoded(out[0])).toMatchObject({
    heads: three?.heads,
    need: [hash("ab"), hash("cd")],
    changes: [two?.change, three?.change],
  });
  gathering.applied(documentId, applySlowMs);
  // One without changes passes at once, and that it took no time says nothing of those that have some.
  gathering.receive(said(three?.heads ?? []));
  expect(out.length).toBe(2);
  gathering.applied(documentId, 0.05);
  gathering.receive(of(four));
  expect(out.length).toBe(2);
  clock.advance(gatherTimes * applySlowMs);
  expect(out.length).toBe(3);
  // Nothing for a while: the next passes at once.
  gathering.applied(documentId, applySlowMs);
  clock.advance(gatherTimes * applySlowMs);
  gathering.receive(of(four));
  expect(out.length).toBe(4);
  // It was quick this time: nothing waits any more.
  gathering.applied(documentId, applySlowMs - 1);
  gathering.receive(of(four));
  expect(out.length).toBe(5);
  expect(clock.waiting).toBe(0);
});

test("nothing waits longer than the limit, nor once it is more than typing", () => {
  const { gathering, out, clock } = gatheringOf();
  const heads = [hash("11")];
  gathering.receive(said(heads, [new Uint8Array(9)]));
  gathering.applied(documentId, 60_000);
  gathering.receive(said(heads, [new Uint8Array(9)]));
  clock.advance(gatherMostMs - 1);
  expect(out.length).toBe(1);
  clock.advance(1);
  expect(out.length).toBe(2);
  gathering.applied(documentId, 60_000);
  // Heads, a count and lengths are 40 bytes and some.
  const bytes = (message: DocumentMessage): number => message.data?.length ?? 0;
  const frame = bytes(said(heads, [new Uint8Array(gatherBytesMax / 2)])) - gatherBytesMax / 2;
  const half = said(heads, [new Uint8Array(gatherBytesMax / 2 - frame)]);
  expect(bytes(half)).toBe(gatherBytesMax / 2);
  gathering.receive(half);
  gathering.receive(half);
  expect(out.length).toBe(2);
  gathering.receive(said(heads));
  expect(out.length).toBe(3);
  expect(clock.waiting).toBe(0);
});

test("order is kept: what cannot be one message goes on as several, before whatever else comes", () => {
  const { gathering, out, clock } = gatheringOf();
  const [one, two, three] = history(3).map(({ change, heads }) => said(heads, [change])) as [
    DocumentMessage,
    DocumentMessage,
    DocumentMessage,
  ];
  gathering.receive(one);
  gathering.applied(documentId, 100);
  const lost = said([], [new Uint8Array(9)]);
  const elsewhere = { ...three, senderId: "another" as PeerId };
  for (const message of [one, two, lost, three, elsewhere]) gathering.receive(message);
  expect(out.length).toBe(1);
  const unavailable: DocumentMessage = { ...one, type: "doc-unavailable" };
  gathering.receive(unavailable);
  expect(decoded(out[1]).changes.length).toBe(2);
  expect(out.slice(2)).toEqual([lost, three, elsewhere, unavailable]);
  // What is no sync message is the repo's to complain about.
  const broken = sync(Uint8Array.of(1, 2, 3));
  gathering.receive(two);
  gathering.receive(broken);
  expect(out.slice(6)).toEqual([two, broken]);
  gathering.receive(two);
  gathering.stop();
  expect(out.slice(8)).toEqual([two]);
  gathering.receive(three);
  expect(out.slice(9)).toEqual([three]);
  expect(clock.waiting).toBe(0);
});

type Content = { list?: number[] };

/** One end of an exchange; what it hears goes through `hears`. */
class End {
  doc = A.init<Content>();
  state = A.initSyncState();
  applied = 0;

  edit(value: number): void {
    this.doc = A.change(this.doc, (draft) => {
      draft.list ??= [];
      draft.list.push(value);
    });
  }

  say(): Uint8Array | null {
    const [state, message] = A.generateSyncMessage(this.doc, this.state);
    this.state = state;
    return message;
  }

  hear(data: Uint8Array): void {
    if (A.decodeSyncMessage(data).changes.length > 0) this.applied++;
    [this.doc, this.state] = A.receiveSyncMessage(this.doc, this.state, data);
  }

  reconnect(): void {
    this.state = A.decodeSyncState(A.encodeSyncState(this.state));
  }
}

test("a gathered exchange comes to what an ungathered one does, from nothing and over lost connections", () => {
  const turn = fc.record({
    far: fc.nat(3),
    near: fc.nat(2),
    ms: fc.constantFrom(0, 10, 200, 500),
    isCut: fc.nat(9).map((n) => n === 0),
    took: fc.constantFrom(1, 100, 100),
  });
  let gathered = 0;
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 30 }), fc.nat(20), (turns, before) => {
      const [far, near] = [new End(), new End()];
      for (let i = 0; i < before; i++) far.edit(i);
      const clock = new FakeClock();
      let value = 1000;
      let tookMs = 100;
      const gathering: Gathering = new Gathering(clock, ({ data }) => {
        near.hear(data as Uint8Array);
        gathering.applied(
          documentId,
          A.decodeSyncMessage(data as Uint8Array).changes.length > 0 ? tookMs : 0,
        );
      });
      let sent = 0;
      /** Each says what it has to say, as `DocSynchronizer` does after every change and every message. */
      const talk = (): boolean => {
        const message = far.say();
        if (message) {
          if (A.decodeSyncMessage(message).changes.length > 0) sent++;
          gathering.receive(sync(message));
        }
        const answer = near.say();
        if (answer) far.hear(answer);
        return message !== null || answer !== null;
      };
      for (const { far: edits, near: own, ms, isCut, took } of turns) {
        tookMs = took;
        for (let i = 0; i < edits; i++) {
          far.edit(value++);
          talk();
        }
        for (let i = 0; i < own; i++) near.edit(value++);
        talk();
        if (isCut) {
          gathering.stop();
          far.reconnect();
          near.reconnect();
        }
        clock.advance(ms);
      }
      for (let quiet = 0, rounds = 0; quiet < 2; rounds++) {
        if (rounds > 100) throw new Error("they do not come to rest");
        quiet = talk() ? 0 : quiet + 1;
        clock.advance(gatherMostMs);
      }
      gathered += sent - near.applied;
      expect(A.getHeads(near.doc)).toEqual(A.getHeads(far.doc));
      expect(A.toJS(near.doc)).toEqual(A.toJS(far.doc));
      const ungathered = A.applyChanges(A.init<Content>(), A.getAllChanges(far.doc))[0];
      expect(A.toJS(near.doc)).toEqual(A.toJS(ungathered));
      expect(clock.waiting).toBe(0);
    }),
    { numRuns: 200 },
  );
  expect(gathered).toBeGreaterThan(100);
});

test("by a relay: what others type comes in gathered, our own goes out and is receipted, both end the same", async () => {
  const relay = await stage.relay();
  const receipts: string[][] = [];
  const states: string[] = [];
  const link = new RelayLink(
    relay.url,
    {
      state: ({ state }) => states.push(state),
      workspace: () => {},
      takes: () => true,
      role: () => {},
      withheld: () => {},
      receipt: (_document, heads) => receipts.push([...heads]),
      told: (_document, heads) => receipts.push([...heads]),
      beforeChanges: () => {},
      durable: () => null,
      past: () => false,
      feed: () => {},
      receiving: () => {},
      sending: () => {},
    },
    systemClock,
    Math.random,
  );
  stage.defer(() => link.disconnect());
  const ours = new Repo({ network: [link] });
  const { onMessage } = link;
  let came = 0;
  link.onMessage = (event) => {
    const frame = decodeCbor(new Uint8Array(event.data as ArrayBuffer));
    if (frame.ok && (frame.value as { type: string }).type === "sync") came++;
    onMessage(event);
  };
  let handedOn = 0;
  link.on("message", () => handedOn++);
  // As if it were a large document.
  ours.on("doc-metrics", (metrics) => {
    if (metrics.type === "receive-sync-message") link.applied(metrics.documentId, 60);
  });
  ours.synchronizer.on("sync-state", ({ documentId: document, syncState }) =>
    link.peerTold(document, syncState.theirHeads),
  );
  const theirs = stage.repo(relay.url);
  const written = theirs.create<{ [key: string]: string }>({ text: "x" });
  await until("connected", () => states.includes("connected"));
  const read = await find(ours, written.url);
  for (let i = 0; i < 60; i++) {
    written.change((draft) => void (draft[`theirs${i}`] = "x"));
    if (i % 10 === 0) read.change((draft) => void (draft[`ours${i}`] = "x"));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await until("all is everywhere", () => read.heads().join() === written.heads().join());
  expect(Object.keys(read.doc()).length).toBe(67);
  await until("ours is receipted", () => {
    const own = A.getHeads(read.doc() as A.Doc<unknown>);
    return receipts.some((heads) => own.every((head) => heads.includes(head)));
  });
  expect(handedOn).toBeGreaterThan(1);
  expect(handedOn).toBeLessThan(came);
});

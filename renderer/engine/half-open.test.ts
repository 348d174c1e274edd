/** The engine's link to a real relay over a line that fails. */
import * as A from "@automerge/automerge/slim";
import { Repo } from "@automerge/automerge-repo/slim";
import type { DocHandle, PeerId } from "@automerge/automerge-repo/slim";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { Stage, until as eventually } from "../../relay/harness.ts";
import { FaultProxy } from "../../scripts/faults/proxy.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { FakeClock } from "./fake-clock.ts";
import { aliveAfterMs, aliveLooks, aliveWithinMs, reconnectMostMs } from "./limits.ts";
import type { RelayState } from "./port.ts";
import { RelayLink } from "./relay-link.ts";

beforeAll(useAutomerge);
// The machine may be busy with others.
vi.setConfig({ testTimeout: 90_000 });
const until = (what: string, holds: () => boolean): Promise<void> => eventually(what, holds, 30_000);

const stage = new Stage();
afterEach(() => stage.end());

async function stand() {
  const relay = await stage.relay();
  const proxy = await FaultProxy.listen({ to: { port: relay.port } });
  stage.defer(() => proxy.stop());
  const clock = new FakeClock();
  const states: RelayState["state"][] = [];
  const receipts = new Map<string, string>();
  const events = {
    state: ({ state }: RelayState) => void states.push(state),
    workspace: () => {},
    takes: () => true,
    role: () => {},
    withheld: () => {},
    receipt: (document: string, heads: readonly string[]) => void receipts.set(document, heads.join()),
    told: () => {},
    beforeChanges: () => {},
    durable: () => null,
    past: () => false,
    feed: () => {},
    receiving: () => {},
    sending: () => {},
  };
  const link = new RelayLink(`ws://127.0.0.1:${proxy.port}/sync`, events, clock, () => 0.5);
  const repo = new Repo({ network: [link], peerId: "engine" as PeerId });
  stage.defer(() => link.disconnect());
  await until("connected", () => states.includes("connected"));
  const isKept = (handle: DocHandle<Content>): boolean =>
    receipts.get(handle.documentId) === A.getHeads(handle.doc()).join();
  return { proxy, clock, states, repo, isKept };
}

type Content = { n: number; bytes: Uint8Array };
const randomBytes = (count: number): Uint8Array => {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 50_000) crypto.getRandomValues(bytes.subarray(at, at + 50_000));
  return bytes;
};

test("a line that is dead and says nothing is noticed, and what was typed meanwhile arrives over the next one", async () => {
  const { proxy, clock, states, repo, isKept } = await stand();
  const handle = repo.create<Content>({ n: 0, bytes: randomBytes(10) });
  await until("kept", () => isKept(handle));
  proxy.halfOpen();
  handle.change((draft) => void (draft.n = 1));
  // Once to the end of the silence that the receipt was in, once to the end of the next.
  for (let silence = 0; silence < 2; silence++) clock.advance(aliveAfterMs);
  // One more for what was typed: it may be under way.
  for (let look = 0; look <= aliveLooks; look++) clock.advance(aliveWithinMs / aliveLooks);
  expect(states).toEqual(["connected", "unreachable"]);
  expect(isKept(handle)).toBe(false);
  proxy.heal();
  clock.advance(reconnectMostMs);
  await until("connected again", () => states.at(-1) === "connected");
  await until("kept", () => isKept(handle));
});

test("a line on which nobody has anything to say stays as it is", async () => {
  const { proxy, clock, states } = await stand();
  for (let silence = 0; silence < 3; silence++) {
    const before = proxy.bytes("down");
    clock.advance(aliveAfterMs);
    await until("answered", () => proxy.bytes("down") > before);
    // The relay answers no sooner.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    clock.advance(aliveWithinMs / aliveLooks);
  }
  expect(states).toEqual(["connected"]);
  expect(proxy.accepted).toBe(1);
});

test("what has its receipt is not sent again over the next connection, however often the line is cut", async () => {
  const { proxy, clock, states, repo, isKept } = await stand();
  const length = 400_000;
  const handle = repo.create<Content>({ n: 0, bytes: randomBytes(length) });
  await until("kept", () => isKept(handle));
  expect(proxy.bytes("up")).toBeGreaterThan(length);
  const before = proxy.bytes("up") + proxy.bytes("down");
  for (let cut = 1; cut <= 5; cut++) {
    const { length: said } = states;
    proxy.cut();
    await until("lost", () => states.length > said);
    clock.advance(reconnectMostMs);
    await until("connected again", () => states.at(-1) === "connected");
    handle.change((draft) => void (draft.n = cut));
    await until("kept", () => isKept(handle));
  }
  expect(proxy.accepted).toBe(6);
  expect(proxy.bytes("up") + proxy.bytes("down") - before).toBeLessThan(20_000);
});

import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { FakeCopy } from "./fake-places.ts";
import type { Ledger, LedgerValue, WorkspaceIds } from "./ledger.ts";
import { copyRetryFirstMs, recallAgainMs, recallWithinMs, rememberEveryMs } from "./limits.ts";
import { Remembering } from "./remembering.ts";

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
const valueOf = (local: string): LedgerValue => ({
  workspaces: { local, relays: {} },
  handedOver: {},
  documents: { "": ["a"] },
});

/** What the browser's storage knows, and what it was given. */
function ledgerWith(ids: WorkspaceIds | null): { ledger: Ledger; adopted: LedgerValue[] } {
  const adopted: LedgerValue[] = [];
  let known = ids;
  const ledger = {
    changed: () => {},
    workspaces: () => Promise.resolve(known),
    adopt: (value: LedgerValue) => {
      adopted.push(value);
      known ??= value.workspaces;
      return Promise.resolve();
    },
    value: () => Promise.resolve({ workspaces: known, handedOver: {}, documents: {} }),
  } as unknown as Ledger;
  return { ledger, adopted };
}

function stand() {
  const [copy, clock] = [new FakeCopy(), new FakeClock()];
  return { copy, clock, remembering: new Remembering(copy, clock) };
}

test("a browser's storage that is empty gets what the copy knows; one that is not, nothing", async () => {
  const { copy, clock, remembering } = stand();
  copy.values.set("ledger", valueOf("one"));
  const { ledger, adopted } = ledgerWith(null);
  expect(await remembering.recall(ledger)).toEqual([]);
  expect(adopted).toEqual([valueOf("one")]);
  clock.advance(rememberEveryMs);
  await turn();
  expect(copy.values.get("ledger")).toMatchObject({ workspaces: { local: "one" } });

  const whole = ledgerWith({ local: "one", relays: {} });
  expect(await stand().remembering.recall(whole.ledger)).toEqual([]);
  expect(whole.adopted).toEqual([]);
});

test("what a backup brought is taken in, and then forgotten", async () => {
  const { copy, clock, remembering } = stand();
  copy.values.set("ledger", valueOf("one"));
  copy.values.set("restored", { ledger: valueOf("two"), library: null });
  const { ledger, adopted } = ledgerWith({ local: "one", relays: {} });
  expect(await remembering.recall(ledger)).toEqual(["two"]);
  expect(adopted).toEqual([valueOf("two")]);
  remembering.adopted(ledger);
  clock.advance(rememberEveryMs);
  await turn();
  expect(copy.values.get("restored")).toBeNull();
});

test("a copy that cannot be read when the browser knows nothing is tried again, and never replaced by less", async () => {
  const { copy, clock, remembering } = stand();
  copy.values.set("ledger", valueOf("one"));
  copy.failure = "the disk is gone";
  const first = ledgerWith(null);
  const recalled = remembering.recall(first.ledger);
  for (let i = 0; i < 4; i++) {
    await turn();
    clock.advance(recallAgainMs);
  }
  expect(await recalled).toEqual([]);
  copy.failure = null;
  first.ledger.changed();
  clock.advance(rememberEveryMs);
  await turn();
  expect(copy.values.get("ledger")).toEqual(valueOf("one"));

  // At the next start the copy can be read: its list is taken in beside the one that was made in ignorance.
  const next = ledgerWith({ local: "made in ignorance", relays: {} });
  expect(await rememberingOf(copy).recall(next.ledger)).toEqual(["one"]);
  expect(next.adopted).toEqual([valueOf("one")]);
});
const rememberingOf = (copy: FakeCopy): Remembering => new Remembering(copy, new FakeClock());

test("a value that is not understood is left as it is", async () => {
  const { copy, clock, remembering } = stand();
  copy.values.set("ledger", { from: "a later version" });
  await remembering.recall(ledgerWith({ local: "one", relays: {} }).ledger);
  remembering.listed([]);
  clock.advance(rememberEveryMs);
  await turn();
  expect(copy.values.get("ledger")).toEqual({ from: "a later version" });
});

test("a main process that does not answer keeps nobody from their documents", async () => {
  const { copy, clock, remembering } = stand();
  copy.value = () => new Promise(() => {});
  const recalled = remembering.recall(ledgerWith({ local: "one", relays: {} }).ledger);
  await turn();
  clock.advance(recallWithinMs);
  expect(await recalled).toEqual([]);
});

test("what changes is noted at once, and then together once in a while; what the copy refuses is tried again", async () => {
  const { copy, clock, remembering } = stand();
  const { ledger } = ledgerWith({ local: "one", relays: {} });
  await remembering.recall(ledger);
  clock.advance(rememberEveryMs);
  await turn();
  const noted: unknown[] = [];
  copy.setValue = (_, value) => Promise.resolve(void noted.push(value));
  clock.advance(rememberEveryMs);
  for (const title of ["a", "b", "c"]) {
    remembering.listed([{ document: "d", title, createdAt: 0 }]);
    clock.advance(0);
    await turn();
  }
  expect(noted).toMatchObject([{ entries: [{ title: "a" }] }]);
  copy.setValue = () => Promise.reject(new Error("the disk is full"));
  clock.advance(rememberEveryMs);
  await turn();
  copy.setValue = (_, value) => Promise.resolve(void noted.push(value));
  clock.advance(copyRetryFirstMs);
  await turn();
  expect(noted).toMatchObject([{ entries: [{ title: "a" }] }, { entries: [{ title: "c" }] }]);
});

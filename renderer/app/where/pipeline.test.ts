import { expect, it } from "vitest";
import type { StatusFacts } from "../status/words.ts";
import { pipeline } from "./pipeline.ts";

const everywhere: StatusFacts = {
  document: true,
  pending: false,
  engineSilent: null,
  here: { state: "saved" },
  copy: { state: "kept" },
  unsent: 0,
  withheld: null,
  relay: { state: "connected" },
  relayUrl: "wss://relay.example",
  receiving: null,
  sendingBytes: 0,
  heldEdits: 0,
  seenBy: 2,
  damaged: false,
  isOld: false,
};
const states = (facts: Partial<StatusFacts>): string =>
  pipeline({ ...everywhere, ...facts })
    .map(({ state }) => state)
    .join(", ");
const saidOf = (name: string, facts: Partial<StatusFacts>): string => {
  const found = pipeline({ ...everywhere, ...facts }).find((station) => station.name === name);
  return `${found?.state}: ${found?.words}${found?.wayOut === null ? "" : ` ${found?.wayOut}`}`;
};

it("goes from the keyboard to other people's disks", () =>
  expect(pipeline(everywhere).map(({ name }) => name)).toEqual([
    "Typed",
    "In Deckle's engine",
    "On this disk",
    "Second copy",
    "On the relay",
    "On other devices",
  ]));

it.each<[string, Partial<StatusFacts>]>([
  ["done, done, done, done, done, done", {}],
  ["under way, under way, under way, under way, under way, waiting", { pending: true, heldEdits: 3 }],
  ["done, done, under way, under way, under way, waiting", { isOld: true, here: { state: "saving" } }],
  ["done, done, failed, done, done, done", { here: { state: "failed", reason: "full" } }],
  [
    "done, done, failed, failed, done, done",
    { here: { state: "failed", reason: "full" }, copy: { state: "failed", reason: "full" } },
  ],
  [
    "done, done, done, none, none, none",
    { copy: { state: "none" }, relay: { state: "none" }, unsent: null, seenBy: null },
  ],
  ["done, done, done, done, under way, waiting", { unsent: 2, seenBy: 0 }],
  [
    "done, done, done, done, waiting, waiting",
    { relay: { state: "unreachable", since: 1 }, unsent: 2, seenBy: 0 },
  ],
  [
    "done, under way, waiting, waiting, waiting, waiting",
    { here: null, copy: null, unsent: null, seenBy: null },
  ],
  ["done, failed, done, done, done, done", { engineSilent: "It does not answer." }],
])("%s", (expected, facts) => expect(states(facts)).toBe(expected));

it.each<[string, string, Partial<StatusFacts>]>([
  ["Typed", "under way: 3 edits are in this window only.", { pending: true, heldEdits: 3 }],
  ["Typed", "under way: 1 edit is in this window only.", { pending: true, heldEdits: 0 }],
  [
    "On this disk",
    "failed: It could not be saved: the disk is full. The text is in memory and in the second copy. Make room on this disk; Deckle goes on trying.",
    { here: { state: "failed", reason: "the disk is full." } },
  ],
  [
    "On this disk",
    "failed: It could not be saved: the disk is full. The text is in memory only. Make room on this disk, or export the document; Deckle goes on trying.",
    { here: { state: "failed", reason: "the disk is full" }, isOld: true },
  ],
  [
    "On this disk",
    "failed: Some of what was stored is damaged, and was not found anywhere else yet. Nothing of it is thrown away. Connect to the relay if it was there, or bring back a backup.",
    { damaged: true },
  ],
  ["On the relay", "under way: 1 change is not there yet.", { unsent: 1 }],
  [
    "On the relay",
    "waiting: 3 changes are not there yet. The relay cannot be reached. Deckle sends what is missing as soon as it can be reached.",
    { unsent: 3, relay: { state: "unreachable", since: 1 } },
  ],
  [
    "On the relay",
    "failed: 2 changes are not there yet: you may read here, not write. Ask an owner of the workspace to let you write, or export the document.",
    { unsent: 2, withheld: "read-only" },
  ],
  [
    "On the relay",
    "failed: Some changes are not there: the relay does not know the device that wrote it. Export the document and import it again as one of yours.",
    { unsent: 0, withheld: "foreign-actor" },
  ],
  [
    "On the relay",
    "failed: 2 changes are not there yet. This device may not use this workspace any more. Export the document, or ask an owner of the workspace for a new invite.",
    { unsent: 2, relay: { state: "refused", reason: "revoked" } },
  ],
  [
    "On the relay",
    "failed: 2 changes are not there yet. The key cannot be read.",
    { unsent: 2, relay: { state: "locked", reason: "The key cannot be read." } },
  ],
  [
    "On the relay",
    "failed: 2 changes are not there yet. What answers at its address is not a Deckle relay: it closed at once. Check the relay's address in the settings.",
    { unsent: 2, relay: { state: "incompatible", reason: "it closed at once" } },
  ],
  ["In Deckle's engine", "done: The engine has all that could be read.", { damaged: true }],
  [
    "Second copy",
    "done: What could be read is in plain files beside Deckle's own storage.",
    { damaged: true },
  ],
  ["On the relay", "waiting: The relay has not said yet what it has.", { unsent: null }],
  ["On other devices", "done: 1 other device has said that all of it is on disk there.", { seenBy: 1 }],
])("%s: %s", (name, expected, facts) => expect(saidOf(name, facts)).toBe(expected));

it("calls nothing beyond the window done while the window holds edits", () => {
  for (const copy of [{ state: "kept" }, { state: "none" }] as const)
    for (const unsent of [0, 1, null])
      for (const relay of [
        { state: "connected" },
        { state: "unreachable", since: 1 },
        { state: "refused", reason: "" },
      ] as const)
        for (const held of [{ pending: true }, { isOld: true }])
          for (const { name, state } of pipeline({ ...everywhere, copy, unsent, relay, ...held }).slice(2))
            expect(`${name} ${state}`).not.toMatch(/ done$/);
});

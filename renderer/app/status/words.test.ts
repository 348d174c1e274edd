import { describe, expect, it } from "vitest";
import { isWrong, statusWords } from "./words.ts";
import type { StatusFacts } from "./words.ts";

const saved: StatusFacts = {
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
  seenBy: null,
  damaged: false,
  isOld: false,
};
const someOfIt = { receivedBytes: 3_100_000, totalBytes: 12_000_000 };

describe("the words of the status line", () => {
  const cases: [string, Partial<StatusFacts>][] = [
    ["Saved on this device · On the relay", {}],
    ["Saved on this device · 3 changes not yet on the relay", { unsent: 3 }],
    [
      "Saved on this device · Some of it is damaged here and was not found elsewhere yet · No relay",
      { damaged: true, relay: { state: "none" }, unsent: null },
    ],
    ["Saved on this device · 1 change not yet on the relay", { unsent: 1 }],
    [
      "Saved on this device · Relay unreachable · 3 changes not yet on the relay",
      { relay: { state: "unreachable", since: 1 }, unsent: 3 },
    ],
    [
      "Saved on this device · Relay unreachable · Nothing waiting for it",
      { relay: { state: "unreachable", since: 1 } },
    ],
    ["Saved on this device · No relay", { relay: { state: "none" }, unsent: null }],
    [
      "Saved on this device · Connecting to the relay · 2 changes not yet on the relay",
      { relay: { state: "connecting" }, unsent: 2 },
    ],
    ["Saved on this device · Connected to the relay", { unsent: null }],
    ["Saved on this device", { relay: null, unsent: null }],
    [
      "Saved on this device · Something answers at wss://relay.example but it is not a Deckle relay: it closed at once · 1 change not yet on the relay",
      { relay: { state: "incompatible", reason: "it closed at once" }, unsent: 1 },
    ],
    [
      "Saved on this device · This device may not use this workspace any more · 3 changes only on this device",
      { relay: { state: "refused", reason: "revoked" }, unsent: 3 },
    ],
    [
      "Saved on this device · This device may not use this workspace any more",
      { relay: { state: "refused", reason: "revoked" } },
    ],
    [
      "Saved on this device · This device may not use this workspace any more",
      { relay: { state: "refused", reason: "revoked" }, unsent: null },
    ],
    [
      "Saved on this device · The key cannot be read. Unlock it · 3 changes not yet on the relay",
      { relay: { state: "locked", reason: "The key cannot be read. Unlock it." }, unsent: 3 },
    ],
    [
      "Saved on this device · 3 changes are only on this device: you may read here, not write",
      { unsent: 3, withheld: "read-only" },
    ],
    [
      "Saved on this device · 1 change is only on this device: the relay does not know the author's device",
      { unsent: 1, withheld: "foreign-actor" },
    ],
    [
      "Saved on this device · Some changes are only on this device: you may read here, not write",
      { unsent: null, withheld: "read-only" },
    ],
    [
      "Saved on this device · 2 changes are only on this device: you may read here, not write · Sending more: 300 kB to go",
      { unsent: 2, withheld: "read-only", sendingBytes: 300_000 },
    ],
    [
      "Saved on this device · Relay unreachable · 2 changes are only on this device: you may read here, not write",
      { relay: { state: "unreachable", since: 1 }, unsent: 2, withheld: "read-only" },
    ],
    ["Saving…", { pending: true }],
    ["Saving…", { here: { state: "saving" } }],
    ["Opening…", { here: null }],
    ["Saving…", { here: null, pending: true }],
    [
      "Could not save on this device: the disk is full",
      { here: { state: "failed", reason: "the disk is full" }, pending: true },
    ],
    [
      "Could not save on this device: the disk is full · kept in the second copy",
      { here: { state: "failed", reason: "the disk is full" } },
    ],
    [
      "Could not save on this device: the disk is full. Make room · kept in the second copy",
      { here: { state: "failed", reason: "the disk is full. Make room." } },
    ],
    [
      "Could not save on this device: the disk is full",
      { here: { state: "failed", reason: "the disk is full" }, copy: { state: "failed", reason: "no room" } },
    ],
    [
      "Could not save on this device: the disk is full",
      { here: { state: "failed", reason: "the disk is full" }, copy: { state: "keeping" } },
    ],
    [
      "Saved on this device · No second copy: the folder cannot be written · On the relay",
      { copy: { state: "failed", reason: "the folder cannot be written." } },
    ],
    ["Saved on this device · On the relay", { copy: { state: "none" } }],
    [
      "Not saved yet: Deckle's engine does not answer.",
      { engineSilent: "Deckle's engine does not answer.", pending: true },
    ],
    ["", { document: false }],
    ["Saved on this device · Sending to the relay: 4.1 MB to go", { unsent: 1, sendingBytes: 4_100_000 }],
    ["Saved on this device · On the relay · Sending more: 300 kB to go", { sendingBytes: 300_000 }],
    ["Saving… · Sending to the relay: 4.1 MB to go", { pending: true, unsent: 1, sendingBytes: 4_100_000 }],
    ["Saved on this device · On the relay · Receiving 3.1 of 12.0 MB", { receiving: someOfIt }],
    [
      "Saved on this device · Sending to the relay: 300 kB to go · Receiving 3.1 of 12.0 MB",
      { unsent: 2, sendingBytes: 300_000, receiving: someOfIt },
    ],
    ["Saved on this device · Receiving 3.1 of 12.0 MB", { unsent: 9, receiving: someOfIt }],
    ["Saving… · Receiving 3.1 of 12.0 MB", { pending: true, receiving: someOfIt }],
    ["Opening… · Receiving 12.0 MB", { here: null, receiving: { ...someOfIt, receivedBytes: 0 } }],
    ["Opening… · Sending to the relay: 300 kB to go", { here: null, unsent: null, sendingBytes: 300_000 }],
    ["Receiving 3.1 of 12.0 MB", { document: false, receiving: someOfIt }],
    [
      "Deckle's engine does not answer.",
      { document: false, receiving: someOfIt, engineSilent: "Deckle's engine does not answer." },
    ],
    [
      "Could not save on this device: the disk is full",
      {
        here: { state: "failed", reason: "the disk is full" },
        copy: { state: "none" },
        receiving: someOfIt,
        sendingBytes: 300_000,
      },
    ],
  ];
  it.each(cases)("%s", (words, facts) => {
    expect(statusWords({ ...saved, ...facts })).toBe(words);
  });

  it("never claims On the relay of what is being sent", () => {
    for (const [, facts] of cases)
      expect(statusWords({ ...saved, ...facts, unsent: 1, sendingBytes: 1 })).not.toContain("On the relay");
  });

  it("never claims On the relay of what the relay did not take", () => {
    for (const [, facts] of cases)
      for (const unsent of [null, 0, 1])
        expect(statusWords({ ...saved, ...facts, unsent, withheld: "read-only" })).not.toContain(
          "On the relay",
        );
  });

  it("never claims Saved while the window holds edits", () => {
    for (const [, facts] of cases)
      expect(statusWords({ ...saved, ...facts, pending: true })).not.toContain("Saved");
  });

  it.each<[boolean, Partial<StatusFacts>]>([
    [false, {}],
    [false, { pending: true }],
    [false, { relay: { state: "unreachable", since: 1 }, unsent: 3 }],
    [false, { document: false, engineSilent: "Deckle's engine does not answer." }],
    [true, { engineSilent: "Deckle's engine does not answer." }],
    [true, { damaged: true }],
    [true, { here: { state: "failed", reason: "the disk is full" } }],
  ])(
    "something is wrong (%s) where it cannot be saved, is damaged, or nobody answers: %j",
    (wrong, facts) => {
      expect(isWrong({ ...saved, ...facts })).toBe(wrong);
    },
  );
});

import { expect, it } from "vitest";
import { bannerText } from "./banner-words.ts";
import type { BannerFacts } from "./banner-words.ts";

const fine: BannerFacts = {
  access: { kind: "member", role: "editor" },
  relay: { state: "connected" },
  withheld: null,
  here: { state: "saved" },
  copy: { state: "kept" },
  isBehind: false,
};
const full = { state: "failed", reason: "the disk is full" } as const;

it.each<[string, Partial<BannerFacts>]>([
  ["all is well", {}],
  ["it is private", { access: { kind: "free" }, relay: { state: "none" } }],
  ["one may only read, and has not written", { access: { kind: "member", role: "viewer" } }],
  ["the relay cannot be reached", { relay: { state: "unreachable", since: 1 } }],
  ["it is being saved", { here: { state: "saving" }, copy: { state: "keeping" }, isBehind: true }],
  ["only the second copy fails", { copy: full }],
  ["nothing is known yet", { here: null, copy: null }],
  ["the key of this device is locked", { relay: { state: "locked", reason: "It is locked." } }],
])("says nothing where %s", (_, facts) => expect(bannerText({ ...fine, ...facts })).toBeNull());

it.each<[RegExp, Partial<BannerFacts>]>([
  [/may not use this workspace any more/, { access: { kind: "member", role: "revoked" } }],
  [/may not use this workspace any more/, { relay: { state: "refused", reason: "revoked" } }],
  [
    /may not use this workspace any more/,
    { access: { kind: "member", role: "revoked" }, withheld: "read-only" },
  ],
  [/you may read here, not write/, { withheld: "read-only" }],
  [/does not know the device that wrote it/, { withheld: "foreign-actor" }],
])("says %s, that the words are safe, and what to do", (words, facts) => {
  const { kind, words: said } = bannerText({ ...fine, ...facts }) ?? {};
  expect(kind).toBe("not-shared");
  expect(said).toMatch(words);
  expect(said).toMatch(/safe/);
  expect(said).toMatch(/export/);
});

it.each<[string, RegExp, Partial<BannerFacts>]>([
  ["the second copy has it", /kept in memory and in the second copy/, {}],
  ["the second copy has not the last edits", /kept in memory only/, { isBehind: true }],
  ["the second copy is being written", /kept in memory only/, { copy: { state: "keeping" } }],
  ["there is no second copy", /kept in memory only/, { copy: { state: "none" } }],
  ["both fail", /in memory only, and gone if Deckle or this computer stops. Export it now/, { copy: full }],
  ["it is not shared either", /kept in memory and/, { withheld: "read-only" }],
])("says at once that saving fails, and what to do: %s", (_, words, facts) => {
  const said = bannerText({ ...fine, here: full, ...facts });
  expect(said?.kind).toBe("not-saved");
  expect(said?.words).toMatch(/^This document cannot be saved on this device: the disk is full\. /);
  expect(said?.words).toMatch(words);
  expect(said?.words).toMatch(/[Mm]ake room/);
  expect(said?.words).not.toMatch(/Saved/);
});

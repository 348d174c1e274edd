import { expect, it } from "vitest";
import { bannerWords } from "./banner-words.ts";
import type { BannerFacts } from "./banner-words.ts";

const fine: BannerFacts = {
  access: { kind: "member", role: "editor" },
  relay: { state: "connected" },
  withheld: null,
};

it.each<[string, Partial<BannerFacts>]>([
  ["all is well", {}],
  ["it is private", { access: { kind: "free" }, relay: { state: "none" } }],
  ["one may only read, and has not written", { access: { kind: "member", role: "viewer" } }],
  ["the relay cannot be reached", { relay: { state: "unreachable", since: 1 } }],
  ["the key of this device is locked", { relay: { state: "locked", reason: "It is locked." } }],
])("says nothing where %s", (_, facts) => expect(bannerWords({ ...fine, ...facts })).toBeNull());

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
  const said = bannerWords({ ...fine, ...facts });
  expect(said).toMatch(words);
  expect(said).toMatch(/safe/);
  expect(said).toMatch(/export/);
});

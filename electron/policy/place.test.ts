import { expect, test } from "vitest";
import type { Joined } from "../ipc.ts";
import { standingIn } from "./place.ts";

const poems: Joined = {
  workspace: "2j9knpCseyhnK8izDmLpGP5WMdZQ",
  relay: "wss://relay.example.org/sync",
  name: "Poems",
  role: "editor",
};
const open = "ws://127.0.0.1:8137/sync";
const kept = { relay: open, workspaces: [poems] };
const alone = { place: { kind: "private" }, relay: null, problem: null };
const atOpen = {
  place: { kind: "open", relay: open },
  relay: { url: open, origin: "ws://127.0.0.1:8137", isLocal: true },
  problem: null,
};

test("what is current counts", () => {
  expect(standingIn({ ...kept, current: "open" })).toEqual(atOpen);
  expect(standingIn({ ...kept, current: "private" })).toEqual(alone);
  expect(standingIn({ ...kept, current: poems.workspace })).toEqual({
    place: { kind: "workspace", ...poems },
    relay: { url: poems.relay, origin: "wss://relay.example.org", isLocal: false },
    problem: null,
  });
});

test("a workspace that is not on the list is private, and so is an open relay that is not there", () => {
  expect(standingIn({ ...kept, current: "4NMNnkMhL8jXrdJ9jamS58PAVdXu" })).toEqual(alone);
  expect(standingIn({ ...kept, relay: null, current: "open" })).toEqual(alone);
});

test("an address that cannot be used is said, and connected to is nothing", () => {
  const problem = expect.stringContaining("does not begin with");
  expect(standingIn({ ...kept, relay: "http://x", current: "open" })).toEqual({ ...alone, problem });
  const moved = { ...poems, relay: "http://x" };
  expect(standingIn({ ...kept, workspaces: [moved], current: poems.workspace })).toEqual({
    ...alone,
    problem,
  });
});

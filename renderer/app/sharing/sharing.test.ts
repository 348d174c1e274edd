import { describe, expect, it } from "vitest";
import type { People } from "../../../electron/ipc.ts";
import { Sharing } from "./sharing.ts";
import { narrowingOf, pendingInvites, persons } from "./arrange.ts";
import { asRole, inviteWords, linkWords, unknownWords } from "./sharing-words.ts";

const people: People = {
  name: "Notes",
  you: { member: "m2", device: "d2", role: "owner" },
  members: [
    { id: "m1", name: "Zoe", role: "editor" },
    { id: "m2", name: "Yan", role: "owner" },
    { id: "m3", name: "Ada", role: "editor" },
    { id: "m4", name: "Gone", role: "owner", endedMs: 5 },
    { id: "m5", name: "Bea", role: "owner" },
  ],
  devices: [
    { id: "d3", member: "m2", name: "Phone", sinceMs: 3 },
    { id: "d2", member: "m2", name: "Desk", sinceMs: 1 },
    { id: "d4", member: "m2", name: "Lost", sinceMs: 2, endedMs: 4 },
    { id: "d1", member: "m1", name: "Laptop", sinceMs: 2 },
  ],
  invites: [
    { id: "i1", role: "editor", usesLeft: 5, expiresMs: 200 },
    { id: "i2", role: "owner", member: "m2", usesLeft: 1, expiresMs: 150 },
    { id: "i3", role: "viewer", usesLeft: 1, expiresMs: 100 },
    { id: "i4", role: "viewer", usesLeft: 0, expiresMs: 300 },
  ],
  narrowings: [
    { documentId: "a", share: "viewer" },
    { documentId: "a", member: "m1", share: "none" },
  ],
};

describe("who is in a workspace", () => {
  it("is listed with oneself first, then by role and name, without those who left", () => {
    expect(persons(people).map(({ name, isYou }) => [name, isYou])).toEqual([
      ["Yan", true],
      ["Bea", false],
      ["Ada", false],
      ["Zoe", false],
    ]);
  });

  it("has devices beneath each, but for revoked ones; this one is not revoked from here", () => {
    expect(persons(people)[0]?.devices).toEqual([
      { id: "d2", name: "Desk", sinceMs: 1, isThis: true, mayRevoke: false },
      { id: "d3", name: "Phone", sinceMs: 3, isThis: false, mayRevoke: true },
    ]);
  });

  it("lets those who are no owners take away only what is theirs", () => {
    const asEditor = persons({ ...people, you: { member: "m1", device: "d1", role: "editor" } });
    expect(asEditor.filter(({ mayRemove }) => mayRemove).map(({ name }) => name)).toEqual(["Zoe"]);
    expect(asEditor.flatMap(({ devices }) => devices).filter(({ mayRevoke }) => mayRevoke)).toEqual([]);
    const elsewhere = persons({ ...people, you: { member: "m2", device: "d3", role: "viewer" } });
    expect(
      elsewhere.flatMap(({ devices }) => devices.filter(({ mayRevoke }) => mayRevoke).map(({ id }) => id)),
    ).toEqual(["d2"]);
  });
});

describe("invites", () => {
  it("are listed while they can be used, the one that ends first at the top", () => {
    expect(pendingInvites(people, 100).map((invite) => inviteWords(invite, String))).toEqual([
      "A device of Yan · until 150",
      "5 people as Editor · until 200",
    ]);
  });

  it("say who can join by them", () => {
    expect(linkWords("editor", 1, false)).toBe(
      "The first who has this link can join as an editor. It is shown only now.",
    );
    expect(linkWords("viewer", 25, false)).toContain("The first 25 people who have this link");
    expect(linkWords("owner", 1, true)).toContain("send it to nobody");
  });

  it("name roles with their article", () => {
    expect((["viewer", "commenter", "editor", "owner"] as const).map(asRole)).toEqual([
      "a viewer",
      "a commenter",
      "an editor",
      "an owner",
    ]);
  });
});

it("a document is narrowed for everybody or for one", () => {
  expect(narrowingOf(people, "a")).toBe("viewer");
  expect(narrowingOf(people, "a", "m1")).toBe("none");
  expect(narrowingOf(people, "a", "m3")).toBe("");
  expect(narrowingOf(people, "b")).toBe("");
});

it("says why nobody can be listed", () => {
  expect(unknownWords({ code: "unreachable", message: "m" })).toContain("cannot be reached");
  expect(unknownWords({ code: "forbidden", message: "You may not." })).toBe("You may not.");
});

describe("the panel", () => {
  const panel = (manage: { ok: true } | { ok: false; code: string; message: string }) => {
    const said: unknown[] = [];
    const sharing = new Sharing(
      {
        people: (workspace) => {
          said.push(`people of ${workspace}`);
          return Promise.resolve({ ok: true, people });
        },
        invite: (workspace) => Promise.resolve({ ok: true, link: `deckle://join?${workspace}` }),
        manage: (workspace, change) => {
          said.push([workspace, change]);
          return Promise.resolve(manage);
        },
      },
      () => "w",
      () => 7,
    );
    return { sharing, said };
  };

  it("asks again after what was done", async () => {
    const { sharing, said } = panel({ ok: true });
    await sharing.start();
    expect(sharing.list.get()).toEqual({ state: "known", people, askedMs: 7 });
    await sharing.change({ call: "rename", name: "New" });
    expect(said).toEqual(["people of w", ["w", { call: "rename", name: "New" }], "people of w"]);
    expect(await sharing.invite({ role: "editor", uses: 1, lastsMs: 1 })).toBe("deckle://join?w");
    expect([sharing.problem.get(), sharing.isBusy.get()]).toEqual([null, false]);
  });

  it("says why something was not done, and keeps the list", async () => {
    const { sharing } = panel({ ok: false, code: "last-owner", message: "Somebody has to be owner." });
    await sharing.start();
    await sharing.change({ call: "remove", member: "m2" });
    expect(sharing.problem.get()).toBe("Somebody has to be owner.");
    expect([sharing.list.get().state, sharing.isBusy.get()]).toEqual(["known", false]);
  });
});

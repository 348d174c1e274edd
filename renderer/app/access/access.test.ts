import { describe, expect, it } from "vitest";
import type { Place } from "../../../electron/ipc.ts";
import type { Access } from "../../engine/port.ts";
import { accessOf, mayWriteAs, readOnlyWords } from "./access.ts";
import { narrowingChoices, roles, rolesToGive, whatMay } from "./role-words.ts";

const place = (role: "viewer" | "owner"): Place => ({
  kind: "workspace",
  workspace: "w",
  relay: "wss://relay.example/sync",
  name: "Field notes",
  role,
});

describe("what a device may do", () => {
  it("is everything in private and on an open relay", () => {
    expect(accessOf({ kind: "private" })).toEqual({ kind: "free" });
    expect(accessOf({ kind: "open", relay: "wss://relay.example/sync" })).toEqual({ kind: "free" });
  });

  it("is what the relay said last, until it has been asked", () => {
    expect(accessOf(place("viewer"))).toEqual({ kind: "member", role: "viewer" });
  });

  it.each<[Access, boolean]>([
    [{ kind: "free" }, true],
    [{ kind: "member", role: "viewer" }, false],
    [{ kind: "member", role: "commenter" }, false],
    [{ kind: "member", role: "editor" }, true],
    [{ kind: "member", role: "owner" }, true],
    [{ kind: "member", role: "revoked" }, true],
  ])("%j: writing is %s", (access, may) => expect(readOnlyWords(access) === null).toBe(may));

  it("says why nothing can be written", () => {
    expect(readOnlyWords({ kind: "member", role: "viewer" })).toBe(
      "You can read in this workspace. Turn to your private workspace to write your own.",
    );
    expect(readOnlyWords({ kind: "member", role: "commenter" })).toMatch(/^You can read and comment here\./);
  });
});

describe("roles", () => {
  it("are given up to one's own, by editors and owners only", () => {
    expect(roles.map((role) => rolesToGive(role))).toEqual([
      [],
      [],
      ["viewer", "commenter", "editor"],
      ["viewer", "commenter", "editor", "owner"],
    ]);
  });

  it("may write from editor on", () => {
    expect(roles.filter(mayWriteAs)).toEqual(["editor", "owner"]);
  });

  it("say what each may do beyond the last", () => {
    expect(roles.map(whatMay)).toEqual([
      "read",
      "read and comment",
      "read and write",
      "read and write, and decide who else may",
    ]);
  });

  it("are narrowed in a document from nothing taken to everything", () => {
    expect(narrowingChoices.map(({ value }) => value)).toEqual(["", "commenter", "viewer", "none"]);
  });
});

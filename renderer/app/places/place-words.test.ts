import { defaultPreferences } from "../../../electron/commands/preferences.ts";
import { describe, expect, it } from "vitest";
import type { Configuration, Joined } from "../../../electron/ipc.ts";
import { hostOf, placeChoices, placeName, relayOf } from "./place-words.ts";

const notes: Joined = {
  workspace: "w1",
  relay: "wss://one.example:8443/sync",
  name: "Notes",
  role: "editor",
};
const nameless: Joined = { workspace: "w2", relay: "wss://two.example/sync", name: " ", role: "viewer" };

const configuration: Configuration = {
  profile: "default",
  place: { kind: "private" },
  workspaces: [notes, nameless],
  openRelay: null,
  mirror: null,
  shortcuts: {},
  preferences: defaultPreferences,
  device: null,
  relayProblem: null,
  version: "0",
  isRead: false,
  standIn: false,
};

describe("the places of a profile", () => {
  it("are the private one, the joined ones in their order, and the open relay where there is one", () => {
    const choices = placeChoices({ ...configuration, openRelay: "ws://127.0.0.1:9/sync" });
    expect(choices).toEqual([
      { id: "private", name: "Private workspace", detail: "Only on this device", isCurrent: true },
      { id: "w1", name: "Notes", detail: "one.example:8443 · Editor", isCurrent: false },
      { id: "w2", name: "Workspace on two.example", detail: "two.example · Viewer", isCurrent: false },
      { id: "open", name: "Open relay", detail: "127.0.0.1:9", isCurrent: false },
    ]);
  });

  it("has no open relay to turn to where there is none", () => {
    expect(placeChoices(configuration).map(({ id }) => id)).toEqual(["private", "w1", "w2"]);
  });

  it("marks the one that the profile is in", () => {
    const current = (place: Configuration["place"]): string[] =>
      placeChoices({ ...configuration, place, openRelay: "wss://three.example" })
        .filter(({ isCurrent }) => isCurrent)
        .map(({ id }) => id);
    expect(current({ kind: "workspace", ...notes })).toEqual(["w1"]);
    expect(current({ kind: "open", relay: "wss://three.example" })).toEqual(["open"]);
  });

  it("have names for a button", () => {
    expect(placeName({ kind: "private" })).toBe("Private");
    expect(placeName({ kind: "open", relay: "wss://three.example" })).toBe("Open relay");
    expect(placeName({ kind: "workspace", ...notes })).toBe("Notes");
  });

  it("are shared at their relay, but for the private one", () => {
    expect(relayOf({ kind: "private" })).toBeNull();
    expect(relayOf({ kind: "workspace", ...notes })).toBe(notes.relay);
  });

  it("shows an address that cannot be read as it is", () => {
    expect(hostOf("not an address")).toBe("not an address");
  });
});

import { defaultPreferences } from "../../../electron/commands/preferences.ts";
import { describe, expect, it } from "vitest";
import type { Bridge, Configuration } from "../../../electron/ipc.ts";
import { Places } from "./places.ts";

const joined = { workspace: "w", relay: "wss://relay.example/sync", name: "Notes", role: "editor" } as const;
const configuration: Configuration = {
  profile: "default",
  place: { kind: "workspace", ...joined },
  workspaces: [joined],
  openRelay: null,
  mirror: null,
  shortcuts: {},
  preferences: defaultPreferences,
  device: "0123456789abcdef",
  relayProblem: null,
  version: "0",
  isRead: false,
  standIn: false,
};

/** Main's half, which writes down what it is asked, in the order in which it is. */
function placesWith(unsaved: string | null): { places: Places; said: string[] } {
  const said: string[] = [];
  const done = (words: string): Promise<{ ok: true }> => {
    said.push(words);
    return Promise.resolve({ ok: true });
  };
  const bridge: ConstructorParameters<typeof Places>[0]["bridge"] = {
    turnTo: (id) =>
      id === "gone"
        ? Promise.resolve({ ok: false, code: "unknown", message: "It is not on the list." })
        : done(`turn to ${id}`),
    setRelay: (url) => done(`relay ${url}`),
    readInvite: () => Promise.resolve({ ok: false, code: "invalid", message: "That is no invite." }),
    acceptInvite: ({ name }: Parameters<Bridge["acceptInvite"]>[0]) => done(`join as ${name}`),
    forgetWorkspace: (id) => done(`forget ${id}`),
    noteRole: (workspace, role) => {
      said.push(`note ${role} in ${workspace}`);
      return Promise.resolve(null);
    },
  };
  const takeBack = (id: string): Promise<string | null> => {
    said.push(`take back ${id}`);
    return Promise.resolve(null);
  };
  const settle = (): Promise<string | null> => {
    said.push("settle");
    return Promise.resolve(unsaved);
  };
  const places = new Places({ bridge, settle, takeBack });
  places.configured(configuration);
  return { places, said };
}

describe("the places of a window", () => {
  it("turn only once everything typed is durable", async () => {
    const { places, said } = placesWith(null);
    expect(await places.turnTo("private")).toBeNull();
    expect(said).toEqual(["settle", "turn to private"]);
  });

  it("do not turn while something is not, and say so", async () => {
    const { places, said } = placesWith("The disk is full.");
    expect(await places.turnTo("private")).toContain("The disk is full.");
    expect(await places.setRelay(null)).toMatch(/^The relay was not changed.*The disk is full\.$/);
    const joining = { link: "l", name: "Ada", deviceName: "Desk", agreesToReadableKey: false };
    expect(await places.join(joining)).toMatch(/^Nothing was joined.*The disk is full\.$/);
    expect(said).toEqual(["settle", "settle", "settle"]);
  });

  it("hand on why main does not turn", async () => {
    expect(await placesWith(null).places.turnTo("gone")).toBe("It is not on the list.");
  });

  it("begin with the role that was kept, and keep each new one once", () => {
    const { places, said } = placesWith(null);
    expect(places.access.get()).toEqual({ kind: "member", role: "editor" });
    places.receive({ kind: "member", role: "editor" });
    places.receive({ kind: "member", role: "viewer" });
    places.receive({ kind: "member", role: "viewer" });
    places.receive({ kind: "member", role: "revoked" });
    expect(said).toEqual(["note viewer in w"]);
    expect(places.access.get()).toEqual({ kind: "member", role: "revoked" });
    expect(places.configuration.get()).toMatchObject({
      place: { role: "viewer" },
      workspaces: [{ role: "viewer" }],
    });
  });

  it("lose what was forgotten", async () => {
    const { places, said } = placesWith(null);
    expect(await places.forget("w")).toBeNull();
    expect(places.configuration.get()?.workspaces).toEqual([]);
    // Its documents are private first: they are in no list otherwise.
    expect(said).toEqual(["settle", "take back w", "forget w"]);
  });
});

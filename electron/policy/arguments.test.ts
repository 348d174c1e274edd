import { expect, test } from "vitest";
import { inviteLink } from "../../relay/protocol/invite-link.ts";
import { parseArguments } from "./arguments.ts";
import { importsMax, profileCharactersMax } from "./limits.ts";

const nothing = {
  profile: "default",
  relay: null,
  imports: [],
  headless: false,
  screenshot: null,
  invite: null,
  unknown: [],
};

test("nothing is a default profile without anything", () => {
  expect(parseArguments([])).toEqual({ ok: true, value: nothing });
});

test("everything, in both forms", () => {
  expect(
    parseArguments([
      "--profile",
      "two",
      "--relay=ws://x/?a=b",
      "--import",
      "a.md",
      "--import=b c.md",
      "--headless",
    ]),
  ).toEqual({
    ok: true,
    value: { ...nothing, profile: "two", relay: "ws://x/?a=b", imports: ["a.md", "b c.md"], headless: true },
  });
  expect(parseArguments(["--screenshot", "a.png"])).toEqual({
    ok: true,
    value: { ...nothing, screenshot: "a.png" },
  });
});

test("the switches of Chromium are returned, for the caller to judge", () => {
  const words = ["--no-sandbox", "--inspect=0", "app", "-x", "--headless=new", "--"];
  expect(parseArguments(words)).toEqual({ ok: true, value: { ...nothing, unknown: words } });
});

const link = inviteLink({
  relay: "wss://relay.example.org/sync",
  workspace: "2j9knpCseyhnK8izDmLpGP5WMdZQ",
  role: "viewer",
  name: "",
  secret: "abcdefghijklmnopqrstuv",
});

test("the link of an invite is taken wherever it stands; one that is broken is unknown", () => {
  expect(parseArguments([link, "--profile=two"])).toEqual({
    ok: true,
    value: { ...nothing, profile: "two", invite: link },
  });
  expect(parseArguments(["--", link])).toEqual({
    ok: true,
    value: { ...nothing, invite: link, unknown: ["--"] },
  });
  expect(parseArguments(["deckle://join?x"])).toEqual({
    ok: true,
    value: { ...nothing, unknown: ["deckle://join?x"] },
  });
});

test("attack: a link that becomes several words switches nothing", () => {
  const words = ["--", "deckle://join?", "--relay=ws://127.0.0.1:1/sync", "--import", "/etc/passwd"];
  expect(parseArguments(words)).toEqual({ ok: true, value: { ...nothing, unknown: words } });
});

test.each([[["--profile"]], [["--relay", "--headless"]], [["--import="]], [["--import", ""]]])(
  "%j is refused for want of a value",
  (words) => {
    expect(parseArguments(words)).toMatchObject({
      ok: false,
      message: expect.stringContaining("needs a value"),
    });
  },
);

test.each(["../two", "a/b", "a\\b", ".", "..", "-a", "a b", "é", "a\0"])(
  "a profile's name never leads out of its folder: %j",
  (name) => {
    expect(parseArguments([`--profile=${name}`])).toMatchObject({ ok: false });
  },
);

test("limits: at, and one past", () => {
  const name = "a".repeat(profileCharactersMax);
  expect(parseArguments([`--profile=${name}`])).toMatchObject({ ok: true });
  expect(parseArguments([`--profile=${name}a`])).toMatchObject({ ok: false });
  const imports = Array.from({ length: importsMax }, (_, i) => `--import=${i}.md`);
  expect(parseArguments(imports)).toMatchObject({ ok: true });
  expect(parseArguments([...imports, "--import=x"])).toMatchObject({ ok: false });
});

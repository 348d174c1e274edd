import { expect, test } from "vitest";
import { inviteLink } from "../../relay/protocol/invite-link.ts";
import { inviteAmong, readInvitation } from "./invitation.ts";

const facts = {
  relay: "wss://relay.example.org/sync",
  workspace: "2j9knpCseyhnK8izDmLpGP5WMdZQ",
  role: "editor",
  name: "Poems & more",
  secret: "abcdefghijklmnopqrstuv",
} as const;
const link = inviteLink(facts);

test("a link is read, and its relay is known", () => {
  expect(readInvitation(` ${link}\n`)).toEqual({
    ok: true,
    invitation: {
      ...facts,
      relay: { url: facts.relay, origin: "wss://relay.example.org", isLocal: false },
    },
  });
});

test.each([
  ["", "not a whole invite link"],
  [link.slice(0, -1), "not a whole invite link"],
  [link.replace("#", ""), "not a whole invite link"],
  [link.replace("role=editor", "role=king"), "not a whole invite link"],
  [link.replace("deckle://join", "https://example.org/join"), "not a whole invite link"],
  [inviteLink({ ...facts, relay: "ws://relay.example.org/sync" }), "only for this machine"],
  [inviteLink({ ...facts, relay: "wss://*;script-src/" }), "cannot be used"],
])("%s is refused, with the reason", (text, reason) => {
  const read = readInvitation(text);
  expect(read).toMatchObject({
    ok: false,
    code: "invite-unreadable",
    message: expect.stringContaining(reason),
  });
});

test("what is said of a wrong link has no secret in it", () => {
  expect(JSON.stringify(readInvitation(inviteLink({ ...facts, relay: "wss://" })))).not.toContain(
    facts.secret,
  );
});

test("of the words that the system starts us with, the first whole link counts", () => {
  expect(inviteAmong(["deckle", "--flag", "deckle://join?x#y", link, `${link}?`])).toBe(link);
  expect(inviteAmong(["deckle://", "--relay=x"])).toBeNull();
});

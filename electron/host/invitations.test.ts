import { expect, test } from "vitest";
import { inviteLink } from "../../relay/protocol/invite-link.ts";
import { Invitations } from "./invitations.ts";

const link = (secret: string): string =>
  inviteLink({
    relay: "wss://relay.example.org/sync",
    workspace: "2j9knpCseyhnK8izDmLpGP5WMdZQ",
    role: "viewer",
    name: "",
    secret: secret.repeat(22),
  });

test("an invite waits until a window has read it, and a newer one takes its place", () => {
  const invitations = new Invitations();
  invitations.take(["deckle", "--profile=x"]);
  expect(invitations.waiting).toBeNull();
  invitations.take(["deckle", "--", link("a")]);
  invitations.take(["deckle"]);
  invitations.wasRead("another");
  expect(invitations.waiting).toBe(link("a"));
  invitations.take([link("b")]);
  invitations.wasRead(link("a"));
  expect(invitations.waiting).toBe(link("b"));
  invitations.wasRead(link("b"));
  expect(invitations.waiting).toBeNull();
});

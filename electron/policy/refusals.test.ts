import { expect, test } from "vitest";
import { otherRole, refusalOf, refusedAfterOffer, refusedCodes, ticketRefusal } from "./refusals.ts";

const relay = { url: "wss://relay.example.org/sync", origin: "wss://relay.example.org", isLocal: false };
/** A sentence at least, and no word of the protocol in it. */
const sentence = /^[A-Z][^_]{20,}\.$/;

test.each([...refusedCodes, "unreachable" as const])(
  "%s is said in words, whatever was asked for",
  (code) => {
    for (const asked of ["join", "manage"] as const) {
      const failure = refusalOf(code, asked, relay);
      expect(failure).toMatchObject({ ok: false, code, message: expect.stringMatching(sentence) });
      expect(failure.message).not.toContain("already-member");
    }
  },
);

test("who cannot be reached is named", () => {
  expect(refusalOf("unreachable", "join", relay).message).toContain(relay.origin);
  expect(refusedAfterOffer(relay)).toMatchObject({
    code: "invite-invalid",
    message: expect.stringContaining(relay.origin),
  });
});

test("no ticket: only what says that we are not let in counts as that", () => {
  expect(ticketRefusal("forbidden", relay)).toMatchObject({ code: "refused" });
  for (const code of ["unreachable", "unavailable", "malformed", "too-many"] as const)
    expect(ticketRefusal(code, relay)).toMatchObject({ code: "unreachable" });
});

test("another role than the link's is named beside it", () => {
  expect(otherRole("owner", "viewer").message).toMatch(/as owner.*as viewer.*Nothing was joined/);
});

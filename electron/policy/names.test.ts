import { expect, test } from "vitest";
import { memberNameCharsMax } from "../../relay/protocol/limits.ts";
import { givenName, offeredName } from "./names.ts";

test("a name is trimmed, and may have as many characters as the limit", () => {
  expect(givenName("  Ada Lovelace\n", "Your name")).toEqual({ ok: true, name: "Ada Lovelace" });
  const longest = "a".repeat(memberNameCharsMax);
  expect(givenName(longest, "Your name")).toMatchObject({ ok: true });
  expect(givenName(`${longest}a`, "Your name")).toMatchObject({
    ok: false,
    message: expect.stringContaining("too long"),
  });
});

test.each([
  ["", "is empty"],
  [" \t ", "is empty"],
  ["A\u0000da", "cannot be seen"],
  ["A\u202Eda", "cannot be seen"],
  ["A\nda", "cannot be seen"],
  ["A\u2028da", "cannot be seen"],
])("%j is no name, and it says why", (text, reason) => {
  expect(givenName(text, "Your name")).toMatchObject({
    ok: false,
    code: "name-refused",
    message: expect.stringMatching(new RegExp(`^Your name .*${reason}`)),
  });
});

test.each([
  ["adas-laptop.local", "adas-laptop"],
  ["PC-7", "PC-7"],
  ["\u202E \n", "This computer"],
  ["", "This computer"],
  ["x".repeat(200), "x".repeat(memberNameCharsMax)],
])("a computer called %j is offered as %j, which can be taken", (host, name) => {
  expect(offeredName(host)).toBe(name);
  expect(givenName(offeredName(host), "The name")).toEqual({ ok: true, name });
});

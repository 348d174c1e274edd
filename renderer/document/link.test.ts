import { expect, it } from "vitest";
import { hrefCharsMax, isSafeHref, shownHref } from "./link.ts";

it.each([
  ["https://example.org/\u202emoc.knab", "https://example.org/%E2%80%AEmoc.knab"],
  ["https://a\u200bb.example/", "https://a%E2%80%8Bb.example/"],
  ["https://a.example/b c", "https://a.example/b%20c"],
  ["https://a.example/\ud800", "https://a.example/\ufffd"],
  ["https://a.example/é?q=1#x", "https://a.example/é?q=1#x"],
])("an address is shown as it is followed: %j", (href, shown) => expect(shownHref(href)).toBe(shown));

it("a link is no longer than anybody makes one", () => {
  const start = "https://a.example/";
  expect(isSafeHref(start.padEnd(hrefCharsMax, "x"))).toBe(true);
  expect(isSafeHref(start.padEnd(hrefCharsMax + 1, "x"))).toBe(false);
});

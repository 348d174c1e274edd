import { expect, test } from "vitest";
import { shownAddress } from "./shown-address.ts";

test.each([
  ["https://example.org/", "example.org", ""],
  ["https://example.org:8443/a%20b?c=d#e", "example.org:8443", "/a b?c=d#e"],
  ["http://bank.example@evil.example/x", "evil.example", "/x"],
  ["https://\u0430pple.com/", "xn--pple-43d.com", ""],
  ["mailto:ada@example.org?subject=x", "ada@example.org", ""],
  ["https://example.org/%E2%80%AEgpj.exe", "example.org", "/\ufffdgpj.exe"],
  ["https://example.org/%ff", "example.org", "/%ff"],
  ["#part", "", "#part"],
])("%s", (href, host, rest) => {
  expect(shownAddress(href)).toEqual({ host, rest });
});

import { expect, test } from "vitest";
import { attemptBurst, attemptEveryMs } from "../protocol/limits.ts";
import { Attempts, networkOf } from "./attempts.ts";

test("a burst is allowed, and then one each so often", () => {
  const attempts = new Attempts();
  for (let i = 0; i < attemptBurst; i++) {
    expect(attempts.isAllowed("a", "000", 0)).toBe(true);
    attempts.failed("a", "000", 0);
  }
  expect(attempts.isAllowed("a", "000", 0)).toBe(false);
  expect(attempts.isAllowed("a", "000", attemptEveryMs - 1)).toBe(false);
  expect(attempts.isAllowed("a", "000", attemptEveryMs)).toBe(true);
});

test("attack: guesses from all addresses of one IPv6 network count as of one", () => {
  const attempts = new Attempts();
  for (let i = 0; i < attemptBurst; i++) attempts.failed(`2001:db8:1:2:${i.toString(16)}::1`, "000", 0);
  expect(attempts.isAllowed("2001:db8:1:2:ffff::1", "000", 0)).toBe(false);
  expect(attempts.isAllowed("2001:db8:1:3::1", "000", 0)).toBe(true);
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["::1", "0:0:0:0"],
  ["", ""],
])("the network of %s", (address, network) => expect(networkOf(address)).toBe(network));

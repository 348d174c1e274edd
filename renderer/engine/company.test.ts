import { expect, test } from "vitest";
import type { Clock } from "./clock.ts";
import { Company } from "./company.ts";
import { hereExpiresMs } from "./limits.ts";

test("somebody is there from their word until their goodbye or long silence", () => {
  let now = 0;
  const clock: Clock = { now: () => now, after: () => ({ cancel: () => {} }) };
  const said: unknown[] = [];
  const company = new Company(clock, (message) => said.push(message));
  expect(said).toEqual(["deckle/here"]);
  expect(company.present).toBe(false);
  company.heard("b", "something else");
  expect(company.present).toBe(false);
  company.heard("b", "deckle/here");
  expect(company.present).toBe(true);
  expect(said.length).toBe(2); // a newcomer is answered…
  company.heard("b", "deckle/here");
  expect(said.length).toBe(2); // …once
  company.heard("b", "deckle/gone");
  expect(company.present).toBe(false);
  company.heard("b", "deckle/here");
  now += hereExpiresMs;
  expect(company.present).toBe(false);
});

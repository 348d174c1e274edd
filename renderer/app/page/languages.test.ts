import { common, createLowlight } from "lowlight";
import { expect, test } from "vitest";
import { knownLanguage, languages } from "./languages.ts";

test("every language that is offered is coloured, and is its own name", () => {
  const lowlight = createLowlight(common);
  for (const name of Object.keys(languages)) {
    expect([name, lowlight.registered(name)]).toEqual([name, true]);
    expect(knownLanguage(name)).toBe(name);
  }
});

test("other names are known, whatever their case, and nothing else is", () => {
  expect(knownLanguage("TS")).toBe("typescript");
  expect(knownLanguage("c++")).toBe("cpp");
  expect(knownLanguage("klingon")).toBeNull();
  expect(knownLanguage("constructor")).toBeNull();
});

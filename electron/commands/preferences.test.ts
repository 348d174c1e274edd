import { expect, test } from "vitest";
import {
  chosenBy,
  defaultPreferences,
  isChosen,
  isPreference,
  preferenceChoices,
  preferenceCommands,
  preferenceNames,
  preferencesWith,
} from "./preferences.ts";

test("of settings counts what is a choice; all else is as it is until somebody chooses", () => {
  expect(preferencesWith({ theme: "dark", font: "comic", gone: "x", width: 3 })).toEqual({
    ...defaultPreferences,
    theme: "dark",
  });
  for (const name of preferenceNames) expect(defaultPreferences[name]).toBe(preferenceChoices[name][0]);
});

test("a choice is of its own preference only", () => {
  expect(isPreference("theme", "dark")).toBe(true);
  expect(isPreference("width", "dark")).toBe(false);
  expect(isPreference("toString", "dark")).toBe(false);
});

test("what a command chooses is a choice; done again it goes back, but for the theme", () => {
  for (const [name, value] of Object.values(preferenceCommands)) expect(isPreference(name, value)).toBe(true);
  const focused = preferencesWith({ focus: "sentence" });
  expect(chosenBy("focus-sentence", defaultPreferences)).toEqual(["focus", "sentence"]);
  expect(chosenBy("focus-sentence", focused)).toEqual(["focus", "off"]);
  expect(chosenBy("focus-paragraph", focused)).toEqual(["focus", "paragraph"]);
  expect(isChosen("smart-typography", defaultPreferences)).toBe(true);
  expect(chosenBy("smart-typography", defaultPreferences)).toEqual(["typography", "off"]);
  expect(chosenBy("theme-dark", preferencesWith({ theme: "dark" }))).toEqual(["theme", "dark"]);
});

import { expect, test } from "vitest";
import { setCalloutKind, setLanguage, settingsOf } from "./block-settings.ts";
import { block, Typist } from "./typist.ts";

test("the language of the code that the caret is in, and of no other", () => {
  const code = (text: string): ReturnType<typeof block> => block("code_block", { language: "ts" }, text);
  const typist = new Typist(code("a"), code("b|"));
  expect(settingsOf(typist.state)).toEqual({ language: "ts", calloutKind: null });
  expect(setLanguage("rust")(typist.state, typist.dispatch)).toBe(true);
  expect(typist.state.doc.children.map(({ attrs }) => attrs["language"] as string)).toEqual(["ts", "rust"]);
  expect(setCalloutKind("tip")(typist.state, typist.dispatch)).toBe(false);
});

test("the kind of the callout around the caret", () => {
  const inside = block("callout", { id: "abcdefghijkm", kind: "note" }, block("paragraph", null, "a|"));
  const typist = new Typist(inside);
  expect(settingsOf(typist.state)).toEqual({ language: null, calloutKind: "note" });
  expect(setCalloutKind("warning")(typist.state, typist.dispatch)).toBe(true);
  expect(settingsOf(typist.state).calloutKind).toBe("warning");
  expect(setLanguage("ts")(typist.state, typist.dispatch)).toBe(false);
});

test("in neither there is nothing to choose", () => {
  const typist = new Typist(block("paragraph", null, "a|"));
  expect(settingsOf(typist.state)).toEqual({ language: null, calloutKind: null });
});

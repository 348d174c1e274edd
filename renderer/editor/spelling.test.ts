import { undo, history } from "prosemirror-history";
import { EditorState } from "prosemirror-state";
import { expect, test } from "vitest";
import { schema } from "../document/schema.ts";
import { chooseWord, misspelledBetween, respell, spellingPlugin } from "./spelling.ts";
import { wordAt } from "./spelled-words.ts";

const { nodes, marks } = schema;
const host = {
  isKnown: (word: string) => word !== "new",
  isWrong: (word: string) => word.endsWith("x"),
  learn: () => {},
  subscribe: () => () => {},
};
const stateOf = (...texts: string[]): EditorState =>
  EditorState.create({
    doc: nodes.doc.create(
      null,
      texts.map((text) => nodes.paragraph.create(null, schema.text(text))),
    ),
    plugins: [history(), spellingPlugin(host)],
  });

test("of a stretch are told the words that are wrong and those that are not known", () => {
  const state = stateOf("onex two", "new threex new");
  const all = misspelledBetween(state, 0, state.doc.content.size, host);
  expect(all.wrong.map(({ word }) => word)).toEqual(["onex", "threex"]);
  expect(all.unknown).toEqual(["new"]);
  for (const { from, to, word } of all.wrong) expect(state.doc.textBetween(from, to)).toBe(word);
  expect(misspelledBetween(state, 0, 6, host).wrong).toHaveLength(1);
});

test("a word is written in another way where it has moved to, keeps its marks, and is undone by itself", () => {
  let state = stateOf("a wrng word");
  state = state.apply(state.tr.addMark(3, 5, marks.strong.create()));
  state = state.apply(chooseWord(state, wordAt(state.doc, 4)));
  state = state.apply(state.tr.insertText("Say: ", 1));
  const before = state.doc;
  expect(respell("wrng", "wrong")(state, (tr) => (state = state.apply(tr)))).toBe(true);
  expect(state.doc.textContent).toBe("Say: a wrong word");
  expect(state.doc.rangeHasMark(8, 10, marks.strong)).toBe(true);
  undo(state, (tr) => (state = state.apply(tr)));
  expect(state.doc.eq(before)).toBe(true);
});

test("a word that somebody has changed meanwhile is left as it is", () => {
  let state = stateOf("a wrng word");
  expect(respell("wrng", "wrong")(state)).toBe(false);
  state = state.apply(chooseWord(state, wordAt(state.doc, 4)));
  const changed = state.apply(state.tr.insertText("o", 5));
  expect(respell("wrng", "wrong")(changed)).toBe(false);
  expect(respell("wrng", "wrong")(state.apply(state.tr.delete(2, 8)))).toBe(false);
});

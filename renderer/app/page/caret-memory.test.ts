import { EditorState } from "prosemirror-state";
import { expect, it } from "vitest";
import { schema } from "../../document/schema.ts";
import { CaretMemory, parseCaret, selectionAt } from "./caret-memory.ts";

const paragraph = (text: string) => schema.node("paragraph", null, text === "" ? [] : [schema.text(text)]);
const stateOf = (...lines: string[]): EditorState =>
  EditorState.create({ schema, doc: schema.node("doc", null, lines.map(paragraph)) });

const caret = (anchor: number, head = anchor, tail = 0) => ({
  document: "one",
  anchor,
  head,
  tail,
  scrollTop: 0,
});

const found = (text: string | null): CaretMemory =>
  new CaretMemory({ getItem: () => text, setItem: () => {} });

it.each([
  ["in a line", 4, 4],
  ["over a line", 2, 6],
  ["backwards", 6, 2],
])("a selection %s is put where it was", (_, anchor, head) => {
  const state = stateOf("one", "two");
  const tr = found(JSON.stringify(caret(anchor, head))).restore("one", state);
  expect(tr?.selection.anchor).toBe(anchor);
  expect(tr?.selection.head).toBe(head);
  expect(tr?.docChanged).toBe(false);
});

it("in a document that has become shorter it is at the end", () => {
  const state = stateOf("one");
  expect(selectionAt(state, caret(50)).head).toBe(4);
});

it.each([
  ["at the end of a line", "one and on", caret(4), 11],
  ["in a line", "one and more", caret(4, 4, 4), 9],
  ["too much to be typed in a moment", `one${"x".repeat(40)}`, caret(4), 4],
])("what was typed last is before the caret: %s", (_, line, was, at) => {
  expect(selectionAt(stateOf(line, "two"), was).head).toBe(at);
});

it("between blocks it is put into the text that is nearest", () => {
  const state = stateOf("one", "two");
  expect(selectionAt(state, caret(5)).$head.parent.isTextblock).toBe(true);
});

it("the caret of another document is left alone", () => {
  expect(found(JSON.stringify(caret(1))).restore("two", stateOf("one"))).toBeNull();
});

it("once the person has put it elsewhere it is not put back", () => {
  const memory = found(JSON.stringify(caret(1)));
  memory.forget();
  expect(memory.restore("one", stateOf("one"))).toBeNull();
});

it.each([
  null,
  "",
  "{",
  "null",
  "7",
  "[]",
  JSON.stringify({ ...caret(1), document: 7 }),
  JSON.stringify(caret(-1)),
  JSON.stringify(caret(1.5)),
  JSON.stringify({ document: "one", anchor: 1 }),
  JSON.stringify({ ...caret(1), tail: "x" }),
])("what cannot be a caret is none: %s", (text) => {
  expect(parseCaret(text)).toBeNull();
});

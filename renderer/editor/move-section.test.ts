import { history, undo } from "prosemirror-history";
import { EditorState } from "prosemirror-state";
import { expect, test } from "vitest";
import { Random } from "../document/random.ts";
import { Headings } from "./headings.ts";
import { moveSection, placeBeside } from "./move-section.ts";
import { block } from "./typist.ts";

const p = (text: string) => block("paragraph", null, text);
const h = (level: number, text: string) => block("heading", { level }, text);
const note = (id: string) => block("footnote", { id }, p(`note ${id}`));
const stateOf = (...blocks: ReturnType<typeof block>[]): EditorState =>
  EditorState.create({ doc: block("doc", null, ...blocks), plugins: [history()] });
const shown = ({ doc }: EditorState): string => doc.children.map(({ textContent }) => textContent).join(" ");

function moved(state: EditorState, index: number, before: number): EditorState {
  let now = state;
  moveSection(index, before)(state, (tr) => (now = state.apply(tr)));
  return now;
}

const book = stateOf(p("0"), h(1, "A"), p("a"), h(2, "B"), p("b"), h(1, "C"), p("c"), note("n"));

test.each([
  ["with all that lies in it, to the end", 0, 3, "0 C c A a B b note n"],
  ["the last one to the front", 2, 0, "0 C c A a B b note n"],
  ["out of the one that it lies in", 1, 3, "0 A a C c B b note n"],
  ["before the one that it lies in", 1, 0, "0 B b A a C c note n"],
  ["where it is", 0, 0, "0 A a B b C c note n"],
  ["into itself", 0, 1, "0 A a B b C c note n"],
  ["behind itself", 0, 2, "0 A a B b C c note n"],
  ["that is not there", 7, 0, "0 A a B b C c note n"],
])("a section goes %s", (_, index, before, expected) => {
  expect(shown(moved(book, index, before))).toBe(expected);
});

test("the caret goes along, and one undo takes all of it back", () => {
  const now = moved(book, 0, 3);
  expect(now.selection.$head.parent.textContent).toBe("A");
  let back = now;
  undo(now, (tr) => (back = now.apply(tr)));
  expect(shown(back)).toBe(shown(book));
});

test("what stands in a quote stays there, and nothing goes before it", () => {
  const state = stateOf(h(1, "A"), block("blockquote", { id: "q" }, h(1, "Q"), p("q")), h(1, "B"));
  expect(moved(state, 1, 0)).toBe(state);
  expect(moved(state, 2, 1)).toBe(state);
  expect(shown(moved(state, 2, 0))).toBe("B A Qq");
});

test("one place up or down among its own", () => {
  const { doc } = stateOf(h(1, "A"), h(2, "B"), h(2, "C"), h(1, "D"), h(1, "E"));
  const places = (way: "up" | "down") => [0, 1, 2, 3, 4].map((index) => placeBeside(doc, index, way));
  expect(places("up")).toEqual([null, null, 1, 0, 3]);
  expect(places("down")).toEqual([4, 3, null, 5, null]);
});

test("whatever is moved, nothing is lost, and the headings that moved keep their keys", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(seed);
    const blocks = Array.from({ length: 12 }, (_, i) =>
      random.chance(0.5) ? h(1 + random.below(3), `h${i}`) : p(`p${i}`),
    );
    let state = stateOf(...blocks);
    const headings = new Headings();
    headings.update(state.doc);
    const keyByText = new Map(headings.list.map(({ key, text }) => [text, key]));
    const all = shown(state).split(" ").toSorted();
    for (let step = 0; step < 10; step++) {
      state = moved(state, random.below(8), random.below(9));
      headings.update(state.doc);
      expect(shown(state).split(" ").toSorted()).toEqual(all);
      expect(new Map(headings.list.map(({ key, text }) => [text, key]))).toEqual(keyByText);
    }
  }
});

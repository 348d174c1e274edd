import fc from "fast-check";
import { history, undo } from "prosemirror-history";
import type { Node } from "prosemirror-model";
import { EditorState, TextSelection } from "prosemirror-state";
import type { Transaction } from "prosemirror-state";
import { expect, test } from "vitest";
import { schema } from "../document/schema.ts";
import { findNext, findPlugin, findPrevious, markedIn, replaceOne, searchSlice, setFind } from "./find.ts";
import { findQuery } from "./find-query.ts";
import type { FindQuery } from "./find-query.ts";

const paragraph = (text: string): Node =>
  schema.node("paragraph", null, text === "" ? [] : [schema.text(text)]);

async function wanted(text: string): Promise<FindQuery> {
  const query = await findQuery({ text, isCaseSensitive: false, isWholeWord: false, isPattern: false });
  if (query === null || typeof query === "string") throw new Error("no query");
  return query;
}

class Searcher {
  state: EditorState;
  constructor(...texts: string[]) {
    const doc = schema.node("doc", null, texts.map(paragraph));
    this.state = EditorState.create({ doc, plugins: [history(), findPlugin(() => {})] });
  }
  dispatch = (tr: Transaction): void => {
    this.state = this.state.apply(tr);
  };
  /** As the view does it in its frames; each slice has time for one block only. */
  searchAll(): void {
    for (let tr = searchSlice(this.state, () => NaN); tr; tr = searchSlice(this.state, () => NaN))
      this.dispatch(tr);
  }
  get marked(): string[] {
    return markedIn(this.state).map(({ from, to }) => `${from}-${to}`);
  }
  get selected(): string {
    const { from, to } = this.state.selection;
    return `${from}-${to}`;
  }
  caret(at: number): void {
    this.dispatch(this.state.tr.setSelection(TextSelection.create(this.state.doc, at)));
  }
}

function naive(doc: Node, word: string): string[] {
  const all: string[] = [];
  doc.descendants((node, pos) => {
    if (!node.isTextblock) return true;
    const text = node.textContent.toLowerCase();
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length))
      all.push(`${pos + 1 + at}-${pos + 1 + at + word.length}`);
    return false;
  });
  return all;
}

test("what is marked is what a plain search finds, whatever is edited while it goes on", async () => {
  const query = await wanted("ab");
  const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "B", " "), maxLength: 12 }), {
    minLength: 1,
    maxLength: 8,
  });
  const edit = fc.record({
    at: fc.nat(1000),
    length: fc.nat(15),
    text: fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 4 }),
    isSplit: fc.boolean(),
    slices: fc.nat(3),
  });
  fc.assert(
    fc.property(texts, fc.array(edit, { maxLength: 12 }), (given, edits) => {
      const searcher = new Searcher(...given);
      setFind(query)(searcher.state, searcher.dispatch);
      for (const { at, length, text, isSplit, slices } of edits) {
        for (let i = 0; i < slices; i++) {
          const tr = searchSlice(searcher.state, () => NaN);
          if (tr) searcher.dispatch(tr);
        }
        const { tr, doc } = searcher.state;
        const from = TextSelection.near(doc.resolve(at % (doc.content.size + 1))).from;
        const to = Math.min(doc.content.size - 1, from + length);
        if (to > from) tr.deleteRange(from, to);
        const place = TextSelection.near(tr.doc.resolve(Math.min(from, tr.doc.content.size))).from;
        if (text !== "") tr.insertText(text, place);
        if (isSplit) tr.split(place);
        searcher.dispatch(tr);
      }
      searcher.searchAll();
      expect(searcher.marked).toEqual(naive(searcher.state.doc, "ab"));
    }),
    { numRuns: 300 },
  );
});

test("next and previous go round the end of the document", async () => {
  const searcher = new Searcher("ab x ab", "ab");
  setFind(await wanted("ab"))(searcher.state, searcher.dispatch);
  const seen: string[] = [];
  searcher.caret(2);
  for (let i = 0; i < 4; i++) {
    findNext(searcher.state, searcher.dispatch);
    seen.push(searcher.selected);
  }
  expect(seen).toEqual(["6-8", "10-12", "1-3", "6-8"]);
  findPrevious(searcher.state, searcher.dispatch);
  findPrevious(searcher.state, searcher.dispatch);
  expect(searcher.selected).toBe("10-12");
});

test("replacing one keeps the marks of what goes, and selects the next", async () => {
  const searcher = new Searcher("ab ab");
  searcher.dispatch(searcher.state.tr.addMark(1, 3, schema.marks.strong.create()));
  setFind(await wanted("ab"))(searcher.state, searcher.dispatch);
  searcher.caret(1);
  replaceOne("long")(searcher.state, searcher.dispatch);
  expect(searcher.selected).toBe("1-3");
  replaceOne("long")(searcher.state, searcher.dispatch);
  expect(searcher.state.doc.firstChild?.toString()).toBe('paragraph(strong("long"), " ab")');
  expect(searcher.selected).toBe("6-8");
  undo(searcher.state, searcher.dispatch);
  expect(searcher.state.doc.textContent).toBe("ab ab");
});

test("nothing is found where nothing is looked for", async () => {
  const searcher = new Searcher("ab");
  expect(findNext(searcher.state)).toBe(false);
  setFind(await wanted("ab"))(searcher.state, searcher.dispatch);
  searcher.searchAll();
  expect(searcher.marked).toEqual(["1-3"]);
  setFind(null)(searcher.state, searcher.dispatch);
  expect(searcher.marked).toEqual([]);
});

import fc from "fast-check";
import { history, undo } from "prosemirror-history";
import type { Node } from "prosemirror-model";
import { EditorState, TextSelection } from "prosemirror-state";
import type { Transaction } from "prosemirror-state";
import { expect, test } from "vitest";
import { schema } from "../document/schema.ts";
import { findPlugin, markedIn, searchSlice, seeking, seekSlice, setFind } from "./find.ts";
import { findNext, findPrevious, replaceAll, replaceOne } from "./find-commands.ts";
import { findMatchesMax, findStepsMax } from "./limits.ts";
import { findQuery } from "./find-query.ts";
import type { FindQuery } from "./find-query.ts";

const paragraph = (text: string): Node =>
  schema.node("paragraph", null, text === "" ? [] : [schema.text(text)]);

async function wanted(text: string, isPattern = false): Promise<FindQuery> {
  const query = await findQuery({ text, isCaseSensitive: false, isWholeWord: false, isPattern });
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
  /** Long after the commands that look for something. */
  seekAll(): void {
    for (;;) {
      const tr = seekSlice(this.state, () => NaN);
      if (tr === null) return;
      if (tr !== "later") this.dispatch(tr);
    }
  }
  readonly editable = true;
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
    searcher.seekAll();
    seen.push(searcher.selected);
  }
  expect(seen).toEqual(["6-8", "10-12", "1-3", "6-8"]);
  for (let i = 0; i < 2; i++) {
    findPrevious(searcher.state, searcher.dispatch);
    searcher.seekAll();
  }
  expect(searcher.selected).toBe("10-12");
});

test("replacing one keeps the marks of what goes, and selects the next", async () => {
  const searcher = new Searcher("ab ab");
  searcher.dispatch(searcher.state.tr.addMark(1, 3, schema.marks.strong.create()));
  setFind(await wanted("ab"))(searcher.state, searcher.dispatch);
  searcher.caret(1);
  replaceOne("long")(searcher.state, searcher.dispatch);
  searcher.seekAll();
  expect(searcher.selected).toBe("1-3");
  replaceOne("long")(searcher.state, searcher.dispatch);
  searcher.seekAll();
  expect(searcher.state.doc.firstChild?.toString()).toBe('paragraph(strong("long"), " ab")');
  expect(searcher.selected).toBe("6-8");
  undo(searcher.state, searcher.dispatch);
  expect(searcher.state.doc.textContent).toBe("ab ab");
});

test("replacing all and one undo give the same document, whatever it is", async () => {
  const query = await wanted("ab");
  const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "B", " "), maxLength: 12 }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(texts, fc.string({ unit: fc.constantFrom("a", "b", "x"), maxLength: 3 }), (given, typed) => {
      const searcher = new Searcher(...given);
      setFind(query)(searcher.state, searcher.dispatch);
      searcher.searchAll();
      const { doc } = searcher.state;
      expect(replaceAll(searcher, typed)).toBe(naive(doc, "ab").length);
      const replaced = given.map((text) => text.replaceAll(/ab/gi, typed));
      expect(searcher.state.doc.children.map(({ textContent }) => textContent)).toEqual(replaced);
      searcher.searchAll();
      expect(searcher.marked).toEqual(naive(searcher.state.doc, "ab"));
      undo(searcher.state, searcher.dispatch);
      expect(searcher.state.doc.eq(doc)).toBe(true);
      searcher.searchAll();
      expect(searcher.marked).toEqual(naive(doc, "ab"));
    }),
    { numRuns: 200 },
  );
});

test("more steps than are followed begin the search again", async () => {
  const searcher = new Searcher(..."x".repeat(findStepsMax + 1));
  setFind(await wanted("ab"))(searcher.state, searcher.dispatch);
  searcher.searchAll();
  const typedInEach = (count: number): Transaction => {
    const { tr } = searcher.state;
    for (let i = 0; i < count; i++) tr.insertText("ab", 1 + i * 5);
    return tr;
  };
  const atLimit = searcher.state.apply(typedInEach(findStepsMax));
  expect(markedIn(atLimit)).toHaveLength(findStepsMax);
  searcher.dispatch(typedInEach(findStepsMax + 1));
  expect(searcher.marked).toEqual([]);
  searcher.searchAll();
  expect(searcher.marked).toHaveLength(findStepsMax + 1);
});

test("what a pattern's groups hold is what they held before anything was replaced", async () => {
  const searcher = new Searcher("xyx");
  setFind(await wanted("x(y*)", true))(searcher.state, searcher.dispatch);
  searcher.searchAll();
  expect(replaceAll(searcher, "y[$1]")).toBe(2);
  expect(searcher.state.doc.textContent).toBe("y[y]y[]");
});

test("in a stretch, only there, and the stretch follows what is written", async () => {
  const searcher = new Searcher("ab ab", "ab", "ab");
  setFind(await wanted("ab"), { from: 4, to: 10 })(searcher.state, searcher.dispatch);
  searcher.searchAll();
  expect(searcher.marked).toEqual(["4-6", "8-10"]);
  searcher.dispatch(searcher.state.tr.insertText("x ab ", 1));
  expect(searcher.marked).toEqual(["9-11", "13-15"]);
  searcher.dispatch(searcher.state.tr.insertText(" ab", 15));
  expect(searcher.marked).toEqual(["9-11", "13-15", "16-18"]);
  searcher.caret(18);
  findNext(searcher.state, searcher.dispatch);
  searcher.seekAll();
  expect(searcher.selected).toBe("9-11");
  expect(replaceAll(searcher, "long")).toBe(3);
  searcher.searchAll();
  expect(searcher.marked).toEqual([]);
  setFind(await wanted("ab"), null)(searcher.state, searcher.dispatch);
  searcher.searchAll();
  expect(searcher.marked).toHaveLength(3);
});

test("what takes long to find is selected when it is found, unless somebody has gone elsewhere", async () => {
  const texts = Array.from({ length: 50 }, (_, i) => (i === 30 ? "ab" : "x"));
  const searcher = new Searcher(...texts);
  const query = await wanted("ab");
  setFind(query)(searcher.state, searcher.dispatch);
  // As `goTo` leaves it when time is up.
  searcher.dispatch(seeking(searcher.state.tr, { from: 1, by: 1 }));
  expect(seekSlice(searcher.state, () => NaN)).toBe("later");
  searcher.dispatch(searcher.state.tr.insertText("y", 1));
  searcher.dispatch(seeking(searcher.state.tr, { from: 1, by: 1 }));
  searcher.seekAll();
  expect(searcher.selected).toBe("92-94");
  searcher.dispatch(seeking(searcher.state.tr, { from: 1, by: 1 }));
  searcher.caret(5);
  expect(seekSlice(searcher.state, () => NaN)).toBeNull();
  expect(searcher.selected).toBe("5-5");
});

test("what is found is counted up to its limit and no further", async () => {
  const searcher = new Searcher("ab".repeat(findMatchesMax), "ab");
  setFind(await wanted("ab"))(searcher.state, searcher.dispatch);
  searcher.searchAll();
  expect(markedIn(searcher.state)).toHaveLength(findMatchesMax);
  expect(replaceAll(searcher, "")).toBe(findMatchesMax);
  searcher.searchAll();
  expect(searcher.marked).toHaveLength(1);
});

test("a paragraph that a pattern would take too long in is left out", async () => {
  const query = await wanted(".{0,1000}q", true);
  const searcher = new Searcher(
    "x".repeat(query.blockCharsMax - 1) + "q",
    "x".repeat(query.blockCharsMax) + "q",
  );
  setFind(query)(searcher.state, searcher.dispatch);
  searcher.searchAll();
  expect(searcher.marked).toEqual([`1-${query.blockCharsMax + 1}`]);
});

test("nothing is found where nothing is looked for", async () => {
  const searcher = new Searcher("ab");
  expect(findNext(searcher.state)).toBe(false);
  expect(replaceAll(searcher, "x")).toBe(0);
  setFind(await wanted("ab"))(searcher.state, searcher.dispatch);
  searcher.searchAll();
  expect(searcher.marked).toEqual(["1-3"]);
  setFind(null)(searcher.state, searcher.dispatch);
  expect(searcher.marked).toEqual([]);
});

import { EditorState } from "prosemirror-state";
import type { Decoration } from "prosemirror-view";
import { expect, test } from "vitest";
import { schema } from "../document/schema.ts";
import { crossFootnote, footnotesPlugin, referenceAt } from "./footnotes.ts";
import { block, Typist } from "./typist.ts";

const { doc, paragraph, footnote, footnote_reference } = schema.nodes;
const note = (id: string) => footnote.create({ id }, paragraph.create());
const reference = (id: string) => footnote_reference.create({ footnote: id });

test("numbers are those of the first references, whatever is typed, erased or moved", () => {
  const plugin = footnotesPlugin();
  let state = EditorState.create({
    plugins: [plugin],
    doc: doc.create(null, [
      paragraph.create(null, [schema.text("one"), reference("a"), schema.text("two"), reference("b")]),
      note("a"),
      note("b"),
    ]),
  });
  const numbers = (): string[] => {
    const found: Decoration[] = plugin.getState(state)?.find() ?? [];
    return found
      .toSorted((a, b) => a.from - b.from)
      .map(
        (one) =>
          (one as unknown as { type: { attrs: Record<string, string> } }).type.attrs["data-number"] ?? "",
      );
  };
  expect(numbers()).toEqual(["1", "2", "1", "2"]);
  state = state.apply(state.tr.insertText("more ", 1));
  expect(numbers()).toEqual(["1", "2", "1", "2"]);
  // A letter and the reference after it are erased: a change of text, like typing.
  state = state.apply(state.tr.delete(8, 10));
  expect(state.doc.firstChild?.textContent).toBe("more ontwo");
  expect(numbers()).toEqual(["1", "?", "1"]);
  state = state.apply(state.tr.insert(3, reference("a")));
  expect(numbers()).toEqual(["1", "2", "1", "2"]);
});

test("from a reference to the end of its footnote and back, and nowhere where there is none", () => {
  const typist = new Typist(
    block("paragraph", null, "one", reference("a"), "|two"),
    footnote.create({ id: "a" }, paragraph.create(null, schema.text("note"))),
  );
  expect(crossFootnote(typist.state, typist.dispatch)).toBe(true);
  expect(typist.state.selection.$head.parent.textContent).toBe("note");
  expect(typist.state.selection.$head.parentOffset).toBe(4);
  expect(crossFootnote(typist.state, typist.dispatch)).toBe(true);
  expect(typist.state.selection.head).toBe(5);

  const gone = new Typist(block("paragraph", null, "one", reference("b"), "|"));
  expect(crossFootnote(gone.state, gone.dispatch)).toBe(false);
  expect(referenceAt(gone.state)?.pos).toBe(4);
  expect(crossFootnote(new Typist(block("paragraph", null, "one|")).state)).toBe(false);
});

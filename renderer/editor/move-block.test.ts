import type { Node } from "prosemirror-model";
import { NodeSelection } from "prosemirror-state";
import { expect, test } from "vitest";
import { deleteBlock, duplicateBlock, moveBlock, moveBlockBefore } from "./move-block.ts";
import { block, Typist } from "./typist.ts";

const p = (text: string): Node => block("paragraph", null, text);
const item = (...content: Node[]): Node => block("list_item", null, ...content);
const list = (...items: Node[]): Node => block("bullet_list", null, ...items);
const shown = ({ state }: Typist): string => {
  const { doc, selection } = state;
  const words: string[] = [];
  doc.descendants((node, pos) => {
    if (!node.isTextblock) return true;
    const { from } = selection;
    const at = from - pos - 1;
    const text = node.textContent;
    const has = at >= 0 && at <= text.length && selection.$from.parent === node;
    words.push(has ? `${text.slice(0, at)}|${text.slice(at)}` : text);
    return false;
  });
  return words.join(" ");
};

test("a block moves past its neighbour, with the caret in it, and back again by one undo", () => {
  const typist = new Typist(p("one"), p("tw|o"), p("three"));
  expect(moveBlock("down")(typist.state, typist.dispatch)).toBe(true);
  expect(shown(typist)).toBe("one three tw|o");
  expect(moveBlock("down")(typist.state, typist.dispatch)).toBe(false);
  expect(moveBlock("up")(typist.state, typist.dispatch)).toBe(true);
  expect(moveBlock("up")(typist.state, typist.dispatch)).toBe(true);
  expect(shown(typist)).toBe("tw|o one three");
  expect(moveBlock("up")(typist.state, typist.dispatch)).toBe(false);
  typist.press("Mod-z");
  expect(shown(typist)).toBe("one tw|o three");
});

test("several that are selected move together", () => {
  const typist = new Typist(p("one"), p("t|wo"), p("thr|ee"), p("four"));
  expect(moveBlock("up")(typist.state, typist.dispatch)).toBe(true);
  expect(shown(typist)).toBe("t|wo three one four");
  expect(typist.state.doc.textBetween(typist.state.selection.from, typist.state.selection.to, " ")).toBe(
    "wo thr",
  );
});

test("an item moves in its list and not out of it; a table in the page moves whole", () => {
  const typist = new Typist(
    p("before"),
    list(item(p("a")), item(p("b|"), list(item(p("b1")))), item(p("c"))),
  );
  expect(moveBlock("down")(typist.state, typist.dispatch)).toBe(true);
  expect(shown(typist)).toBe("before a c b| b1");
  expect(moveBlock("down")(typist.state, typist.dispatch)).toBe(false);
  const cell = block("table_cell", null, p("x|"));
  const table = new Typist(p("one"), block("table", null, block("table_row", null, cell)));
  expect(moveBlock("up")(table.state, table.dispatch)).toBe(true);
  expect(shown(table)).toBe("x| one");
});

test("a copy is put below, with the caret in it", () => {
  const typist = new Typist(p("o|ne"), p("two"));
  expect(duplicateBlock(typist.state, typist.dispatch)).toBe(true);
  expect(shown(typist)).toBe("one o|ne two");
});

test("a block that is deleted leaves the caret where it was, and a page that is never empty", () => {
  const typist = new Typist(p("one"), p("tw|o"), p("three"));
  expect(deleteBlock(typist.state, typist.dispatch)).toBe(true);
  expect(shown(typist)).toBe("one |three");
  deleteBlock(typist.state, typist.dispatch);
  deleteBlock(typist.state, typist.dispatch);
  expect(shown(typist)).toBe("|");
  const lone = new Typist(p("one"), list(item(p("a|"))));
  expect(deleteBlock(lone.state, lone.dispatch)).toBe(true);
  expect(lone.state.doc.childCount).toBe(1);
});

test("a picture that is selected moves; footnotes stay where they are", () => {
  const typist = new Typist(p("one"), block("horizontal_rule", null), p("two"));
  typist.dispatch(typist.state.tr.setSelection(NodeSelection.create(typist.state.doc, 5)));
  expect(moveBlock("up")(typist.state, typist.dispatch)).toBe(true);
  expect(typist.state.selection.from).toBe(0);
  expect(typist.state.doc.firstChild?.type.name).toBe("horizontal_rule");
  const noted = new Typist(p("one|"), block("footnote", null, p("note")));
  expect(moveBlock("down")(noted.state, noted.dispatch)).toBe(false);
  const note = new Typist(p("one"), block("footnote", null, p("note|")));
  expect(moveBlock("up")(note.state, note.dispatch)).toBe(false);
  expect(deleteBlock(note.state, note.dispatch)).toBe(false);
});

test("a block is put anywhere among the others, and nowhere else", () => {
  const typist = new Typist(p("a"), p("b|"), p("c"), block("footnote", null, p("n")));
  expect(moveBlockBefore(6, 0)(typist.state, typist.dispatch)).toBe(true);
  expect(shown(typist)).toBe("|c a b n");
  expect(moveBlockBefore(0, 9)(typist.state, typist.dispatch)).toBe(true);
  expect(shown(typist)).toBe("a b |c n");
  for (const [from, before] of [
    [0, 0],
    [0, 3],
    [0, 1],
    [0, typist.state.doc.content.size],
    [9, 0],
    [1, 9],
  ] as const)
    expect(moveBlockBefore(from, before)(typist.state)).toBe(false);
});

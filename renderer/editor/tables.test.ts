import { EditorState } from "prosemirror-state";
import type { Transaction } from "prosemirror-state";
import { CellSelection, fixTables } from "prosemirror-tables";
import { describe, expect, it } from "vitest";
import { Letters, randomEdit } from "../document/fuzz-edits.ts";
import { Random } from "../document/random.ts";
import { schema } from "../document/schema.ts";
import { textCommands } from "./commands.ts";
import { identifyPlugin } from "./identify-plugin.ts";
import { tablesPlugin } from "./tables.ts";
import { block, Typist } from "./typist.ts";

const p = (text = ""): ReturnType<typeof block> => block("paragraph", null, text);

/** Letters by cell, a line a row. */
const cells = (typist: Typist): string =>
  typist.state.doc
    .child(0)
    .children.map((row) =>
      row.children
        .map((cell) => `${cell.type.name === "table_header" ? "#" : ""}${cell.textContent}`)
        .join("|"),
    )
    .join("\n");

const made = (text = ""): Typist => {
  const typist = new Typist(p("|"));
  typist.press("Mod-Shift-t");
  return typist.type(text);
};

describe("a table", () => {
  it("is made with a header row, filled with Tab, and grows a row at the end", () => {
    const typist = made("a→b→c→1→2→3→4→5→6→7");
    expect(cells(typist)).toBe("#a|#b|#c\n1|2|3\n4|5|6\n7||");
    expect(typist.shown.endsWith(" p[]")).toBe(true);
    typist.type("←←x");
    expect(cells(typist)).toBe("#a|#b|#c\n1|2|3\n4|x|6\n7||");
  });

  it("is made of a row of headings, with their marks, by Enter; undo gives the bars back", () => {
    const typist = new Typist(block("paragraph", null, "|"));
    typist.type("| Name |**Age**| |\n");
    expect(typist.state.doc.firstChild?.textContent).toBe("NameAge");
    const [head, row] = typist.state.doc.firstChild?.children ?? [];
    expect(head?.children.map(({ type, textContent }) => [type.name, textContent])).toEqual([
      ["table_header", "Name"],
      ["table_header", "Age"],
      ["table_header", ""],
    ]);
    expect(head?.child(1).firstChild?.firstChild?.marks.map(({ type }) => type.name)).toEqual(["strong"]);
    expect(row?.childCount).toBe(3);
    typist.type("x");
    expect(row && typist.state.doc.firstChild?.lastChild?.firstChild?.textContent).toBe("x");
    typist.press("Mod-z");
    expect(typist.state.doc.textContent).toBe("| Name |Age| |");
    for (const text of ["|a|", "a|b|", "||\n"]) {
      const other = new Typist(block("paragraph", null, "|"));
      other.type(`${text.trimEnd()}\n`);
      expect(other.state.doc.firstChild?.type.name).toBe("paragraph");
    }
  });

  it("takes Shift-Tab in its first cell and does nothing", () => {
    const typist = made("a");
    expect(typist.press("Shift-Tab")).toBe(true);
    expect(cells(typist)).toBe("#a|#|#\n||\n||");
  });

  it("has cells that become one, with all that is in them, and several again", () => {
    const typist = made("a→b→c");
    const { doc } = typist.state;
    const cellAt = (index: number): number => {
      let pos = 2;
      for (let i = 0; i < index; i++) pos += doc.child(0).child(0).child(i).nodeSize;
      return pos;
    };
    const run = (id: "merge-cells" | "split-cell" | "align-center"): boolean =>
      textCommands[id].run(typist.state, typist.dispatch);
    expect(run("merge-cells")).toBe(false);
    typist.dispatch(typist.state.tr.setSelection(CellSelection.create(doc, cellAt(0), cellAt(1))));
    expect(textCommands["merge-cells"].isActive(typist.state)).toBe(true);
    expect(run("merge-cells")).toBe(true);
    expect(cells(typist)).toBe("#ab|#c\n||\n||");
    expect(textCommands["split-cell"].isActive(typist.state)).toBe(true);
    expect(run("align-center")).toBe(true);
    expect(textCommands["align-center"].isActive(typist.state)).toBe(true);
    expect(run("split-cell")).toBe(true);
    expect(cells(typist)).toBe("#ab|#|#c\n||\n||");
    expect(run("split-cell")).toBe(false);
  });

  it("comes after text, instead of an empty paragraph, and never in another table", () => {
    const after = new Typist(p("te|xt"), p("b"));
    after.press("Mod-Shift-t");
    expect(after.state.doc.children.map(({ type }) => type.name)).toEqual([
      "paragraph",
      "table",
      "paragraph",
    ]);
    const within = made();
    within.press("Mod-Shift-t");
    expect(within.state.doc.textContent).toBe("");
    expect(within.state.doc.childCount).toBe(2);
  });

  it("Backspace and Delete at the edges of a cell stay in it", () => {
    const typist = made("a→b→");
    typist.press("Backspace");
    typist.press("Delete");
    typist.type("c");
    expect(cells(typist)).toBe("#a|#b|#c\n||\n||");
  });

  it("Enter makes a paragraph in the cell, Mod-Enter leaves the table", () => {
    const typist = made("a\nb");
    expect(typist.state.doc.child(0).child(0).child(0).childCount).toBe(2);
    typist.press("Mod-Enter");
    typist.type("out");
    expect(typist.state.doc.childCount).toBe(2);
    expect(typist.state.doc.child(1).textContent).toBe("out");
  });

  it("selected cells are emptied, then the table goes", () => {
    const typist = made("a→b→c→1");
    const select = (): void => {
      const table = typist.state.doc.child(0);
      const last = table.nodeSize - 2 - (table.lastChild?.lastChild?.nodeSize ?? 0);
      typist.dispatch(typist.state.tr.setSelection(CellSelection.create(typist.state.doc, 2, last)));
    };
    select();
    typist.press("Backspace");
    expect(cells(typist)).toBe("#|#|#\n||\n||");
    select();
    typist.press("Delete");
    expect(typist.state.doc.children.map(({ type }) => type.name)).toEqual(["paragraph"]);
  });

  it("a letter on selected cells replaces what is in them", () => {
    const typist = made("a→b→c");
    const { doc } = typist.state;
    typist.dispatch(
      typist.state.tr.setSelection(CellSelection.create(doc, 2, 2 + doc.child(0).child(0).child(0).nodeSize)),
    );
    typist.type("x");
    expect(cells(typist)).toBe("#|#x|#c\n||\n||");
    expect(typist.press("Enter")).toBe(true);
  });

  it("rows and columns come and go; the last of them takes the table along", () => {
    const typist = made("a");
    typist.press("Mod-Alt-ArrowDown");
    typist.press("Mod-Alt-ArrowRight");
    expect(cells(typist)).toBe("#a|#|#|#\n|||\n|||\n|||");
    const ids = typist.state.doc
      .child(0)
      .children.map((row) => row.children.map((cell) => cell.attrs["id"] as string));
    expect(new Set(ids.map((row) => row.join())).size).toBe(1);
    expect(new Set(ids[0]).size).toBe(4);
  });

  it("Tab in an item within a cell is the list's, in a cell within an item the table's", () => {
    const typist = made("- a\nb→");
    expect(typist.state.doc.child(0).child(0).child(0).childCount).toBe(1);
    expect(typist.shown).toContain("bullet_list[li[p[a] bullet_list[li[p[b|]]]]]");
    const item = new Typist(
      block(
        "bullet_list",
        { id: "l" },
        block("list_item", { id: "i" }, p("a")),
        block("list_item", { id: "j" }, p("|")),
      ),
    );
    item.press("Mod-Shift-t");
    item.type("1→2");
    expect(item.shown).toContain("th[p[1]] th[p[2|]]");
    expect(item.shown.startsWith("bullet_list[li[p[a]] li[table[")).toBe(true);
  });

  it("an arrow out of a table that nothing follows reaches the place after it", () => {
    const typist = made("a");
    typist.dispatch(
      typist.state.tr.delete(typist.state.doc.child(0).nodeSize, typist.state.doc.content.size),
    );
    expect(typist.state.doc.childCount).toBe(1);
    typist.type("→→→→→→");
    typist.press("ArrowDown");
    expect(typist.state.selection.from).toBe(typist.state.doc.content.size);
  });
});

describe("what identify makes of a table", () => {
  it("leaves nothing that prosemirror-tables would repair, whatever was done to it", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed);
      const letters = new Letters();
      let state = EditorState.create({
        doc: schema.node("doc", null, [p("a"), p("b")]),
        plugins: [identifyPlugin(), tablesPlugin()],
      });
      for (let i = 0; i < 80; i++) {
        const tr: Transaction | null = randomEdit(state, random, letters);
        if (tr) state = state.apply(tr);
        const repairs = fixTables(state)?.steps.length ?? 0;
        expect(repairs, `seed ${seed}, edit ${i}: ${state.doc.toString()}`).toBe(0);
      }
    }
  });
});

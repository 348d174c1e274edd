import { AllSelection, TextSelection } from "prosemirror-state";
import { expect, it } from "vitest";
import { block, Typist } from "./typist.ts";

const p = (text = ""): ReturnType<typeof block> => block("paragraph", null, text);
const inside = (type: string, ...blocks: ReturnType<typeof block>[]): ReturnType<typeof block> =>
  block(type, { id: `id-${type}` }, ...blocks);
const list = (type: string, ...items: ReturnType<typeof block>[]): ReturnType<typeof block> =>
  block(type, { id: "list" }, ...items);
const li = (id: string, checked: boolean, ...blocks: ReturnType<typeof block>[]): ReturnType<typeof block> =>
  block("list_item", { id, checked }, ...blocks);

it.each(["blockquote", "callout"])("Backspace at the start of a %s leaves it", (type) => {
  const typist = new Typist(inside(type, p("|a"), p("b")));
  typist.press("Backspace");
  expect(typist.shown).toBe(`p[|a] ${type}[p[b]]`);
});

it.each(["blockquote", "callout"])("Enter in an empty last paragraph of a %s leaves it", (type) => {
  const typist = new Typist(inside(type, p("a|"))).type("\n\nout");
  expect(typist.shown).toBe(`${type}[p[a]] p[out|]`);
});

it("Enter in an empty paragraph in the middle of a quote takes it out", () => {
  const typist = new Typist(inside("blockquote", p("a|"), p("b"))).type("\n\nout");
  expect(typist.shown).toBe("blockquote[p[a]] p[out|] blockquote[p[b]]");
});

it("Enter in an item's quote leaves the quote, not the item", () => {
  const typist = new Typist(list("bullet_list", li("i", false, p("a"), inside("blockquote", p("b|")))));
  typist.type("\n\nc");
  expect(typist.shown).toBe("bullet_list[li[p[a] blockquote[p[b]] p[c|]]]");
});

it.each([
  ["caption|", "image[caption] p[|]"],
  ["cap|tion", "image[cap] p[|tion]"],
  ["|", "image[] p[|]"],
])("Enter in an image's caption %j makes a paragraph after it", (text, shown) => {
  const typist = new Typist(block("image", { hash: "h" }, text));
  typist.press("Enter");
  expect(typist.shown).toBe(shown);
});

it("Enter over a selection from a caption into text makes no second image", () => {
  const typist = new Typist(block("image", { hash: "h" }, "cap|tion"), p("te|xt"));
  typist.press("Enter");
  expect(typist.shown).toBe("image[cap] p[|xt]");
});

it("an image in an item: Enter makes a paragraph in the item", () => {
  const typist = new Typist(list("bullet_list", li("i", false, block("image", { hash: "h" }, "cap|tion"))));
  typist.press("Enter");
  expect(typist.shown).toBe("bullet_list[li[image[cap] p[|tion]]]");
});

it("Backspace at the start of a caption selects the image, and then takes it away", () => {
  const typist = new Typist(p("a"), block("image", { hash: "h" }, "|caption"));
  typist.press("Backspace");
  expect(typist.shown).toBe("p[a] *image[caption]");
  typist.press("Backspace");
  expect(typist.shown).toBe("p[a|]");
});

it("Backspace after an image and Delete before one select it", () => {
  const after = new Typist(block("image", { hash: "h" }, "c"), p("|text"));
  after.press("Backspace");
  expect(after.shown).toBe("*image[c] p[text]");
  const before = new Typist(p("text|"), block("image", { hash: "h" }, "c"));
  before.press("Delete");
  expect(before.shown).toBe("p[text] *image[c]");
});

it("no block command makes something else of an image", () => {
  const typist = new Typist(p("|a"), block("image", { hash: "h" }, "c"), p("b|"));
  typist.press("Mod-Alt-2");
  expect(typist.shown).toBe("heading[|a] image[c] heading[b]");
  const caption = new Typist(block("image", { hash: "h" }, "|")).type("# a");
  expect(caption.shown).toBe("image[# a|]");
});

it("a formula: Enter and Tab type, three Enters leave it, Backspace at the start makes text of it", () => {
  const typist = new Typist(p("|")).type("$$ a\n→b");
  expect(typist.shown).toBe("math_block[a\n\tb|]");
  typist.type("\n\n\nout");
  expect(typist.shown).toBe("math_block[a\n\tb] p[out|]");
  const start = new Typist(block("math_block", null, "|a"));
  start.press("Backspace");
  expect(start.shown).toBe("p[|a]");
});

it("Enter where the selection was all the text there was makes a paragraph and does not throw", () => {
  const typist = new Typist(block("horizontal_rule", null), p("a"), block("horizontal_rule", null));
  const { state } = typist;
  typist.dispatch(state.tr.setSelection(new AllSelection(state.doc)));
  typist.press("Enter");
  typist.type("b");
  expect(typist.state.doc.textContent).toBe("b");
  const two = new Typist(p("a"), block("horizontal_rule", null), p("b"));
  two.dispatch(
    two.state.tr.setSelection(TextSelection.create(two.state.doc, 1, two.state.doc.content.size - 1)),
  );
  two.press("Enter");
  two.type("c");
  expect(two.state.doc.textContent).toBe("c");
});

it("a footnote is made with its reference; Backspace in an empty one takes both away", () => {
  const typist = new Typist(p("a| b"));
  typist.press("Mod-Alt-f");
  expect(typist.shown).toBe("p[a• b] footnote[p[|]]");
  typist.type("x⌫");
  expect(typist.shown).toBe("p[a• b] footnote[p[|]]");
  typist.press("Enter");
  expect(typist.shown).toBe("p[a• b] footnote[p[|]]");
  typist.press("Backspace");
  expect(typist.shown).toBe("p[a| b]");
});

it("Backspace at the start of a footnote's text does nothing", () => {
  const typist = new Typist(p("a"), inside("footnote", p("|b")));
  expect(typist.press("Backspace")).toBe(true);
  expect(typist.shown).toBe("p[a] footnote[p[|b]]");
});

it.each([
  ["[ ] a", "task_list[li[p[a|]]]"],
  ["[x] a", "task_list[li✓[p[a|]]]"],
  ["- [ ] a", "task_list[li[p[a|]]]"],
  ["- a\n[x] b", "task_list[li[p[a]] li✓[p[b|]]]"],
  ["[x] a\nb\n[x] c", "task_list[li✓[p[a]] li[p[b]] li✓[p[c|]]]"],
  ["> [!tip] a", "callout[p[a|]]"],
  ["[!tip] a", "p[[!tip] a|]"],
  ["$$ a", "math_block[a|]"],
  ["a [ ] b", "p[a [ ] b|]"],
])("%j", (typed, shown) => {
  expect(new Typist(p("|")).type(typed).shown).toBe(shown);
});

it("Backspace right after a task's or a callout's shortcut gives back what was typed", () => {
  expect(new Typist(p("|")).type("[x] ⌫").shown).toBe("p[[x] |]");
  expect(new Typist(p("|")).type("- [x] ⌫").shown).toBe("bullet_list[li[p[[x] |]]]");
  expect(new Typist(p("|")).type("> [!note] ⌫").shown).toBe("blockquote[p[[!note] |]]");
  expect(new Typist(p("|")).type("==a==⌫").shown).toBe("p[==a==|]");
});

it("a task is checked and unchecked with a key; what is split off a checked one is not", () => {
  const typist = new Typist(list("task_list", li("i", false, p("ab|cd"))));
  typist.press("Mod-Enter");
  expect(typist.shown).toBe("task_list[li✓[p[ab|cd]]]");
  typist.press("Enter");
  expect(typist.shown).toBe("task_list[li✓[p[ab]] li[p[|cd]]]");
  typist.press("Mod-Enter");
  typist.press("Mod-Enter");
  expect(typist.shown).toBe("task_list[li✓[p[ab]] li[p[|cd]]]");
});

it("Enter before the text of a checked task puts an open one above it", () => {
  const typist = new Typist(list("task_list", li("i", true, p("|ab"))));
  typist.press("Enter");
  expect(typist.shown).toBe("task_list[li[p[]] li✓[p[|ab]]]");
});

it("lists of all kinds turn into one another and keep what is checked", () => {
  const typist = new Typist(list("task_list", li("i", true, p("a|"))));
  typist.press("Mod-Shift-8");
  expect(typist.shown).toBe("bullet_list[li✓[p[a|]]]");
  typist.press("Mod-Shift-6");
  expect(typist.shown).toBe("task_list[li✓[p[a|]]]");
  typist.press("Mod-Shift-6");
  expect(typist.shown).toBe("p[a|]");
});

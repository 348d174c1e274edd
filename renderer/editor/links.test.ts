import { EditorState, TextSelection } from "prosemirror-state";
import { describe, expect, it } from "vitest";
import { schema } from "../document/schema.ts";
import { hrefFrom, linkAt, removeLink, setLink } from "./links.ts";

describe("a typed address", () => {
  it.each([
    ["example.org", "https://example.org"],
    ["example.org:8080/a b", "https://example.org:8080/a b"],
    [" https://a.b ", "https://a.b"],
    ["a@b.c", "mailto:a@b.c"],
    ["mailto:a@b.c", "mailto:a@b.c"],
    ["#part", "#part"],
    ["", null],
    ["javascript:alert(1)", null],
    ["java\tscript:alert(1)", null],
    ["data:text/html,x", null],
  ])("%j is %j", (typed, href) => {
    expect(hrefFrom(typed)).toBe(href);
  });
});

const stateAt = (from: number, to = from): EditorState => {
  const link = schema.marks.link.create({ href: "https://a" });
  const doc = schema.node("doc", null, [
    schema.node("paragraph", null, [
      schema.text("see "),
      schema.text("th", [link]),
      schema.text("is", [link, schema.marks.strong.create()]),
      schema.text(" now"),
    ]),
  ]);
  return EditorState.create({ doc, selection: TextSelection.create(doc, from, to) });
};

describe("links in a document", () => {
  it("are found whole, also where other marks divide them", () => {
    for (const pos of [5, 6, 7, 8, 9])
      expect(linkAt(stateAt(pos))).toEqual({ from: 5, to: 9, href: "https://a" });
    for (const pos of [2, 10]) expect(linkAt(stateAt(pos))).toBeNull();
  });

  it("are changed and removed from a caret in them", () => {
    let state = stateAt(7);
    setLink("https://b")(state, (tr) => (state = state.apply(tr)));
    expect(linkAt(state)).toEqual({ from: 5, to: 9, href: "https://b" });
    removeLink(state, (tr) => (state = state.apply(tr)));
    expect(linkAt(state)).toBeNull();
    expect(state.doc.textContent).toBe("see this now");
  });

  it("bring their own text where nothing is selected", () => {
    let state = stateAt(2);
    setLink("mailto:a@b.c")(state, (tr) => (state = state.apply(tr)));
    expect(state.doc.textContent).toBe("sa@b.cee this now");
  });
});

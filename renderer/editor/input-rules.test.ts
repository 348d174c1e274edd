import { history } from "prosemirror-history";
import type { Node } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { describe, expect, it } from "vitest";
import { schema } from "../document/schema.ts";
import { identifyPlugin } from "./identify-plugin.ts";
import { markdownRules } from "./input-rules.ts";
import { undoRule } from "./undoable-rules.ts";

/** Types as a view would: each character is offered to the rules first. */
function typed(
  text: string,
  start: Node = schema.node("doc", null, [schema.node("paragraph")]),
): EditorState {
  const rules = markdownRules();
  const view = {
    composing: false,
    state: EditorState.create({ doc: start, plugins: [rules, identifyPlugin(), history()] }),
    dispatch(tr: EditorState["tr"]) {
      this.state = this.state.apply(tr);
    },
  };
  for (const character of text) {
    const { from, to } = view.state.selection;
    const insert = (): EditorState["tr"] => view.state.tr.insertText(character, from, to);
    const taken = rules.props.handleTextInput?.call(
      rules,
      view as unknown as EditorView,
      from,
      to,
      character,
      insert,
    );
    if (!taken) view.dispatch(insert());
  }
  return view.state;
}

/** A document in a few letters: types, attributes that matter, text, marks. */
function sketch(node: Node): string {
  if (node.isText)
    return node.marks.reduce(
      (inner, { type, attrs }) =>
        `${type.name}${type.name === "link" ? `=${attrs["href"] as string}` : ""}(${inner})`,
      node.text ?? "",
    );
  const about = node.attrs["level"] ?? node.attrs["start"] ?? node.attrs["language"] ?? "";
  return `${node.type.name}${about === "" ? "" : `:${String(about)}`}[${node.children.map(sketch).join(" ")}]`;
}
const inner = (state: EditorState): string => state.doc.children.map(sketch).join(" ");

describe("Markdown while typing", () => {
  it.each([
    ["# a", "heading:1[a]"],
    ["###### a", "heading:6[a]"],
    ["a $b+c$", "paragraph[a  math(b+c)]"],
    ["$5-$10", "paragraph[$5-$10]"],
    ["a $ b $", "paragraph[a $ b $]"],
    ["$$b$$", "paragraph[$$b$$]"],
    ["####### a", "paragraph[####### a]"],
    ["> a", "blockquote[paragraph[a]]"],
    ["- a", "bullet_list[list_item[paragraph[a]]]"],
    ["* a", "bullet_list[list_item[paragraph[a]]]"],
    ["+ a", "bullet_list[list_item[paragraph[a]]]"],
    ["1. a", "ordered_list:1[list_item[paragraph[a]]]"],
    ["7) a", "ordered_list:7[list_item[paragraph[a]]]"],
    ["``` a", "code_block[a]"],
    ["```ts a # b **c**", "code_block:ts[a # b **c**]"],
    ["---a", "horizontal_rule[] paragraph[a]"],
    ["x **b** y", "paragraph[x  strong(b)  y]"],
    ["x __b__ y", "paragraph[x  strong(b)  y]"],
    ["x *b* y", "paragraph[x  em(b)  y]"],
    ["x _b_ y", "paragraph[x  em(b)  y]"],
    ["`b c` y", "paragraph[code(b c)  y]"],
    ["~~b c~~", "paragraph[strike(b c)]"],
    ["[b](https://c.d) y", "paragraph[link=https://c.d(b)  y]"],
    ["[b](javascript:c)", "paragraph[[b](javascript:c)]"],
    ["snake_case_name", "paragraph[snake_case_name]"],
    ["2 * 3 * 4", "paragraph[2 * 3 * 4]"],
    ["a ** b **", "paragraph[a ** b **]"],
    ["a[^1]b", "paragraph[a footnote_reference[]] footnote[paragraph[b]]"],
    ["a^[b c] d", "paragraph[a footnote_reference[]  d] footnote[paragraph[b c]]"],
    ["a[^b c]", "paragraph[a[^b c]]"],
    ["``` [^1]", "code_block[[^1]]"],
  ])("%s", (text, expected) => {
    expect(inner(typed(text))).toBe(expected);
  });

  it("is taken back by Backspace right after, also where containers were given ids", () => {
    for (const text of ["# ", "> ", "- ", "1. ", "**b**", "`b`", "a[^1]", "a^[b]"]) {
      let state = typed(text);
      undoRule(state, (tr) => (state = state.apply(tr)));
      expect(state.doc.textContent).toBe(text);
    }
  });

  it("gives every container an id of its own", () => {
    const ids: string[] = [];
    typed("- a").doc.descendants((node) => void ("id" in node.attrs && ids.push(node.attrs["id"] as string)));
    expect(ids).toHaveLength(2);
    expect(new Set(ids.filter((id) => /^[1-9A-HJ-NP-Za-km-z]{12}$/.test(id))).size).toBe(2);
  });
});

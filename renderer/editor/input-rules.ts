/**
 * Markdown while typing. A rule takes effect as its last character is typed, and Backspace, or
 * undo, right after takes it back to what was typed (`undoable-rules.ts`).
 *
 * Rules give their containers ids themselves: a transaction that `identify` appended would make
 * ProseMirror forget what Backspace should undo.
 */
import { InputRule } from "prosemirror-inputrules";
import type { MarkType, NodeType, ResolvedPos } from "prosemirror-model";
import type { Plugin } from "prosemirror-state";
import { TextSelection } from "prosemirror-state";
import { canJoin, findWrapping } from "prosemirror-transform";
import { isSafeHref } from "../document/link.ts";
import { orderedStartMax, schema } from "../document/schema.ts";
import { isMoreThanText } from "./blocks.ts";
import { newId } from "./identify-plugin.ts";
import { undoableRules } from "./undoable-rules.ts";

const { nodes, marks } = schema;

/** What stands for a leaf (a line break) in the text that rules see; no mark may span it. */
const leaf = "\ufffc";

const isContainer = (type: NodeType): boolean => "id" in (type.spec.attrs ?? {});

function textblockRule(
  pattern: RegExp,
  type: NodeType,
  attrsOf: (match: RegExpMatchArray) => Record<string, unknown> | null = () => null,
): InputRule {
  return new InputRule(pattern, (state, match, start, end) => {
    const $start = state.doc.resolve(start);
    if (isMoreThanText($start.parent)) return null;
    if (!$start.node(-1).canReplaceWith($start.index(-1), $start.indexAfter(-1), type)) return null;
    return state.tr.delete(start, end).setBlockType(start, start, type, attrsOf(match));
  });
}

function wrapRule(
  pattern: RegExp,
  type: NodeType,
  attrsOf: (match: RegExpMatchArray) => Record<string, unknown> = () => ({}),
  mayJoin: (
    match: RegExpMatchArray,
    before: { attrs: Record<string, unknown>; childCount: number },
  ) => boolean = () => true,
): InputRule {
  return new InputRule(pattern, (state, match, start, end) => {
    if (isMoreThanText(state.doc.resolve(start).parent)) return null;
    const tr = state.tr.delete(start, end);
    const range = tr.doc.resolve(start).blockRange();
    const wrapping = range && findWrapping(range, type, attrsOf(match));
    if (!wrapping) return null;
    tr.wrap(
      range,
      wrapping.map((wrapper) =>
        isContainer(wrapper.type)
          ? { type: wrapper.type, attrs: { ...wrapper.attrs, id: newId() } }
          : wrapper,
      ),
    );
    const before = tr.doc.resolve(start - 1).nodeBefore;
    if (before?.type === type && canJoin(tr.doc, start - 1) && mayJoin(match, before)) tr.join(start - 1);
    return tr;
  });
}

/** `**text**` and its like: the delimiters go, the text between them gets the mark. */
function markRule(pattern: RegExp, type: MarkType, delimiterLength: number): InputRule {
  return new InputRule(
    pattern,
    (state, match, start, end) => {
      const text = match[1];
      if (text === undefined || !state.doc.resolve(start).parent.type.allowsMarkType(type)) return null;
      const from = start + delimiterLength;
      const tr = state.tr;
      if (from + text.length < end) tr.delete(from + text.length, end);
      tr.addMark(from, from + text.length, type.create());
      tr.delete(start, from);
      // What follows is as it was before the delimiters, whatever marks the text between them has.
      return tr.setStoredMarks(
        state.storedMarks ??
          state.doc
            .resolve(start)
            .marks()
            .filter((mark) => mark.type !== type),
      );
    },
    { inCodeMark: false },
  );
}

const linkRule = new InputRule(
  new RegExp(`(?<!!)\\[([^\\[\\]${leaf}]+)\\]\\(([^()\\s${leaf}]+)\\)$`),
  (state, match, start, end) => {
    const [, text, href] = match;
    if (text === undefined || href === undefined || !isSafeHref(href)) return null;
    if (!state.doc.resolve(start).parent.type.allowsMarkType(marks.link)) return null;
    const tr = state.tr.delete(start + 1 + text.length, end);
    tr.addMark(start + 1, start + 1 + text.length, marks.link.create({ href })).delete(start, start + 1);
    return tr.removeStoredMark(marks.link);
  },
  { inCodeMark: false },
);

const ruleRule = new InputRule(/^(?:---|\*\*\*|___)$/, (state, _match, start, end) => {
  const $start = state.doc.resolve(start);
  const { paragraph, horizontal_rule } = nodes;
  if ($start.parent.type !== paragraph || $start.parent.content.size !== end - start) return null;
  const index = $start.index(-1);
  if (!$start.node(-1).canReplaceWith(index, index, horizontal_rule)) return null;
  const tr = state.tr.insert($start.before(), horizontal_rule.create());
  const from = $start.start() + 1;
  tr.delete(from, from + end - start);
  return tr.setSelection(TextSelection.create(tr.doc, from));
});

/** The first paragraph of a container, where a rule may say what the container is. */
function firstIn($start: ResolvedPos, type: NodeType): boolean {
  const isFirst = $start.parent.type === nodes.paragraph && $start.depth > 1 && $start.index(-1) === 0;
  return isFirst && $start.node(-1).type === type;
}

/** `[ ]` or `[x]`: a paragraph becomes a task; in an item, its list becomes one of tasks. */
const taskRule = new InputRule(/^\[([ xX]?)\]\s$/, (state, match, start, end) => {
  const checked = /x/i.test(match[1] ?? "");
  const $start = state.doc.resolve(start);
  if ($start.parent.type !== nodes.paragraph) return null;
  const tr = state.tr.delete(start, end);
  if (!firstIn($start, nodes.list_item)) {
    const range = tr.doc.resolve(start).blockRange();
    if (!range || !findWrapping(range, nodes.task_list)) return null;
    tr.wrap(range, [
      { type: nodes.task_list, attrs: { id: newId() } },
      { type: nodes.list_item, attrs: { id: newId(), checked } },
    ]);
    const isAfterTasks = tr.doc.resolve(start - 1).nodeBefore?.type === nodes.task_list;
    return isAfterTasks && canJoin(tr.doc, start - 1) ? tr.join(start - 1) : tr;
  }
  const list = $start.node(-2);
  if (list.type !== nodes.task_list)
    tr.setNodeMarkup($start.before(-2), nodes.task_list, { id: list.attrs["id"] as string });
  if ($start.node(-1).attrs["checked"] !== checked)
    tr.setNodeAttribute($start.before(-1), "checked", checked);
  return tr;
});

/** `> [!note]`: the quote that `> ` has made becomes a callout of that kind. */
const calloutRule = new InputRule(
  /^\[!(note|tip|important|warning|caution)\]\s$/i,
  (state, match, start, end) => {
    const $start = state.doc.resolve(start);
    if (!firstIn($start, nodes.blockquote)) return null;
    const id = $start.node(-1).attrs["id"] as string;
    const kind = (match[1] ?? "note").toLowerCase();
    return state.tr.delete(start, end).setNodeMarkup($start.before(-1), nodes.callout, { id, kind });
  },
);

/** `[^1]`: a reference, and the footnote at the end with the caret in it; `^[words]` says its words at once. */
const footnoteRule = (pattern: RegExp, isWhole: boolean): InputRule =>
  new InputRule(
    pattern,
    (state, match, start, end) => {
      const { footnote, footnote_reference, paragraph } = nodes;
      const $start = state.doc.resolve(start);
      const index = $start.index();
      if ($start.parent.type.spec.code || !$start.parent.canReplaceWith(index, index, footnote_reference))
        return null;
      // A footnote within a footnote is none.
      for (let depth = $start.depth; depth > 0; depth--)
        if ($start.node(depth).type === footnote) return null;
      const id = newId();
      const tr = state.tr.replaceWith(start, end, footnote_reference.create({ footnote: id }));
      const words = isWhole && match[1] !== undefined ? schema.text(match[1]) : null;
      const last = tr.doc.content.size;
      tr.insert(last, footnote.create({ id }, paragraph.create(null, words)));
      return words ? tr : tr.setSelection(TextSelection.create(tr.doc, last + 2)).scrollIntoView();
    },
    { inCodeMark: false },
  );

const orderedStart = (match: RegExpMatchArray): number => Math.min(Number(match[1]), orderedStartMax);

const rules: readonly InputRule[] = [
  textblockRule(/^(#{1,6})\s$/, nodes.heading, (match) => ({ level: (match[1] ?? "#").length })),
  textblockRule(/^```([\w+#.-]*)\s$/, nodes.code_block, (match) => ({ language: match[1] ?? "" })),
  textblockRule(/^\$\$\s$/, nodes.math_block),
  taskRule,
  calloutRule,
  wrapRule(/^>\s$/, nodes.blockquote),
  wrapRule(/^[-*+]\s$/, nodes.bullet_list),
  wrapRule(
    /^(\d{1,9})[.)]\s$/,
    nodes.ordered_list,
    (match) => ({ start: orderedStart(match) }),
    (match, before) => before.childCount + Number(before.attrs["start"]) === orderedStart(match),
  ),
  ruleRule,
  linkRule,
  footnoteRule(new RegExp(`\\[\\^[^\\[\\]\\s${leaf}]{1,40}\\]$`), false),
  footnoteRule(new RegExp(`\\^\\[([^\\[\\]${leaf}]*[^\\[\\]\\s${leaf}])\\]$`), true),
  // What begins with a digit is money.
  markRule(
    new RegExp(`(?<![\\p{L}\\p{N}$\\\\])\\$([^\\s\\d$${leaf}](?:[^$${leaf}]*[^\\s$${leaf}])?)\\$$`, "u"),
    marks.math,
    1,
  ),
  markRule(new RegExp(`\\*\\*([^\\s*${leaf}](?:[^*${leaf}]*[^\\s*${leaf}])?)\\*\\*$`), marks.strong, 2),
  markRule(
    new RegExp(`(?<![\\p{L}\\p{N}_])__([^\\s_${leaf}](?:[^_${leaf}]*[^\\s_${leaf}])?)__$`, "u"),
    marks.strong,
    2,
  ),
  markRule(new RegExp(`(?<!\\*)\\*([^\\s*${leaf}](?:[^*${leaf}]*[^\\s*${leaf}])?)\\*$`), marks.em, 1),
  markRule(
    new RegExp(`(?<![\\p{L}\\p{N}_])_([^\\s_${leaf}](?:[^_${leaf}]*[^\\s_${leaf}])?)_$`, "u"),
    marks.em,
    1,
  ),
  markRule(new RegExp(`(?<!\`)\`([^\`${leaf}]+)\`$`), marks.code, 1),
  markRule(new RegExp(`~~([^\\s~${leaf}](?:[^~${leaf}]*[^\\s~${leaf}])?)~~$`), marks.strike, 2),
  markRule(new RegExp(`==([^\\s=${leaf}](?:[^=${leaf}]*[^\\s=${leaf}])?)==$`), marks.highlight, 2),
];

export const markdownRules = (): Plugin => undoableRules(rules);

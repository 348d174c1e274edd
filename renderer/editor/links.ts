/** Links: where the caret's link begins and ends, setting and removing it, opening it. */
import type { Mark } from "prosemirror-model";
import { Plugin } from "prosemirror-state";
import type { Command, EditorState } from "prosemirror-state";
import { isSafeHref } from "../document/link.ts";
import { schema } from "../document/schema.ts";

const { link } = schema.marks;

export type LinkRange = { from: number; to: number; href: string };

/** The link at the caret, or at the start of the selection. */
export function linkAt(state: EditorState): LinkRange | null {
  const { $from } = state.selection;
  const { parent, parentOffset } = $from;
  const at = parent.childAfter(parentOffset);
  const before = parent.childBefore(parentOffset);
  const mark = (at.node && link.isInSet(at.node.marks)) ?? (before.node && link.isInSet(before.node.marks));
  if (!mark) return null;
  const has = (index: number): boolean =>
    index >= 0 && index < parent.childCount && mark.isInSet(parent.child(index).marks);
  let first = at.node && mark.isInSet(at.node.marks) ? at.index : before.index;
  let last = first;
  while (has(first - 1)) first--;
  while (has(last + 1)) last++;
  let from = $from.start();
  for (let i = 0; i < first; i++) from += parent.child(i).nodeSize;
  let to = from;
  for (let i = first; i <= last; i++) to += parent.child(i).nodeSize;
  return { from, to, href: mark.attrs["href"] as string };
}

/** What a person types as an address, made a link: "example.org" means https, "a@b.c" means mailto. */
export function hrefFrom(typed: string): string | null {
  // As a browser reads it: control characters are not there.
  const text = typed.replace(/\p{Cc}/gu, "").trim();
  if (!text) return null;
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(text)) return `mailto:${text}`;
  const href = /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text) || /^[/#?.]/.test(text) ? text : `https://${text}`;
  return isSafeHref(href) ? href : null;
}

/** Links the selection, the link at the caret, or, where there is neither, the address itself. */
export const setLink =
  (href: string): Command =>
  (state, dispatch) => {
    const { empty, from, to, $from } = state.selection;
    const range = empty ? linkAt(state) : { from, to };
    if (!$from.parent.inlineContent || !$from.parent.type.allowsMarkType(link)) return false;
    if (dispatch) {
      const mark: Mark = link.create({ href });
      const tr = state.tr;
      if (range) tr.removeMark(range.from, range.to, link).addMark(range.from, range.to, mark);
      else
        tr.replaceSelectionWith(schema.text(href.replace(/^mailto:/, ""), [...$from.marks(), mark]), false);
      dispatch(tr.removeStoredMark(link).scrollIntoView());
    }
    return true;
  };

export const removeLink: Command = (state, dispatch) => {
  const { empty, from, to } = state.selection;
  const range = empty ? linkAt(state) : { from, to };
  if (!range) return false;
  dispatch?.(state.tr.removeMark(range.from, range.to, link));
  return true;
};

/** Mod-click opens a link; no click ever navigates the window. */
export const openLinkPlugin = (openLink: (href: string) => void): Plugin => {
  const anchorOf = (event: Event): HTMLAnchorElement | null =>
    event.target instanceof Element ? event.target.closest("a[href]") : null;
  return new Plugin({
    props: {
      handleDOMEvents: {
        click: (view, event) => {
          const anchor = anchorOf(event);
          if (!anchor || !view.dom.contains(anchor)) return false;
          event.preventDefault();
          const href = anchor.getAttribute("href") ?? "";
          if (!(event.metaKey || event.ctrlKey) || !isSafeHref(href)) return false;
          openLink(href);
          return true;
        },
        auxclick: (_view, event) => {
          if (anchorOf(event)) event.preventDefault();
          return false;
        },
      },
    },
  });
};

/**
 * The slash menu: "/" where a word may begin opens it, what is typed after it says what is wanted. It is
 * ordinary text until something is chosen, and stays where nothing is. What there is to choose, and how it
 * looks, is the host's; which of it is chosen is kept here, so that a key needs no answer from elsewhere.
 */
import { closeHistory } from "prosemirror-history";
import { Plugin, PluginKey, Selection } from "prosemirror-state";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { schema } from "../document/schema.ts";
import { slashCharsMax } from "./limits.ts";

export type Slash = {
  /** Where the "/" is. */
  readonly from: number;
  readonly query: string;
  /** What the host has for the query, the likeliest first. */
  readonly ids: readonly string[];
  readonly active: number;
};

/** Of the "/", in the window. */
export type SlashPlace = { readonly left: number; readonly top: number; readonly bottom: number };

export type SlashHost = {
  find(query: string): readonly string[];
  /** How it is done; undefined where it is not done in the text, and `choose` does it. */
  command(id: string): Command | undefined;
  choose(id: string): void;
  show(slash: Slash, place: SlashPlace): void;
  hide(): void;
};

type Meta = { readonly open: number } | { readonly active: number } | "close";
const key = new PluginKey<Slash | null>("slash");

/** The id of a choice's element: the text names it as the one that is active. */
export const slashChoiceId = (id: string): string => `slash-${id}`;
export const slashMenuId = "slash-menu";

function mayBegin({ selection }: EditorState): boolean {
  const { $from, empty } = selection;
  if (!empty || !$from.parent.isTextblock || $from.parent.type.spec.code) return false;
  if ($from.marks().some(({ type }) => type === schema.marks.code || type === schema.marks.math))
    return false;
  const before = $from.parent.textBetween(0, $from.parentOffset, undefined, "\ufffc").at(-1);
  return before === undefined || /\s/u.test(before);
}

function next(tr: Transaction, slash: Slash | null, state: EditorState, host: SlashHost): Slash | null {
  const meta = tr.getMeta(key) as Meta | undefined;
  if (meta === "close") return null;
  if (meta && "active" in meta) return slash && { ...slash, active: meta.active };
  const from = meta ? meta.open : slash && tr.mapping.map(slash.from, -1);
  if (from === null) return null;
  const { $from, empty } = state.selection;
  const isBehind = empty && $from.pos > from && $from.start() <= from && $from.parent.isTextblock;
  if (!isBehind) return null;
  const typed = state.doc.textBetween(from, $from.pos, undefined, "\ufffc");
  const query = typed.slice(1);
  if (!typed.startsWith("/") || query.length > slashCharsMax || /^\s|\ufffc/u.test(query)) return null;
  if (query === slash?.query && from === slash.from) return slash;
  const ids = host.find(query);
  // Words that go on are words: "and/or", "/ 2".
  if (ids.length === 0 && /\s/u.test(query)) return null;
  return { from, query, ids, active: 0 };
}

/** The "/" and what was typed after it become what was chosen, in one step that one undo takes back. */
function choose(view: EditorView, slash: Slash, id: string, host: SlashHost): void {
  const { state } = view;
  const without = closeHistory(state.tr.delete(slash.from, state.selection.from)).setMeta(key, "close");
  const command = host.command(id);
  const after = state.apply(without);
  command?.(after, (tr) => {
    for (const step of tr.steps) without.step(step);
    without.setSelection(Selection.fromJSON(without.doc, tr.selection.toJSON()));
    if (tr.storedMarks) without.setStoredMarks(tr.storedMarks);
  });
  view.dispatch(without.scrollIntoView());
  view.focus();
  if (!command) host.choose(id);
}

/** Chooses with the mouse what the keys would. */
export function chooseFromSlash(view: EditorView, id: string, host: SlashHost): void {
  const slash = key.getState(view.state);
  if (slash) choose(view, slash, id, host);
}

const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

export function slashPlugin(host: SlashHost): Plugin {
  return new Plugin<Slash | null>({
    key,
    state: { init: () => null, apply: (tr, slash, _, state) => next(tr, slash, state, host) },
    props: {
      handleTextInput(view, from, to, text) {
        if (text !== "/" || from !== to || view.composing || !mayBegin(view.state)) return false;
        view.dispatch(view.state.tr.insertText("/").setMeta(key, { open: from } satisfies Meta));
        return true;
      },
      handleKeyDown(view, event) {
        const slash = key.getState(view.state);
        if (!slash || event.isComposing) return false;
        const { ids, active } = slash;
        if (event.key === "Escape") {
          view.dispatch(view.state.tr.setMeta(key, "close" satisfies Meta));
          return true;
        }
        const id = ids[active];
        if (id === undefined || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
          return false;
        if (event.key === "Enter" || event.key === "Tab") {
          choose(view, slash, id, host);
          return true;
        }
        const by = moves[event.key];
        if (by === undefined) return false;
        const moved = (active + by + ids.length) % ids.length;
        view.dispatch(view.state.tr.setMeta(key, { active: moved } satisfies Meta));
        return true;
      },
      attributes(state): Record<string, string> {
        const slash = key.getState(state);
        const id = slash?.ids[slash.active];
        return id === undefined
          ? {}
          : { "aria-controls": slashMenuId, "aria-activedescendant": slashChoiceId(id) };
      },
    },
    view: (view) => shown(view, host),
  });
}

/** Shows it where its "/" is, also when the page is scrolled; hides it when the text is left. */
function shown(view: EditorView, host: SlashHost): { update(): void; destroy(): void } {
  let isShown = false;
  const show = (): void => {
    const slash = key.getState(view.state);
    const isWanted = slash && slash.ids.length > 0 && view.hasFocus();
    if (isWanted) {
      const { left, top, bottom } = view.coordsAtPos(slash.from);
      host.show(slash, { left, top, bottom });
    } else if (isShown) host.hide();
    isShown = isWanted === true;
  };
  const moved = (): void => {
    if (isShown) show();
  };
  view.dom.addEventListener("blur", moved);
  window.addEventListener("scroll", moved, { capture: true, passive: true });
  window.addEventListener("resize", moved);
  return {
    update: () => {
      if (isShown || key.getState(view.state)) show();
    },
    destroy: () => {
      view.dom.removeEventListener("blur", moved);
      window.removeEventListener("scroll", moved, { capture: true });
      window.removeEventListener("resize", moved);
      if (isShown) host.hide();
    },
  };
}

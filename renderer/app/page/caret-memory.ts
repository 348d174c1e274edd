/**
 * Where the caret was, for a page that is loaded again after its process died: the document, the selection and how far
 * it was scrolled. Kept in the window's own session storage, a moment after each change, never on the typing path.
 *
 * What was found at the start is used for that document once: when it is first shown, and again when the engine has
 * opened it, which may know more than the cached rendering. Whoever has put the caret elsewhere meanwhile is left alone.
 */
import { Plugin, TextSelection } from "prosemirror-state";
import type { EditorState, Selection, Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import type { DocumentId } from "../../engine/port.ts";
import { caretRememberedAfterMs } from "../limits.ts";

export type Caret = {
  document: DocumentId;
  anchor: number;
  head: number;
  /** From the caret to the end of its block; what was typed last, and is not remembered yet, does not change it. */
  tail: number;
  scrollTop: number;
};

const key = "deckle.caret";
/** What can have been typed since the caret was remembered; more than that was written behind it, by somebody else. */
const typedSinceMax = 32;

export class CaretMemory {
  #storage: Pick<Storage, "getItem" | "setItem">;
  /** What the window before this one left behind. */
  #found: Caret | null;

  constructor(storage: Pick<Storage, "getItem" | "setItem">) {
    this.#storage = storage;
    this.#found = parseCaret(storage.getItem(key));
  }

  /** Puts the caret of this document where it was; null where nothing is known, or somebody has put it elsewhere. */
  restore(document: DocumentId, state: EditorState): Transaction | null {
    if (this.#found?.document !== document) return null;
    return state.tr.setSelection(selectionAt(state, this.#found)).setMeta("addToHistory", false);
  }

  /** The caret is where it belongs, or where the person wants it: what was found is of no more use. */
  forget(): void {
    this.#found = null;
  }

  /** Remembers from now on where the caret of this document is. */
  plugin(document: DocumentId): Plugin {
    return new Plugin({
      view: (view) => this.#watch(document, view),
      props: {
        handleDOMEvents: {
          beforeinput: () => this.forget(),
          mousedown: () => this.forget(),
          keydown: () => this.forget(),
        },
      },
    });
  }

  #watch(document: DocumentId, view: EditorView): { update(): void; destroy(): void } {
    const pane = scrollerOf(view.dom);
    if (pane && this.#found?.document === document) pane.scrollTop = this.#found.scrollTop;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const remember = (): void => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      const { anchor, head, $head } = view.state.selection;
      const scrollTop = pane?.scrollTop ?? 0;
      const caret: Caret = { document, anchor, head, tail: $head.end() - head, scrollTop };
      this.#storage.setItem(key, JSON.stringify(caret));
    };
    const later = (): void => {
      timer ??= setTimeout(remember, caretRememberedAfterMs);
    };
    pane?.addEventListener("scroll", later, { passive: true });
    window.addEventListener("pagehide", remember);
    return {
      update: later,
      destroy: () => {
        if (timer !== null) clearTimeout(timer);
        pane?.removeEventListener("scroll", later);
        window.removeEventListener("pagehide", remember);
      },
    };
  }
}

/** As near as the document still has it. */
export function selectionAt({ doc }: EditorState, { anchor, head, tail }: Caret): Selection {
  const inside = (at: number): number => Math.max(0, Math.min(at, doc.content.size));
  if (anchor === head) {
    const $was = doc.resolve(inside(head));
    const at = $was.end() - tail;
    if ($was.parent.isTextblock && at > head && at <= head + typedSinceMax)
      return TextSelection.create(doc, at);
  }
  return TextSelection.between(doc.resolve(inside(anchor)), doc.resolve(inside(head)));
}

export function parseCaret(text: string | null): Caret | null {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "null");
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { document, anchor, head, tail, scrollTop }: Partial<Record<keyof Caret, unknown>> = value;
  if (typeof document !== "string" || !isOffset(anchor) || !isOffset(head) || !isOffset(tail)) return null;
  return { document, anchor, head, tail, scrollTop: typeof scrollTop === "number" ? scrollTop : 0 };
}

const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function scrollerOf(dom: Element): Element | null {
  for (let at = dom.parentElement; at; at = at.parentElement)
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  return null;
}

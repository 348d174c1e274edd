/**
 * What a key types goes into the document and from there to the page. The browser's own way would be to type into the
 * page, for ProseMirror to read it back: in a long text the browser takes many times as long for that, since it looks
 * for where letters stand all over the page, more than once a key. ProseMirror does the same itself where more than
 * the text of one block is selected. What is composed or dictated has no such key, and goes the browser's way.
 */
import { Plugin, TextSelection } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";

/** How ProseMirror reads the page, which it does by itself when the browser tells that something has changed. */
type Reading = {
  readonly domObserver: { forceFlush(): void; flush(): void };
  /** Soon after it a caret at the start is taken for the browser's doing, and put back. */
  readonly input: { lastFocus: number };
};

/**
 * Where the caret is by now. The browser moves it at once and tells of it later: in a window that was busy the next key
 * comes first, and would be done where the caret was before the one before it.
 */
function catchUp(view: EditorView): void {
  if (view.composing) return;
  const { domObserver } = view as unknown as Reading;
  domObserver.forceFlush();
  domObserver.flush();
}

export const typedTextPlugin = (): Plugin =>
  new Plugin({
    props: {
      handleDOMEvents: {
        keydown: (view, { key, keyCode }) => {
          // That is a composition's.
          if (keyCode !== 229) catchUp(view);
          // Where this key leaves the caret it was put by a person.
          if (/^(?:Home|End|Arrow|Page)/.test(key)) (view as unknown as Reading).input.lastFocus = 0;
        },
        keypress: catchUp,
      },
      handleKeyPress(view, { key }) {
        const { selection } = view.state;
        if (!(selection instanceof TextSelection) || !selection.$from.sameParent(selection.$to)) return false;
        // Enter is named in letters; one letter may be two code units.
        if ([...key].length !== 1) return false;
        const { from, to } = selection;
        const insert = () => view.state.tr.insertText(key, from, to).scrollIntoView();
        if (!view.someProp("handleTextInput", (handle) => handle(view, from, to, key, insert)))
          view.dispatch(insert());
        return true;
      },
    },
  });

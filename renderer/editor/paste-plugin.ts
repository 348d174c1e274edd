/**
 * Paste, and drops from outside. The browser never inserts anything by itself: what cannot be read as what it claims
 * to be is read as plain HTML, then as text, and if that fails it is said. What is left out is said as well.
 */
import { Slice } from "prosemirror-model";
import { Plugin, TextSelection } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { setLink } from "./links.ts";
import { isSafeHref } from "../document/link.ts";
import { cleanedSlice } from "./paste.ts";
import { boundedHtml } from "./paste-bounds.ts";
import { pasteParser } from "./paste-html.ts";
import { pasteDepthMax } from "./limits.ts";
import { boundedText, isMarkdown, markdownSlice } from "./paste-text.ts";

export type PasteHost = {
  /** Whether this paste was asked for as plain text. Asked once a paste. */
  takesPlain(): boolean;
  /** A paste has brought what was named. */
  came(): void;
  /** A paste has brought nothing of what was named. @returns whether it is tried again */
  again(isPlain: boolean): boolean;
};

/** Says what was left out. */
type Tell = (words: string) => void;

export const leftOutWords =
  "Not all of it was pasted: it is more than Deckle takes at once. Paste the rest in parts.";
export const pictureLeftOutWords =
  "A picture was left out: only its place on a disk was on the clipboard. Copy the picture by itself, and paste it.";
export const unreadableWords = "Nothing was pasted: what is on the clipboard cannot be read.";

export const notReadWords =
  "Nothing was pasted: there were no words on the clipboard, or they could not be read. Copy them again.";

/** Whether there are to be words, and no files. */
const isNamed = ({ types }: DataTransfer): boolean =>
  !types.includes("Files") && types.some((type) => type === "text/html" || type === "text/plain");

const isInCode = (view: EditorView): boolean => view.state.selection.$from.parent.type.spec.code === true;

function pasteFrom(view: EditorView, event: Event, data: DataTransfer, host: PasteHost, tell: Tell): void {
  const isPlain = host.takesPlain();
  const html = data.getData("text/html");
  const text = data.getData("text/plain") || data.getData("text/uri-list").replace(/\r?\n/g, " ");
  // ProseMirror asks the event for files; it takes any.
  const asked = event as ClipboardEvent;
  if (event.type === "paste" && html === "" && text === "" && isNamed(data)) {
    if (!host.again(isPlain)) tell(notReadWords);
    return;
  }
  host.came();
  if (html === "" && text === "") {
    view.someProp("handlePaste", (handle) => handle(view, asked, Slice.empty));
    return;
  }
  // What is pasted over and over into what was pasted gets no deeper than a document is shown.
  const isDeep = view.state.selection.$from.depth > pasteDepthMax;
  if (html !== "" && !isPlain && !isDeep && !(isInCode(view) && text !== "")) {
    if (pasteHtml(view, html, asked, tell)) return;
  }
  if (text === "") return tell(unreadableWords);
  pasteText(view, text, isPlain || isInCode(view) || html !== "", asked, tell);
}

/** @returns whether it could be read */
function pasteHtml(view: EditorView, html: string, event: ClipboardEvent, tell: Tell): boolean {
  const bounded = boundedHtml(html);
  const forms = [
    bounded.html,
    // Not written by us, whatever it says.
    bounded.html.replace(/data-pm-slice/gi, "data-no-slice"),
  ];
  for (const form of forms) {
    try {
      view.pasteHTML(form, event);
    } catch {
      continue;
    }
    if (!bounded.isWhole || !pasteParser.outcome.isWhole) tell(leftOutWords);
    if (pasteParser.outcome.pictures > 0) tell(pictureLeftOutWords);
    return true;
  }
  return false;
}

function pasteText(
  view: EditorView,
  given: string,
  isPlain: boolean,
  event: ClipboardEvent,
  tell: Tell,
): void {
  const { text, isWhole } = boundedText(given);
  if (!isWhole) tell(leftOutWords);
  const { empty } = view.state.selection;
  const address = text.trim();
  if (!isPlain && /^https?:\/\/\S+$/i.test(address) && isSafeHref(address)) {
    // Over words it is where they lead.
    const isWords = empty || view.state.selection.$from.sameParent(view.state.selection.$to);
    if (isWords && setLink(address)(view.state, view.dispatch, view)) return;
  }
  if (isPlain || !isMarkdown(text)) return void view.pasteText(text, event);
  void markdownSlice(text).then(
    (slice) => {
      if (view.isDestroyed || !view.editable) return;
      const { tr } = view.state;
      const cleaned = cleanedSlice(slice, view.state.doc);
      if (view.someProp("handlePaste", (handle) => handle(view, event, cleaned))) return;
      view.dispatch(
        tr.replaceSelection(cleaned).scrollIntoView().setMeta("paste", true).setMeta("uiEvent", "paste"),
      );
    },
    () => void (view.isDestroyed || view.pasteText(text, event)),
  );
}

export const pastePlugin = (host: PasteHost, tell: Tell): Plugin =>
  new Plugin({
    props: {
      handleDOMEvents: {
        paste: (view, event) => {
          // While something is composed the browser has to be left to it.
          if (view.composing || !event.clipboardData) return false;
          event.preventDefault();
          if (view.editable) pasteFrom(view, event, event.clipboardData, host, tell);
          return true;
        },
        drop: (view, event) => {
          const html = event.dataTransfer?.getData("text/html") ?? "";
          if (view.dragging || html === "" || !event.dataTransfer) return false;
          event.preventDefault();
          const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
          if (!at || !view.editable) return true;
          const $at = view.state.doc.resolve(at.pos);
          view.dispatch(view.state.tr.setSelection(TextSelection.near($at)));
          view.focus();
          pasteFrom(view, event, event.dataTransfer, host, tell);
          return true;
        },
      },
    },
  });

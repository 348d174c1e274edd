/** Images in the text: the picture, which is selected by a click, its caption, and an edge to drag. */
import type { Node } from "prosemirror-model";
import { NodeSelection } from "prosemirror-state";
import type { EditorView, NodeView, NodeViewConstructor } from "prosemirror-view";
import { Picture } from "./picture.ts";
import type { PictureHost } from "./picture.ts";
import { widthHandle } from "./width-handle.ts";

type GetPos = () => number | undefined;

function select(view: EditorView, getPos: GetPos): void {
  const pos = getPos();
  if (pos === undefined) return;
  view.dispatch(view.state.tr.setSelection(NodeSelection.create(view.state.doc, pos)));
  view.focus();
}

export const imageView =
  (host: PictureHost): NodeViewConstructor =>
  (node, view, getPos) => {
    let shown = node;
    const dom = document.createElement("figure");
    const edge = widthHandle({
      width: () => picture.img.getBoundingClientRect().width,
      widthMax: () => dom.clientWidth,
      show: (width) => picture.showWidth(width),
      commit: (width) => {
        const pos = getPos();
        if (pos !== undefined && view.editable)
          view.dispatch(view.state.tr.setNodeAttribute(pos, "width", width));
        else picture.update(shown);
      },
      cancel: () => picture.update(shown),
    });
    const picture = new Picture(node, host, edge);
    dom.append(picture.dom);
    const contentDOM = dom.appendChild(document.createElement("figcaption"));
    const say = (): void => void contentDOM.classList.toggle("is-empty", shown.content.size === 0);
    say();
    // The browser would put the caret beside the picture, which is no place in the text.
    picture.dom.addEventListener("mousedown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      select(view, getPos);
    });
    picture.dom.addEventListener("dblclick", () => view.editable && host.askForAltText());
    return {
      dom,
      contentDOM,
      update: (next: Node) => {
        if (next.type !== shown.type) return false;
        const isOther = !next.hasMarkup(shown.type, shown.attrs);
        shown = next;
        if (isOther) picture.update(next);
        say();
        return true;
      },
      // What is dropped on it is dropped into the text.
      stopEvent: (event) =>
        event instanceof MouseEvent &&
        !(event instanceof DragEvent) &&
        event.target instanceof globalThis.Node &&
        picture.dom.contains(event.target),
      ignoreMutation: (mutation) => mutation.type !== "selection" && !contentDOM.contains(mutation.target),
      destroy: () => picture.destroy(),
    } satisfies NodeView;
  };

export const inlineImageView =
  (host: PictureHost): NodeViewConstructor =>
  (node, view) => {
    let shown = node;
    const picture = new Picture(node, host);
    picture.dom.addEventListener("dblclick", () => view.editable && host.askForAltText());
    return {
      dom: picture.dom,
      update: (next: Node) => {
        if (next.type !== shown.type) return false;
        shown = next;
        picture.update(next);
        return true;
      },
      ignoreMutation: () => true,
      destroy: () => picture.destroy(),
    } satisfies NodeView;
  };

/**
 * Images, as long as there is nowhere to keep their pictures: a quiet box that names them. Nothing is
 * ever loaded from where an image came from; the Content-Security-Policy would refuse it, too.
 */
import type { Node } from "prosemirror-model";
import type { NodeView, NodeViewConstructor } from "prosemirror-view";

/** What an image is called: its description, or the last part of its address. */
export function imageName({ attrs }: Node): string {
  const alt = (attrs["alt"] as string).trim();
  if (alt) return alt;
  const path = (attrs["source"] as string).replace(/[?#].*$/, "");
  const file = /^data:/i.test(path) ? "" : (path.split(/[\\/]/).findLast((part) => part !== "") ?? "");
  try {
    return decodeURIComponent(file) || "Image";
  } catch {
    return file;
  }
}

function placeholder(node: Node): HTMLElement {
  const dom = document.createElement("span");
  dom.className = "image-placeholder";
  dom.contentEditable = "false";
  dom.setAttribute("role", "img");
  label(dom, node);
  return dom;
}

function label(dom: HTMLElement, node: Node): void {
  const text = imageName(node);
  dom.setAttribute("aria-label", text);
  dom.title = node.attrs["title"] as string;
  dom.textContent = text;
}

export const imageView: NodeViewConstructor = (node) => {
  let shown = node;
  const dom = document.createElement("figure");
  const picture = dom.appendChild(placeholder(node));
  const contentDOM = dom.appendChild(document.createElement("figcaption"));
  const say = (): void => void contentDOM.classList.toggle("is-empty", shown.content.size === 0);
  say();
  return {
    dom,
    contentDOM,
    update: (next) => {
      if (next.type !== shown.type) return false;
      if (!next.hasMarkup(shown.type, shown.attrs)) label(picture, next);
      shown = next;
      say();
      return true;
    },
    ignoreMutation: (mutation) => mutation.type !== "selection" && !contentDOM.contains(mutation.target),
  } satisfies NodeView;
};

export const inlineImageView: NodeViewConstructor = (node) => ({ dom: placeholder(node) });

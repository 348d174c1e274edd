/**
 * HTML from elsewhere, made what the schema's parse rules understand before they read it: GitHub's and
 * Google Docs' task lists, GitHub's alerts, Word's lists that are only indented paragraphs, tables with
 * captions and without header cells. It works on a detached document, in which nothing is loaded or run.
 */
import { DOMParser } from "prosemirror-model";
import type { ParseOptions, Slice } from "prosemirror-model";
import { schema } from "../document/schema.ts";

class PasteParser extends DOMParser {
  override parseSlice(dom: globalThis.Node, options?: ParseOptions): Slice {
    if (dom instanceof Element) tidy(dom);
    return super.parseSlice(dom, options);
  }
}

export const pasteParser: DOMParser = new PasteParser(schema, DOMParser.fromSchema(schema).rules);

function tidy(dom: Element): void {
  for (const table of dom.querySelectorAll("table")) tidyTable(table);
  wordLists(dom);
  for (const item of dom.querySelectorAll("li")) tidyTask(item);
  for (const alert of dom.querySelectorAll(".markdown-alert")) tidyAlert(alert);
}

/** The same element by another name, with its content. */
function renamed(element: Element, name: string): Element {
  const next = element.ownerDocument.createElement(name);
  for (const { name: attribute, value } of element.attributes) next.setAttribute(attribute, value);
  next.append(...element.childNodes);
  element.replaceWith(next);
  return next;
}

function tidyTable(table: Element): void {
  // Only there to place things: mail is made of these.
  if (/^(?:presentation|none)$/.test(table.getAttribute("role") ?? "")) {
    const cells = table.querySelectorAll(":scope > tbody > tr > td, :scope > tr > td");
    table.replaceWith(...[...cells].map((cell) => renamed(cell, "div")));
    return;
  }
  for (const caption of table.querySelectorAll(":scope > caption")) table.before(renamed(caption, "p"));
  for (const cell of table.querySelectorAll(":scope > thead > tr > td")) renamed(cell, "th");
}

const ownBox = ["", "label > ", "p > ", "p > label > ", "div > ", "span > "]
  .map((between) => `:scope > ${between}input[type="checkbox"]`)
  .join();

/** An item with a box of its own, as GitHub has it, or that is one, as in Google Docs. */
function tidyTask(item: Element): void {
  const input = item.querySelector(ownBox);
  const isBox = item.getAttribute("role") === "checkbox";
  const list = item.parentElement;
  if ((!input && !isBox) || !list || !/^[uo]l$/i.test(list.nodeName)) return;
  const checked = input ? input.hasAttribute("checked") : item.getAttribute("aria-checked") === "true";
  item.setAttribute("data-checked", String(checked));
  if (input) input.remove();
  // Google Docs draws the box as a picture.
  else item.querySelector(":scope > img, :scope > span > img")?.remove();
  (/^ol$/i.test(list.nodeName) ? renamed(list, "ul") : list).setAttribute("data-tasks", "true");
}

function tidyAlert(alert: Element): void {
  const kind = /markdown-alert-(note|tip|important|warning|caution)/.exec(alert.className)?.[1];
  if (!kind) return;
  alert.querySelector(":scope > .markdown-alert-title")?.remove();
  renamed(alert, "aside").setAttribute("data-kind", kind);
}

/** Word's style of a list's paragraph: `mso-list:l0 level2 lfo1`. */
const wordLevel = (element: Element | null): number =>
  Number(/mso-list:[^;]*\blevel([1-9])\b/.exec(element?.getAttribute("style") ?? "")?.[1] ?? 0);

/** Makes lists of Word's paragraphs that only look like lists. */
function wordLists(dom: Element): void {
  /** The lists that are open, outermost first, while paragraphs follow one another. */
  let open: Element[] = [];
  for (const line of dom.querySelectorAll("p, h1, h2, h3, h4, h5, h6")) {
    const level = wordLevel(line);
    if (level === 0) continue;
    const marker = [...line.querySelectorAll("span")].find((span) =>
      /mso-list:\s*Ignore/i.test(span.getAttribute("style") ?? ""),
    );
    const name = /^\(?[\p{L}\d]{1,4}[.)]/u.test(marker?.textContent.trim() ?? "") ? "ol" : "ul";
    marker?.remove();
    open = line.previousElementSibling === open[0] ? open.slice(0, level) : [];
    if (open.length === level && open.at(-1)?.localName !== name) open.pop();
    while (open.length < level) {
      const list = dom.ownerDocument.createElement(name);
      const inner: Element | null = open.at(-1)?.lastElementChild ?? null;
      if (inner) inner.append(list);
      else if (open.length > 0) break;
      else line.before(list);
      open.push(list);
    }
    const item = dom.ownerDocument.createElement("li");
    open.at(-1)?.append(item);
    item.append(line);
  }
}

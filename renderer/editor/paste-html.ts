/**
 * HTML from elsewhere, made what the schema's parse rules understand before they read it: task lists of GitHub and
 * Google Docs, GitHub's alerts, lists in lists as Google Docs has them, code of VS Code, tables with captions; Word's
 * and all footnotes in files of their own. It works on a detached document, in which nothing is loaded or run.
 */
import { DOMParser } from "prosemirror-model";
import type { ParseOptions, Slice } from "prosemirror-model";
import { schema } from "../document/schema.ts";
import { boundDepth, boundElements, boundTables, flattenTable, renamed } from "./paste-bounds.ts";
import { tidyFootnotes } from "./paste-footnotes.ts";
import { tidyWord } from "./paste-word.ts";

class PasteParser extends DOMParser {
  /** Of what was parsed last: whether all of it was taken, and how many pictures are only named. */
  outcome = { isWhole: true, pictures: 0 };

  override parseSlice(dom: globalThis.Node, options?: ParseOptions): Slice {
    this.outcome = { isWhole: true, pictures: 0 };
    if (dom instanceof Element) {
      for (const junk of dom.querySelectorAll(neverText)) junk.remove();
      this.outcome = { isWhole: boundElements(dom), pictures: dropNamedPictures(dom) };
      // What we copied says itself what it is.
      if (!dom.querySelector("[data-pm-slice]")) tidy(dom);
      boundTables(dom);
      boundDepth(dom);
    }
    return super.parseSlice(dom, options);
  }
}

export const pasteParser = new PasteParser(schema, DOMParser.fromSchema(schema).rules);

/** What is no text of a page, whatever a browser without scripts would show of it. */
const neverText =
  "script, style, noscript, template, iframe, object, embed, svg, math:not([data-math]), head, title, meta, link, base, select, textarea, button, audio, video, canvas, frame, frameset, noframes, noembed, xmp, plaintext";

/** Takes out pictures of which only a place on somebody's disk is said. @returns how many */
function dropNamedPictures(dom: Element): number {
  const named = dom.querySelectorAll("img[src^='file:' i], img[src^='cid:' i], img[src^='blob:' i]");
  for (const picture of named) picture.remove();
  return named.length;
}

function tidy(dom: Element): void {
  for (const table of dom.querySelectorAll("table")) tidyTable(table);
  tidyBreaks(dom);
  tidyWord(dom);
  tidyFootnotes(dom);
  for (const list of dom.querySelectorAll("ul > ul, ul > ol, ol > ul, ol > ol")) tidyNested(list);
  for (const item of dom.querySelectorAll("li")) tidyTask(item);
  for (const list of dom.querySelectorAll("ul:not([data-tasks])")) tidyWrittenTasks(list);
  for (const alert of dom.querySelectorAll(".markdown-alert")) tidyAlert(alert);
  for (const span of dom.querySelectorAll("a[href] span, span:has(> a[href])")) tidyLinked(span);
  for (const span of dom.querySelectorAll("span[style*='background']")) tidyHighlight(span);
  for (const block of dom.querySelectorAll("div[style*='white-space']")) tidyCode(block);
}

const blocks = "p, h1, h2, h3, h4, h5, h6, ul, ol, table, div, hr, pre, blockquote";

/** Breaks that end what was copied, or part blocks, which are apart already; and the line end that ends code. */
function tidyBreaks(dom: Element): void {
  for (const end of dom.querySelectorAll("br.Apple-interchange-newline")) end.remove();
  for (const line of dom.querySelectorAll("br")) {
    const { previousSibling: before, nextSibling: after } = line;
    if (
      before instanceof Element &&
      before.matches(blocks) &&
      (!after || (after instanceof Element && after.matches(blocks)))
    )
      line.remove();
  }
  for (const code of dom.querySelectorAll("pre")) {
    const last = code.querySelector(":scope > code:only-child")?.lastChild ?? code.lastChild;
    if (last?.nodeType === 3) last.nodeValue = last.nodeValue?.replace(/\n$/, "") ?? "";
  }
}

function tidyTable(table: Element): void {
  // Only there to place things: mail is made of these.
  if (/^(?:presentation|none)$/.test(table.getAttribute("role") ?? "")) return flattenTable(table);
  for (const caption of table.querySelectorAll(":scope > caption")) table.before(renamed(caption, "p"));
  for (const cell of table.querySelectorAll(":scope > thead > tr > td")) renamed(cell, "th");
}

/** A list beside the items of another one, not in one of them: it belongs to the item before it. */
function tidyNested(list: Element): void {
  const before = list.previousElementSibling;
  if (before?.localName === "li") return before.append(list);
  const item = list.ownerDocument.createElement("li");
  list.before(item);
  item.append(list);
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

const box = /^\s*\[([ xX])\]\s+/;

/** Items that all begin with a box in Markdown, as Notion has them. */
function tidyWrittenTasks(list: Element): void {
  const items = [...list.children].filter((item) => item.localName === "li");
  if (items.length === 0 || !items.every((item) => box.test(item.textContent))) return;
  for (const item of items) {
    const walker = item.ownerDocument.createTreeWalker(item, NodeFilter.SHOW_TEXT);
    let text = walker.nextNode();
    while (text && !box.test(text.nodeValue ?? "") && text.nodeValue?.trim() === "") text = walker.nextNode();
    const checked = box.exec(text?.nodeValue ?? "")?.[1];
    if (!text || checked === undefined) continue;
    item.setAttribute("data-checked", String(checked !== " "));
    text.nodeValue = (text.nodeValue ?? "").replace(box, "");
  }
  list.setAttribute("data-tasks", "true");
}

function tidyAlert(alert: Element): void {
  const kind = /markdown-alert-(note|tip|important|warning|caution)/.exec(alert.className)?.[1];
  if (!kind) return;
  alert.querySelector(":scope > .markdown-alert-title")?.remove();
  renamed(alert, "aside").setAttribute("data-kind", kind);
}

/** Links are underlined everywhere; that is no underlining of somebody's. */
function tidyLinked(span: Element): void {
  const style = span.getAttribute("style");
  if (style !== null) span.setAttribute("style", style.replace(/text-decoration[\w-]*:[^;]*;?/g, ""));
}

/** Google Docs' colours behind text. */
function tidyHighlight(span: Element): void {
  const color = /background-color:\s*(#[0-9a-f]{6})\b/i.exec(span.getAttribute("style") ?? "")?.[1];
  const isDocs = span.closest("[id^='docs-internal-guid']") !== null;
  if (!isDocs || color === undefined || color.toLowerCase() === "#ffffff") return;
  renamed(span, "mark").setAttribute("data-color", color.toLowerCase() === "#ffff00" ? "yellow" : color);
}

/** Lines of code as VS Code copies them: a box of boxes in one font. */
function tidyCode(block: Element): void {
  const style = block.getAttribute("style") ?? "";
  if (!/white-space:\s*pre\b/.test(style) || !/font-family:[^;]*monospace/.test(style)) return;
  const lines = [...block.children].map((line) => (line.localName === "br" ? "" : line.textContent));
  block.replaceChildren(lines.join("\n"));
  renamed(block, "pre").removeAttribute("style");
}

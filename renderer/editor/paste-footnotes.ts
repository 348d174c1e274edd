/**
 * Footnotes in pasted HTML. Word, LibreOffice, Google Docs and GitHub write each as two links that lead to one
 * another: the reference, and in front of (or after) the note the way back. Both become what the schema reads.
 */

import { pasteFootnotesMax } from "./limits.ts";

/** On a note's box while the others are looked for. */
const foundName = "data-found-note";

/** What a link leads to within its own page. */
const fragmentOf = (link: Element): string => /#([^#]+)$/.exec(link.getAttribute("href") ?? "")?.[1] ?? "";

/** By name or id, the first of each. */
function targetsIn(dom: Element): ReadonlyMap<string, Element> {
  const targets = new Map<string, Element>();
  for (const element of dom.querySelectorAll("[id], a[name]"))
    for (const name of [element.getAttribute("name"), element.getAttribute("id")])
      if (name !== null && name !== "" && !targets.has(name)) targets.set(name, element);
  return targets;
}

/** The names by which a reference is led back to: its own, or that of what it stands in. */
function namesOf(link: Element): string[] {
  const around = link.closest("sup[id]");
  return [link.getAttribute("name"), link.id, around?.id].filter(
    (name): name is string => typeof name === "string" && name !== "",
  );
}

/** What a note is: its text, the way back, and the box that all of it lies in. */
type Note = { readonly box: Element; readonly back: Element };

function noteOf(target: Element, reference: Element): Note | null {
  const names = namesOf(reference);
  const isBack = (link: Element): boolean => link !== reference && names.includes(fragmentOf(link));
  if (target.localName === "a") {
    if (!isBack(target)) return null;
    const word = target.closest("div[style*='mso-element:footnote'], div[style*='mso-element:endnote']");
    const box = word ?? target.closest("div[id^='sdfootnote']") ?? target.closest("li, p") ?? null;
    return box && !box.contains(reference) ? { box, back: target } : null;
  }
  const back = [...target.querySelectorAll("a[href]")].find(isBack);
  return back && !target.contains(reference) ? { box: target, back } : null;
}

const lists = "section, ol, ul, div";

export function tidyFootnotes(dom: Element): void {
  const targets = targetsIn(dom);
  if (targets.size === 0) return;
  const notes = new Map<Element, string>();
  const links = [...dom.querySelectorAll("a[href*='#']")].filter((link) => targets.has(fragmentOf(link)));
  for (const reference of links.slice(0, pasteFootnotesMax * 2)) {
    const target = targets.get(fragmentOf(reference));
    // A link in what was found to be a note is the way back.
    if (!target || !dom.contains(reference) || reference.closest(`[${foundName}]`)) continue;
    const note = noteOf(target, reference);
    if (!note) continue;
    const id = notes.get(note.box) ?? `pasted-${notes.size + 1}`;
    const mark = dom.ownerDocument.createElement("sup");
    mark.setAttribute("data-footnote", id);
    const around = reference.closest("sup");
    (around && around.textContent === reference.textContent ? around : reference).replaceWith(mark);
    if (notes.has(note.box)) continue;
    notes.set(note.box, id);
    note.box.setAttribute(foundName, "");
    removeBack(note);
  }
  for (const [box, id] of notes) layAsNote(dom, box, id);
}

function removeBack({ box, back }: Note): void {
  const around = back.closest("sup");
  (around && around.textContent === back.textContent ? around : back).remove();
  // The space that stood between the number and the note.
  const walker = box.ownerDocument.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    text.nodeValue = (text.nodeValue ?? "").replace(/^[\s\u00a0]+/, "");
    if (text.nodeValue !== "") return;
  }
}

/** Footnotes stand at the end, as notes without list and line. */
function layAsNote(dom: Element, box: Element, id: string): void {
  const section = dom.ownerDocument.createElement("section");
  section.setAttribute("data-footnote", id);
  const around = box.parentElement?.closest(lists) ?? null;
  const content = box.localName === "p" ? [box.cloneNode(true)] : [...box.childNodes];
  section.append(...content);
  box.remove();
  dom.append(section);
  tidyAround(dom, around);
}

/** What only held notes goes when it holds nothing: the list, its heading, Word's and Google's line. */
function tidyAround(dom: Element, around: Element | null): void {
  for (let at = around; at && at !== dom;) {
    const up: Element | null = at.parentElement;
    const isNotes =
      at.matches("[data-footnotes], .footnotes, [style*='mso-element']") || at.textContent.trim() === "";
    if (!isNotes || at.querySelector("li, p, section[data-footnote]")?.textContent.trim()) return;
    const rule = at.previousElementSibling;
    if (rule?.localName === "hr") rule.remove();
    at.remove();
    at = up;
  }
}

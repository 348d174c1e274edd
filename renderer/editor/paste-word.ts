/**
 * Word's HTML (and Outlook's): lists that are only indented paragraphs, titles that are only styles, highlighting,
 * and the empty boxes that it puts into everything.
 */
import { renamed } from "./paste-bounds.ts";

export function tidyWord(dom: Element): void {
  for (const box of dom.querySelectorAll("o\\:p, w\\:sdt, st1\\:place"))
    if (box.textContent.trim() === "") box.remove();
  // Its own picture language is a fallback for programs that have it.
  for (const drawing of dom.querySelectorAll("v\\:shapetype, v\\:shape, o\\:lock")) drawing.remove();
  for (const title of dom.querySelectorAll("p.MsoTitle")) renamed(title, "h1");
  for (const subtitle of dom.querySelectorAll("p.MsoSubtitle")) renamed(subtitle, "h2");
  for (const span of dom.querySelectorAll("span[style*='mso-highlight']"))
    if (!/mso-highlight:\s*(?:none|white)/i.test(span.getAttribute("style") ?? "")) renamed(span, "mark");
  tidyLists(dom);
}

/** The style of a list's paragraph: `mso-list:l0 level2 lfo1`. */
const levelOf = (element: Element): number =>
  Number(/mso-list:[^;]*\blevel([1-9])\b/.exec(element.getAttribute("style") ?? "")?.[1] ?? 0);

const listOf = (element: Element): string =>
  /mso-list:\s*(l\d+)/.exec(element.getAttribute("style") ?? "")?.[1] ?? "";

/** Makes lists of paragraphs that only look like lists. */
function tidyLists(dom: Element): void {
  /** The lists that are open, outermost first, while paragraphs follow one another. */
  let open: Element[] = [];
  let name = "";
  for (const line of dom.querySelectorAll("p, h1, h2, h3, h4, h5, h6")) {
    const level = levelOf(line);
    if (level === 0) continue;
    const marker = [...line.querySelectorAll("span")].find((span) =>
      /mso-list:\s*Ignore/i.test(span.getAttribute("style") ?? ""),
    );
    const number = /^\(?([\p{L}\d]{1,5})[.)]/u.exec(marker?.textContent.trim() ?? "")?.[1];
    const kind = number === undefined ? "ul" : "ol";
    marker?.remove();
    const follows = line.previousElementSibling !== null && line.previousElementSibling === open[0];
    open = follows && (level > 1 || listOf(line) === name) ? open.slice(0, level) : [];
    if (level === 1 || open.length === 0) name = listOf(line);
    if (open.length === level && open.at(-1)?.localName !== kind) open.pop();
    openTo(level, kind, open, line);
    const list = open.at(-1);
    // The first number counts; a letter is a number as well, but which one depends on the others.
    if (list?.childElementCount === 0 && number !== undefined && /^\d+$/.test(number) && number !== "1")
      list.setAttribute("start", number);
    const item = dom.ownerDocument.createElement("li");
    list?.append(item);
    item.append(line.localName.startsWith("h") ? line : renamed(line, "p"));
  }
}

function openTo(level: number, kind: string, open: Element[], line: Element): void {
  while (open.length < level) {
    const list = line.ownerDocument.createElement(kind);
    const inner: Element | null = open.at(-1)?.lastElementChild ?? null;
    if (inner) inner.append(list);
    else if (open.length > 0) break;
    else line.before(list);
    open.push(list);
  }
}

/**
 * The bounds of pasted HTML: how much of it, how deep, how many cells. It works on a detached document, before that
 * is parsed; what goes over a bound stays as plainer text where it can, and is left out where it cannot, which is said.
 */
import { columnsMax } from "../document/limits.ts";
import {
  pasteBoxesDeepMax,
  pasteBytesMax,
  pasteCellsMax,
  pasteDepthMax,
  pasteElementsMax,
  pasteHtmlCharsMax,
  pasteStyleWorkMax,
  pasteTablesDeepMax,
} from "./limits.ts";

/** How many containers of a document each is: a table has rows and cells. */
const containers: Readonly<Record<string, number>> = {
  UL: 1,
  OL: 1,
  LI: 1,
  BLOCKQUOTE: 1,
  ASIDE: 1,
  TABLE: 3,
};
const writtenOut = /data:image\/[^"'\s>)]{64,}/gi;

/** The HTML as far as it is taken, and whether that is all of it. */
export function boundedHtml(html: string): { html: string; isWhole: boolean } {
  const taken = withoutForgedContext(withoutDearStyles(html.toWellFormed()));
  if (taken.length <= pasteHtmlCharsMax) return { html: taken, isWhole: true };
  const pictures = [...taken.matchAll(writtenOut)].reduce((sum, [address]) => sum + address.length, 0);
  if (taken.length <= pasteBytesMax && taken.length - pictures <= pasteHtmlCharsMax)
    return { html: taken, isWhole: true };
  const cut = taken.slice(0, pasteHtmlCharsMax).toWellFormed();
  // Half a tag is no text.
  return { html: cut.replace(/<[^<>]*$/, ""), isWhole: false };
}

/**
 * ProseMirror puts around a slice whatever an attribute says, to any depth. We write it as JSON in which only the
 * quotation marks are encoded; what is anything else, or deeper than we let in, is not believed.
 */
const withoutForgedContext = (html: string): string =>
  html.replace(
    /data-pm-slice(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?/gi,
    (whole, quoted: string | undefined) => {
      const value = (quoted ?? "").replace(/^["']|["']$/g, "").replaceAll("&quot;", '"');
      const [, start = "", end = "", context = ""] =
        /^(\d{1,3}) (\d{1,3})(?: -[1-4])? (\[.*\])$/.exec(value) ?? [];
      if (context === "" || Number(start) > pasteDepthMax || Number(end) > pasteDepthMax)
        return "data-no-slice";
      try {
        const around: unknown = JSON.parse(context);
        return Array.isArray(around) && around.length <= pasteDepthMax ? whole : "data-no-slice";
      } catch {
        return "data-no-slice";
      }
    },
  );

/** ProseMirror looks up each rule of each style sheet in all that was pasted; Excel needs it, an attack counts on it. */
function withoutDearStyles(html: string): string {
  if (!/<style/i.test(html)) return html;
  const sheets = html.match(/<style[^]*?(?:<\/style|$)/gi) ?? [];
  const rules = sheets.reduce((sum, sheet) => sum + sheet.split(/[{,]/).length, 0);
  const isDear = rules * html.split("<").length > pasteStyleWorkMax;
  // A style sheet may load others, and pictures.
  return isDear || sheets.some((sheet) => /@import|url\s*\(/i.test(sheet))
    ? html.replace(/<style[^]*?(?:<\/style\s*>|$)/gi, "")
    : html;
}

/** What lies under more boxes than any page has becomes text. */
function boundBoxes(dom: Element): void {
  const depths = new Map<Element, number>([[dom, 0]]);
  const deep: Element[] = [];
  for (const element of dom.getElementsByTagName("*")) {
    const above = element.parentElement === null ? undefined : depths.get(element.parentElement);
    if (above === undefined) continue;
    if (above + 1 < pasteBoxesDeepMax) depths.set(element, above + 1);
    else deep.push(element);
  }
  for (const element of deep) element.replaceChildren(element.textContent);
}

/** Cuts off what is too much. @returns whether all of it stays */
export function boundElements(dom: Element): boolean {
  boundBoxes(dom);
  const all = dom.getElementsByTagName("*");
  const first = all.item(pasteElementsMax);
  if (first === null) return true;
  const range = dom.ownerDocument.createRange();
  range.setStartBefore(first);
  range.setEndAfter(dom.lastChild ?? first);
  range.deleteContents();
  return false;
}

/** Takes containers away that lie too deep, and leaves what is in them. */
export function boundDepth(dom: Element): void {
  const deep: Element[] = [];
  const depths = new Map<Element, number>();
  for (const element of dom.querySelectorAll("*")) {
    const above = element.parentElement === null ? 0 : (depths.get(element.parentElement) ?? 0);
    const depth = above + (containers[element.nodeName] ?? 0);
    depths.set(element, depth);
    if (depth > pasteDepthMax) {
      if (depth > above) deep.push(element);
      depths.set(element, pasteDepthMax);
    }
  }
  for (const element of deep) {
    if (element.nodeName === "TABLE") flattenTable(element);
    else element.replaceWith(...element.childNodes);
  }
}

/** The same element by another name, with its content. */
export function renamed(element: Element, name: string): Element {
  const next = element.ownerDocument.createElement(name);
  for (const { name: attribute, value } of element.attributes)
    if (/^[a-z][\w-]*$/i.test(attribute)) next.setAttribute(attribute, value);
  next.append(...element.childNodes);
  element.replaceWith(next);
  return next;
}

const rowsOf = (table: Element): Element[] => [
  ...table.querySelectorAll(":scope > tr, :scope > thead > tr, :scope > tbody > tr, :scope > tfoot > tr"),
];
const cellsOf = (row: Element): Element[] => [...row.querySelectorAll(":scope > td, :scope > th")];

/** What is in its cells, without it. */
export function flattenTable(table: Element): void {
  table.replaceWith(...rowsOf(table).flatMap((row) => cellsOf(row).map((cell) => renamed(cell, "div"))));
}

const spanOf = (cell: Element, name: string): number => {
  const value = Number(cell.getAttribute(name) ?? 1);
  return Number.isInteger(value) && value > 0 ? value : 1;
};

function setSpan(cell: Element, name: string, span: number): void {
  if (span > 1) cell.setAttribute(name, String(span));
  else cell.removeAttribute(name);
}

/** Makes spans no larger than the table is, and a table of too many places paragraphs. */
export function boundTables(dom: Element): void {
  // How wide each is depends on how wide those within are, tried out twice at each.
  const around = Array.from({ length: pasteTablesDeepMax + 1 }, () => "table").join(" ");
  for (const table of dom.querySelectorAll(around)) flattenTable(table);
  let left = pasteCellsMax;
  for (const table of dom.querySelectorAll("table")) {
    const places = boundTable(table, left);
    if (places > left) flattenTable(table);
    else left -= places;
  }
}

/** @returns how many places its grid has */
function boundTable(table: Element, placesMax: number): number {
  const rows = rowsOf(table);
  if (rows.length > placesMax) return Infinity;
  const widths = rows.map(() => 0);
  for (const [at, row] of rows.entries()) {
    let last: Element | null = null;
    for (const cell of cellsOf(row)) {
      const free = columnsMax - (widths[at] ?? 0);
      if (free <= 0) {
        // As where a document says so: the cells of any more columns join the last one.
        if (last) last.append(renamed(cell, "div"));
        else cell.remove();
        continue;
      }
      const colspan = Math.min(spanOf(cell, "colspan"), free);
      let rowspan = 1;
      const rowspanMax = Math.min(spanOf(cell, "rowspan"), rows.length - at);
      while (rowspan < rowspanMax && (widths[at + rowspan] ?? 0) + colspan <= columnsMax) rowspan++;
      setSpan(cell, "colspan", colspan);
      setSpan(cell, "rowspan", rowspan);
      for (let i = at; i < at + rowspan; i++) widths[i] = (widths[i] ?? 0) + colspan;
      last = cell;
    }
  }
  return rows.length * Math.max(0, ...widths);
}

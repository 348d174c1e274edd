/** Code in the pieces that are coloured. Which word is what lowlight says, whose grammars are those of highlight.js. */
import type { createLowlight } from "lowlight";

/** What a piece is: each has a colour. */
export const pieceKinds = [
  "keyword",
  "string",
  "number",
  "comment",
  "title",
  "type",
  "attribute",
  "meta",
  "added",
  "removed",
] as const;
export type PieceKind = (typeof pieceKinds)[number];
/** From and to in the text. */
export type CodePiece = { readonly kind: PieceKind; readonly from: number; readonly to: number };

type Lowlight = ReturnType<typeof createLowlight>;
type Tree = ReturnType<Lowlight["highlight"]>;

/** By the scopes of highlight.js, without "hljs-". */
const kindOfScope: Readonly<Record<string, PieceKind>> = {
  keyword: "keyword",
  literal: "keyword",
  "selector-tag": "keyword",
  name: "keyword",
  doctag: "keyword",
  operator: "keyword",
  string: "string",
  regexp: "string",
  char: "string",
  code: "string",
  number: "number",
  symbol: "number",
  bullet: "number",
  comment: "comment",
  quote: "comment",
  title: "title",
  section: "title",
  "selector-class": "title",
  "selector-id": "title",
  type: "type",
  built_in: "type",
  class: "type",
  attr: "attribute",
  attribute: "attribute",
  property: "attribute",
  variable: "attribute",
  "template-variable": "attribute",
  "selector-attr": "attribute",
  "selector-pseudo": "attribute",
  meta: "meta",
  link: "meta",
  tag: "meta",
  addition: "added",
  deletion: "removed",
};

/** @returns in the order of the text, none over another; nothing for a language that is not known */
export function piecesOf(lowlight: Lowlight, language: string, code: string): readonly CodePiece[] {
  if (!lowlight.registered(language)) return [];
  const pieces: CodePiece[] = [];
  let at = 0;
  const walk = (children: Tree["children"], around: PieceKind | null): void => {
    for (const child of children) {
      if (child.type === "element") {
        const classes = child.properties["className"];
        const scopes = Array.isArray(classes) ? classes.map((name) => String(name).replace("hljs-", "")) : [];
        const scope = scopes.find((name) => Object.hasOwn(kindOfScope, name));
        // What a template has in it is code again, whatever is around it.
        const inner = scopes.includes("subst") ? null : around;
        walk(child.children, scope === undefined ? inner : (kindOfScope[scope] ?? inner));
      } else if (child.type === "text") {
        const to = at + child.value.length;
        const last = pieces.at(-1);
        if (around !== null && last?.kind === around && last.to === at)
          pieces[pieces.length - 1] = { ...last, to };
        else if (around !== null && to > at) pieces.push({ kind: around, from: at, to });
        at = to;
      }
    }
  };
  walk(lowlight.highlight(language, code).children, null);
  return pieces;
}

/**
 * Formulas between dollars, as micromark's math extension reads them, with two rules of its own so
 * that prose about money and shells stays prose:
 *
 * Between single dollars (Pandoc's rule) the formula begins and ends with something else than white
 * space, no digit follows it, and no Latin letter or digit stands right before it if it is no index:
 * not "$5 and $10" nor "US$3/US$4", but "H$_2$O".
 *
 * A `$$` block that nothing closes would take all that follows; `isWhole` tells it, and the piece is
 * parsed again without such blocks. Those outside containers are found by `markdown-split.ts`.
 */
import type {} from "mdast-util-math"; // the types of its nodes
import { math } from "micromark-extension-math";

type Extension = ReturnType<typeof math>;
type Construct = Extract<NonNullable<Extension["text"]>[string], { tokenize: unknown }>;
type Code = Parameters<Parameters<Construct["tokenize"]>[0]["consume"]>[0];

const dollar = 36;
const backslash = 92;
const caret = 94;
const underscore = 95;

const isSpace = (code: Code): boolean => code === null || code < 0 || code === 32;
const isDigit = (code: Code): boolean => code !== null && code >= 48 && code <= 57;
const isWord = (code: Code): boolean =>
  isDigit(code) || (code !== null && ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)));

/** A formula in a line, refused where its dollars are better read as money. */
const inProse = (construct: Construct): Construct => ({
  ...construct,
  tokenize(effects, ok, nok) {
    const before = this.previous;
    let run = 0; // dollars in a row, up to here
    let size = 0; // of the opening run
    let first: Code = null;
    let last: Code = null;
    const watched = {
      ...effects,
      consume(code: Code): undefined {
        if (code === dollar) run++;
        else {
          if (size === 0) {
            size = run;
            first = code;
          }
          run = 0;
          last = code;
        }
        return effects.consume(code);
      },
    };
    const isMoney = (after: Code): boolean =>
      size === 1 &&
      (isSpace(first) ||
        isSpace(last) ||
        last === backslash ||
        isDigit(after) ||
        (isWord(before) && first !== caret && first !== underscore));
    return construct.tokenize.call(this, watched, (code) => (isMoney(code) ? nok(code) : ok(code)), nok);
  },
});

/** The extension for micromark. */
export function mathInProse(): Extension {
  const { flow, text } = math();
  const construct = text?.[dollar] as Construct;
  return { ...(flow && { flow }), text: { [dollar]: inProse(construct) } };
}

/** Whether a `$$` block is one: nothing stands beside its opening, and it is closed. */
export const isWhole = (slice: string): boolean =>
  /^(\${2,})[ \t]*\n(?:[^]*\n)?[ \t>]*\1\$*[ \t]*$/.test(slice);

/** The formula of a `$$` block outside containers, with its dollars, as lines. */
export function formulaOf(source: string): string {
  const indent = /^ */.exec(source)?.[0].length ?? 0;
  return source
    .replace(new RegExp(`^ {0,${indent}}`, "gm"), "")
    .trimEnd()
    .replace(/^\$\$[ \t]*\n?/, "")
    .replace(/\n?[ \t]*\$\$$/, "");
}

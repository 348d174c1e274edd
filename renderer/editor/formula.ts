/** A formula as it is printed. KaTeX comes when the first one is seen; until then, and where it is wrong, its source stands. */
import type * as KatexModule from "./katex.ts";
import { formulaCharsMax } from "./limits.ts";

type Katex = Pick<typeof KatexModule, "render">;

let katex: Katex | null = null;
let coming: Promise<Katex> | null = null;
const bring = (): Promise<Katex> => (coming ??= import("./katex.ts").then((module) => (katex = module)));

/** Fills an element with a formula, now or as soon as it can be. The element says what it shows as `data-tex`. */
export function showFormula(dom: HTMLElement, tex: string, isDisplay: boolean): void {
  dom.dataset["tex"] = tex;
  dom.classList.toggle("is-empty", tex.trim() === "");
  if (katex) draw(katex, dom, tex, isDisplay);
  else {
    dom.textContent = tex;
    void bring().then((there) => dom.dataset["tex"] === tex && draw(there, dom, tex, isDisplay));
  }
}

function draw(there: Katex, dom: HTMLElement, tex: string, isDisplay: boolean): void {
  dom.classList.remove("is-wrong");
  dom.removeAttribute("title");
  try {
    if (tex.length > formulaCharsMax) throw new Error("This formula is too long to be shown.");
    // Links, classes and pictures of a formula are not ours to trust; sizes and macros are bounded.
    there.render(tex, dom, {
      displayMode: isDisplay,
      trust: false,
      strict: "ignore",
      maxSize: 30,
      maxExpand: 500,
    });
  } catch (error) {
    dom.textContent = tex;
    dom.classList.add("is-wrong");
    dom.title = error instanceof Error ? error.message.replace(/^KaTeX parse error: /, "") : String(error);
  }
}

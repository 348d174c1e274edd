/**
 * What a source defines once and names elsewhere: link targets and footnotes. The first definition
 * of an identifier counts; one that nothing names, or that comes second, stays text.
 */
import type { Definition, FootnoteDefinition, Nodes } from "mdast";
import { walk } from "./markdown-tree.ts";
import type { Parsed } from "./markdown-tree.ts";

export class References {
  readonly #newId: () => string;
  readonly #targets = new Map<string, Definition>();
  readonly #footnotes = new Map<string, { node: FootnoteDefinition; id: string }>();
  /** Identifiers that something names; those of footnotes begin with "^". */
  readonly #used = new Set<string>();

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** Takes up what `parsed` defines and names. All definitions first, then `target` and `footnote`. */
  define(parsed: Parsed): void {
    for (const top of parsed.tree) this.#define(top, false);
  }

  #define(top: Nodes, inFootnote: boolean): void {
    walk(top, (node) => {
      if (node.type === "definition" && !this.#targets.has(node.identifier))
        this.#targets.set(node.identifier, node);
      if (node.type === "linkReference" || node.type === "imageReference") this.#used.add(node.identifier);
      if (node.type === "footnoteReference") this.#used.add(`^${node.identifier}`);
      if (node.type !== "footnoteDefinition") return;
      // A footnote in a footnote is text: so containers nest no deeper than the limits say.
      if (!inFootnote && !this.#footnotes.has(node.identifier))
        this.#footnotes.set(node.identifier, { node, id: this.#newId() });
      for (const child of node.children) this.#define(child, true);
      return false;
    });
  }

  /** The definition that a link or an image names; null where there is none. */
  target(identifier: string): Definition | null {
    this.#used.add(identifier);
    return this.#targets.get(identifier) ?? null;
  }

  /** Whether `node` is where a link or an image of the source points. */
  isTarget(node: Definition): boolean {
    return this.#used.has(node.identifier) && this.#targets.get(node.identifier) === node;
  }

  /** The id of the footnote that a reference names; null where there is none. */
  footnote(identifier: string): string | null {
    this.#used.add(`^${identifier}`);
    return this.#footnotes.get(identifier)?.id ?? null;
  }

  /** The id of a footnote that something names; null for any other definition. */
  idOf(node: FootnoteDefinition): string | null {
    const found = this.#footnotes.get(node.identifier);
    return found?.node === node && this.#used.has(`^${node.identifier}`) ? found.id : null;
  }
}

/**
 * Colours code by its language: ranges of CSS highlights, one for each kind of piece. Only what is on the screen is
 * coloured, and a block that has not changed is not parsed again. The grammars come when the first code is seen.
 */
import type { Node } from "prosemirror-model";
import { Plugin } from "prosemirror-state";
import type { EditorState, PluginView } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { schema } from "../document/schema.ts";
import { pieceKinds, piecesOf } from "./code-pieces.ts";
import type { CodePiece, PieceKind } from "./code-pieces.ts";
import { colouredCodeCharsMax, colouredPiecesMax } from "./limits.ts";
import { PaintedRanges } from "./painted-ranges.ts";
import { visibleStretch } from "./visible-stretch.ts";

type Lowlight = Parameters<typeof piecesOf>[0];

let grammars: Lowlight | null = null;
let coming: Promise<void> | null = null;

const bring = (): Promise<void> =>
  (coming ??= import("lowlight").then(
    ({ common, createLowlight }) => void (grammars = createLowlight(common)),
  ));

const known = new WeakMap<Node, readonly CodePiece[]>();

function piecesIn(block: Node, lowlight: Lowlight): readonly CodePiece[] {
  const language = block.attrs["language"] as string;
  if (block.content.size > colouredCodeCharsMax) return [];
  let pieces = known.get(block);
  if (!pieces) known.set(block, (pieces = piecesOf(lowlight, language.toLowerCase(), block.textContent)));
  return pieces;
}

export const codeColoursPlugin = (): Plugin => new Plugin({ view: (view) => new Colours(view) });

class Colours implements PluginView {
  readonly #view: EditorView;
  readonly #painted: Readonly<Record<PieceKind, PaintedRanges>>;
  readonly #stop = new AbortController();
  #frame: number | null = null;

  constructor(view: EditorView) {
    this.#view = view;
    const painted = pieceKinds.map((kind) => [kind, new PaintedRanges(view, `code-${kind}`)] as const);
    this.#painted = Object.fromEntries(painted) as Record<PieceKind, PaintedRanges>;
    const { signal } = this.#stop;
    window.addEventListener("scroll", () => this.#soon(), { capture: true, passive: true, signal });
    window.addEventListener("resize", () => this.#soon(), { passive: true, signal });
    this.#soon();
  }

  update(view: EditorView, before: EditorState): void {
    if (view.state.doc !== before.doc) this.#soon();
  }

  destroy(): void {
    this.#stop.abort();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    for (const painted of Object.values(this.#painted)) painted.destroy();
  }

  #soon(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (!this.#view.isDestroyed) this.#colour();
    });
  }

  #colour(): void {
    const { from, to } = visibleStretch(this.#view);
    const blocks: { block: Node; start: number }[] = [];
    this.#view.state.doc.nodesBetween(from, to, (node, pos) => {
      const hasLanguage = node.type === schema.nodes.code_block && node.attrs["language"] !== "";
      if (hasLanguage) blocks.push({ block: node, start: pos + 1 });
      return !node.isTextblock;
    });
    const lowlight = grammars;
    if (!lowlight && blocks.length > 0) void bring().then(() => this.#stop.signal.aborted || this.#soon());
    const shown = blocks
      .flatMap(({ block, start }) =>
        (lowlight ? piecesIn(block, lowlight) : []).map((piece) => ({
          kind: piece.kind,
          from: start + piece.from,
          to: start + piece.to,
        })),
      )
      .filter((piece) => piece.to >= from && piece.from <= to)
      .slice(0, colouredPiecesMax);
    const byKind = Map.groupBy(shown, ({ kind }) => kind);
    for (const kind of pieceKinds) this.#painted[kind].show(byKind.get(kind) ?? []);
  }
}

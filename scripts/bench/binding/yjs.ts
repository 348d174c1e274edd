/**
 * The other side: Yjs and the real ySyncPlugin. The view is no EditorView: it has no DOM, and does of
 * one only what the plugin uses (state, dispatch → apply → the plugin's own view, focus).
 */
import { Schema } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import type { PluginView, Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { prosemirrorToYXmlFragment, ySyncPlugin, yXmlFragmentToProseMirrorRootNode } from "y-prosemirror";
import * as Y from "yjs";
import { caretFor, transactionFor } from "./edits.ts";
import type { Edit } from "./edits.ts";

const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: { content: "inline*", group: "block" },
    text: { group: "inline" },
  },
  marks: { strong: {} },
});

const fragmentName = "body";

export function yjsBytes(texts: readonly string[]): Uint8Array {
  const { doc, paragraph } = schema.nodes;
  const ydoc = new Y.Doc();
  prosemirrorToYXmlFragment(
    doc.create(
      null,
      texts.map((text) => paragraph.create(null, schema.text(text))),
    ),
    ydoc.getXmlFragment(fragmentName),
  );
  return Y.encodeStateAsUpdate(ydoc);
}

class HeadlessView {
  state: EditorState;
  readonly isDestroyed = false;
  private readonly plugins: PluginView[] = [];

  constructor(state: EditorState) {
    this.state = state;
    for (const plugin of state.plugins) {
      const view = plugin.spec.view?.(this.asView);
      if (view) this.plugins.push(view);
    }
  }

  private get asView(): EditorView {
    return this as unknown as EditorView;
  }

  dispatch(tr: Transaction): void {
    const before = this.state;
    this.state = before.apply(tr);
    for (const plugin of this.plugins) plugin.update?.(this.asView, before);
  }

  hasFocus(): boolean {
    return false;
  }
}

export class Yjs {
  private readonly ydoc = new Y.Doc();
  private readonly view: HeadlessView;
  private updates: Uint8Array[] = [];

  /** @param bytes a document as it lies on disk */
  constructor(bytes: Uint8Array) {
    Y.applyUpdate(this.ydoc, bytes);
    const fragment = this.ydoc.getXmlFragment(fragmentName);
    this.view = new HeadlessView(EditorState.create({ schema, plugins: [ySyncPlugin(fragment)] }));
    this.ydoc.on("update", (update: Uint8Array) => this.updates.push(update));
  }

  get doc(): Node {
    return this.view.state.doc;
  }

  /** The whole of it: `EditorState.apply`, and the plugin writes into the Y.Doc. In milliseconds. */
  local(edits: readonly Edit[]): number {
    let spent = 0;
    for (const edit of edits) {
      this.place(edit);
      const tr = transactionFor(this.view.state, edit);
      const started = performance.now();
      this.view.dispatch(tr);
      spent += performance.now() - started;
    }
    return spent;
  }

  place(edit: Edit): void {
    this.view.dispatch(caretFor(this.view.state, edit));
  }

  /** What was changed since the last time it was asked, as one update. */
  takeUpdate(): Uint8Array {
    const update = Y.mergeUpdates(this.updates);
    this.updates = [];
    return update;
  }

  /** The whole of it: the update into the Y.Doc, the plugin's transaction, `EditorState.apply`. In milliseconds. */
  remote(update: Uint8Array): number {
    const started = performance.now();
    Y.applyUpdate(this.ydoc, update);
    return performance.now() - started;
  }

  bytes(): Uint8Array {
    return Y.encodeStateAsUpdate(this.ydoc);
  }

  check(): void {
    const written = yXmlFragmentToProseMirrorRootNode(this.ydoc.getXmlFragment(fragmentName), schema);
    if (!written.eq(this.view.state.doc)) throw new Error("y-prosemirror's state is not its document");
  }
}

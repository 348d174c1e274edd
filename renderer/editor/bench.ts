/**
 * For benchmarks only: a bare ProseMirror with the same schema and nothing else, to stand beside
 * the real editor in the same window. Loaded where the page's address has `?bench`.
 */
import { baseKeymap } from "prosemirror-commands";
import { keymap } from "prosemirror-keymap";
import { Node } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { schema } from "../document/schema.ts";

/** Puts a bare editor with `doc` (ProseMirror JSON) into `host`. */
export function bareEditor(host: HTMLElement, doc: unknown): EditorView {
  const state = EditorState.create({ doc: Node.fromJSON(schema, doc), plugins: [keymap(baseKeymap)] });
  return new EditorView(host, { state });
}

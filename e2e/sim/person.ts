/** What a person does in a window: types, deletes, splits, formats, changes the title. */
import { undo } from "prosemirror-history";
import { TextSelection } from "prosemirror-state";
import type { EditorState, Transaction } from "prosemirror-state";
import { schema } from "../../renderer/document/schema.ts";
import type { Session } from "../../renderer/editor/session.ts";
import type { Client, Window } from "./client.ts";
import type { World } from "./world.ts";

export class Person {
  readonly #world: World;
  readonly #client: Client;
  readonly #window: Window;
  readonly #session: Session;

  constructor(world: World, client: Client, window: Window, session: Session) {
    this.#world = world;
    this.#client = client;
    this.#window = window;
    this.#session = session;
  }

  /** Letter by letter, at some speed, from wherever the caret is put first. */
  type(): void {
    const { loop } = this.#world;
    const letters = 1 + loop.random.below(8);
    const everyMs = loop.between(20, 180);
    let at = this.#somewhere();
    const next = (left: number): void => {
      const char = this.#letter();
      if (char === null) return;
      this.#edit((state, tr) => {
        const caret = at ?? state.selection.head;
        at = null;
        return tr.setSelection(TextSelection.near(tr.doc.resolve(caret))).insertText(char);
      });
      if (left > 1) loop.after(everyMs, () => next(left - 1), this.#window.life);
    };
    next(letters);
  }

  delete(): void {
    const { random } = this.#world.loop;
    const from = this.#somewhere();
    if (from === null) return;
    this.#edit((_, tr) => tr.delete(from, Math.min(tr.doc.content.size - 1, from + 1 + random.below(6))));
  }

  split(): void {
    const at = this.#somewhere();
    if (at !== null) this.#edit((_, tr) => tr.split(at));
  }

  format(): void {
    const { random } = this.#world.loop;
    const from = this.#somewhere();
    if (from === null) return;
    this.#edit((_, tr) => {
      const to = Math.min(tr.doc.content.size - 1, from + 1 + random.below(12));
      if (random.chance(0.3)) return tr.setBlockType(from, from, schema.nodes["heading"], { level: 2 });
      const strong = schema.marks["strong"]?.create();
      return strong
        ? random.chance(0.7)
          ? tr.addMark(from, to, strong)
          : tr.removeMark(from, to, strong)
        : tr;
    });
  }

  undo(): void {
    const { state } = this.#session;
    if (!state || !this.#mayWrite) return;
    undo(state, (tr) => this.#dispatch(state, tr));
  }

  title(): void {
    const session = this.#session;
    if (!this.#mayWrite) return;
    const { random } = this.#world.loop;
    const before = session.title.value;
    const at = random.below(before.length + 1);
    if (before.length > 0 && random.chance(0.25)) {
      session.title.input(before.slice(0, at) + before.slice(at + 1));
      this.#gone(before, session.title.value);
      return;
    }
    const char = this.#letter();
    if (char !== null) session.title.input(before.slice(0, at) + char + before.slice(at));
  }

  /** Nobody types in what was closed. */
  get #mayWrite(): boolean {
    const session = this.#session;
    return session.isEditable && this.#window.sessions.get(session.document) === session;
  }

  #letter(): string | null {
    const { alphabet, loop, seen } = this.#world;
    if (!this.#mayWrite || !this.#session.state) return null;
    seen.letters++;
    const { document } = this.#session;
    const char = alphabet.next(this.#client.name, this.#window.name, document, loop.nowMs);
    loop.note(`${this.#window.name} types ${char} in ${document.slice(0, 4)}`);
    return char;
  }

  /** A place in text. */
  #somewhere(): number | null {
    const { state } = this.#session;
    if (!state || !this.#mayWrite) return null;
    const { loop } = this.#world;
    return TextSelection.near(state.doc.resolve(loop.random.below(state.doc.content.size + 1))).head;
  }

  #edit(change: (state: EditorState, tr: Transaction) => Transaction): void {
    const { state } = this.#session;
    if (!state || !this.#mayWrite) return;
    let tr: Transaction;
    try {
      tr = change(state, state.tr);
    } catch (error) {
      // Where it cannot be split, or deleted, nothing is.
      if (error instanceof RangeError || (error instanceof Error && error.name === "TransformError")) return;
      throw error;
    }
    if (tr.docChanged) this.#dispatch(state, tr);
  }

  #dispatch(state: EditorState, tr: Transaction): void {
    this.#session.dispatch(tr);
    this.#gone(state.doc.textContent, tr.doc.textContent);
  }

  /** Where a letter is there twice, two people may each take away one: whoever does so has deleted it. */
  #gone(before: string, now: string): void {
    const left = new Map<string, number>();
    for (const char of now) left.set(char, (left.get(char) ?? 0) + 1);
    for (const [char, typed] of this.#world.alphabet.in(before)) {
      const copies = left.get(char) ?? 0;
      left.set(char, copies - 1);
      if (copies > 0) continue;
      typed.isDeleted = true;
      this.#world.loop.note(`${this.#window.name} deletes ${char}`);
    }
  }
}

/**
 * A test harness: one person with a window, an authority and a replica, who writes through at once.
 *
 * Every action takes the whole way that an edit takes in the app: ProseMirror's state with the ids
 * plugin and the history → steps as JSON → `Authority.receive` → one Automerge change →
 * `Authority.check`; a merge goes through the patches, as `engine/session.ts` does it. After each
 * action the authority's document and the window must be what rendering the CRDT gives.
 *
 * For what windows and engines do at different times: the fuzz (`fuzz.ts`).
 */
import * as A from "@automerge/automerge/slim";
import { collab, receiveTransaction, sendableSteps } from "prosemirror-collab";
import { history, redo, undo } from "prosemirror-history";
import type { Attrs, Node } from "prosemirror-model";
import { EditorState, TextSelection } from "prosemirror-state";
import type { Command, Selection, Transaction } from "prosemirror-state";
import { CellSelection, TableMap } from "prosemirror-tables";
import { Step } from "prosemirror-transform";
import { Authority } from "./authority.ts";
import { bodySpans, commitTo, emptyDocument, firstBlock, lighten, runOperations, truthOf } from "./body.ts";
import type { DeckleDocument } from "./body.ts";
import { flatLength } from "./flat.ts";
import { identifying } from "./fuzz-edits.ts";
import { render } from "./render.ts";
import { schema } from "./schema.ts";
import type { NodeName } from "./schema.ts";

/** A node of the schema; strings become text, and a list, row or cell is given what it must hold. */
export function node(type: NodeName, attrs: Attrs | null, ...content: (Node | string)[]): Node {
  return schema.nodes[type].create(
    attrs,
    content.filter((one) => one !== "").map((one) => (typeof one === "string" ? schema.text(one) : one)),
  );
}

export const paragraph = (...content: (Node | string)[]): Node => node("paragraph", null, ...content);

const asBlock = (content: Node | string): Node =>
  typeof content === "string" || content.isInline ? paragraph(content) : content;

/** An item of one paragraph, or of these blocks. */
export const item = (...content: (Node | string)[]): Node => node("list_item", null, ...content.map(asBlock));

/** A list; each string is an item of one paragraph. */
export const list = (type: "bullet_list" | "ordered_list" | "task_list", ...items: (Node | string)[]): Node =>
  node(type, null, ...items.map((one) => (typeof one === "string" ? item(one) : one)));

/** A table of cells with one paragraph each. */
export const table = (...rows: string[][]): Node =>
  node(
    "table",
    null,
    ...rows.map((cells) =>
      node("table_row", null, ...cells.map((text) => node("table_cell", null, paragraph(text)))),
    ),
  );

/**
 * The first table of a document, or this one, as rows of its cells' texts, blocks divided by "/"; "#" before a header cell's, its span
 * after it where it has one ("a 2×1": two columns wide).
 */
export function cellsOf(doc: Node): string[][] {
  const one = doc.type === schema.nodes.table ? doc : nodesOf(doc, "table")[0];
  if (!one) throw new RangeError(`no table in ${doc.toString()}`);
  return one.children.map((row) =>
    row.children.map((cell) => {
      const { colspan, rowspan } = cell.attrs as { colspan: number; rowspan: number };
      const text = cell.children.map(({ textContent }) => textContent).join("/");
      const span = colspan > 1 || rowspan > 1 ? ` ${colspan}×${rowspan}` : "";
      return (cell.type === schema.nodes.table_header ? "#" : "") + text + span;
    }),
  );
}

/** All nodes of a type, in order. */
export function nodesOf(doc: Node, type: NodeName): Node[] {
  const found: Node[] = [];
  doc.descendants((one) => {
    if (one.type.name === type) found.push(one);
  });
  return found;
}

export class Writer {
  replica: A.Doc<DeckleDocument>;
  readonly authority: Authority;
  /** How merges were followed: by their patches, or by rendering the document afresh. */
  readonly followed = { patches: 0, afresh: 0 };
  private window: EditorState;
  private ids = 0;

  /** @param actor decides between two writes of equal age: that of the greater stands */
  constructor(replica: A.Doc<DeckleDocument>, actor: string) {
    this.replica = A.clone(replica, { actor });
    lighten(this.replica);
    this.authority = new Authority(render(bodySpans(this.replica)), () => this.newId());
    this.window = EditorState.create({
      schema,
      doc: this.authority.doc,
      plugins: [
        // Each action is undone by itself, however quickly they follow.
        history({ newGroupDelay: -1 }),
        collab({ clientID: actor }),
        identifying(() => this.newId()),
      ],
    });
  }

  /** A new document with these blocks; strings are paragraphs. */
  static start(actor: string, ...blocks: (Node | string)[]): Writer {
    let doc = A.from<DeckleDocument>(emptyDocument("test"), { actor: "00".repeat(16) });
    doc = A.change(doc, (draft) => runOperations(draft, [firstBlock]));
    if (blocks.length > 0) {
      // As that of an actor of its own: the two who meet later are alike in all but their order.
      const first = new Writer(doc, "01".repeat(16));
      first.edit((tr) => tr.replaceWith(0, tr.doc.content.size, blocks.map(asBlock)));
      doc = first.replica;
    }
    return new Writer(doc, actor);
  }

  /** Two people with the same document. */
  static two(actors: readonly [string, string], ...blocks: (Node | string)[]): [Writer, Writer] {
    const one = Writer.start(actors[0], ...blocks);
    return [one, new Writer(one.replica, actors[1])];
  }

  private newId(): string {
    return `${A.getActorId(this.replica).slice(0, 2)}${this.ids++}`;
  }

  /** The window's. */
  get state(): EditorState {
    return this.window;
  }

  get doc(): Node {
    return this.window.doc;
  }

  get shown(): string {
    return this.doc.toString();
  }

  /** The position before the first occurrence of `text` in one text node. */
  before(text: string): number {
    let found = -1;
    this.doc.descendants((one, pos) => {
      const at = found < 0 && one.isText ? (one.text as string).indexOf(text) : -1;
      if (at >= 0) found = pos + at;
    });
    if (found < 0) throw new RangeError(`no "${text}" in ${this.shown}`);
    return found;
  }

  after(text: string): number {
    return this.before(text) + text.length;
  }

  /** The position before the `index`th node of a type. */
  place(type: NodeName, index = 0): number {
    const found: number[] = [];
    this.doc.descendants((one, pos) => {
      if (one.type.name === type) found.push(pos);
    });
    const place = found[index];
    if (place === undefined) throw new RangeError(`no ${type} number ${index} in ${this.shown}`);
    return place;
  }

  /** Applies what `make` adds to a transaction, and sends it all the way. */
  edit(make: (tr: Transaction) => Transaction): void {
    this.dispatch(make(this.window.tr));
  }

  type(text: string, at: number): void {
    this.edit((tr) => tr.insertText(text, at));
  }

  delete(from: number, to: number): void {
    this.edit((tr) => tr.delete(from, to));
  }

  /** Runs a command with this selected. Throws where it does not apply. */
  run(command: Command, from: number, to = from): void {
    this.runOn(command, TextSelection.create(this.doc, from, to));
  }

  /** Runs a command of tables on the cells from the one to the other, each named by a text in it. */
  runInCells(command: Command, from: string, to = from): void {
    const cellOf = (text: string): number => {
      const $pos = this.doc.resolve(this.before(text));
      for (let depth = $pos.depth; depth > 0; depth--)
        if (String($pos.node(depth).type.spec["tableRole"]).endsWith("cell")) return $pos.before(depth);
      throw new RangeError(`"${text}" is in no cell`);
    };
    this.runOn(command, CellSelection.create(this.doc, cellOf(from), cellOf(to)));
  }

  undo(): void {
    this.runOn(undo, this.window.selection);
  }

  redo(): void {
    this.runOn(redo, this.window.selection);
  }

  private runOn(command: Command, selection: Selection): void {
    if (!selection.eq(this.window.selection))
      this.window = this.window.apply(this.window.tr.setSelection(selection));
    const found: Transaction[] = [];
    command(this.window, (tr) => found.push(tr));
    const [made] = found;
    if (!made) throw new Error(`the command does not apply in ${this.shown}`);
    this.dispatch(made);
  }

  private dispatch(tr: Transaction): void {
    const { state, transactions } = this.window.applyTransaction(tr);
    if (transactions.length === 0) throw new Error("the window refused the edit");
    this.window = state;
    const sendable = sendableSteps(this.window);
    if (!sendable) return;
    const received = this.authority.receive(
      sendable.version,
      sendable.steps.map((step) => step.toJSON() as unknown),
    );
    if (!received.ok) throw new Error(`the authority refused steps: ${JSON.stringify(received)}`);
    this.deliver(received.steps, A.getActorId(this.replica));
    this.deliver(received.repairs);
    this.replica = commitTo(this.replica, this.authority.takeOperations(), this.authority.doc, 0);
    this.deliver(this.authority.check(truthOf(this.replica)) ?? this.afresh());
    this.assertLevel();
  }

  private afresh(): Step[] {
    return this.authority.follow(render(bodySpans(this.replica)));
  }

  /** Gives the window steps, as JSON, the way they cross. */
  private deliver(steps: readonly Step[], clientId = "engine"): void {
    this.window = this.window.apply(
      receiveTransaction(
        this.window,
        steps.map((step) => Step.fromJSON(schema, step.toJSON())),
        steps.map(() => clientId),
      ),
    );
  }

  /** Takes all that another replica has and this one has not. */
  receive(other: A.Doc<DeckleDocument>): void {
    const heads = A.getHeads(this.replica).filter((head) => A.hasHeads(other, [head]));
    let patches: A.Patch[] = [];
    [this.replica] = A.applyChanges(this.replica, A.getChangesSince(other, heads), {
      patchCallback: (all) => (patches = all),
    });
    const steps = this.authority.followPatches(patches, truthOf(this.replica));
    this.followed[steps ? "patches" : "afresh"]++;
    this.deliver(steps ?? this.afresh());
    this.assertLevel();
  }

  /** Both take what the other has; then both show the same. */
  merge(other: Writer): void {
    const mine = A.clone(this.replica);
    this.receive(other.replica);
    other.receive(mine);
    if (!this.doc.eq(other.doc))
      throw new Error(`two documents after a merge:\n${this.shown}\n${other.shown}`);
  }

  /** Another program writes: a change that comes from no window, followed like any remote one. */
  program(actor: string, callback: (draft: A.Doc<DeckleDocument>) => void): void {
    this.receive(A.change(A.clone(this.replica, { actor }), callback));
  }

  private assertLevel(): void {
    const { doc } = this.authority;
    doc.check();
    const spans = bodySpans(this.replica);
    const rendered = render(spans);
    if (!rendered.eq(doc))
      throw new Error(
        `screen and document differ\nscreen   ${JSON.stringify(doc)}\ndocument ${JSON.stringify(rendered)}\n${JSON.stringify(spans)}`,
      );
    if (!this.window.doc.eq(doc))
      throw new Error(`the window shows something else\n${this.shown}\n${doc.toString()}`);
    const length = spans.reduce((sum, span) => sum + (span.type === "text" ? span.value.length : 1), 0);
    if (flatLength(doc) !== length) throw new Error("lengths differ");
    for (const one of nodesOf(doc, "table"))
      if (TableMap.get(one).problems) throw new Error(`no rectangle: ${one.toString()}`);
  }
}

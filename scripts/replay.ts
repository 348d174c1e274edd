/**
 * Replays recorded traces through the whole binding: a window (ProseMirror with prosemirror-collab),
 * an `Authority` and an Automerge replica for each writer, as one device has them. A "\n" of the
 * trace is a paragraph's end: put there by a split, deleted by a join.
 *
 * Each edit is made on the document that its writer had: before it, the replica is given exactly the
 * changes that the trace's parents name, and Automerge itself is asked whether it then stands there.
 */
import * as A from "@automerge/automerge/slim";
import { collab, getVersion, receiveTransaction, sendableSteps } from "prosemirror-collab";
import type { Node } from "prosemirror-model";
import { EditorState, Plugin } from "prosemirror-state";
import { Step } from "prosemirror-transform";
import { Authority } from "../renderer/document/authority.ts";
import {
  bodySpans,
  commitTo,
  emptyDocument,
  firstBlock,
  lighten,
  runOperations,
  truthOf,
} from "../renderer/document/body.ts";
import type { DeckleDocument } from "../renderer/document/body.ts";
import { identify } from "../renderer/document/identify.ts";
import { render } from "../renderer/document/render.ts";
import { schema } from "../renderer/document/schema.ts";
import type { ConcurrentTrace, Edit } from "./traces.ts";

export const emptyBody = (actor: string): A.Doc<DeckleDocument> =>
  A.change(A.from<DeckleDocument>(emptyDocument("replay"), { actor }), (draft) =>
    runOperations(draft, [firstBlock]),
  );

/** A document's paragraphs, one a line. @throws where there is anything else in it */
export function textOf(doc: Node): string {
  return doc.children
    .map((block) => {
      if (block.type !== schema.nodes.paragraph || block.attrs["implicit"] === true)
        throw new Error(`not a paragraph of its own: ${block.toString()}`);
      if (block.textContent.length !== block.content.size)
        throw new Error(`not only text: ${block.toString()}`);
      return block.textContent;
    })
    .join("\n");
}

/** Where a character of the text stands. Counted here, not by `flat.ts`: that is what is tried. */
function positionAt(doc: Node, at: number): number {
  let rest = at;
  let pos = 0;
  for (const { content, nodeSize } of doc.children) {
    if (rest <= content.size) return pos + 1 + rest;
    rest -= content.size + 1;
    pos += nodeSize;
  }
  throw new RangeError(`the trace edits at ${at}, past the end`);
}

/** One writer's device. */
export class Writer {
  readonly name: string;
  replica: A.Doc<DeckleDocument>;
  readonly authority: Authority;
  /** How often remote changes were followed by their patches, and how often only a new rendering would do. */
  readonly followed = { patches: 0, afresh: 0 };
  private window: EditorState;
  private ids = 0;

  constructor(name: string, replica: A.Doc<DeckleDocument>) {
    this.name = name;
    this.replica = replica;
    lighten(replica);
    const newId = (): string => `${name}${this.ids++}`;
    this.authority = new Authority(render(bodySpans(replica)), newId);
    const ids = new Plugin({
      appendTransaction: (transactions, _old, state) =>
        transactions.some((tr) => tr.getMeta("collab$")) ? null : identify(transactions, state, newId),
    });
    this.window = EditorState.create({
      schema,
      doc: this.authority.doc,
      plugins: [collab({ version: this.authority.version, clientID: name }), ids],
    });
  }

  /** What the writer sees. */
  get text(): string {
    return textOf(this.window.doc);
  }

  /** A key press: the window's transaction, its steps to the authority, and their confirmation back. */
  type({ at, deleteCount, text }: Edit): void {
    const { tr } = this.window;
    if (deleteCount > 0) tr.delete(positionAt(tr.doc, at), positionAt(tr.doc, at + deleteCount));
    let end = at;
    for (const [i, line] of text.split("\n").entries()) {
      if (i > 0) tr.split(positionAt(tr.doc, end++));
      if (line) tr.insertText(line, positionAt(tr.doc, end));
      end += line.length;
    }
    this.window = this.window.apply(tr);
    const sendable = sendableSteps(this.window);
    if (!sendable) throw new Error(`${this.name}: an edit without steps`);
    const received = this.authority.receive(sendable.version, overTheWire(sendable.steps));
    if (!received.ok) throw new Error(`${this.name}: refused: ${JSON.stringify(received)}`);
    this.deliver(received.steps, this.name);
    this.deliver(received.repairs, "engine");
  }

  private deliver(steps: readonly Step[], clientId: string): void {
    if (steps.length === 0) return;
    const own = overTheWire(steps).map((json) => Step.fromJSON(schema, json));
    const ids = own.map(() => clientId);
    this.window = this.window.apply(
      receiveTransaction(this.window, own, ids, { mapSelectionBackward: true }),
    );
  }

  /** Writes what was typed as the engine does. @returns the changes made; none where it came to nothing */
  write(): A.Change[] {
    const before = A.getHeads(this.replica);
    this.replica = commitTo(this.replica, this.authority.takeOperations(), this.authority.doc, 0);
    const mended = this.authority.check(truthOf(this.replica));
    if (mended) this.deliver(mended, "engine");
    else this.follow();
    return A.getChangesSince(this.replica, before);
  }

  receive(changes: A.Change[]): void {
    if (changes.length === 0) return;
    let patches: A.Patch[] = [];
    [this.replica] = A.applyChanges(this.replica, changes, { patchCallback: (all) => (patches = all) });
    const steps = this.authority.followPatches(patches, truthOf(this.replica));
    if (steps) this.deliver(steps, "engine");
    else this.follow();
    this.followed[steps ? "patches" : "afresh"]++;
  }

  private follow(): void {
    this.deliver(this.authority.follow(render(bodySpans(this.replica))), "engine");
  }

  /** @throws unless window, authority and what is rendered afresh from the replica are the same document */
  check(): void {
    const { doc, version } = this.authority;
    const rendered = render(bodySpans(this.replica));
    doc.check();
    if (!rendered.eq(doc))
      throw new Error(`${this.name}: screen and document differ\n${doc.toString()}\n${rendered.toString()}`);
    if (!this.window.doc.eq(doc) || getVersion(this.window) !== version)
      throw new Error(`${this.name}: the window shows something else`);
  }
}

const overTheWire = (steps: readonly Step[]): unknown[] =>
  JSON.parse(JSON.stringify(steps.map((step) => step.toJSON() as unknown))) as unknown[];

/** Edits that one writer made on end, and nobody else saw but all together: they become one change. */
export type Run = { agent: number; parents: number[]; edits: Edit[] };

/** Cuts a trace into runs, in an order in which each one's parents come before it. */
export function runsOf({ entries }: ConcurrentTrace): Run[] {
  const named = entries.flatMap(({ parents }) => parents);
  const children = new Map<number | undefined, number>();
  for (const parent of named) children.set(parent, (children.get(parent) ?? 0) + 1);
  const runs: Run[] = [];
  const runOf: number[] = [];
  for (const { agent, parents, edits } of entries) {
    const [parent] = parents;
    const before = runOf[parent ?? -1] ?? -1;
    const goesOn = parents.length === 1 && children.get(parent) === 1 && runs[before]?.agent === agent;
    if (goesOn) runs[before]?.edits.push(...edits);
    else runs.push({ agent, parents: parents.map((one) => runOf[one] as number), edits: [...edits] });
    runOf.push(goesOn ? before : runs.length - 1);
  }
  return runs;
}

export type ReplayOptions = {
  /** Screen and document are compared after every so many runs, and at the end. */
  checkEvery: number;
  /** The replicas' actors; which one is greater decides the order of what two put at one place. */
  actors: readonly string[];
};

export type Replayed = {
  /** What each writer sees after all have everything. */
  documents: string[];
  writers: Writer[];
  runs: number;
  checks: number;
};

/** @throws where a state is not what the trace's parents say, or a check fails */
export function replay(trace: ConcurrentTrace, { checkEvery, actors }: ReplayOptions): Replayed {
  const first = emptyBody("00".repeat(16));
  const writers = Array.from(
    { length: trace.agents },
    (_, agent) => new Writer(`w${agent}-`, A.clone(first, { actor: actors[agent] as string })),
  );
  const runs = runsOf(trace);
  const made: { changes: A.Change[]; heads: A.Heads }[] = [];
  const known = writers.map(() => new Set<number>());
  let checks = 0;
  const moveTo = (agent: number, parents: readonly number[]): void => {
    const writer = writers[agent] as Writer;
    const lacking = lackingOf(runs, parents, known[agent] as Set<number>);
    writer.receive(lacking.flatMap((run) => made[run]?.changes ?? []));
    if (parents.length > 0)
      mustStandAt(
        writer.replica,
        parents.flatMap((run) => made[run]?.heads ?? []),
      );
  };
  for (const [i, { agent, parents, edits }] of runs.entries()) {
    const writer = writers[agent] as Writer;
    moveTo(agent, parents);
    for (const edit of edits) writer.type(edit);
    made.push({ changes: writer.write(), heads: A.getHeads(writer.replica) });
    known[agent]?.add(i);
    if (i % checkEvery > 0) continue;
    writer.check();
    checks++;
  }
  for (const [agent, writer] of writers.entries()) {
    moveTo(agent, [runs.length - 1]);
    writer.check();
    checks++;
  }
  return { documents: writers.map(({ text }) => text), writers, runs: runs.length, checks };
}

/** The runs that lead to `parents` and are not `known`, oldest first; they are known from now on. */
function lackingOf(runs: readonly Run[], parents: readonly number[], known: Set<number>): number[] {
  const lacking: number[] = [];
  const rest = [...parents];
  for (let run = rest.pop(); run !== undefined; run = rest.pop()) {
    if (known.has(run)) continue;
    known.add(run);
    lacking.push(run);
    rest.push(...(runs[run]?.parents ?? []));
  }
  return lacking.sort((a, b) => a - b);
}

/** @throws unless the replica holds what leads to `heads` and nothing else */
function mustStandAt(replica: A.Doc<unknown>, heads: A.Heads): void {
  if (A.hasHeads(replica, heads) && A.getHeads(replica).every((head) => heads.includes(head))) return;
  throw new Error("a writer's document is not the merge of the trace's parents");
}

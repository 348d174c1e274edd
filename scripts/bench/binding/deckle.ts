/**
 * Deckle's side: what a window and the engine do together, in one process and without the messages
 * between them. Automerge's own time is kept apart from ours.
 */
import * as A from "@automerge/automerge/slim";
import { collab, receiveTransaction, sendableSteps } from "prosemirror-collab";
import type { Node } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import { Step } from "prosemirror-transform";
import { Authority } from "../../../renderer/document/authority.ts";
import {
  bodySpans,
  commit,
  emptyDocument,
  lighten,
  runOperations,
  truthOf,
} from "../../../renderer/document/body.ts";
import type { DeckleDocument } from "../../../renderer/document/body.ts";
import { writeChange } from "../../../renderer/document/change.ts";
import { operationsFor } from "../../../renderer/document/operations.ts";
import { render } from "../../../renderer/document/render.ts";
import { schema } from "../../../renderer/document/schema.ts";
import { caretFor, transactionFor } from "./edits.ts";
import type { Edit } from "./edits.ts";

/** Milliseconds. */
export type Local = {
  /** `EditorState.apply` in the window. */
  window: number;
  /** Steps to JSON and into the authority: checked, translated, applied. */
  receive: number;
  /** Writing the change, without what Automerge took of it. */
  write: number;
  /** Inside Automerge, with the operations that we call it with (`document/change.ts`). */
  automerge: number;
};

export type Remote = {
  /** `applyChanges`, up to the patches. */
  automerge: number;
  /** Patches to steps. */
  follow: number;
  /** Steps through JSON and `EditorState.apply` in the window. */
  window: number;
};

/** How often remote changes were followed by their patches, and how often only a new rendering would do. */
export type Followed = { patches: number; afresh: number };

const now = (): number => performance.now();

export function deckleBytes(texts: readonly string[]): Uint8Array {
  const doc = schema.nodes.doc.create(
    null,
    texts.map((text) => schema.nodes.paragraph.create(null, schema.text(text))),
  );
  const empty = A.from<DeckleDocument>(emptyDocument("bench"));
  return A.save(A.change(empty, (draft) => runOperations(draft, operationsFor(doc))));
}

export class Deckle {
  readonly followed: Followed = { patches: 0, afresh: 0 };
  private automerge: A.Doc<DeckleDocument>;
  private readonly authority: Authority;
  private state: EditorState;
  private ids = 0;

  /** @param bytes a document as it lies on disk */
  constructor(bytes: Uint8Array) {
    this.automerge = A.load<DeckleDocument>(bytes);
    lighten(this.automerge);
    this.authority = new Authority(render(bodySpans(this.automerge)), () => `bench${this.ids++}`);
    this.state = EditorState.create({
      schema,
      doc: this.authority.doc,
      plugins: [collab({ version: this.authority.version, clientID: "window" })],
    });
  }

  get doc(): Node {
    return this.state.doc;
  }

  /** Edits one after another at one place, and what they come to is written as one change. */
  local(edits: readonly Edit[]): Local {
    const spent: Local = { window: 0, receive: 0, write: 0, automerge: 0 };
    for (const edit of edits) {
      this.state = this.state.apply(caretFor(this.state, edit));
      const tr = transactionFor(this.state, edit);
      const started = now();
      this.state = this.state.apply(tr);
      const applied = now();
      const sendable = sendableSteps(this.state);
      if (!sendable) throw new Error("the edit made no steps");
      const received = this.authority.receive(
        sendable.version,
        sendable.steps.map((step) => step.toJSON() as unknown),
      );
      const done = now();
      if (!received.ok) throw new Error(`the authority refused an edit: ${JSON.stringify(received)}`);
      spent.window += applied - started;
      spent.receive += done - applied;
      this.confirm(sendable.steps);
    }
    const started = now();
    commit(
      (run, wantPatches) => {
        const begun = now();
        const written = writeChange(this.automerge, "body", run, { wantPatches, now: Date.now() });
        this.automerge = written.doc;
        spent.automerge += now() - begun;
        return written.patches;
      },
      this.authority.takeOperations(),
      this.authority.doc,
    );
    spent.write = now() - started - spent.automerge;
    return spent;
  }

  /** The authority's word that the steps are taken: in the app it comes back after the letter is on screen. */
  private confirm(steps: readonly Step[]): void {
    this.state = this.state.apply(
      receiveTransaction(
        this.state,
        steps,
        steps.map(() => "window"),
      ),
    );
  }

  /** What was changed since the last time it was asked, for another replica. */
  changesSince(heads: A.Heads): { changes: Uint8Array[]; heads: A.Heads } {
    return { changes: A.getChangesSince(this.automerge, heads), heads: A.getHeads(this.automerge) };
  }

  get heads(): A.Heads {
    return A.getHeads(this.automerge);
  }

  /** The caret where it is while others write. */
  place(edit: Edit): void {
    this.state = this.state.apply(caretFor(this.state, edit));
  }

  remote(changes: Uint8Array[]): Remote {
    let patches: A.Patch[] = [];
    const started = now();
    [this.automerge] = A.applyChanges(this.automerge, changes, { patchCallback: (all) => (patches = all) });
    const applied = now();
    let steps = this.authority.followPatches(patches, truthOf(this.automerge));
    if (steps) this.followed.patches++;
    else {
      this.followed.afresh++;
      steps = this.authority.follow(render(bodySpans(this.automerge)));
    }
    const followed = now();
    const sent = steps.map((step) => Step.fromJSON(schema, step.toJSON()));
    const tr = receiveTransaction(
      this.state,
      sent,
      sent.map(() => "engine"),
      { mapSelectionBackward: true },
    );
    this.state = this.state.apply(tr);
    return { automerge: applied - started, follow: followed - applied, window: now() - followed };
  }

  /** Window, authority and CRDT are one; else what was measured is not a binding. */
  check(): void {
    if (!this.state.doc.eq(this.authority.doc)) throw new Error("Deckle's window is not its authority");
    if (!render(bodySpans(this.automerge)).eq(this.authority.doc))
      throw new Error("Deckle's authority is not its document");
  }
}

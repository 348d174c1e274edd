/**
 * Writes a change to an Automerge document, without what `Automerge.change` does beside it.
 *
 * Automerge keeps a copy of the document in JavaScript, the body as one string, and brings it up to
 * date with each change: 500–600 µs of the 700–900 µs that a change takes in a body of 500,000
 * characters. Nobody reads that string (the body is read by `spans` and `Truth`), so it is dropped,
 * and Automerge does not bring up to date what is not there. And it diffs each change, which is as
 * slow as the body is long (15 ms there) where a field of a marker is written; here patches are made
 * only where they are asked for.
 *
 * The only place that knows Automerge's internal state. Its version is pinned, and `change.test.ts`
 * compares every outcome with `Automerge.change`.
 */
import * as A from "@automerge/automerge/slim";

export type Handle = ReturnType<typeof A.getBackend>;

/** What Automerge keeps with a document, under a symbol; as far as it is used here. */
type State = {
  handle: Handle;
  /** Set on a document that a later one has replaced. */
  heads: A.Heads | undefined;
  /** What `Automerge.diff` answers without counting. */
  mostRecentPatch: { before: A.Heads; after: A.Heads; patches: A.Patch[] };
};

const stateSymbol = Symbol.for("_am_meta");

function stateOf(doc: A.Doc<unknown>): State {
  const state = Reflect.get(doc as object, stateSymbol) as State | undefined;
  if (state?.handle !== A.getBackend(doc)) throw new RangeError("not a document that Automerge can write to");
  return state;
}

export type ChangeOptions = {
  /** Whether patches are wanted; see `Written`. */
  wantPatches: boolean;
  /** Milliseconds since the epoch. The change says when it was made, in seconds. */
  now: number;
};

export type Written<T> = {
  /** The document to go on with. It is the one that was given where nothing was written. */
  doc: A.Doc<T>;
  /** What the change did. Without `wantPatches` none, and `Automerge.diff` over this one change says none too. */
  patches: readonly A.Patch[];
};

/**
 * Makes one change, as `Automerge.change` does.
 * @param field whose copy is dropped
 * @param run writes through the low-level interface, and only within `field`: what it wrote elsewhere
 *   would not show in the copy
 * @throws what `run` throws; nothing was written then
 */
export function writeChange<T extends object>(
  doc: A.Doc<T>,
  field: keyof T,
  run: (handle: Handle) => void,
  { wantPatches, now }: ChangeOptions,
): Written<T> {
  const state = stateOf(doc);
  if (state.heads !== undefined)
    throw new RangeError("the document is outdated: a change goes onto the last");
  const { handle } = state;
  dropCopy(doc, field);
  const before = handle.getHeads();
  let head: string | null;
  try {
    run(handle);
    head = handle.commit(undefined, Math.floor(now / 1000));
  } catch (error) {
    handle.rollback();
    throw error;
  }
  if (head === null) return { doc, patches: [] };
  let patches: A.Patch[] = [];
  if (wantPatches) patches = handle.diffIncremental();
  else handle.updateDiffCursor();
  // The diff has been taken, so this applies nothing: it makes the object that the next state goes with.
  const next: State = { ...state, heads: undefined, mostRecentPatch: { before, after: [head], patches } };
  const after = handle.applyPatches(doc, next);
  state.heads = before;
  return { doc: after, patches };
}

/** Drops a field's copy in JavaScript. Later states of the document are without it until somebody puts another value there. */
export function dropCopy<T extends object>(doc: A.Doc<T>, field: keyof T): void {
  Reflect.deleteProperty(doc, field);
}

/** Makes one change of one document; `writeChange` on whatever keeps it. The patches are `Written`'s. */
export type Change = (run: (handle: Handle) => void, wantPatches: boolean) => readonly A.Patch[];

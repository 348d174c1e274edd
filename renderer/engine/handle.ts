/**
 * Writing to an open document behind automerge-repo's handle.
 *
 * Local edits go past `DocHandle.change` (`document/change.ts` says why), with the same outcome: the
 * handle says `heads-changed`, by which the repo saves, and `change`, by which it syncs.
 */
import * as A from "@automerge/automerge/slim";
import { encodeHeads } from "@automerge/automerge-repo/slim";
import type { DocHandle } from "@automerge/automerge-repo/slim";
import { writeChange } from "../document/change.ts";
import type { Change } from "../document/change.ts";
import { runOperations } from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import type { Operation } from "../document/operations.ts";
import type { Clock } from "./clock.ts";

/** Makes a change of the body. @throws what Automerge throws; nothing was written then */
export function changeOf(handle: DocHandle<DeckleDocument>, clock: Clock): Change {
  return (run, wantPatches) => {
    if (!handle.isReady()) throw new Error(`the document is ${String(handle.state)}`);
    const before = handle.doc();
    let patches: readonly A.Patch[] = [];
    handle.update((doc) => {
      const written = writeChange(doc, "body", run, { wantPatches, now: clock.now() });
      patches = written.patches;
      return written.doc;
    });
    const after = handle.doc();
    // The handle says this only where there are patches, and the synchronizer listens to nothing else.
    if (patches.length === 0 && after !== before)
      handle.emit("change", {
        handle,
        doc: after,
        patches: [],
        patchInfo: { before, after, source: "change" },
      });
    return patches;
  };
}

/** Writes operations that were made when the document was at `heads`, beside what has come in since. */
export function writeAt(
  handle: DocHandle<DeckleDocument>,
  heads: A.Heads,
  operations: readonly Operation[],
): void {
  try {
    handle.changeAt(encodeHeads(heads), (draft) => runOperations(draft, operations));
  } catch (error) {
    // Automerge leaves a document whose `changeAt` failed at the old heads.
    A.getBackend(handle.doc()).integrate();
    throw error;
  }
}

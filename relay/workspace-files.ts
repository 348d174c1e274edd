/**
 * Where the workspaces of a relay are: `relay.sqlite` in its data folder is the default one, every other is a file of
 * its own, named after its id. A document can be asked for only in the file that a session belongs to.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isDocumentId } from "./protocol/ids.ts";
import { moveDurably, removeStore } from "./store/backup.ts";
import { LocalStore } from "./store/local.ts";
import { markOf } from "./store/mark.ts";
import type { Store } from "./store/store.ts";
import { ThreadedStore } from "./store/threaded.ts";

const ofWorkspace = /^workspace-([^.]+)\.sqlite$/;

/** Of the default workspace. */
export const storeFile = (data: string): string => join(data, "relay.sqlite");
export const workspaceFile = (data: string, id: string): string => join(data, `workspace-${id}.sqlite`);
/** On the calling thread: for commands and tests. */
export const openStore = (data: string): Store => new LocalStore(storeFile(data));

/** Ids of the workspaces beside the default one. */
export function otherWorkspaces(data: string): readonly string[] {
  if (!existsSync(data)) return [];
  return readdirSync(data)
    .flatMap((name) => ofWorkspace.exec(name)?.[1] ?? [])
    .filter(isDocumentId)
    .toSorted();
}

/** What is wrong with a store under the name of a workspace: somebody copied or renamed the file. */
export function placeProblem(store: Store, id: string, file: string): string | undefined {
  const { workspace } = store.identity;
  return workspace === id
    ? undefined
    : `${file} is the store of the workspace ${workspace}: move it out of the folder, or give it back its name`;
}

/**
 * A new file with a workspace in it, which has its name only once `prepare` is done with it. Rejects with
 * `StoreProblem`.
 */
export async function makeWorkspace(
  data: string,
  prepare: (store: Store) => Promise<void>,
): Promise<{ readonly id: string; readonly file: string }> {
  const temporary = join(data, `.workspace-${randomUUID()}`);
  try {
    const store = await ThreadedStore.open(temporary);
    const id = store.identity.workspace;
    try {
      await prepare(store);
    } finally {
      await store.stop();
    }
    const file = workspaceFile(data, id);
    moveDurably(markOf(temporary), markOf(file));
    moveDurably(temporary, file);
    return { id, file };
  } catch (error) {
    removeStore(temporary);
    throw error;
  }
}

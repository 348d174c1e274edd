/** Names of workspaces, and making one that has a name from its first moment on. */
import type { Access } from "./access/access.ts";
import { rename } from "./access/grants.ts";
import { operator, personName } from "./access/records.ts";
import { memberNameCharsMax, workspacesMax } from "./protocol/limits.ts";
import { nodeDoor } from "./server/node-door.ts";
import type { Store } from "./store/store.ts";
import { makeWorkspace } from "./workspace-files.ts";

export const nameOf = ({ roster }: Access): string => roster.name;

/** The access to a workspace that nobody can reach: for the operator only. */
export async function accessOf(store: Store): Promise<Access> {
  const { workspace } = store.identity;
  const { access } = await nodeDoor(new Set()).add({
    workspace,
    records: store.records,
    isNew: () => Promise.resolve(false),
    onChanged: () => {},
    onLost: () => {},
  });
  return access;
}

/** `names` are those of the workspaces that are there. Rejects with words for a person. */
export async function makeNamedWorkspace(
  data: string,
  wanted: string,
  names: readonly string[],
): Promise<{ readonly id: string; readonly file: string }> {
  const { data: name } = personName.safeParse(wanted);
  if (name === undefined)
    throw new Error(`a workspace's name is one line of at most ${memberNameCharsMax} characters`);
  if (names.includes(name)) throw new Error(`there is a workspace “${name}” already`);
  if (names.length >= workspacesMax)
    throw new Error(`there are as many workspaces as a relay can have (${workspacesMax})`);
  return makeWorkspace(data, async (store) => {
    const access = await accessOf(store);
    const { workspace: id } = access;
    const done = await access.decide((roster, nowMs) => rename(roster, operator, { id, name }, nowMs));
    if (!done.ok) throw new Error(`the name could not be written (${done.refusal})`);
  });
}

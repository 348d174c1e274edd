/** The folder of a relay that does not run, as the operator asks it: the files are opened here, each when it is needed. */
import { existsSync } from "node:fs";
import { Blobs, withBlobs } from "../blobs/blobs.ts";
import { Roster } from "../access/roster.ts";
import { ownersOf } from "../made-invite.ts";
import {
  accessProblem,
  type Listed,
  type ListedWorkspace,
  type Operable,
  type Operated,
} from "../operator.ts";
import { LocalStore } from "../store/local.ts";
import { peek } from "../store/peek.ts";
import type { Store, Verified } from "../store/store.ts";
import { verifyFile } from "../store/verify.ts";
import { otherWorkspaces, storeFile, workspaceFile } from "../workspace-files.ts";
import { accessOf, makeNamedWorkspace } from "../workspace-name.ts";

export class OfflineRelay implements Operable {
  readonly #data: string;
  readonly #opened = new Map<string, Operated>();

  constructor(data: string) {
    this.#data = data;
  }

  /** Of no file anything is changed. */
  async list(): Promise<Listed> {
    const workspaces = [
      listed(storeFile(this.#data), true),
      ...otherWorkspaces(this.#data).map((id) => listed(workspaceFile(this.#data, id), false)),
    ];
    return { addresses: [], isOpenMode: false, workspaces };
  }

  async at(id: string | undefined): Promise<Operated> {
    const file = this.#fileOf(id);
    const opened = this.#opened.get(file);
    if (opened) return opened;
    const store: Store = new LocalStore(file);
    const operated = { id: store.identity.workspace, store, access: await accessOf(store) };
    this.#opened.set(file, operated);
    return operated;
  }

  async verify(id: string | undefined): Promise<Verified> {
    const file = this.#fileOf(id);
    const verified = verifyFile(file);
    const peeked = peek(file);
    if (!peeked.ok || peeked.workspace === undefined) return verified;
    const blobs = new Blobs({ data: this.#data }).at(peeked.workspace);
    return withBlobs(verified, await blobs.verify());
  }

  async add(name: string): Promise<ListedWorkspace> {
    const { workspaces } = await this.list();
    const names = workspaces.map((each) => each.name);
    const { file } = await makeNamedWorkspace(this.#data, name, names);
    return listed(file, false);
  }

  async stop(): Promise<void> {
    for (const { store } of this.#opened.values()) await store.stop();
  }

  /** The default one may be named by its id as well. */
  #fileOf(id: string | undefined): string {
    const ofDefault = storeFile(this.#data);
    if (id === undefined) return ofDefault;
    const file = workspaceFile(this.#data, id);
    if (existsSync(file)) return file;
    const peeked = peek(ofDefault);
    if (peeked.ok && peeked.workspace === id) return ofDefault;
    throw new Error(`there is no workspace ${id} in ${this.#data}`);
  }
}

function listed(file: string, isDefault: boolean): ListedWorkspace {
  const peeked = peek(file);
  const none = { file, isDefault, name: "", members: 0, owners: 0 };
  if (!peeked.ok) return { ...none, problem: peeked.reason };
  const { workspace: id, accessRows } = peeked;
  const roster = new Roster();
  const isWhole = roster.load(accessRows ?? []).length === 0 && accessRows !== undefined;
  return {
    ...none,
    ...(id !== undefined && { id }),
    name: roster.name,
    members: roster.members.filter(({ endedMs }) => endedMs === undefined).length,
    owners: ownersOf(roster),
    ...(!isWhole && { problem: accessProblem }),
  };
}

/** A relay that runs, as the operator asks it: through the control socket in its data folder. */
import { withBlobs, type Blobs } from "./blobs/blobs.ts";
import { ownersOf } from "./made-invite.ts";
import type { Listed, ListedWorkspace, Operable, Operated } from "./operator.ts";
import { accessProblem } from "./operator.ts";
import type { Verified } from "./store/store.ts";
import { ThreadedStore } from "./store/threaded.ts";
import type { Report } from "./sync/ports.ts";
import { makeNamedWorkspace, nameOf } from "./workspace-name.ts";
import { storeFile, workspaceFile } from "./workspace-files.ts";
import type { Workspace, Workspaces } from "./workspaces.ts";

export interface RunningSetting {
  readonly workspaces: Workspaces;
  readonly addresses: readonly string[];
  readonly isOpenMode: boolean;
  readonly report: Report;
  /** Absent where its stores are not files of one folder. */
  readonly data?: string;
  readonly blobs?: Blobs;
}

export class RunningRelay implements Operable {
  readonly #setting: RunningSetting;
  /** One at a time: two of one name would both be the first. */
  #adding: Promise<unknown> = Promise.resolve();

  constructor(setting: RunningSetting) {
    this.#setting = setting;
  }

  async list(): Promise<Listed> {
    const { workspaces, addresses, isOpenMode } = this.#setting;
    return { addresses, isOpenMode, workspaces: workspaces.all.map((each) => this.#listed(each)) };
  }

  async at(id: string | undefined): Promise<Operated> {
    const { workspaces } = this.#setting;
    const found = id === undefined ? workspaces.all[0] : workspaces.at(id);
    if (!found) throw new Error(`the relay has no workspace ${id}`);
    return found;
  }

  async verify(id: string | undefined): Promise<Verified> {
    const { id: workspace, store } = await this.at(id);
    const { blobs } = this.#setting;
    const verified = await store.verify();
    return blobs ? withBlobs(verified, await blobs.at(workspace).verify()) : verified;
  }

  add(name: string): Promise<ListedWorkspace> {
    const added = this.#adding.then(() => this.#add(name));
    this.#adding = Promise.allSettled([added]);
    return added;
  }

  async #add(name: string): Promise<ListedWorkspace> {
    const { workspaces, data, report } = this.#setting;
    if (data === undefined) throw new Error("this relay keeps its workspaces elsewhere");
    const names = workspaces.all.map(({ access }) => nameOf(access));
    const { id, file } = await makeNamedWorkspace(data, name, names);
    const store = await ThreadedStore.open(file, { report });
    try {
      const added = await workspaces.add(store);
      report("workspace-added", { workspace: id });
      return this.#listed(added);
    } catch (error) {
      await store.stop();
      throw error;
    }
  }

  #listed({ id, access }: Workspace): ListedWorkspace {
    const { data = "", workspaces } = this.#setting;
    const isDefault = workspaces.all[0]?.id === id;
    const { roster } = access;
    return {
      id,
      isDefault,
      file: isDefault ? storeFile(data) : workspaceFile(data, id),
      name: nameOf(access),
      members: roster.members.filter(({ endedMs }) => endedMs === undefined).length,
      owners: ownersOf(roster),
      ...(!access.isOpen && { problem: accessProblem }),
    };
  }
}

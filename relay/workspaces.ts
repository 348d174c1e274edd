/**
 * The workspaces of one relay. Each is a store, a hub and an access of its own: what a session belongs to is all that
 * it can reach, and a document id of one workspace says nothing in another. What they share is the door, the process
 * for whole documents, and the bus.
 */
import type { Access } from "./access/access.ts";
import type { Door } from "./access/door.ts";
import type { Records } from "./access/ports.ts";
import type { Bus, News } from "./bus/bus.ts";
import { workspacesMax } from "./protocol/limits.ts";
import type { Observer } from "./server/metrics.ts";
import { observedLog } from "./server/observed-log.ts";
import { nodeHashing } from "./store/hashing.ts";
import type { Store } from "./store/store.ts";
import { Hub } from "./sync/hub.ts";
import type { Action, Documents, Report } from "./sync/ports.ts";

export interface Workspace {
  /** Its document id. */
  readonly id: string;
  /** The peer id that the relay has in it. */
  readonly relayId: string;
  readonly store: Store;
  readonly hub: Hub;
  readonly access: Access;
}

export interface WorkspacesSetting {
  readonly door: Door;
  readonly bus: Bus;
  /** By which other nodes on the bus tell this one from themselves. */
  readonly node: string;
  readonly documents: Documents;
  readonly observer: Pick<Observer, "committed" | "commitFailed">;
  readonly idleRoomMs?: number;
  readonly report: Report;
  readonly nowMs: () => number;
  may(connectionId: number, documentId: string, action: Action): boolean;
  /** These devices may now do something else in this workspace than before, or nothing. */
  readonly accessChanged: (workspace: string, devices: ReadonlySet<string>) => void;
}

export class Workspaces {
  readonly #setting: WorkspacesSetting;
  readonly #byId = new Map<string, Workspace>();
  readonly #leaveBus: () => void;

  constructor(setting: WorkspacesSetting) {
    this.#setting = setting;
    this.#leaveBus = setting.bus.subscribe(setting.node, (news) => this.#hear(news));
  }

  /** The first one is the default one. Rejects with words where there cannot be one more; the store is not stopped. */
  async add(store: Store): Promise<Workspace> {
    const { door, report, accessChanged } = this.#setting;
    const { workspace: id, relayId } = store.identity;
    if (this.#byId.has(id)) throw new Error(`the workspace ${id} is there twice`);
    if (this.#byId.size >= workspacesMax)
      throw new Error(`there are as many workspaces as a relay can have (${workspacesMax})`);
    const hub = this.#hubOn(store);
    const records = this.#told(id, store.records);
    const onChanged = (devices: ReadonlySet<string>): void => accessChanged(id, devices);
    const { access, isOpen } = await door.add({
      workspace: id,
      records,
      isNew: async (documentId) => {
        // What waits for a commit first: by the time the store answers it may be there.
        if (hub.holds(documentId)) return false;
        const listed = await store.list(documentId, 0);
        return listed.ok && listed.next === 0;
      },
      onChanged,
      onLost: (entries) => report("audit-lost", { workspace: id, entries }),
    });
    if (!isOpen) report("access-damaged", { workspace: id });
    const added = { id, relayId, store, hub, access };
    this.#byId.set(id, added);
    return added;
  }

  get all(): readonly Workspace[] {
    return [...this.#byId.values()];
  }
  at(id: string): Workspace | undefined {
    return this.#byId.get(id);
  }

  get isReady(): boolean {
    return this.all.every(({ store }) => store.isReady());
  }

  get figures(): Hub["figures"] {
    const sum = { rooms: 0, connections: 0, feedListeners: 0, presenceDropped: 0 };
    for (const { hub } of this.all) {
      const { rooms, connections, feedListeners, presenceDropped } = hub.figures;
      sum.rooms += rooms;
      sum.connections += connections;
      sum.feedListeners += feedListeners;
      sum.presenceDropped += presenceDropped;
    }
    return sum;
  }

  /** Looks for what other nodes wrote and the bus did not tell. */
  async repair(): Promise<void> {
    for (const { hub, access } of this.all) await Promise.all([hub.repair(), access.refresh()]);
  }

  rest(): void {
    for (const { store } of this.all) void store.rest();
  }

  /** Commits what waits. Nothing may be received any more. */
  async drain(): Promise<void> {
    await Promise.all(this.all.map(({ hub }) => hub.stop()));
  }

  leaveBus(): void {
    this.#leaveBus();
  }
  async stop(): Promise<void> {
    await Promise.all(this.all.map(({ store }) => store.stop()));
  }

  #hubOn(store: Store): Hub {
    const setting = this.#setting;
    const { relayId, epoch, workspace } = store.identity;
    return new Hub({
      relayId,
      log: observedLog(store, setting.observer, setting.nowMs),
      epoch,
      documents: setting.documents,
      ...(setting.idleRoomMs !== undefined && { idleRoomMs: setting.idleRoomMs }),
      hashing: nodeHashing,
      timing: {
        nowMs: setting.nowMs,
        after: (delayMs, run) => void (delayMs > 0 ? setTimeout(run, delayMs) : setImmediate(run)),
      },
      may: (connection, documentId, action) => setting.may(connection.id, documentId, action),
      report: setting.report,
      onCommitted: (documentIds) =>
        setting.bus.publish(setting.node, { kind: "documents", workspace, documentIds }),
    });
  }

  /** The same records; other nodes hear that something was written. */
  #told(workspace: string, records: Records): Records {
    const { bus, node } = this.#setting;
    return {
      load: () => records.load(),
      audit: (after, count) => records.audit(after, count),
      write: async (changes, audit) => {
        const written = await records.write(changes, audit);
        if (written.ok && changes.length > 0) bus.publish(node, { kind: "access", workspace });
        return written;
      },
    };
  }

  #hear(news: News): void {
    const heard = this.#byId.get(news.workspace);
    if (!heard) return;
    if (news.kind === "access") void heard.access.refresh();
    else for (const documentId of news.documentIds) heard.hub.refresh(documentId);
  }
}

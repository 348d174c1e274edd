/**
 * Puts a relay together: stores, bus, workspaces, listener, metrics, control. Used by the command line and, in process,
 * by tests.
 */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { openSession } from "./access/authorize.ts";
import type { Done } from "./access/access.ts";
import type { Door } from "./access/door.ts";
import { invite, type InviteWanted } from "./access/grants.ts";
import { operator } from "./access/records.ts";
import { Blobs } from "./blobs/blobs.ts";
import type { Bus } from "./bus/bus.ts";
import { LocalBus } from "./bus/local.ts";
import { DocumentProcess } from "./documents/process.ts";
import { answerOperator } from "./operator.ts";
import { inviteOwners, type OwnerInvite } from "./owner-invites.ts";
import {
  blobSweepMs,
  drainMs,
  joinDeadlineMs,
  outboundStuckMs,
  pingMs,
  restLookMs,
  silenceMs,
} from "./protocol/limits.ts";
import { RunningRelay } from "./running-relay.ts";
import { AccessApi, accessPosts } from "./server/access-api.ts";
import { BlobApi, openWorkspace, type BlobGate } from "./server/blob-api.ts";
import { Control } from "./server/control.ts";
import { hostPort } from "./server/http.ts";
import { Listener, syncPath, type Admitted, type ListenerTimes, type Place } from "./server/listener.ts";
import { openLog, stderrOutput } from "./server/log.ts";
import { Metrics } from "./server/metrics.ts";
import { nodeDoor } from "./server/node-door.ts";
import { Rest } from "./server/rest.ts";
import { Certificate, type TlsFiles } from "./server/tls.ts";
import { collectGarbage } from "./store/garbage.ts";
import type { Store } from "./store/store.ts";
import { ThreadedStore } from "./store/threaded.ts";
import type { Report } from "./sync/ports.ts";
import { otherWorkspaces, placeProblem, storeFile, workspaceFile } from "./workspace-files.ts";
import { Workspaces, type Workspace } from "./workspaces.ts";

export interface RelayOptions {
  /** Folder of the relay's files; made if it is not there. */
  readonly data: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly host?: string;
  /** Where log lines go; stderr if absent. */
  readonly report?: Report;
  readonly times?: Partial<ListenerTimes & { joinDeadlineMs: number; idleRoomMs: number }>;
  readonly tls?: TlsFiles;
  /**
   * The origins (`wss://relay.example.org`) under which apps reach the relay, or the port that it listens on under
   * this machine's own names: only devices of its members are let in then. Without it the relay is open, and whoever
   * comes may do everything.
   */
  readonly origins?: readonly string[] | "own-port";
  /** On the relay's own port if absent. */
  readonly metrics?: "off" | { readonly host: string; readonly port: number };
  readonly connectionsMax?: number;
  /** Of the blobs of each workspace. */
  readonly blobMegabytesMax?: number;
  /** Whether it collects its garbage when it is quiet: for a process that is only a relay. */
  readonly rests?: boolean;
  /** How often to look for what other nodes on the same store committed and the bus lost. Never if absent. */
  readonly repairMs?: number;
}
export interface Relay {
  readonly url: string;
  readonly port: number;
  readonly relayId: string;
  /** Document id of the default workspace. */
  readonly workspace: string;
  figures(): { rooms: number; connections: number };
  /** Reads the certificate's files again; sockets that stand are left alone. What is wrong is reported. */
  reloadTls(): void;
  /** By whoever runs this machine, into the default workspace if none is named. */
  invite(wanted: InviteWanted, workspaceId?: string): Promise<Done>;
  /**
   * Links for the first owner of each workspace that has none. Their secrets are nowhere else, so they are made when
   * there is somebody to show them to.
   */
  inviteOwners(): Promise<readonly OwnerInvite[]>;
  /** Commits, closes every socket, closes the store. Safe to call twice. */
  stop(): Promise<void>;
}

/** Rejects with words for a person if a store or the port cannot be had. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const report = options.report ?? logToStderr();
  const stores = await openStores(options.data, report);
  return startRelayOn(stores, new LocalBus(), { ...options, report });
}

/**
 * All or none: a workspace that is left out would look to its members as if it had been taken away, and to whoever
 * reads the log as if all were well.
 */
async function openStores(data: string, report: Report): Promise<readonly Store[]> {
  const stores: Store[] = [];
  try {
    stores.push(await ThreadedStore.open(storeFile(data), { report }));
    for (const id of otherWorkspaces(data)) {
      const file = workspaceFile(data, id);
      const store = await ThreadedStore.open(file, { report });
      stores.push(store);
      const problem = placeProblem(store, id, file);
      if (problem !== undefined) throw new Error(problem);
    }
    return stores;
  } catch (error) {
    for (const store of stores) await store.stop();
    throw error;
  }
}

type OnStores = Omit<RelayOptions, "data"> & { readonly data?: string };

/**
 * The same on given stores and bus: several nodes on one log, or a store that fails on purpose. The first is that of
 * the default workspace.
 */
export async function startRelayOn(
  given: Store | readonly Store[],
  bus: Bus,
  options: OnStores,
): Promise<Relay> {
  const stores = "identity" in given ? [given] : given;
  try {
    return await compose(stores, bus, options);
  } catch (error) {
    for (const store of stores) await store.stop();
    throw error;
  }
}

async function compose(stores: readonly Store[], bus: Bus, options: OnStores): Promise<Relay> {
  const host = options.host ?? "127.0.0.1";
  const { data, origins: wanted } = options;
  const nowMs = (): number => performance.now();
  const metrics = new Metrics();
  const report = metrics.counting(options.report ?? logToStderr());
  const certificate = options.tls && Certificate.open(options.tls, Date.now, report);
  const documents = new DocumentProcess(report);
  const origins = new Set(wanted === "own-port" ? [] : wanted);
  const door = nodeDoor(origins);
  const workspaces = new Workspaces({
    door,
    bus,
    node: randomUUID(),
    documents,
    observer: metrics,
    report,
    nowMs,
    ...(options.times?.idleRoomMs !== undefined && { idleRoomMs: options.times.idleRoomMs }),
    may: (connectionId, documentId, action) => listener.may(connectionId, documentId, action),
    accessChanged: (workspace, devices) => {
      listener.accessChanged(workspace, devices);
      blobApi?.accessChanged(devices);
    },
  });
  const [first, ...others] = await addAll(workspaces, stores);
  const { repairMs } = options;
  const repairing =
    repairMs === undefined ? undefined : setInterval(() => void workspaces.repair(), repairMs);
  const { joinDeadlineMs: joinMs = joinDeadlineMs, ...times } = options.times ?? {};
  const traffic = { framesIn: 0, framesOut: 0 };
  const isOpenMode = wanted === undefined;
  const { blobMegabytesMax: megabytesMax } = options;
  const blobs =
    data === undefined ? undefined : new Blobs({ data, ...(megabytesMax !== undefined && { megabytesMax }) });
  const gate: BlobGate = isOpenMode
    ? (named) =>
        [first.id, openWorkspace].includes(named) ? { role: "editor", workspace: first.id } : undefined
    : blobGate(door);
  const blobApi = blobs && new BlobApi({ blobs, gate, report });
  const listener = new Listener({
    report,
    observer: metrics,
    traffic,
    nowMs,
    joinDeadlineMs: joinMs,
    isReady: () => workspaces.isReady,
    admit: isOpenMode
      ? () => ({ session: openSession, place: placeOf(first) })
      : (ticket) => admitted(door, workspaces, ticket),
    drain: () => workspaces.drain(),
    ...(!isOpenMode && { posts: accessPosts(new AccessApi(door)) }),
    ...(blobApi && { streams: blobApi }),
    times: { pingMs, silenceMs, outboundStuckMs, drainMs, ...times },
    ...(options.connectionsMax !== undefined && { connectionsMax: options.connectionsMax }),
    ...(certificate && { tls: certificate.context }),
    ...(options.metrics !== "off" && {
      metrics: { source: metrics, ...(options.metrics && { place: options.metrics }) },
    }),
  });
  const sweeping = blobs && setInterval(() => void sweep(blobs, workspaces, report), blobSweepMs);
  const resting = options.rests ? restOf(workspaces, () => traffic.framesIn, report) : undefined;
  metrics.expose(() => ({
    ...workspaces.figures,
    ...listener.figures,
    storeReady: workspaces.isReady ? 1 : 0,
    ...(data !== undefined && { storeBytes: storeBytes(data, workspaces) }),
    ...(certificate && { certificateEndsAtSeconds: certificate.endsAtMs / 1000 }),
  }));
  const port = await listener.listen(host, options.port);
  if (wanted === "own-port")
    for (const name of [host.includes(":") ? host : "127.0.0.1", "localhost"])
      origins.add(`ws://${hostPort(name, port)}`);
  const addresses = [...origins].map((origin) => `${origin}${syncPath}`);
  const running = new RunningRelay({
    workspaces,
    addresses,
    isOpenMode,
    report,
    ...(data !== undefined && { data }),
    ...(blobs && { blobs }),
  });
  const control =
    data === undefined
      ? undefined
      : await Control.open(data, (request) => answerOperator(running, request), report);
  const { id: workspace, relayId } = first;
  report("listening", { port, relay: relayId, workspace, workspaces: others.length + 1 });
  if (isOpenMode)
    report("open-mode", { meaning: "whoever reaches this relay may read and write everything" });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    workspaces.leaveBus();
    clearInterval(repairing);
    clearInterval(resting);
    clearInterval(sweeping);
    documents.stop();
    await control?.stop();
    await listener.stop();
    await door.stop();
    await bus.stop();
    await workspaces.stop();
    metrics.stop();
    report("stopped", { port });
  };
  return {
    url: `${certificate ? "wss" : "ws"}://${hostPort(host, port)}${syncPath}`,
    port,
    relayId,
    workspace,
    figures: () => workspaces.figures,
    invite: async (invited, id = workspace) =>
      door.at(id).decide((roster, atMs) => invite(roster, operator, invited, atMs)),
    inviteOwners: () => inviteOwners(workspaces, addresses, report),
    reloadTls: () => {
      if (certificate?.reload()) listener.setTls(certificate.context);
    },
    stop: () => (stopping ??= stop()),
  };
}

async function addAll(
  workspaces: Workspaces,
  stores: readonly Store[],
): Promise<readonly [Workspace, ...Workspace[]]> {
  const [first, ...others] = stores;
  if (!first) throw new RangeError("a relay needs a store");
  const added: [Workspace, ...Workspace[]] = [await workspaces.add(first)];
  for (const store of others) added.push(await workspaces.add(store));
  return added;
}

const placeOf = ({ hub, relayId, id }: Workspace): Place => ({ hub, relayId, workspace: id });

/** What a ticket opens: the workspace that it was given for, and no other. */
function admitted(door: Door, workspaces: Workspaces, ticket: string): Admitted | undefined {
  const session = door.admit(ticket);
  const workspace = session && workspaces.at(session.workspace);
  return workspace && { session, place: placeOf(workspace) };
}

/** What a ticket for blobs says of who shows it. A workspace that cannot be read is so for everybody, as for access. */
function blobGate(door: Door): BlobGate {
  return (workspace, ticket) => {
    if (door.isShut(workspace)) return "unavailable";
    const entered = door.redeem(ticket, "blob");
    if (entered?.access.workspace !== workspace) return undefined;
    const { device } = entered.caller;
    const role = entered.access.roster.roleOfDevice(device);
    return role && { role, workspace, device };
  };
}

async function sweep(blobs: Blobs, workspaces: Workspaces, report: Report): Promise<void> {
  for (const { id } of workspaces.all) {
    try {
      await blobs.at(id).sweep();
    } catch (error) {
      report("blob-error", { reason: error instanceof Error ? error.message : String(error) });
    }
  }
}

function restOf(workspaces: Workspaces, framesIn: () => number, report: Report): NodeJS.Timeout {
  const rest = new Rest({
    framesIn,
    heapBytes: () => {
      const { heapTotal, external } = process.memoryUsage();
      return heapTotal + external;
    },
    collect: () => {
      const startedMs = performance.now();
      collectGarbage();
      workspaces.rest();
      report("rested", { tookMs: Math.round(performance.now() - startedMs) });
    },
  });
  return setInterval(() => rest.look(), restLookMs);
}

function logToStderr(): Report {
  return openLog({ output: stderrOutput(), level: "info", nowMs: Date.now }).report;
}

function storeBytes(data: string, workspaces: Workspaces): number {
  const [, ...others] = workspaces.all;
  const files = [storeFile(data), ...others.map(({ id }) => workspaceFile(data, id))];
  return files
    .flatMap((file) => [file, `${file}-wal`])
    .reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

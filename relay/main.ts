/**
 * Puts a relay together: store, bus, hub, listener, metrics, control. Used by the command line and, in process, by
 * tests. Only the open mode exists yet (anyone who reaches the port may do everything), hence loopback only.
 */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Bus } from "./bus/bus.ts";
import { LocalBus } from "./bus/local.ts";
import { DocumentProcess } from "./documents/process.ts";
import {
  drainMs,
  joinDeadlineMs,
  outboundStuckMs,
  pingMs,
  restLookMs,
  silenceMs,
} from "./protocol/limits.ts";
import { Control, type ControlHandler } from "./server/control.ts";
import { collectGarbage } from "./store/garbage.ts";
import { nodeHashing } from "./store/hashing.ts";
import { hostPort } from "./server/http.ts";
import { Rest } from "./server/rest.ts";
import { Listener, syncPath, type ListenerTimes } from "./server/listener.ts";
import { openLog, stderrOutput } from "./server/log.ts";
import { Metrics } from "./server/metrics.ts";
import { observedLog } from "./server/observed-log.ts";
import { Certificate, type TlsFiles } from "./server/tls.ts";
import { LocalStore } from "./store/local.ts";
import type { Store } from "./store/store.ts";
import { ThreadedStore } from "./store/threaded.ts";
import { Hub } from "./sync/hub.ts";
import type { Report } from "./sync/ports.ts";

export interface RelayOptions {
  /** Folder of the relay's file; made if it is not there. */
  readonly data: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly host?: string;
  /** Where log lines go; stderr if absent. */
  readonly report?: Report;
  readonly times?: Partial<ListenerTimes & { joinDeadlineMs: number; idleRoomMs: number }>;
  readonly tls?: TlsFiles;
  /** On the relay's own port if absent. */
  readonly metrics?: "off" | { readonly host: string; readonly port: number };
  readonly connectionsMax?: number;
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
  /** Commits, closes every socket, closes the store. Safe to call twice. */
  stop(): Promise<void>;
}

export const storeFile = (data: string): string => join(data, "relay.sqlite");
/** On the calling thread: for commands and tests. */
export const openStore = (data: string): Store => new LocalStore(storeFile(data));

/** Rejects with words for a person if the store or the port cannot be had. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const report = options.report ?? logToStderr();
  const store = await ThreadedStore.open(storeFile(options.data), { report });
  return startRelayOn(store, new LocalBus(), { ...options, report });
}

type OnStore = Omit<RelayOptions, "data"> & { readonly data?: string };

/** The same on a given store and bus: several nodes on one log, or a store that fails on purpose. */
export async function startRelayOn(store: Store, bus: Bus, options: OnStore): Promise<Relay> {
  try {
    return await compose(store, bus, options);
  } catch (error) {
    await store.stop();
    throw error;
  }
}

async function compose(store: Store, bus: Bus, options: OnStore): Promise<Relay> {
  const host = options.host ?? "127.0.0.1";
  const nowMs = (): number => performance.now();
  const metrics = new Metrics();
  const report = metrics.counting(options.report ?? logToStderr());
  const certificate = options.tls && Certificate.open(options.tls, Date.now, report);
  const { relayId, workspace, epoch } = store.identity;
  const documents = new DocumentProcess(report);
  const node = randomUUID();
  const hub: Hub = new Hub({
    relayId,
    log: observedLog(store, metrics, nowMs),
    epoch,
    documents,
    ...(options.times?.idleRoomMs !== undefined && { idleRoomMs: options.times.idleRoomMs }),
    hashing: nodeHashing,
    timing: {
      nowMs,
      after: (delayMs, run) => void (delayMs > 0 ? setTimeout(run, delayMs) : setImmediate(run)),
    },
    may: (connection, documentId, action) => listener.may(connection.id, documentId, action),
    report,
    onCommitted: (documentIds) => bus.publish(node, documentIds),
  });
  const unsubscribe = bus.subscribe(node, (documentId) => hub.refresh(documentId));
  const { repairMs } = options;
  const repairing = repairMs === undefined ? undefined : setInterval(() => void hub.repair(), repairMs);
  const { joinDeadlineMs: joinMs = joinDeadlineMs, ...times } = options.times ?? {};
  const listener = new Listener({
    hub,
    relayId,
    workspace,
    report,
    observer: metrics,
    traffic: { framesIn: 0, framesOut: 0 },
    nowMs,
    joinDeadlineMs: joinMs,
    isReady: () => store.isReady(),
    times: { pingMs, silenceMs, outboundStuckMs, drainMs, ...times },
    ...(options.connectionsMax !== undefined && { connectionsMax: options.connectionsMax }),
    ...(certificate && { tls: certificate.context }),
    ...(options.metrics !== "off" && {
      metrics: { source: metrics, ...(options.metrics && { place: options.metrics }) },
    }),
  });
  const rest = new Rest({
    framesIn: () => listener.figures.framesIn,
    heapBytes: () => {
      const { heapTotal, external } = process.memoryUsage();
      return heapTotal + external;
    },
    collect: () => {
      const startedMs = nowMs();
      collectGarbage();
      void store.rest();
      report("rested", { tookMs: Math.round(nowMs() - startedMs) });
    },
  });
  const resting = options.rests ? setInterval(() => rest.look(), restLookMs) : undefined;
  const { data } = options;
  metrics.expose(() => ({
    ...hub.figures,
    ...listener.figures,
    storeReady: store.isReady() ? 1 : 0,
    ...(data !== undefined && { storeBytes: storeBytes(data) }),
    ...(certificate && { certificateEndsAtSeconds: certificate.endsAtMs / 1000 }),
  }));
  const port = await listener.listen(host, options.port);
  const control = data === undefined ? undefined : await Control.open(data, controlOf(store), report);
  report("listening", { port, relay: relayId, workspace });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    unsubscribe();
    clearInterval(repairing);
    clearInterval(resting);
    documents.stop();
    await control?.stop();
    await listener.stop();
    await bus.stop();
    await store.stop();
    metrics.stop();
    report("stopped", { port });
  };
  return {
    url: `${certificate ? "wss" : "ws"}://${hostPort(host, port)}${syncPath}`,
    port,
    relayId,
    workspace,
    figures: () => hub.figures,
    reloadTls: () => {
      if (certificate?.reload()) listener.setTls(certificate.context);
    },
    stop: () => (stopping ??= stop()),
  };
}

function logToStderr(): Report {
  return openLog({ output: stderrOutput(), level: "info", nowMs: Date.now }).report;
}

/** What the command line asks of the relay that holds the store. */
function controlOf(store: Store): ControlHandler {
  return async (request) => {
    switch (request.command) {
      case "backup":
        return store.backup(request.file);
      case "stats":
        return store.stats();
      case "verify":
        return store.verify();
    }
  };
}

function storeBytes(data: string): number {
  return ["", "-wal"].reduce((sum, end) => {
    const about = statSync(`${storeFile(data)}${end}`, { throwIfNoEntry: false });
    return sum + (about?.size ?? 0);
  }, 0);
}

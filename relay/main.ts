/**
 * Puts a relay together: store, bus, hub, listener. Used by the command line and, in process, by tests.
 * Only the open mode exists yet (anyone who reaches the port may do everything), hence loopback only.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Bus } from "./bus/bus.ts";
import { LocalBus } from "./bus/local.ts";
import { drainMs, joinDeadlineMs, outboundStuckMs, pingMs, silenceMs } from "./protocol/limits.ts";
import { nodeHashing } from "./server/hashing.ts";
import { Listener, syncPath, type ListenerTimes } from "./server/listener.ts";
import { makeLog } from "./server/log.ts";
import { SqliteStore } from "./store/sqlite.ts";
import type { Store } from "./store/store.ts";
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
  readonly times?: Partial<ListenerTimes & { joinDeadlineMs: number }>;
}
export interface Relay {
  readonly url: string;
  readonly port: number;
  readonly relayId: string;
  /** Document id of the default workspace. */
  readonly workspace: string;
  figures(): { rooms: number; connections: number };
  /** Commits, closes every socket, closes the store. Safe to call twice. */
  stop(): Promise<void>;
}

export const openStore = (data: string): Store => new SqliteStore(join(data, "relay.sqlite"), nodeHashing);

/** Rejects with words for a person if the store or the port cannot be had. */
export function startRelay(options: RelayOptions): Promise<Relay> {
  return startRelayOn(openStore(options.data), new LocalBus(), options);
}

/** The same on a given store and bus: several nodes on one log, or a store that fails on purpose. */
export async function startRelayOn(
  store: Store,
  bus: Bus,
  options: Omit<RelayOptions, "data">,
): Promise<Relay> {
  const host = options.host ?? "127.0.0.1";
  const nowMs = (): number => performance.now();
  const report = options.report ?? makeLog((line) => process.stderr.write(line), Date.now);
  const { relayId, workspace } = store.identity;
  const node = randomUUID();
  const hub: Hub = new Hub({
    relayId,
    log: store,
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
  const { joinDeadlineMs: joinMs = joinDeadlineMs, ...times } = options.times ?? {};
  const listener = new Listener({
    hub,
    relayId,
    workspace,
    report,
    nowMs,
    joinDeadlineMs: joinMs,
    isReady: () => store.isReady(),
    times: { pingMs, silenceMs, outboundStuckMs, drainMs, ...times },
  });
  const port = await listener.listen(host, options.port).catch(async (error: unknown) => {
    await store.stop();
    throw error;
  });
  report("listening", { port, relay: relayId, workspace });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    unsubscribe();
    await listener.stop();
    await bus.stop();
    await store.stop();
    report("stopped", { port });
  };
  const url = `ws://${host.includes(":") ? `[${host}]` : host}:${port}${syncPath}`;
  return { url, port, relayId, workspace, figures: () => hub.figures, stop: () => (stopping ??= stop()) };
}

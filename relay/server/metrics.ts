/**
 * What the relay counts of itself, for Prometheus: `/metrics`.
 *
 * Three ways in. What *is* (rooms, sockets, bytes so far) is asked once a scrape through `Figures`, plain numbers
 * that cost nothing in between. What is reported for the log is counted on its way there, so the sync layer needs to
 * know of no metrics. What happens often and is not logged, commits and closes, is told to the `Observer`. Of what
 * nobody provides there is no metric, rather than one that says 0. No document, peer or address is in any label.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { metricReasonsMax } from "../protocol/limits.ts";
import type { Report } from "../sync/ports.ts";

/** What happened, told by whoever did it. */
export interface Observer {
  /** One transaction is on disk. `bytes` are those of the chunks with their lengths. */
  committed(facts: { documents: number; changes: number; bytes: number; tookMs: number }): void;
  commitFailed(): void;
  /** Why a socket ended: a name of `closeReasons`, "left" for the client's own doing, "error" for a broken frame. */
  closed(reason: string): void;
  /** A limit held somebody back: which. */
  limited(limit: string): void;
}

/** What is, asked once a scrape. Totals only grow. */
export interface Figures {
  readonly connections?: number;
  readonly connectionsMax?: number;
  readonly httpSockets?: number;
  readonly rooms?: number;
  readonly feedListeners?: number;
  /** Bytes that are queued for sockets. */
  readonly unsentBytes?: number;
  /** Presence frames that were not forwarded, because a socket was behind or their sender too fast. */
  readonly presenceDropped?: number;
  readonly framesIn?: number;
  readonly framesOut?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly storeBytes?: number;
  readonly storeReady?: number;
  readonly certificateEndsAtSeconds?: number;
}

interface Shown {
  readonly name: string;
  readonly help: string;
  readonly isTotal?: boolean;
}
const shown: Readonly<Record<keyof Figures, Shown>> = {
  connections: { name: "connections", help: "Open WebSocket connections" },
  connectionsMax: { name: "connections_max", help: "Connections above which newcomers are turned away" },
  httpSockets: {
    name: "http_sockets",
    help: "Open sockets that are not WebSockets, those in a handshake among them",
  },
  rooms: { name: "rooms", help: "Documents in memory" },
  feedListeners: { name: "feed_listeners", help: "Connections that follow the workspace's feed" },
  unsentBytes: { name: "unsent_bytes", help: "Bytes that wait for sockets to take them" },
  presenceDropped: {
    name: "presence_dropped_total",
    help: "Presence frames that were not forwarded",
    isTotal: true,
  },
  framesIn: { name: "frames_in_total", help: "WebSocket messages received", isTotal: true },
  framesOut: { name: "frames_out_total", help: "WebSocket messages sent", isTotal: true },
  bytesIn: {
    name: "bytes_in_total",
    help: "Bytes read from WebSocket connections, framing included",
    isTotal: true,
  },
  bytesOut: {
    name: "bytes_out_total",
    help: "Bytes written to WebSocket connections, framing included",
    isTotal: true,
  },
  storeBytes: { name: "store_bytes", help: "Size of the store's files" },
  storeReady: { name: "store_ready", help: "1 where the store answers" },
  certificateEndsAtSeconds: {
    name: "tls_certificate_ends_at_seconds",
    help: "When the TLS certificate ends, Unix time",
  },
};
export const figureNames: readonly string[] = Object.values(shown).map(({ name }) => `deckle_relay_${name}`);

const isFigure = (text: string): text is keyof Figures => Object.hasOwn(shown, text);
const commitSeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const jobSeconds = [0.01, 0.1, 1, 5, 15, 60];
/** The delay is seen by a timer of this period, which is taken off again. */
const lagResolutionMs = 20;

export class Metrics implements Observer {
  readonly contentType: string;
  readonly #registry = new Registry();
  #figures: () => Figures = () => ({});
  /** Of this scrape. */
  #now: Figures = {};
  readonly #lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
  readonly #commits: Counter;
  readonly #commitsFailed: Counter;
  readonly #documentsCommitted: Counter;
  readonly #changes: Counter;
  readonly #changeBytes: Counter;
  readonly #commitSeconds: Histogram;
  readonly #closed: Labelled;
  readonly #refused: Labelled;
  readonly #limited: Labelled;
  readonly #events: Labelled;
  readonly #jobs: Labelled;
  readonly #jobSeconds: Histogram<"job">;

  constructor() {
    this.contentType = this.#registry.contentType;
    const registers = [this.#registry];
    const counter = (name: string, help: string): Counter =>
      new Counter({ name: `deckle_relay_${name}`, help, registers });
    const labelled = (name: string, label: string, help: string): Labelled =>
      new Labelled(
        new Counter({ name: `deckle_relay_${name}`, help, labelNames: [label], registers }),
        label,
      );
    this.#commits = counter("commits_total", "Transactions that are on disk");
    this.#commitsFailed = counter("commits_failed_total", "Transactions that the store refused");
    this.#documentsCommitted = counter(
      "documents_committed_total",
      "Documents in those transactions, added up",
    );
    this.#changes = counter("changes_committed_total", "Changes on disk since the start");
    this.#changeBytes = counter("change_bytes_committed_total", "Bytes of those changes");
    this.#commitSeconds = new Histogram({
      name: "deckle_relay_commit_seconds",
      help: "How long a transaction took until it was on disk",
      buckets: commitSeconds,
      registers,
    });
    this.#closed = labelled("closed_total", "reason", "WebSocket connections that ended");
    this.#refused = labelled(
      "changes_refused_total",
      "reason",
      "Times that a connection's changes were not taken",
    );
    this.#limited = labelled("limited_total", "limit", "Times that a limit held somebody back");
    this.#events = labelled(
      "events_total",
      "event",
      "Events of the log, those that were not written included",
    );
    this.#jobs = labelled("document_jobs_total", "outcome", "Documents that the Automerge process worked on");
    this.#jobSeconds = new Histogram({
      name: "deckle_relay_document_job_seconds",
      help: "How long the Automerge process took for one",
      labelNames: ["job"],
      buckets: jobSeconds,
      registers,
    });
    this.#exposeProcess();
    this.#lag.enable();
  }

  committed({ documents, changes, bytes, tookMs }: Parameters<Observer["committed"]>[0]): void {
    this.#commits.inc();
    this.#documentsCommitted.inc(documents);
    this.#changes.inc(changes);
    this.#changeBytes.inc(bytes);
    this.#commitSeconds.observe(tookMs / 1000);
  }
  commitFailed(): void {
    this.#commitsFailed.inc();
  }
  closed(reason: string): void {
    this.#closed.add(reason, 1);
  }
  limited(limit: string): void {
    this.#limited.add(limit, 1);
  }

  /** The same report, counted. */
  counting(report: Report): Report {
    return (event, facts) => {
      this.#events.add(event, 1);
      const { why, job, tookMs } = facts;
      if (event === "change-refused") this.#refused.add(String(why), 1);
      if (event.startsWith("document-job") && typeof tookMs === "number") {
        const outcome = event.endsWith("-failed") ? "failed" : "done";
        this.#jobs.add(outcome, 1);
        this.#jobSeconds.observe({ job: String(job) }, tookMs / 1000);
      }
      report(event, facts);
    };
  }

  /** From now on these are asked, of those that the first answer has. */
  expose(figures: () => Figures): void {
    this.#figures = figures;
    this.#now = figures();
    const registers = [this.#registry];
    for (const key of Object.keys(this.#now).filter(isFigure)) {
      const { name: short, help, isTotal = false } = shown[key];
      const name = `deckle_relay_${short}`;
      if (isTotal) {
        const counter: Counter = new Counter({
          name,
          help,
          registers,
          collect: () => {
            counter.reset();
            counter.inc(this.#now[key] ?? 0);
          },
        });
      } else {
        const gauge: Gauge = new Gauge({
          name,
          help,
          registers,
          collect: () => gauge.set(this.#now[key] ?? 0),
        });
      }
    }
  }

  text(): Promise<string> {
    this.#now = this.#figures();
    return this.#registry.metrics();
  }

  stop(): void {
    this.#lag.disable();
  }

  #exposeProcess(): void {
    const registers = [this.#registry];
    const gauge = (name: string, help: string, value: () => number): void => {
      const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(value()) });
    };
    const startedAtSeconds = Date.now() / 1000 - process.uptime();
    gauge("process_start_time_seconds", "When the process started, Unix time", () => startedAtSeconds);
    gauge("process_resident_memory_bytes", "Memory of the process", () => process.memoryUsage.rss());
    gauge("deckle_relay_heap_bytes", "JavaScript heap in use", () => process.memoryUsage().heapUsed);
    const cpu: Counter = new Counter({
      name: "process_cpu_seconds_total",
      help: "CPU time, all threads",
      registers,
      collect: () => {
        const { user, system } = process.cpuUsage();
        cpu.reset();
        cpu.inc((user + system) / 1e6);
      },
    });
    const lag = new Gauge({
      name: "deckle_relay_event_loop_lag_seconds",
      help: "How late the event loop was since the last scrape",
      labelNames: ["quantile"],
      registers,
      collect: () => {
        const past = (nanoseconds: number): number =>
          Math.max(0, nanoseconds / 1e9 - lagResolutionMs / 1000) || 0;
        lag.set({ quantile: "0.5" }, past(this.#lag.percentile(50)));
        lag.set({ quantile: "0.99" }, past(this.#lag.percentile(99)));
        lag.set({ quantile: "1" }, past(this.#lag.max));
        this.#lag.reset();
      },
    });
  }
}

/** A counter by reason, of which there is a bounded number. */
class Labelled {
  readonly #counter: Counter;
  readonly #label: string;
  readonly #known = new Set<string>();

  constructor(counter: Counter, label: string) {
    this.#counter = counter;
    this.#label = label;
  }
  add(reason: string, count: number): void {
    if (this.#known.size < metricReasonsMax) this.#known.add(reason);
    this.#counter.inc({ [this.#label]: this.#known.has(reason) ? reason : "other" }, count);
  }
}

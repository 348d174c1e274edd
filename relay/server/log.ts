/**
 * The relay's log: one JSON object a line (pino), what happened with ids and numbers, never document content.
 *
 * An event that repeats quickly is counted instead of written, so that nobody can fill the disk with it. Writing
 * never holds up the relay: to a pipe, stderr queues in memory and does not wait, and what a stuck reader leaves
 * there is bounded here; then lines are dropped, counted, and the count is written once it reads again. (pino's own
 * destinations either block on a full pipe, or keep a thread in it that the process cannot end without.) A reader
 * that went away ends the log, not the relay.
 */
import { pino } from "pino";
import {
  logFlushMs,
  logLinesPerEventPerSecondMax,
  logTextCharsMax,
  logWaitingBytesMax,
} from "../protocol/limits.ts";
import type { Report } from "../sync/ports.ts";

export type LogLevel = "error" | "warn" | "info";
export interface LogOutput {
  write(line: string): unknown;
  /** What it was given and could not hand over yet. */
  readonly writableLength: number;
}
export interface Log {
  readonly report: Report;
  /** Resolves once all is handed over, or `logFlushMs` have passed. */
  flush(): Promise<void>;
}
export interface LogSetting {
  readonly output: LogOutput;
  readonly level: LogLevel;
  readonly nowMs: () => number;
}

/** Events that are more serious than their ending says. */
const levels: Readonly<Record<string, LogLevel>> = {
  "access-damaged": "error",
  bug: "error",
  "chunk-damaged": "error",
  cut: "warn",
  "log-dropped": "warn",
  "open-mode": "warn",
  "tls-expires-soon": "warn",
};

/** Of an event that is not in the table its name tells: what failed is an error, what was refused a warning. */
export function levelOf(event: string): LogLevel {
  if (/-(failed|lost|died)$/.test(event)) return "error";
  return levels[event] ?? (/-(error|refused|limited|dropped|damaged)$/.test(event) ? "warn" : "info");
}

/** stderr of this process, with a listener: a reader that goes away would otherwise end the process. */
export function stderrOutput(): LogOutput {
  process.stderr.on("error", () => {});
  return process.stderr;
}

export function openLog({ output, level, nowMs }: LogSetting): Log {
  let dropped = 0;
  const bounded = {
    write(line: string): void {
      if (output.writableLength > logWaitingBytesMax) dropped++;
      else output.write(line);
    },
  };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(nowMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    bounded,
  );
  const write = (event: string, facts: Parameters<Report>[1]): void =>
    logger[levelOf(event)]({ event, ...facts });

  const countsByEvent = new Map<string, { second: number; lines: number; suppressed: number }>();
  const report: Report = (event, facts) => {
    if (dropped > 0 && output.writableLength === 0) {
      const lines = dropped;
      dropped = 0;
      write("log-dropped", { lines });
    }
    const second = Math.floor(nowMs() / 1000);
    let count = countsByEvent.get(event);
    if (!count || count.second !== second) {
      const suppressed = count?.suppressed ?? 0;
      countsByEvent.set(event, (count = { second, lines: 0, suppressed: 0 }));
      if (suppressed > 0) write(event, { suppressed });
    }
    if (++count.lines > logLinesPerEventPerSecondMax) count.suppressed++;
    else write(event, shortened(facts));
  };
  return { report, flush: () => flushed(output) };
}

function shortened(facts: Parameters<Report>[1]): Parameters<Report>[1] {
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [
      name,
      typeof fact === "string" && fact.length > logTextCharsMax ? `${fact.slice(0, logTextCharsMax)}…` : fact,
    ]),
  );
}

async function flushed(output: LogOutput): Promise<void> {
  const deadline = performance.now() + logFlushMs;
  while (output.writableLength > 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

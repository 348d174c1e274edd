/**
 * One JSON object a line on stderr: what happened, ids and numbers, never document content.
 * An event that repeats quickly is counted instead of written, so that nobody can fill the disk with it.
 */
import type { Report } from "../sync/ports.ts";

const linesPerEventPerSecondMax = 20;

export function makeLog(write: (line: string) => void, nowMs: () => number): Report {
  const linesByEvent = new Map<string, { second: number; lines: number; suppressed: number }>();
  return (event, facts) => {
    const ms = nowMs();
    const second = Math.floor(ms / 1000);
    let count = linesByEvent.get(event);
    if (!count || count.second !== second) {
      const suppressed = count?.suppressed ?? 0;
      linesByEvent.set(event, (count = { second, lines: 0, suppressed: 0 }));
      if (suppressed > 0)
        write(`${JSON.stringify({ time: new Date(ms).toISOString(), event, suppressed })}\n`);
    }
    if (++count.lines > linesPerEventPerSecondMax) count.suppressed++;
    else write(`${JSON.stringify({ time: new Date(ms).toISOString(), event, ...facts })}\n`);
  };
}

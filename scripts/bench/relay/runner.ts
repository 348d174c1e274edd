/**
 * One row against one server: the load generator's process. Its argument is the task as JSON, its last line on
 * stdout the figures. The parent ends the whole process group if it takes too long.
 */
import { z } from "zod";
import { Bench, type Figure } from "./bench.ts";
import { catchUp, freshJoiners, storm } from "./rows/arrivals.ts";
import { presence, presenceFlood, requestFlood, stalled } from "./rows/crowds.ts";
import { ceiling, latency, longHistory } from "./rows/edits.ts";
import { killed, memory } from "./rows/keeping.ts";
import { verify } from "./rows/verify.ts";
import { machineBusyMs } from "./running.ts";
import { serverNames, setting } from "./servers.ts";

const task = z.object({
  server: z.enum(serverNames),
  row: z.string(),
  clients: z.number().default(2),
  chars: z.number().default(10_000),
  seconds: z.number().default(8),
  setting,
});
export type Task = z.input<typeof task>;
interface Result {
  readonly figures: readonly Figure[];
  /** Cores that other processes used on average. */
  readonly others: number;
}

const { server, row, clients, chars, seconds, setting: set } = task.parse(JSON.parse(process.argv[2] ?? ""));

const rows: Record<string, (bench: Bench) => Promise<Figure[]>> = {
  latency: (bench) =>
    latency(bench, { clients, seconds, content: { kind: "text", chars, charsPerChange: 100 } }),
  ceiling,
  history: (bench) => longHistory(bench, { seconds }),
  catchup: catchUp,
  storm,
  joiners: freshJoiners,
  killed,
  memory,
  presence,
  presenceFlood,
  requestFlood,
  stalled,
  verify,
};

/** CPU of others on this machine while the row ran: what makes figures worse than they are. */
async function withOthers(): Promise<Result> {
  const run = rows[row];
  if (!run) throw new RangeError(`no row ${row}`);
  const startedAtMs = performance.now();
  const busyBefore = machineBusyMs();
  let serverMs = 0;
  const figures = await Bench.run(server, set, async (bench) => {
    const made = await run(bench);
    serverMs = bench.cpuMs;
    return made;
  });
  const own = process.cpuUsage();
  const othersMs = machineBusyMs() - busyBefore - serverMs - (own.user + own.system) / 1000;
  return { figures, others: Math.max(0, othersMs) / (performance.now() - startedAtMs) };
}

const result = await withOthers().catch((error: unknown) => ({
  failed: error instanceof Error ? error.message : String(error),
}));
console.log(JSON.stringify(result));
process.exit();

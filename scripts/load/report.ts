/** What a load test has to say: rows, what was wanted, and what the numbers do not say. */
import { rounded } from "../bench/relay/bench.ts";
import type { Histogram } from "../bench/relay/histogram.ts";
import { machine, type Report, type Row } from "../bench/report.ts";
import { slope, type Tally } from "./tally.ts";

export interface Outcome {
  readonly editsPerSecond: number;
  readonly seconds: number;
  readonly isSoak: boolean;
  readonly clients: number;
  readonly documents: number;
  /** In a soak: how long each document is edited. */
  readonly documentSeconds: number;
  readonly tally: Tally;
  /** Seconds and MB. */
  readonly memory: readonly (readonly [number, number])[];
  /** p99 of each 10 s, where the relay tells it. */
  readonly lagsMs: readonly number[];
  /** Of a core. */
  readonly serverShare: number;
  readonly generatorShare: number;
}

/** The growth is 10 MB in the 16 minutes that a soak of 20 looks at: less cannot be told from what a heap does. */
const wishes = { receiptMs: 100, lagMs: 50, growthMbPerHour: 40 };
/** Of a soak: until documents of every age are there, and the heap has found its size. */
const roundsOfWarmUp = 2;

export function loadReport(outcome: Outcome): Report {
  const { tally, isSoak, documentSeconds, lagsMs } = outcome;
  const perHour = growth(outcome);
  const wanted = [
    judged("edit → receipt, p99", "ms", wishes.receiptMs, rounded(tally.receipt.percentile(0.99))),
    judged("lost", "edits", 0, lost(tally)),
  ];
  if (lagsMs.length > 0)
    wanted.push(judged("event-loop lag, p99 of the worst 10 s", "ms", wishes.lagMs, Math.max(...lagsMs)));
  if (perHour !== undefined) wanted.push(judged("memory, slope", "MB/h", wishes.growthMbPerHour, perHour));
  const notes = ["relay and generator share all cores of the machine"];
  if (lagsMs.length === 0) notes.push("the relay has no /metrics: event-loop lag was not measured");
  if (isSoak) notes.push(`each document is left after ${documentSeconds} s and another begun`);
  if (perHour !== undefined)
    notes.push(`the slope leaves out the first ${roundsOfWarmUp * documentSeconds} s`);
  if (tally.cutOff.length > 0) notes.push(`clients cut off: ${[...new Set(tally.cutOff)].join(", ")}`);
  return { name: "load", machine: machine(), rows: rowsOf(outcome, perHour), wanted, notes };
}

/** Edits that are not where they were said to be, or that nobody said anything about. */
const lost = ({ unreceipted, undelivered, brokenReceipts }: Tally): number =>
  unreceipted + undelivered + brokenReceipts;

/** MB an hour; `undefined` where it was no soak, or too short a one. */
function growth({ isSoak, memory, documentSeconds }: Outcome): number | undefined {
  const steady = memory.filter(([at]) => at >= roundsOfWarmUp * documentSeconds);
  return isSoak && steady.length > 2 ? rounded(slope(steady) * 3600, 1) : undefined;
}

function rowsOf(outcome: Outcome, perHour: number | undefined): Row[] {
  const { tally, memory, lagsMs, clients, documents, editsPerSecond, seconds } = outcome;
  const size = `${clients} clients, ${documents} documents, ${editsPerSecond} edits/s, ${seconds} s`;
  const row = (operation: string, unit: string, figures: Pick<Row, "median" | "p95">): Row => ({
    name: "Deckle relay",
    operation,
    size,
    unit,
    ...figures,
  });
  const single = (operation: string, unit: string, value: number, remark: string): Row => ({
    ...row(operation, unit, { median: value, p95: value }),
    ...(remark && { remark }),
  });
  const rows = [
    row("edit → receipt", "ms", spread(tally.receipt)),
    row("edit → peer", "ms", spread(tally.delivery)),
    single(
      "lost",
      "edits",
      lost(tally),
      `${tally.edits} sent, ${tally.unreceipted} without receipt, ${tally.undelivered} deliveries missing, ` +
        `${tally.brokenReceipts} of ${tally.provedReceipts} receipts broken after kill -9`,
    ),
    single("relay CPU", "% of a core", rounded(100 * outcome.serverShare, 0), ""),
    single("generator CPU", "% of a core", rounded(100 * outcome.generatorShare, 0), ""),
    single(
      "memory at the end",
      "MB",
      memory.at(-1)?.[1] ?? 0,
      `every 10 s: ${memory.map(([, mb]) => Math.round(mb)).join(" ")}`,
    ),
  ];
  if (lagsMs.length > 0) {
    const worst = Math.max(...lagsMs);
    rows.push(single("event-loop lag, p99 of the worst 10 s", "ms", worst, `by 10 s: ${lagsMs.join(" ")}`));
  }
  if (perHour !== undefined) rows.push(single("memory, slope", "MB/h", perHour, ""));
  return rows;
}

const spread = (from: Histogram): Pick<Row, "median" | "p95" | "p99"> => ({
  median: rounded(from.percentile(0.5)),
  p95: rounded(from.percentile(0.95)),
  p99: rounded(from.percentile(0.99)),
});

const judged = (
  what: string,
  unit: string,
  most: number,
  measured: number,
): NonNullable<Report["wanted"]>[number] => ({ what, unit, most, measured, isMet: measured <= most });

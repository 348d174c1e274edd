/**
 * What every benchmark prints: rows of medians and 95th percentiles in one line of JSON, or as a
 * table for people. Ratios are ours ÷ the peer's, from one run on one machine.
 */
import { cpus, totalmem } from "node:os";

export type Row = {
  name: string;
  operation?: string;
  size?: string;
  unit: string;
  median: number;
  p95: number;
  p99?: number;
  peer?: string;
  ratio?: number;
  ratioP95?: number;
  rank?: number;
  /** What the number does not say. */
  remark?: string;
};

export type Report = {
  name: string;
  machine: string;
  rows: Row[];
  /** What could not be measured, and why. */
  failures?: { name: string; operation: string; size?: string; reason: string }[];
  /** What was wanted of ours, and whether it was met. */
  wanted?: { what: string; unit: string; most: number; measured: number; isMet: boolean }[];
  notes?: string[];
};

export function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** The value below which `share` of the samples lie (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError("no samples");
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] as number;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

export function figures(samples: readonly number[]): { median: number; p95: number; p99: number } {
  return {
    median: round(percentile(samples, 0.5)),
    p95: round(percentile(samples, 0.95)),
    p99: round(percentile(samples, 0.99)),
  };
}

/** Our figures beside a peer's: ours carries the ratios. */
export function compared(
  ours: Omit<Row, "median" | "p95">,
  own: readonly number[],
  peer: string,
  theirs: readonly number[],
): Row[] {
  const mine = figures(own);
  const other = figures(theirs);
  return [
    { ...ours, ...mine, peer, ratio: round(mine.p95 / other.p95) },
    { ...ours, name: peer, ...other },
  ];
}

export function print(report: Report, asJson: boolean): void {
  if (asJson) return console.log(JSON.stringify(report));
  console.log(`${report.name} on ${report.machine}`);
  console.table(report.rows);
  for (const { name, operation, size, reason } of report.failures ?? [])
    console.log(`FAILED: ${name}, ${operation}${size ? `, ${size}` : ""}: ${reason}`);
  for (const { what, unit, most, measured, isMet } of report.wanted ?? [])
    console.log(`${isMet ? "met" : "NOT MET"}: ${what}: ${measured} ${unit}, wanted at most ${most}`);
  for (const note of report.notes ?? []) console.log(note);
}

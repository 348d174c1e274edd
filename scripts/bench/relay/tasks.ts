/** The rows of the report: what each runs, how long it may take, and what is wanted of ours. */
import type { Task } from "./runner.ts";
import type { ServerName } from "./servers.ts";

export interface RowPlan {
  /** For `--only`. */
  readonly name: string;
  readonly task: Omit<Task, "server" | "setting">;
  readonly deadlineSeconds: number;
  /** Also with `--quick`. */
  readonly isQuick?: boolean;
  /** Where time does not count, all servers run at once. */
  readonly isTogether?: boolean;
  readonly also?: readonly ServerName[];
}

/** Two clients have one delivery an edit, so a 99th percentile takes longer. */
const latencySeconds = (clients: number): number => (clients < 10 ? 12 : 7);

export const rowPlans: readonly RowPlan[] = [
  { name: "verify", task: { row: "verify" }, deadlineSeconds: 60, isQuick: true, isTogether: true },
  ...[2, 50, 200].map((clients): RowPlan => ({
    name: "latency",
    task: { row: "latency", clients, seconds: latencySeconds(clients) },
    deadlineSeconds: 60,
    isQuick: true,
    also: ["floor"],
  })),
  { name: "ceiling", task: { row: "ceiling" }, deadlineSeconds: 120, isQuick: true, also: ["floor"] },
  { name: "history", task: { row: "history", seconds: 8 }, deadlineSeconds: 120 },
  { name: "memory", task: { row: "memory" }, deadlineSeconds: 180, isTogether: true },
  { name: "catchup", task: { row: "catchup" }, deadlineSeconds: 90, isQuick: true },
  { name: "storm", task: { row: "storm" }, deadlineSeconds: 90 },
  { name: "killed", task: { row: "killed" }, deadlineSeconds: 90, isQuick: true, isTogether: true },
  { name: "joiners", task: { row: "joiners" }, deadlineSeconds: 90, isQuick: true },
  { name: "floods", task: { row: "presenceFlood" }, deadlineSeconds: 60 },
  { name: "floods", task: { row: "requestFlood" }, deadlineSeconds: 60 },
  { name: "floods", task: { row: "stalled" }, deadlineSeconds: 60 },
  { name: "presence", task: { row: "presence" }, deadlineSeconds: 60, isQuick: true },
];

/** Latency against clients and against size, for the plots. */
export const plotPlans: readonly RowPlan[] = [
  ...[2, 10, 50, 100, 200].map((clients): RowPlan => ({
    name: "clients",
    task: { row: "latency", clients, seconds: latencySeconds(clients) },
    deadlineSeconds: 60,
  })),
  ...[1_000, 10_000, 100_000, 1_000_000].map((chars): RowPlan => ({
    name: "size",
    task: { row: "latency", clients: 10, chars, seconds: latencySeconds(10) },
    deadlineSeconds: 120,
  })),
];

export interface Wish {
  readonly operation: string;
  readonly size?: string;
  readonly figure: "median" | "p99";
  readonly most: number;
}

/** What issue 4 wants of ours, beside being first. */
export const wishes: readonly Wish[] = [
  { operation: "edit → peer, 10 edits/s", size: "200 clients, 10 kB", figure: "p99", most: 15 },
  { operation: "server CPU, 10 edits/s", size: "200 clients, 10 kB", figure: "median", most: 10 },
  { operation: "memory, growth at once", figure: "median", most: 50 },
  { operation: "memory, growth 30 s later", figure: "median", most: 50 },
  { operation: "fresh joiners, server CPU", figure: "median", most: 0.3 },
  { operation: "edits lost", figure: "median", most: 0 },
  { operation: "presence flood, longest delay", figure: "median", most: 100 },
  { operation: "flood of unknown ids, longest delay", figure: "median", most: 100 },
  { operation: "readers that stop reading, longest delay", figure: "median", most: 100 },
  { operation: "presence, server CPU", figure: "median", most: 15 },
];

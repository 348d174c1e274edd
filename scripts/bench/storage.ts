/**
 * `bench storage`: what keeping every word costs, in the built app: bytes, time until an edit is durable, pauses,
 * opening a profile after a year of writing, catching up after a month offline, memory.
 */
import { loadavg } from "node:os";
import { useAutomerge } from "../automerge.ts";
import { machine, type Report } from "./report.ts";
import type { Measure } from "./storage/row.ts";
import { bytes } from "./storage/rows/bytes.ts";
import { catchUp } from "./storage/rows/catch-up.ts";
import { compaction } from "./storage/rows/compaction.ts";
import { durable } from "./storage/rows/durable.ts";
import { year } from "./storage/rows/year.ts";

const measures: Readonly<Record<string, Measure>> = { bytes, durable, compaction, year, "catch-up": catchUp };

export interface StorageOptions {
  /** Comma-separated names of rows; all if empty. */
  readonly only: string;
  readonly quick: boolean;
}

export async function storage({ only, quick }: StorageOptions): Promise<Report> {
  if (process.platform !== "linux")
    throw new Error("bench storage reads /proc to measure processes: Linux only");
  const names = only === "" ? Object.keys(measures) : only.split(",");
  const unknown = names.find((name) => !Object.hasOwn(measures, name));
  if (unknown !== undefined)
    throw new Error(`no row ${unknown}; there are ${Object.keys(measures).join(", ")}`);
  await useAutomerge();
  const load = (loadavg()[0] ?? 0).toFixed(2);
  const report: Required<Report> = {
    name: "storage",
    machine: machine(),
    rows: [],
    failures: [],
    wanted: [],
    notes: [],
  };
  for (const name of names) {
    const startedAtMs = performance.now();
    try {
      const measured = await measures[name]?.({ quick });
      report.rows.push(...(measured?.rows ?? []));
      report.notes.push(...(measured?.notes ?? []));
      for (const wish of measured?.wanted ?? [])
        report.wanted.push({ ...wish, isMet: wish.measured <= wish.most });
    } catch (error) {
      report.failures.push({
        name: "Deckle",
        operation: name,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    console.error(`${name} · ${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s`);
  }
  report.notes.push(`load average before: ${load}, after: ${(loadavg()[0] ?? 0).toFixed(2)}`);
  if (quick) report.notes.push("quick: to see that it works, not to quote");
  return report;
}

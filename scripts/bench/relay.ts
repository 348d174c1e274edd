/**
 * `bench relay`: our relay beside Hocuspocus, @y/websocket-server and Automerge's sync server, in one run, on one
 * machine, with one load generator.
 *
 * Every row of every server is a process of its own (`relay/runner.ts`: generator and server), row by row, so that
 * what one leaves behind does not meet the next and a row that hangs is ended by its deadline. A peer that fails a row
 * is reported with its reason. `relay/rows/` says what each row does, `relay/tasks.ts` which there are.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { root } from "../paths.ts";
import type { Figure } from "./relay/bench.ts";
import { isRecorded } from "./relay/keystrokes.ts";
import { installPeers } from "./relay/peers.ts";
import { latencyPlots, type Point } from "./relay/plots.ts";
import { relayCli } from "./relay/relay-cli.ts";
import type { Task } from "./relay/runner.ts";
import { serverNames, servers, type ServerName, type Setting } from "./relay/servers.ts";
import { plotPlans, rowPlans, wishes, type RowPlan } from "./relay/tasks.ts";
import { machine, type Report, type Row } from "./report.ts";

export interface RelayOptions {
  /** Comma-separated names of rows; all if empty. */
  readonly only: string;
  /** Comma-separated names of servers; all if empty. */
  readonly servers: string;
  readonly quick: boolean;
  /** Another checkout whose relay is measured. */
  readonly relayRoot: string;
  /** Flags for the Node that runs our relay, e.g. `--cpu-prof --cpu-prof-dir=DIR`. */
  readonly relayFlags: string;
  /** Instead of the rows, the sweeps that the plots show; writes the plots into the documentation. */
  readonly plots: boolean;
}

const plotFolder = join(root, "docs", "relay-bench");
const generatorCore = "1";
const compared = serverNames.filter((name) => name !== "floor");

type Outcome =
  | { readonly ok: true; readonly figures: readonly Figure[]; readonly others: number }
  | { readonly ok: false; readonly reason: string };
interface Measured {
  readonly server: ServerName;
  readonly plan: RowPlan;
  readonly outcome: Outcome;
}

const runnerSaid = z.union([
  z.object({
    figures: z.array(
      z.object({
        operation: z.string(),
        size: z.string().exactOptional(),
        unit: z.string(),
        median: z.number(),
        p95: z.number(),
        p99: z.number().exactOptional(),
        isMoreBetter: z.boolean().exactOptional(),
        remark: z.string().exactOptional(),
      }),
    ),
    others: z.number(),
  }),
  z.object({ failed: z.string() }),
]);

export async function relay(options: RelayOptions): Promise<Report> {
  if (process.platform !== "linux") throw new Error("bench relay reads /proc to measure servers: Linux only");
  const chosen = namesIn(options.servers);
  const setting: Setting = {
    relayCli: await relayCli(options.relayRoot),
    relayNodeFlags: options.relayFlags.split(" ").filter(Boolean),
    relayIsOpen: true,
    peersFolder: installPeers(),
    isPinned: spawnSync("taskset", ["-c", "0,1", "true"]).status === 0,
  };
  const only = options.only.split(",").filter(Boolean);
  const plans = (options.plots ? plotPlans : rowPlans).filter(
    ({ name, isQuick }) => (only.length === 0 || only.includes(name)) && (!options.quick || isQuick),
  );
  if (plans.length === 0)
    throw new Error(`no such row; there are ${[...new Set(rowPlans.map(({ name }) => name))].join(", ")}`);
  const loadBefore = loadavg()[0] ?? 0;
  const measured: Measured[] = [];
  for (const plan of plans) {
    const names = [
      ...chosen.filter((name) => name !== "floor" || options.plots),
      ...(plan.also ?? []).filter((name) => options.servers === "" || chosen.includes(name)),
    ];
    const runs = names.map((server) => async (): Promise<Measured> => ({
      server,
      plan,
      outcome: await run(server, plan, setting),
    }));
    if (plan.isTogether) measured.push(...(await Promise.all(runs.map((each) => each()))));
    else for (const each of runs) measured.push(await each());
  }
  if (options.plots) writePlots(measured);
  return report(measured, setting, loadBefore);
}

function namesIn(list: string): ServerName[] {
  if (list === "") return [...compared];
  return list.split(",").map((name) => {
    const found = serverNames.find((each) => each === name);
    if (!found) throw new Error(`no server ${name}; there are ${serverNames.join(", ")}`);
    return found;
  });
}

/** One row against one server, in a process group of its own that is ended whole. */
async function run(
  server: ServerName,
  { task, deadlineSeconds }: RowPlan,
  setting: Setting,
): Promise<Outcome> {
  const whole: Task = { ...task, server, setting };
  const runner = [join(import.meta.dirname, "relay", "runner.ts"), JSON.stringify(whole)];
  const [file, words] = setting.isPinned
    ? ["taskset", ["-c", generatorCore, process.execPath, ...runner]]
    : [process.execPath, runner];
  const startedAtMs = performance.now();
  const child = spawn(file, words, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  let complained = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  child.stderr.on("data", (data: Buffer) => (complained = (complained + data.toString()).slice(-2_000)));
  const endGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended, and all that it started with it.
    }
  };
  process.once("exit", endGroup);
  // A signal alone would leave the group behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, onSignal);
  let isLate = false;
  const deadline = setTimeout(() => ((isLate = true), endGroup()), deadlineSeconds * 1_000);
  await new Promise<void>((done) => child.once("close", () => done()));
  clearTimeout(deadline);
  endGroup();
  process.off("exit", endGroup);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(0);
  const outcome = isLate
    ? ({ ok: false, reason: `it took longer than ${deadlineSeconds} s` } as const)
    : understood(said, complained);
  const words1 = [
    task.row,
    task.clients && `${task.clients} clients`,
    task.chars && `${task.chars} characters`,
  ];
  const what = words1.filter(Boolean).join(", ");
  console.error(
    `${what} · ${servers[server].title} · ${seconds} s${outcome.ok ? "" : ` · FAILED: ${outcome.reason}`}`,
  );
  return outcome;
}

const onSignal = (): void => process.exit(130);

function understood(said: string, complained: string): Outcome {
  try {
    const parsed = runnerSaid.parse(JSON.parse(said.trim().split("\n").at(-1) ?? ""));
    return "failed" in parsed ? { ok: false, reason: parsed.failed } : { ok: true, ...parsed };
  } catch {
    return { ok: false, reason: `the generator ended: ${complained.trim().slice(-300)}` };
  }
}

function report(measured: readonly Measured[], setting: Setting, loadBefore: number): Report {
  const rows: Row[] = [];
  const failures: NonNullable<Report["failures"]> = [];
  const byKey = new Map<string, { server: ServerName; figure: Figure }[]>();
  for (const { server, plan, outcome } of measured) {
    if (!outcome.ok) {
      const { row, clients, chars } = plan.task;
      const size = [clients && `${clients} clients`, chars && `${chars} characters`]
        .filter(Boolean)
        .join(", ");
      failures.push({
        name: servers[server].title,
        operation: row,
        ...(size && { size }),
        reason: outcome.reason,
      });
    } else
      for (const figure of outcome.figures) {
        const key = `${figure.operation}|${figure.size}`;
        byKey.set(key, [...(byKey.get(key) ?? []), { server, figure }]);
      }
  }
  for (const group of byKey.values()) rows.push(...ranked(group));
  const others = measured.flatMap(({ outcome }) => (outcome.ok ? [outcome.others] : []));
  const checked = measured.filter(({ plan, outcome }) => plan.name === "verify" && outcome.ok);
  return {
    name: "relay",
    machine: machine(),
    rows,
    failures,
    wanted: judged(rows),
    notes: [
      setting.isPinned
        ? "server on core 0, generator on core 1 (taskset); Linux counts CPU time in steps of 10 ms"
        : "taskset is not there: server and generator share all cores",
      `other processes used ${(Math.max(0, ...others) * 100).toFixed(0)} % of a core in the row where they used most; load average before: ${loadBefore.toFixed(2)}`,
      "a row marked together (memory, edits lost) ran on all servers at once",
      `the long history is ${isRecorded() ? "the recorded one of a paper, 259,778 keystrokes" : "made up: 260,000 keystrokes, 100,000 characters"}`,
      "clients hold no documents; what they send and do not send is automerge-repo 2.5.6's and the Yjs providers' (relay/automerge-client.ts, relay/yjs-client.ts)",
      ...(checked.length > 0
        ? [
            `checked with real documents, all texts equal: ${checked.map(({ server }) => servers[server].title).join(", ")}`,
          ]
        : []),
      "the floor is no competitor and has no rank",
    ],
  };
}

/** Rows of one figure, ours with its ratio to the best of the others. Equal figures share a rank. */
function ranked(group: readonly { server: ServerName; figure: Figure }[]): Row[] {
  const sign = group.some(({ figure }) => figure.isMoreBetter) ? -1 : 1;
  // Of a spread the tail is what people feel; a single figure is all three.
  const valueOf = ({ p99, median }: Figure): number => sign * (p99 ?? median);
  const rivals = group.filter(({ server }) => server !== "floor");
  const best = rivals
    .filter(({ server }) => server !== "ours")
    .sort((a, b) => valueOf(a.figure) - valueOf(b.figure))[0];
  return group.map(({ server, figure }) => {
    const { isMoreBetter: _, ...figures } = figure;
    const row: Row = { name: servers[server].title, ...figures };
    if (server === "floor") return row;
    row.rank = 1 + rivals.filter((each) => valueOf(each.figure) < valueOf(figure)).length;
    if (server === "ours" && best) {
      const value = Math.abs(valueOf(best.figure));
      row.peer = servers[best.server].title;
      if (value > 0) row.ratio = Math.round((1000 * Math.abs(valueOf(figure))) / value) / 1000;
    }
    return row;
  });
}

function judged(rows: readonly Row[]): NonNullable<Report["wanted"]> {
  return wishes.flatMap(({ operation, size, figure, most }) => {
    const row = rows.find(
      (each) =>
        each.name === servers.ours.title &&
        each.operation === operation &&
        (size === undefined || each.size === size),
    );
    const measured = row?.[figure];
    if (!row || measured === undefined) return [];
    const what = [operation, row.size, figure === "p99" ? "p99" : ""].filter(Boolean).join(", ");
    return [{ what, unit: row.unit, most, measured, isMet: measured <= most }];
  });
}

function writePlots(measured: readonly Measured[]): void {
  const points = measured.flatMap(({ server, plan, outcome }): Point[] => {
    const figure = outcome.ok ? outcome.figures.find(({ unit }) => unit === "ms") : undefined;
    if (!figure) return [];
    const { clients = 2, chars = 10_000 } = plan.task;
    return [{ server, sweep: plan.name, clients, chars, p50: figure.median, p99: figure.p99 ?? figure.p95 }];
  });
  mkdirSync(plotFolder, { recursive: true });
  writeFileSync(
    join(plotFolder, "latency.json"),
    `${JSON.stringify({ machine: machine(), points }, null, 2)}\n`,
  );
  for (const { file, svg } of latencyPlots(points)) writeFileSync(join(plotFolder, file), svg);
  console.error(`plots: ${plotFolder}`);
}

/**
 * `npm run sim -- --runs N --seed N [--ops 200] [--workers 2] [--print]`: simulated worlds, one a seed. Prints every
 * seed in which a promise was broken, and how; ends with a count. Exit 0 only where all held, and something was done.
 */
import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { useAutomerge } from "../../scripts/automerge.ts";
import { simulate } from "./simulate.ts";
import { Tally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100" },
    ops: { type: "string", default: "200" },
    seed: { type: "string" },
    workers: { type: "string", default: "1" },
    print: { type: "boolean", default: false },
    /** For workers: what was counted goes to who started them. */
    part: { type: "boolean", default: false },
  },
});
const count = (name: "runs" | "ops" | "workers"): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} takes a whole number above 0, not "${values[name]}"`);
  process.exit(2);
};
const [runs, operations, workers] = [count("runs"), count("ops"), count("workers")];
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!Number.isInteger(first)) {
  console.error(`--seed takes a whole number, not "${values.seed ?? ""}"`);
  process.exit(2);
}

/** Lines and objects per run are for few: of many the failing ones. */
const progressRuns = 1_000;

async function here(): Promise<Tally> {
  const tally = new Tally();
  await useAutomerge();
  for (let seed = first; seed < first + runs; seed++) {
    const run = await simulate({ seed, operations, print: values.print });
    tally.add(run);
    if (run.broken.length > 0)
      console.log(`seed ${seed}: ${run.broken.slice(0, runs === 1 ? 50 : 3).join("\n  ")}`);
    if (runs === 1) console.log(`trace ${run.trace}, level after ${run.levelAfterMs / 1000} s`);
    const done = seed - first + 1;
    if (done % progressRuns === 0 && done < runs) console.error(`${done} runs from seed ${first} on`);
  }
  return tally;
}

/** Each takes a stretch of the seeds, in a process of its own. */
async function shared(): Promise<Tally> {
  const tally = new Tally();
  const each = Math.ceil(runs / workers);
  const parts = Array.from({ length: workers }, (_, i) => ({
    from: first + i * each,
    runs: Math.min(each, runs - i * each),
  })).filter((part) => part.runs > 0);
  await Promise.all(
    parts.map(
      (part) =>
        new Promise<void>((resolve) => {
          const words = [
            "--part",
            "--runs",
            `${part.runs}`,
            "--seed",
            `${part.from}`,
            "--ops",
            `${operations}`,
          ];
          const child = fork(import.meta.filename, words);
          let isTold = false;
          child.on("message", (message) => {
            isTold = true;
            tally.merge(message);
          });
          child.on("exit", (code) => {
            if (!isTold) tally.lost(part.from, `the worker ended with ${String(code)}`);
            resolve();
          });
        }),
    ),
  );
  return tally;
}

if (values.part) {
  const tally = await here();
  process.send?.(tally.figures);
  process.disconnect();
} else {
  console.log(`sim: ${runs} runs of ${operations} operations, seeds from ${first}`);
  const startedAt = process.hrtime.bigint();
  const tally = await (workers > 1 && runs > 1 ? shared() : here());
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  console.log(tally.words(seconds));
  process.exitCode = tally.holds ? 0 : 1;
}

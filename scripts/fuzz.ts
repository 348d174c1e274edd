/**
 * `npm run fuzz -- --peers N --runs N --seed N [--steps N]`: the binding's fuzz from the command line.
 * Prints every failing seed with what did not hold; ends with a count. Exit 1 where any run failed.
 */
import { parseArgs } from "node:util";
import { followed, fuzzRun } from "../renderer/document/fuzz.ts";
import { useAutomerge } from "./automerge.ts";

const { values } = parseArgs({
  options: {
    peers: { type: "string", default: "2" },
    runs: { type: "string", default: "200" },
    steps: { type: "string", default: "40" },
    seed: { type: "string" },
  },
});
const count = (name: "peers" | "runs" | "steps"): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} takes a whole number above 0, not "${values[name]}"`);
  process.exit(2);
};
const peers = count("peers");
const runs = count("runs");
const steps = count("steps");
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!Number.isInteger(first)) {
  console.error(`--seed takes a whole number, not "${values.seed ?? ""}"`);
  process.exit(2);
}

await useAutomerge();
console.log(`fuzz: ${runs} runs of ${steps} steps, ${peers} peers, seeds from ${first}`);
const started = performance.now();
const failing: number[] = [];
let edits = 0;
const progressRuns = 5000;
for (let seed = first; seed < first + runs; seed++) {
  const done = seed - first;
  if (done > 0 && done % progressRuns === 0) console.error(`${done} runs, ${failing.length} failures`);
  try {
    edits += fuzzRun({ seed, peers, steps }).edits;
  } catch (error) {
    failing.push(seed);
    console.log(
      `seed ${seed}: ${error instanceof Error ? (runs === 1 ? error.stack : error.message) : String(error)}`,
    );
  }
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `remote changes followed by patches ${followed.patches} times, rendered afresh ${followed.afresh} times, mended after own edits ${followed.mended} times`,
);
if (edits === 0) console.log("no run made an edit: that proves nothing");
console.log(
  `${runs} runs, ${edits} edits, ${failing.length} failures in ${seconds} s${failing.length > 0 ? `; failing seeds: ${failing.join(" ")}` : ""}`,
);
process.exit(failing.length > 0 || edits === 0 ? 1 : 0);

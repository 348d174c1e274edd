/**
 * `npm test`: everything that must hold. Every stage runs, whatever failed before it; the last line is
 * `N passed, N failed`, and the exit status is 0 only where nothing failed.
 *
 * What is counted: each test of Vitest, and one for each tool that is not made of tests. A skipped test
 * and a stage that could not run count as failed: what was not checked does not hold.
 */
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { delimiter, dirname, join, relative } from "node:path";
import { build } from "./build.ts";
import { electronBinary } from "./electron-binary.ts";
import { nodeFlags } from "./node-flags.ts";
import { cacheFolder, root } from "./paths.ts";
import { ensureSystem } from "./system.ts";

/** The long budgets of .ci/run are mostly waiting: 20 MB at 200 kB/s, a hundred kills. */
const stageMs = 45 * 60_000;
/** A longer budget for the nightly run: DECKLE_FUZZ_RUNS=20000. */
const fuzzRuns = process.env["DECKLE_FUZZ_RUNS"] ?? "200";

interface Count {
  readonly passed: number;
  readonly failed: number;
  /** What failed and why, for the end of the log: of a long log often only the end is kept. */
  readonly failures?: readonly string[];
}
interface Stage {
  readonly name: string;
  readonly run: () => Promise<Count>;
}

const held: Count = { passed: 1, failed: 0 };
const broken: Count = { passed: 0, failed: 1 };

const stages: readonly Stage[] = [
  { name: "types, lint, format, unused code", run: checks },
  { name: "unit and property tests", run: () => vitest("unit", "--coverage") },
  { name: "fuzz of the binding", run: fuzz },
  { name: "end-to-end tests", run: endToEnd },
];

async function command(file: string, words: readonly string[]): Promise<Count> {
  return (await exitCode(file, words)) === 0 ? held : broken;
}

/** `null` where it was ended by a signal, the time limit among them. */
function exitCode(
  file: string,
  words: readonly string[],
  heard?: (said: string) => void,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, {
      cwd: root,
      stdio: ["ignore", heard ? "pipe" : "inherit", heard ? "pipe" : "inherit"],
      timeout: stageMs,
      env: { ...process.env, PATH: dirname(process.execPath) + delimiter + process.env["PATH"] },
    });
    child.once("error", reject);
    if (heard)
      for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (data: Buffer) => heard(data.toString()));
    // "close" comes once all of its words are here.
    child.once(heard ? "close" : "exit", resolve);
  });
}

/** What reads the source and measures nothing: side by side. Each says its own when it has ended. */
async function checks(): Promise<Count> {
  const counts = await Promise.all([
    quietly("tsc", "-b"),
    quietly("oxlint", "--type-aware", "--deny-warnings"),
    quietly("oxfmt", "--check"),
    quietly("knip"),
  ]);
  const sum = (of: "passed" | "failed"): number => counts.reduce((all, count) => all + count[of], 0);
  return {
    passed: sum("passed"),
    failed: sum("failed"),
    failures: counts.flatMap(({ failures = [] }) => failures),
  };
}

async function quietly(name: string, ...words: readonly string[]): Promise<Count> {
  let said = "";
  const code = await exitCode(
    join(root, "node_modules", ".bin", name),
    words,
    (data) => (said += data),
  ).catch((error: unknown) => void (said += String(error)));
  console.log(
    `${[name, ...words].join(" ")}: ${code === 0 ? "good" : `exit status ${code}`}\n${said.trim()}`,
  );
  return code === 0 ? held : { ...broken, failures: [`${name}: ${said.trim()}`] };
}

/** Two peers, and a quarter as often three. */
async function fuzz(): Promise<Count> {
  const seed = randomInt(2 ** 31);
  console.log(`seed ${seed}`);
  const run = (peers: number, runs: number): Promise<Count> => {
    const words = ["--peers", String(peers), "--runs", String(runs), "--seed", String(seed)];
    return command(process.execPath, [...nodeFlags, join(root, "scripts", "fuzz.ts"), ...words]);
  };
  // A core each.
  const [two, three] = await Promise.all([run(2, Number(fuzzRuns)), run(3, Math.ceil(Number(fuzzRuns) / 4))]);
  return { passed: two.passed + three.passed, failed: two.failed + three.failed };
}

async function endToEnd(): Promise<Count> {
  const system = ensureSystem({ needsVirtualDisplay: true });
  if (!system.ok) throw new Error(system.message);
  console.log((await electronBinary()).note);
  await build();
  return vitest("e2e", "--config", "e2e/vitest.config.ts");
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const failureCharacters = 1500;

function failuresOf(report: VitestReport): readonly string[] {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    if (status === "failed" && assertionResults.length === 0) return [`${file}: ${message}`];
    return assertionResults
      .filter((test) => test.status !== "passed")
      .map((test) => `${file} > ${test.fullName}: ${test.status}\n${test.failureMessages.join("\n")}`);
  });
}

async function vitest(name: string, ...words: readonly string[]): Promise<Count> {
  const reportFile = join(cacheFolder, `vitest-${name}.json`);
  await mkdir(cacheFolder, { recursive: true });
  await rm(reportFile, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const code = await exitCode(join(root, "node_modules", ".bin", "vitest"), ["run", ...words, ...reporters]);
  if (!existsSync(reportFile)) throw new Error("Vitest wrote no report.");

  const report = JSON.parse(readFileSync(reportFile, "utf8")) as VitestReport;
  const passed = report.numPassedTests;
  // A file that did not even load has no tests to count, and is a failure all the same.
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  ).length;
  const failed = report.numTotalTests - passed + unloaded;
  // Errors outside of any test: Vitest says so by its exit status only.
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, failures: failuresOf(report) };
}

let passed = 0;
let failed = 0;
const failures: string[] = [];
const details: string[] = [];
for (const { name, run } of stages) {
  console.log(`\n── ${name}`);
  const startedAt = performance.now();
  const count = await run().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return broken;
  });
  passed += count.passed;
  failed += count.failed;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`── ${name}: ${count.passed} passed, ${count.failed} failed, ${seconds} s`);
  if (count.failed === 0) continue;
  failures.push(name);
  details.push(...(count.failures ?? []));
}
for (const detail of details) console.log(`\n✗ ${detail.slice(0, failureCharacters)}`);
console.log(failures.length === 0 ? "" : `\nFailed: ${failures.join(", ")}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/**
 * What every command of `deckle-relay` is given and gives back.
 *
 * What was asked for goes to stdout, everything else to stderr. Exit status: 0 done, 1 not done or something found,
 * 2 for a command line or a configuration that must be changed.
 */
import type { Environment } from "../config/environment.ts";
import { dataProblem, loadConfig } from "../config/effective.ts";
import type { OtherFlags } from "../config/flags.ts";
import type { Problem } from "../config/given.ts";

export type ExitCode = 0 | 1 | 2;
export interface Call {
  /** The words after the command's name. */
  readonly args: readonly string[];
  readonly environment: Environment;
  out(text: string): void;
  err(text: string): void;
}
export type Command = (call: Call) => Promise<ExitCode>;

export interface Offline {
  readonly data: string;
  readonly operands: readonly string[];
  readonly others: ReadonlyMap<string, string>;
}

/** For a command that needs only the data folder: undefined where it was refused, and said. */
export function readOffline(
  call: Call,
  operands: readonly string[],
  others: OtherFlags = {},
): Offline | undefined {
  const loaded = loadConfig(call.args, call.environment, others, ["data"]);
  if (!loaded.ok) {
    refuse(call, loaded.problems);
    return undefined;
  }
  const { effective, words } = loaded;
  const problems = [...operandProblems(words.operands, operands), ...asList(dataProblem(effective))];
  const { data } = effective.config;
  if (problems.length > 0 || data === undefined) {
    refuse(call, problems);
    return undefined;
  }
  return { data, operands: words.operands, others: words.others };
}

export function operandProblems(found: readonly string[], wanted: readonly string[]): readonly Problem[] {
  const missing = wanted
    .slice(found.length)
    .map((name) => ({ message: `${name} is missing; --help says how` }));
  const extra = found
    .slice(wanted.length)
    .map((word) => ({ message: `${JSON.stringify(word)} is one word too many` }));
  return [...missing, ...extra];
}

/** A line a problem. */
export function refuse(call: Call, problems: readonly Problem[]): ExitCode {
  for (const { message } of problems) call.err(`${message}\n`);
  return 2;
}

const asList = (problem: Problem | undefined): readonly Problem[] => (problem ? [problem] : []);

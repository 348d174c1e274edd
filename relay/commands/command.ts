/**
 * What every command of `deckle-relay` is given and gives back.
 *
 * What was asked for goes to stdout, everything else to stderr. Exit status: 0 done, 1 not done or something found,
 * 2 for a command line or a configuration that must be changed.
 */
import type { Environment } from "../config/environment.ts";
import { dataProblem, loadConfig } from "../config/effective.ts";
import type { OtherFlags, Words } from "../config/flags.ts";
import type { Problem } from "../config/given.ts";
import type { Config, Key } from "../config/settings.ts";

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
  readonly config: Config;
  readonly operands: readonly string[];
  readonly others: ReadonlyMap<string, string>;
}

/** For a command that needs little more than the data folder: undefined where it was refused, and said. */
export function readOffline(
  call: Call,
  operands: readonly string[] | ((words: Words) => readonly string[]),
  others: OtherFlags = {},
  taken: readonly Key[] = ["data"],
): Offline | undefined {
  const loaded = loadConfig(call.args, call.environment, others, taken);
  if (!loaded.ok) {
    refuse(call, loaded.problems);
    return undefined;
  }
  const { effective, words } = loaded;
  const wanted = typeof operands === "function" ? operands(words) : operands;
  const problems = [...operandProblems(words.operands, wanted), ...asList(dataProblem(effective))];
  const { config } = effective;
  const { data } = config;
  if (problems.length > 0 || data === undefined) {
    refuse(call, problems);
    return undefined;
  }
  return { data, config, operands: words.operands, others: words.others };
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

/** A whole number that a flag may be given, or one where it is not. */
export function numberOf(
  { others }: Offline,
  flag: string,
  { least, most, byDefault }: { readonly least: number; readonly most: number; readonly byDefault: number },
): number | Problem {
  const text = others.get(flag);
  if (text === undefined) return byDefault;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most
    ? value
    : {
        message: `--${flag} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}: write --${flag} ${Math.max(least, byDefault)}`,
      };
}

/** A line a problem. */
export function refuse(call: Call, problems: readonly Problem[]): ExitCode {
  for (const { message } of problems) call.err(`${message}\n`);
  return 2;
}

const asList = (problem: Problem | undefined): readonly Problem[] => (problem ? [problem] : []);

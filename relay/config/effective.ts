/**
 * The settings in force: flags over environment over file over defaults, each with where it came from.
 *
 * Every problem of every source is found before any is reported, so that a file is mended in one go.
 */
import { readEnvironment, configVariable, type Environment } from "./environment.ts";
import { readConfigFile } from "./file.ts";
import { readFlags, type OtherFlags, type Words } from "./flags.ts";
import { example, place, type Given, type Problem, type Read, type Source } from "./given.ts";
import { configSchema, isLoopback, keys, settings, type Config, type Key } from "./settings.ts";

export interface Effective {
  readonly config: Config;
  readonly sources: ReadonlyMap<Key, Source>;
}
export type Loaded =
  | { readonly ok: true; readonly effective: Effective; readonly words: Words }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const byDefault: Source = { kind: "default" };

/** `others`: flags of the command beside the settings that it takes. */
export function loadConfig(
  args: readonly string[],
  environment: Environment,
  others: OtherFlags,
  taken?: readonly Key[],
): Loaded {
  const words = readFlags(args, { ...others, config: false }, taken);
  const file = words.others.get("config") ?? environment[configVariable];
  const all: readonly Read[] = [
    ...(file ? readConfigFile(file) : []),
    ...readEnvironment(environment),
    ...words.given,
  ];
  const problems = all.filter((each) => "message" in each);
  if (problems.length > 0) return { ok: false, problems };
  const given = new Map(all.filter((each): each is Given => "key" in each).map((each) => [each.key, each]));
  return { ok: true, effective: effectiveOf(given), words };
}

function effectiveOf(given: ReadonlyMap<Key, Given>): Effective {
  const values = keys.map((key) => [key, given.get(key)?.value ?? settings[key].default]);
  const sources = new Map(keys.map((key) => [key, given.get(key)?.source ?? byDefault]));
  // Each was parsed where it was read, and the defaults by the tests: to fail here is a bug.
  return { config: configSchema.parse(Object.fromEntries(values)), sources };
}

/** What no command can do without. */
export function dataProblem({ config }: Effective): Problem | undefined {
  if (config.data !== undefined) return undefined;
  return {
    message: `--data is missing: name the folder that the relay keeps everything in, e.g. ${example("data", byDefault, "./relay-data")}`,
  };
}

/** On loopback, without TLS, it is reached where it listens. */
export function lacksUrl({ url, host, "tls.cert": cert }: Config): boolean {
  return url === undefined && (!isLoopback(host) || cert !== undefined);
}

/** What is wrong between settings that are each right. */
export function serveProblems(effective: Effective): readonly Problem[] {
  const { config, sources } = effective;
  const at = (key: Key): string => place(key, sources.get(key) ?? byDefault);
  const problems: Problem[] = [];
  const lacksData = dataProblem(effective);
  if (lacksData) problems.push(lacksData);
  const hint = (key: Key, beside: Key): string => example(key, sources.get(beside) ?? byDefault);
  if (config.open) {
    if (!isLoopback(config.host) && !config.exposed)
      problems.push({
        message: `${at("host")} is ${config.host}, and the open mode is for loopback only, as whoever reaches it may read and write everything: write ${hint("host", "host")}, or ${hint("exposed", "open")} if that is meant`,
      });
  } else if (config.exposed) {
    problems.push({
      message: `${at("exposed")} is for the open mode only: leave it out, or write ${hint("open", "exposed")} as well`,
    });
  } else if (lacksUrl(config)) {
    const why = isLoopback(config.host) ? "with TLS" : `on ${config.host}`;
    problems.push({
      message: `--url is missing: ${why} the relay cannot know under which address apps reach it; write ${hint("url", "host")} with the name that it has for them`,
    });
  }
  for (const [one, other] of [
    ["tls.cert", "tls.key"],
    ["tls.key", "tls.cert"],
  ] as const) {
    if (config[one] === undefined || config[other] !== undefined) continue;
    problems.push({
      message: `${at(one)} is set without ${other}: write ${hint(other, one)} as well`,
    });
  }
  return problems;
}

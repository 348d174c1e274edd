/** The words of a command line: settings, what else a command takes, and its operands. */
import { parseArgs } from "node:util";
import { read, type Problem, type Read } from "./given.ts";
import { nearest } from "./nearest.ts";
import { flagOf, keys, settings, type Key } from "./settings.ts";

export interface Words {
  readonly operands: readonly string[];
  readonly given: readonly Read[];
  /** By name without dashes. A flag without a value is "". */
  readonly others: ReadonlyMap<string, string>;
}
/** What a command takes beside the settings; true is a flag that stands alone. */
export type OtherFlags = Readonly<Record<string, boolean>>;

export function readFlags(args: readonly string[], others: OtherFlags, taken: readonly Key[] = keys): Words {
  const keyByFlag = new Map(taken.map((key) => [flagOf(key).slice(2), key]));
  const known = [...keyByFlag.keys(), ...Object.keys(others)];
  const standsAlone = (name: string): boolean => {
    const key = keyByFlag.get(name);
    return key ? settings[key].kind === "yes-no" : (others[name] ?? false);
  };
  const { tokens, positionals } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      known.map((name) => [name, { type: standsAlone(name) ? ("boolean" as const) : ("string" as const) }]),
    ),
  });
  const given: Read[] = [];
  const found = new Map<string, string>();
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    const key = keyByFlag.get(name);
    if (!rawName.startsWith("--") || (!key && !Object.hasOwn(others, name))) {
      // What follows may be its value or not, so nothing after it can be judged.
      return { operands: [], given: [...given, unknown(rawName, known)], others: found };
    }
    if (seen.has(name)) given.push({ message: `${rawName} is given twice: keep one` });
    else if (!standsAlone(name) && (value === undefined || (!inlineValue && value.startsWith("--"))))
      given.push({ message: `${rawName} needs a value` });
    else if (key) given.push(read(key, value ?? "true", { kind: "flag" }, process.cwd()));
    else found.set(name, value ?? "");
    seen.add(name);
  }
  return { operands: positionals, given, others: found };
}

function unknown(rawName: string, known: readonly string[]): Problem {
  const name = nearest(rawName.replace(/^-+/, ""), known);
  return {
    message: `${rawName} is not a flag of this command${name ? `: did you mean --${name}?` : "; --help lists them"}`,
  };
}

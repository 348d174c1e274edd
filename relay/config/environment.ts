/** Settings out of `DECKLE_RELAY_…` variables. An empty one counts as not set: compose files make those. */
import { read, type Read } from "./given.ts";
import { nearest } from "./nearest.ts";
import { keys, variableOf } from "./settings.ts";

const prefix = "DECKLE_RELAY_";
export const configVariable: string = `${prefix}CONFIG`;

export type Environment = Readonly<Record<string, string | undefined>>;

export function readEnvironment(environment: Environment): readonly Read[] {
  const known = [configVariable, ...keys.map(variableOf)];
  return Object.entries(environment).flatMap(([name, value]): Read[] => {
    if (!name.startsWith(prefix) || !value || name === configVariable) return [];
    const key = keys.find((each) => variableOf(each) === name);
    if (key) return [read(key, value, { kind: "environment" }, process.cwd())];
    const meant = nearest(name, known);
    return [
      {
        message: `${name} is not a setting${meant ? `: did you mean ${meant}?` : `: known are ${known.join(", ")}`}`,
      },
    ];
  });
}

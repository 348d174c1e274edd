/** One value that somebody gave for a setting, and where: what the sources deliver and problems point at. */
import { resolve } from "node:path";
import { configSchema, flagOf, settings, variableOf, type Key } from "./settings.ts";

export type Source =
  | { readonly kind: "flag" }
  | { readonly kind: "environment" }
  | { readonly kind: "file"; readonly file: string; readonly line: number }
  | { readonly kind: "default" };
export interface Given {
  readonly key: Key;
  readonly value: string | number | boolean;
  readonly source: Source;
}
/** One line for a person: where it is wrong, what is wrong, what to write. */
export interface Problem {
  readonly message: string;
}
export type Read = Given | Problem;

/** A value as it stands there: a text from a flag or the environment, any JSON from a file. */
export function read(key: Key, found: unknown, source: Source, baseFolder: string): Read {
  const { kind, must } = settings[key];
  const value = source.kind === "file" ? found : fromText(kind, found);
  const parsed = configSchema.shape[key].safeParse(value);
  if (!parsed.success || parsed.data === undefined)
    return {
      message: `${place(key, source)} must be ${must}, not ${JSON.stringify(found)}: write ${example(key, source)}`,
    };
  const isPath = kind === "path" && typeof parsed.data === "string";
  return { key, value: isPath ? resolve(baseFolder, String(parsed.data)) : parsed.data, source };
}

function fromText(kind: (typeof settings)[Key]["kind"], found: unknown): unknown {
  if (kind === "number" && typeof found === "string" && /^\d{1,9}$/.test(found)) return Number(found);
  if (kind === "yes-no" && (found === "true" || found === "false")) return found === "true";
  return found;
}

/** What a person wrote there, as a name: `--port`, `DECKLE_RELAY_PORT`, `relay.jsonc:3: "port"`. */
export function place(key: Key, source: Source): string {
  switch (source.kind) {
    case "flag":
    case "default":
      return flagOf(key);
    case "environment":
      return variableOf(key);
    case "file":
      return `${source.file}:${source.line}: ${JSON.stringify(key)}`;
  }
}

/** A line that would be right. */
export function example(
  key: Key,
  source: Source,
  value: string | number | boolean = settings[key].example,
): string {
  switch (source.kind) {
    case "flag":
    case "default":
      return value === true ? flagOf(key) : `${flagOf(key)} ${value}`;
    case "environment":
      return `${variableOf(key)}=${value}`;
    case "file":
      return `${JSON.stringify(key.split(".").at(-1))}: ${JSON.stringify(value)}`;
  }
}

/** The effective configuration as text: a file that gives the same again, with where each value came from. */
import type { Effective } from "./effective.ts";
import type { Source } from "./given.ts";
import { flagOf, keys, variableOf, type Key } from "./settings.ts";

export function originOf(key: Key, source: Source): string {
  switch (source.kind) {
    case "flag":
      return flagOf(key);
    case "environment":
      return variableOf(key);
    case "file":
      return `${source.file}:${source.line}`;
    case "default":
      return "default";
  }
}

export function printConfig({ config, sources }: Effective): string {
  const lines: string[] = ["{"];
  let open = "";
  for (const key of keys) {
    const [name = key, member] = key.split(".");
    const group = member === undefined ? "" : name;
    if (open && open !== group) lines.push("  },");
    if (group && open !== group) lines.push(`  ${JSON.stringify(group)}: {`);
    open = group;
    const value = config[key];
    const indent = group ? "    " : "  ";
    const text = `${indent}${value === undefined ? "// " : ""}${JSON.stringify(member ?? name)}: `;
    const origin = originOf(key, sources.get(key) ?? { kind: "default" });
    lines.push(value === undefined ? `${text}not set` : `${text}${JSON.stringify(value)}, // ${origin}`);
  }
  if (open) lines.push("  },");
  return [...lines, "}", ""].join("\n");
}

/** The same for a line of the log. */
export function configFacts({ config, sources }: Effective): Record<string, string | number> {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = config[key];
      if (value === undefined) return [];
      const origin = originOf(key, sources.get(key) ?? { kind: "default" });
      return [
        [key, typeof value === "boolean" ? String(value) : value],
        [`${key} from`, origin],
      ];
    }),
  );
}

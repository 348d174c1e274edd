/** The version out of package.json: beside this where it was built, at the root of a checkout. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const packageFile = z.object({ version: z.string() });

export function version(): string {
  for (const up of ["./package.json", "../../package.json"]) {
    try {
      return packageFile.parse(JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8"))).version;
    } catch {
      // It is the other one.
    }
  }
  return "unknown";
}

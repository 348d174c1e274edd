/**
 * `npm run bench -- NAME [--json]`: one benchmark on this machine, in the built app where it is about
 * the app. With `--json` the last line is one line of JSON (`bench/report.ts`).
 */
import { parseArgs } from "node:util";
import { binding } from "./bench/binding.ts";
import { print } from "./bench/report.ts";
import type { Report } from "./bench/report.ts";
import { start } from "./bench/start.ts";
import { typing } from "./bench/typing.ts";
import { build } from "./build.ts";
import { electronBinary } from "./electron-binary.ts";
import { ensureSystem } from "./system.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, edits: { type: "string", default: "20000" } },
});

const benchmarks: Record<string, () => Promise<Report>> = {
  typing: () => typing({ edits: Number(values.edits) }),
  start,
  binding,
};
/** Those that measure no window: they run without Electron, a display or a build. */
const withoutApp = new Set(["binding"]);

const [name = ""] = positionals;
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (!benchmark || !(Number(values.edits) > 0)) {
  console.error(`usage: npm run bench -- ${Object.keys(benchmarks).join("|")} [--json] [--edits N (typing)]`);
  process.exit(2);
}
if (withoutApp.has(name)) {
  print(await benchmark(), values.json);
  process.exit();
}
const system = ensureSystem({ needsVirtualDisplay: true });
if (!system.ok) {
  console.error(system.message);
  process.exit(1);
}
const binary = await electronBinary();
console.error(binary.note);
await build();
const report = await benchmark();
report.notes = [
  ...(report.notes ?? []),
  `Electron ${binary.version}${binary.standIn ? " (the stand-in for tests)" : ""}`,
];
print(report, values.json);

/**
 * `npm run bench -- NAME [--json]`: one benchmark on this machine, in the built app where it is about
 * the app. With `--json` the last line is one line of JSON (`bench/report.ts`).
 */
import { parseArgs } from "node:util";
import { access } from "./bench/access.ts";
import { app } from "./bench/app.ts";
import { binding } from "./bench/binding.ts";
import { relay } from "./bench/relay.ts";
import { print } from "./bench/report.ts";
import type { Report } from "./bench/report.ts";
import { start } from "./bench/start.ts";
import { storage } from "./bench/storage.ts";
import { typing } from "./bench/typing.ts";
import { build } from "./build.ts";
import { electronBinary } from "./electron-binary.ts";
import { load } from "./load/load.ts";
import { ensureSystem } from "./system.ts";

/** Without --minutes: long enough for a p99, short enough to be run often. */
const loadSeconds = 60;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    edits: { type: "string", default: "20000" },
    only: { type: "string", default: "" },
    servers: { type: "string", default: "" },
    quick: { type: "boolean", default: false },
    plots: { type: "boolean", default: false },
    "relay-root": { type: "string", default: "" },
    "relay-flags": { type: "string", default: "" },
    minutes: { type: "string", default: "" },
    rate: { type: "string", default: "5000" },
  },
});

const benchmarks: Record<string, () => Promise<Report>> = {
  typing: () => typing({ edits: Number(values.edits) }),
  start,
  binding,
  relay: () => relay({ ...values, relayRoot: values["relay-root"], relayFlags: values["relay-flags"] }),
  load: () => loadTest(),
  access,
  storage: () => storage(values),
  app,
};
function loadTest(): Promise<Report> {
  const { minutes, rate, "relay-root": other } = values;
  const [seconds, editsPerSecond] = [minutes === "" ? loadSeconds : 60 * Number(minutes), Number(rate)];
  if (!(seconds > 0 && editsPerSecond > 0)) throw new RangeError("--minutes and --rate are numbers above 0");
  return load({ relayRoot: other, editsPerSecond, seconds, isSoak: minutes !== "" });
}

/** Those that measure no window: they run without Electron, a display or a build. */
const withoutApp = new Set(["binding", "relay", "load", "access"]);

const [name = ""] = positionals;
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (!benchmark || !(Number(values.edits) > 0)) {
  console.error(
    `usage: npm run bench -- ${Object.keys(benchmarks).join("|")} [--json]\n` +
      "  typing: [--edits N]\n" +
      "  relay: [--only ROW,ROW] [--servers NAME,NAME] [--quick] [--plots] [--relay-flags FLAGS]\n" +
      "  storage: [--only ROW,ROW] [--quick]\n" +
      "  load: [--minutes N] [--rate N]; relay and load: [--relay-root DIR]",
  );
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

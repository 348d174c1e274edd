/**
 * `node scripts/faults/cli.ts --to 127.0.0.1:PORT [--listen 9000] [--rate 200k] [--delay 50] [--jitter 20] …`
 *
 * The fault proxy by hand. While it runs, lines on stdin change it: `cut`, `cut end`, `half-open`, `heal`,
 * `rate 50k`, `delay 200`. The first line on stdout is `listening 127.0.0.1:PORT`.
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Link } from "./link.ts";
import { FaultProxy } from "./proxy.ts";

const usage = `usage: node scripts/faults/cli.ts --to [HOST:]PORT [--listen PORT] [--seed N]
  --rate BYTES        bytes a second each way, e.g. 200k or 1m
  --delay MS          each way
  --jitter MS         up to so much more delay
  --drip BYTES        so many at a time, --drip-every MS apart (1000)
  --flip-every BYTES  turns a bit over in each Nth byte
  --flip P            turns a bit over in each byte with this probability
  --cut-after BYTES   resets all connections once so many went down
on stdin: cut [reset|end], half-open, heal, or a flag without its dashes (rate 50k)`;

const linkFlags: Readonly<Record<string, keyof Link>> = {
  rate: "rateBytesPerSecond",
  delay: "delayMs",
  jitter: "jitterMs",
  drip: "dripBytes",
  "drip-every": "dripEveryMs",
  "flip-every": "flipEveryBytes",
  flip: "flipProbability",
};

/** 200k, 1m, 0.5; `undefined` for anything else. */
function quantity(text: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(text ?? "");
  if (!match) return undefined;
  const factor = { k: 1_000, m: 1_000_000 }[match[2]?.toLowerCase() ?? ""] ?? 1;
  return Number(match[1]) * factor;
}

function fail(message: string): never {
  process.stderr.write(`${message}\n${usage}\n`);
  process.exit(2);
}

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    to: text,
    listen: text,
    seed: text,
    rate: text,
    delay: text,
    jitter: text,
    drip: text,
    "drip-every": { ...text, default: "1000" },
    "flip-every": text,
    flip: text,
    "cut-after": text,
  },
});
const target = /^(?:(.+):)?(\d{1,5})$/.exec(values.to ?? "");
if (!target) fail("--to is missing or not an address");

const link: { -readonly [key in keyof Link]?: number } = {};
for (const [flag, given] of Object.entries(values)) {
  const key = linkFlags[flag];
  if (!key) continue;
  const value = quantity(given);
  if (value === undefined) fail(`--${flag} is not a number: ${given}`);
  link[key] = value;
}
const proxy = await FaultProxy.listen({
  to: { host: target[1] ?? "127.0.0.1", port: Number(target[2]) },
  listen: quantity(values.listen) ?? 0,
  seed: quantity(values.seed) ?? 1,
  link,
});
process.stdout.write(`listening 127.0.0.1:${proxy.port}\n`);
const cutAfter = quantity(values["cut-after"]);
if (cutAfter !== undefined) void proxy.cutAfter(cutAfter).then(() => process.stdout.write("cut\n"));

createInterface({ input: process.stdin }).on("line", (line) => {
  const [word = "", argument] = line.trim().split(/\s+/);
  const key = linkFlags[word];
  const value = quantity(argument);
  if (word === "cut") proxy.cut(argument === "end" ? "end" : "reset");
  else if (word === "half-open") proxy.halfOpen();
  else if (word === "heal") proxy.heal();
  else if (key && value !== undefined) proxy.set({ [key]: value });
  else if (word !== "") process.stderr.write(`${usage}\n`);
  process.stdout.write(
    `${proxy.open} open of ${proxy.accepted}, ${proxy.bytes("up")} bytes up, ${proxy.bytes("down")} down\n`,
  );
});

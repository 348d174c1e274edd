/** What docs/relay.md says of settings and metrics is what there is. */
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { figureNames, Metrics } from "../server/metrics.ts";
import { parseConfig } from "./file.ts";
import { flagOf, keys, settings, variableOf } from "./settings.ts";

const page = readFileSync(new URL("../../docs/relay.md", import.meta.url), "utf8");
const metrics = new Metrics();
afterAll(() => metrics.stop());

const between = (name: string): string =>
  page.split(`<!-- ${name} -->\n`)[1]?.split(`<!-- /${name} -->`)[0] ?? "";

test("the table of settings", () => {
  const rows = keys.map((key) => {
    const { default: value, about } = settings[key];
    return `| \`${key}\` | \`${flagOf(key)}\` | \`${variableOf(key)}\` | ${value === undefined ? "none" : `\`${value}\``} | ${about} |\n`;
  });
  expect(between("settings")).toBe(rows.join(""));
});

test("the table of metrics", async () => {
  const typed = [...(await metrics.text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
  const documented = [...between("metrics").matchAll(/`((?:deckle_relay|process)_[a-z_]+)`/g)].map(
    ([, name = ""]) => name,
  );
  expect(documented.toSorted()).toEqual([...typed, ...figureNames].toSorted());
});

test("the example files are right", () => {
  const examples = [...page.matchAll(/```jsonc\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
  const problems = examples.flatMap((each) => parseConfig(each, "relay.jsonc"));
  expect([examples.length, problems.filter((each) => "message" in each)]).toEqual([2, []]);
});

import { expect, test } from "vitest";
import { logLinesPerEventPerSecondMax, logTextCharsMax, logWaitingBytesMax } from "../protocol/limits.ts";
import { levelOf, openLog, type LogLevel } from "./log.ts";

function make(level: LogLevel = "info") {
  const lines: Record<string, unknown>[] = [];
  const output = { writableLength: 0, write: (line: string) => void lines.push(JSON.parse(line)) };
  const clock = { ms: 1_000 };
  return { lines, output, clock, ...openLog({ output, level, nowMs: () => clock.ms }) };
}

test("a line is one object: level, time, event, facts", () => {
  const { report, lines } = make();
  report("joined", { connection: 3, peer: 'a"\n' });
  expect(lines).toEqual([
    { level: "info", time: "1970-01-01T00:00:01.000Z", event: "joined", connection: 3, peer: 'a"\n' },
  ]);
});

test("levels: by name, by table, and what is below is not written", () => {
  const expected: Record<string, LogLevel> = {
    bug: "error",
    "commit-failed": "error",
    "chunk-damaged": "error",
    "change-refused": "warn",
    cut: "warn",
    "socket-error": "warn",
    joined: "info",
  };
  for (const [event, level] of Object.entries(expected))
    expect([event, levelOf(event)]).toEqual([event, level]);
  const { report, lines } = make("warn");
  for (const event of Object.keys(expected)) report(event, {});
  expect(lines.map(({ event }) => event)).not.toContain("joined");
  expect(lines).toHaveLength(Object.keys(expected).length - 1);
});

test("an event that floods is written up to its limit a second, then counted, and others are still written", () => {
  const { report, lines, clock } = make();
  for (let i = 0; i < logLinesPerEventPerSecondMax + 5; i++) report("cut", { i });
  expect(lines).toHaveLength(logLinesPerEventPerSecondMax);
  report("joined", {});
  expect(lines.at(-1)).toMatchObject({ event: "joined" });
  clock.ms += 1_000;
  report("cut", { i: -1 });
  expect(lines.slice(-2)).toMatchObject([
    { event: "cut", suppressed: 5 },
    { event: "cut", i: -1 },
  ]);
});

test("what nobody reads is dropped above the bound, counted, and said once it is read again", () => {
  const { report, lines, output } = make();
  output.writableLength = logWaitingBytesMax;
  report("a", {});
  expect(lines).toHaveLength(1);
  output.writableLength++;
  report("b", {});
  report("c", {});
  expect(lines).toHaveLength(1);
  output.writableLength = 0;
  report("d", {});
  expect(lines.slice(1)).toMatchObject([{ event: "log-dropped", lines: 2 }, { event: "d" }]);
});

test("a long text is cut", () => {
  const { report, lines } = make();
  report("bug", { stack: "x".repeat(logTextCharsMax + 1), n: 1 });
  expect(lines[0]).toMatchObject({ stack: `${"x".repeat(logTextCharsMax)}…`, n: 1 });
});

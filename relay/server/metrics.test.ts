import { afterEach, expect, test } from "vitest";
import { metricReasonsMax } from "../protocol/limits.ts";
import { figureNames, Metrics } from "./metrics.ts";

let metrics = new Metrics();
afterEach(() => {
  metrics.stop();
  metrics = new Metrics();
});

/** Value by sample, of a text that must be nothing but comments and samples. */
async function scrape(): Promise<Map<string, number>> {
  const samples = new Map<string, number>();
  for (const line of (await metrics.text()).split("\n")) {
    if (line === "" || /^# (HELP|TYPE) [a-z_]+ \S/.test(line)) continue;
    const [, name = "", value] = /^([a-z_]+(?:\{[^{}]*\})?) (\S+)$/.exec(line) ?? [];
    expect([line, Number.isFinite(Number(value))]).toEqual([line, true]);
    samples.set(name, Number(value));
  }
  return samples;
}

test("commits, closes, refusals and jobs are counted", async () => {
  metrics.committed({ documents: 2, changes: 3, bytes: 100, tookMs: 4 });
  metrics.committed({ documents: 1, changes: 1, bytes: 10, tookMs: 400 });
  metrics.commitFailed();
  metrics.closed("tooSlow");
  metrics.closed("left");
  metrics.closed("left");
  metrics.limited("connections");
  const told: string[] = [];
  const report = metrics.counting((event) => void told.push(event));
  report("change-refused", { why: "bad-checksum" });
  report("document-job", { job: "save", tookMs: 50 });
  report("document-job-failed", { job: "save", tookMs: 5_000, reason: "x" });
  const samples = await scrape();
  expect(Object.fromEntries(samples)).toMatchObject({
    deckle_relay_commits_total: 2,
    deckle_relay_commits_failed_total: 1,
    deckle_relay_documents_committed_total: 3,
    deckle_relay_changes_committed_total: 4,
    deckle_relay_change_bytes_committed_total: 110,
    'deckle_relay_commit_seconds_bucket{le="0.005"}': 1,
    'deckle_relay_commit_seconds_bucket{le="+Inf"}': 2,
    deckle_relay_commit_seconds_sum: 0.404,
    'deckle_relay_closed_total{reason="left"}': 2,
    'deckle_relay_closed_total{reason="tooSlow"}': 1,
    'deckle_relay_limited_total{limit="connections"}': 1,
    'deckle_relay_changes_refused_total{reason="bad-checksum"}': 1,
    'deckle_relay_document_jobs_total{outcome="done"}': 1,
    'deckle_relay_document_jobs_total{outcome="failed"}': 1,
    'deckle_relay_events_total{event="change-refused"}': 1,
  });
  expect(told).toEqual(["change-refused", "document-job", "document-job-failed"]);
});

test("figures are asked at each scrape; of what nobody provides there is no metric", async () => {
  let bytesIn = 5;
  let asked = 0;
  metrics.expose(() => {
    asked++;
    return { rooms: 2, bytesIn };
  });
  const askedAtFirst = asked;
  expect((await scrape()).get("deckle_relay_bytes_in_total")).toBe(5);
  bytesIn = 9;
  const samples = await scrape();
  expect(samples.get("deckle_relay_bytes_in_total")).toBe(9);
  expect(samples.get("deckle_relay_rooms")).toBe(2);
  expect([...samples.keys()].filter((name) => figureNames.includes(name))).toHaveLength(2);
  expect(asked - askedAtFirst).toBe(2);
});

test("reasons without end become one", async () => {
  for (let i = 0; i < metricReasonsMax + 10; i++) metrics.closed(`reason ${i}`);
  const samples = [...(await scrape())].filter(([name]) => name.startsWith("deckle_relay_closed_total"));
  expect(samples).toHaveLength(metricReasonsMax + 1);
  expect(samples.at(-1)).toEqual(['deckle_relay_closed_total{reason="other"}', 10]);
});

test("a blocked event loop shows in the lag until the next scrape", async () => {
  await scrape();
  // The first tick after a scrape is what the next is measured from.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const until = performance.now() + 1_500;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const worst = (samples: Map<string, number>) =>
    samples.get('deckle_relay_event_loop_lag_seconds{quantile="1"}') ?? -1;
  expect(worst(await scrape())).toBeGreaterThan(1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const later = worst(await scrape());
  expect(later).toBeGreaterThanOrEqual(0);
  expect(later).toBeLessThan(1);
});

test("two sets of metrics in one process do not meet", async () => {
  const other = new Metrics();
  other.commitFailed();
  expect((await scrape()).get("deckle_relay_commits_failed_total")).toBe(0);
  other.stop();
});

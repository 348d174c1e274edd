/** Rows about live editing in one document: latency, the ceiling, and what one edit costs in a long history. */
import { one, openLoop, rounded, settle, sleep, type Bench, type Figure } from "../bench.ts";
import type { Client, Content, Scene } from "../client.ts";

const editsPerSecond = 10;
const warmUpSeconds = 1;

const page: Content = { kind: "text", chars: 10_000, charsPerChange: 100 };

/** Everyone in turn, so that each client waits long between its edits, as people do. */
const inTurn =
  (crowd: readonly Client[]) =>
  (i: number): void =>
    crowd[i % crowd.length]?.edit();

export async function latency(
  bench: Bench,
  { clients, seconds, content = page }: { clients: number; seconds: number; content?: Content },
): Promise<Figure[]> {
  const scene = await bench.scene(content);
  const crowd = await bench.crowd(scene, clients);
  await openLoop(editsPerSecond, warmUpSeconds, inTurn(crowd));
  await sleep(300);
  const { ledger } = scene;
  ledger.reset();
  const cost = await bench.cost(async () => {
    await openLoop(editsPerSecond, seconds, inTurn(crowd));
  });
  const all = await settle(() => ledger.delivered >= ledger.sent * (clients - 1), 3_000);
  const size = content.kind === "text" ? `${content.chars / 1000} kB` : "long history";
  const where = `${clients} clients, ${size}`;
  return [
    {
      operation: "edit → peer, 10 edits/s",
      size: where,
      unit: "ms",
      median: rounded(ledger.latency.percentile(0.5)),
      p95: rounded(ledger.latency.percentile(0.95)),
      p99: rounded(ledger.latency.percentile(0.99)),
      ...(all ? {} : { remark: `${ledger.sent * (clients - 1) - ledger.delivered} deliveries missing` }),
    },
    {
      operation: "server CPU, 10 edits/s",
      size: where,
      unit: "% of a core",
      ...one(rounded((100 * cost.serverCpuMs) / cost.ms)),
      remark: `generator ${rounded((100 * cost.generatorCpuMs) / cost.ms)} %`,
    },
  ];
}

const ceilingClients = 50;
const firstRate = 25;
const coarseStep = 2;
const fineStep = 1.25;
const coarseSeconds = 1;
const stageSeconds = 2;
const acceptableP99Ms = 1_000;
/** Above this the coarse steps end: doubling again would bury a server for a minute. */
const coarseP99Ms = 250;
/** Of what was offered, delivered by the end of the stage and a second later. */
const acceptableShare = 0.995;
const drainMs = 20_000;

interface Stage {
  readonly rate: number;
  readonly isSustained: boolean;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly remark: string;
}

/** Raises the rate until the server no longer keeps up; the last stage that it kept up with counts. */
export async function ceiling(bench: Bench): Promise<Figure[]> {
  const scene = await bench.scene(page);
  const crowd = await bench.crowd(scene, ceilingClients);
  let rate = firstRate;
  let best: Stage | undefined;
  for (;;) {
    const coarse = await stage(bench, scene, crowd, rate, coarseSeconds);
    if (coarse.isSustained) best = coarse;
    if (!coarse.isSustained || coarse.p99 > coarseP99Ms) break;
    rate *= coarseStep;
  }
  rate = (best?.rate ?? firstRate / coarseStep) * (best && best.p99 > coarseP99Ms ? 1 / fineStep : 1);
  for (;;) {
    const fine = await stage(bench, scene, crowd, rate, stageSeconds);
    if (!fine.isSustained) break;
    best = fine;
    rate *= fineStep;
  }
  if (!best) throw new Error(`it did not keep up with ${firstRate} edits/s`);
  const { perSecond, p50, p99, remark } = best;
  const size = `${ceilingClients} clients, all write`;
  return [
    {
      operation: "deliveries at saturation",
      size,
      unit: "per second",
      ...one(perSecond),
      isMoreBetter: true,
      remark: `p50 ${p50} ms, p99 ${p99} ms, ${remark}`,
    },
  ];
}

async function stage(
  bench: Bench,
  { ledger }: Scene,
  crowd: readonly Client[],
  rate: number,
  seconds: number,
): Promise<Stage> {
  ledger.reset();
  const cost = await bench.cost(async () => {
    await openLoop(rate, seconds, inTurn(crowd));
  });
  const offered = Math.floor(rate * seconds) * (ceilingClients - 1);
  const inTime = await settle(() => ledger.delivered >= offered * acceptableShare, acceptableP99Ms);
  const p50 = rounded(ledger.latency.percentile(0.5), 1);
  const p99 = rounded(ledger.latency.percentile(0.99), 1);
  await settle(() => ledger.delivered >= ledger.sent * (ceilingClients - 1), drainMs);
  const cut = crowd.find((client) => client.isClosed);
  if (cut) throw new Error(`a client was cut off at ${Math.round(rate)} edits/s: ${cut.closedBy}`);
  const repeats = crowd.reduce((sum, client) => sum + client.repeats, 0);
  const remark = `server ${percent(cost.serverCpuMs, cost.ms)} %, generator ${percent(cost.generatorCpuMs, cost.ms)} % of a core, ${repeats} edits sent twice so far`;
  const isSustained = inTime && p99 <= acceptableP99Ms;
  console.error(
    `${bench.name} ${Math.round(rate)} edits/s ${isSustained ? "" : "not "}sustained: p50 ${p50}, p99 ${p99} ms, ${remark}`,
  );
  return { rate, isSustained, perSecond: Math.round(offered / seconds), p50, p99, remark };
}

const percent = (part: number, whole: number): number => Math.round((100 * part) / whole);

/** One writer, one reader, a document with 260,000 changes behind it. */
export async function longHistory(bench: Bench, { seconds }: { seconds: number }): Promise<Figure[]> {
  const scene = await bench.scene({ kind: "history" });
  const crowd = await bench.crowd(scene, 2);
  const { ledger } = scene;
  await openLoop(editsPerSecond, warmUpSeconds, inTurn(crowd));
  await settle(() => ledger.delivered >= ledger.sent, 20_000);
  ledger.reset();
  const cost = await bench.cost(async () => {
    await openLoop(2 * editsPerSecond, seconds, inTurn(crowd));
    await settle(() => ledger.delivered >= ledger.sent, 20_000);
  });
  const size = "100k characters, 260k changes";
  return [
    {
      operation: "server CPU per edit",
      size,
      unit: "ms",
      ...one(rounded(cost.serverCpuMs / ledger.sent, 3)),
    },
    {
      operation: "edit → peer, long history",
      size,
      unit: "ms",
      median: rounded(ledger.latency.percentile(0.5)),
      p95: rounded(ledger.latency.percentile(0.95)),
      p99: rounded(ledger.latency.percentile(0.99)),
    },
  ];
}

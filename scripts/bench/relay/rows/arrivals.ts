/** Rows about clients that come back or come for the first time. */
import {
  atOnce,
  megabytes,
  one,
  openLoop,
  rounded,
  settle,
  sleep,
  type Bench,
  type Figure,
} from "../bench.ts";
import { Ledger, type Client, type Content, type Scene, type Standing } from "../client.ts";
import { Histogram } from "../histogram.ts";

const page: Content = { kind: "text", chars: 10_000, charsPerChange: 100 };

const behind = 10_000;
const catchUps = 5;

/** One client after another comes back to a document that is open elsewhere, 10,000 edits late. */
export async function catchUp(bench: Bench): Promise<Figure[]> {
  const scene = await bench.scene(page);
  const [writer, watcher, leaver] = await bench.crowd(scene, 3);
  if (!writer || !watcher || !leaver) throw new RangeError("no clients");
  const left = leaver.standing();
  leaver.close();
  await openLoop(behind, 1, () => writer.edit());
  if (!(await settle(() => watcher.received >= behind, 60_000)))
    throw new Error(`of ${behind} edits ${watcher.received} came through in a minute`);
  const until = watcher.standing();
  const times = new Histogram();
  const cost = await bench.cost(async () => {
    for (let i = 0; i < catchUps; i++) {
      const client = scene.client(100 + i);
      await timed(times, () => client.join(left, until));
      client.close();
    }
  });
  const size = `${behind} edits behind`;
  return [
    { operation: "catch-up", size, unit: "ms", ...spread(times) },
    { operation: "catch-up, server CPU", size, unit: "ms", ...one(rounded(cost.serverCpuMs / catchUps)) },
  ];
}

const stormDocuments = 100;
const stormClientsPerDocument = 10;
const stormEdits = 100;
/** Fewer than a listen queue is long (511): what the kernel drops comes back a second later and would hide the server. */
const stormAtOnce = 256;

/** 1,000 clients of 100 documents lost their connection, 100 edits were made in each, and all come back at once. */
export async function storm(bench: Bench): Promise<Figure[]> {
  const first = await bench.scene(page);
  const returning: { scene: Scene; left: Standing; until: Standing }[] = [];
  const writers: Client[] = [];
  const scenes = [first, ...Array.from({ length: stormDocuments - 1 }, () => first.another())];
  await atOnce(10, scenes, async (scene) => {
    if (scene !== first) await scene.seed();
    const [writer, watcher] = await bench.crowd(scene, 2);
    if (!writer || !watcher) throw new RangeError("no clients");
    const left = watcher.standing();
    for (let i = 0; i < stormEdits; i++) writer.edit();
    if (!(await settle(() => watcher.received >= stormEdits, 30_000)))
      throw new Error("edits did not come through");
    returning.push({ scene, left, until: watcher.standing() });
    watcher.close();
    writers.push(writer);
  });
  await sleep(1_000);
  let peakBytes = bench.server.rssBytes();
  const sampling = setInterval(() => (peakBytes = Math.max(peakBytes, bench.server.rssBytes())), 25);
  const times = new Histogram();
  const cost = await bench.cost(async () => {
    const all = returning.flatMap((each) =>
      Array.from({ length: stormClientsPerDocument }, (_, i) => ({
        ...each,
        client: each.scene.client(100 + i, new Ledger()),
      })),
    );
    await atOnce(stormAtOnce, all, ({ client, left, until }) => timed(times, () => client.join(left, until)));
  });
  clearInterval(sampling);
  const size = `${stormDocuments * stormClientsPerDocument} clients, ${stormDocuments} documents`;
  return [
    { operation: "reconnect storm, until all are level", size, unit: "ms", ...one(rounded(cost.ms, 0)) },
    { operation: "reconnect storm, each client", size, unit: "ms", ...spread(times) },
    { operation: "reconnect storm, server CPU", size, unit: "ms", ...one(cost.serverCpuMs) },
    { operation: "reconnect storm, peak memory", size, unit: "MB", ...one(megabytes(peakBytes)) },
  ];
}

const joiners = 200;
const joinersAtOnce = 20;
const joinedChars = 300_000;
/** For servers that prepare something for joiners. */
const settledMs = 3_000;
/** After this nobody else is sent; the CPU time is scaled to all. */
const joiningSecondsMax = 25;

/** 200 clients that have nothing come to a document of 300 kB which somebody has open. */
export async function freshJoiners(bench: Bench): Promise<Figure[]> {
  const scene = await bench.scene({ kind: "text", chars: joinedChars, charsPerChange: 100 });
  await bench.crowd(scene, 1);
  await sleep(settledMs);
  const times = new Histogram();
  let receivedBytes = 0;
  const endAtMs = performance.now() + joiningSecondsMax * 1_000;
  const cost = await bench.cost(() =>
    atOnce(
      joinersAtOnce,
      Array.from({ length: joiners }, (_, i) => scene.client(100 + i)),
      async (client) => {
        if (performance.now() > endAtMs) return;
        await timed(times, () => client.join());
        receivedBytes += client.receivedBytes;
        client.close();
      },
    ),
  );
  const size = `${joiners} × ${joinedChars / 1000} kB, 3,000 changes`;
  return [
    {
      operation: "fresh joiners, server CPU",
      size,
      unit: "s",
      ...one(rounded(((cost.serverCpuMs / 1000) * joiners) / times.count)),
      remark: `${rounded(receivedBytes / times.count / 1000, 0)} kB each, ${rounded(cost.ms, 0)} ms in all${
        times.count < joiners ? `; scaled from the ${times.count} who came in ${joiningSecondsMax} s` : ""
      }`,
    },
    { operation: "fresh joiners, each", size, unit: "ms", ...spread(times) },
  ];
}

async function timed(times: Histogram, run: () => Promise<void>): Promise<void> {
  const startedAtMs = performance.now();
  await run();
  times.add(performance.now() - startedAtMs);
}

const spread = (times: Histogram): { median: number; p95: number; p99: number } => ({
  median: rounded(times.percentile(0.5)),
  p95: rounded(times.percentile(0.95)),
  p99: rounded(times.percentile(0.99)),
});

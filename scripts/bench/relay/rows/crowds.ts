/** Rows about presence and about clients that misbehave: what the others, who edit meanwhile, notice of it. */
import { megabytes, one, openLoop, rounded, settle, sleep, type Bench, type Figure } from "../bench.ts";
import { Ledger, type Client, type Content, type Scene, type Standing } from "../client.ts";

const page: Content = { kind: "text", chars: 10_000, charsPerChange: 100 };

const healthyClients = 20;
const editsPerSecond = 10;
const afterSeconds = 2;

interface Attack {
  readonly operation: string;
  readonly size: string;
  /** Joins while nobody edits; what it returns is the attack, which says what became of it. */
  prepare: (scene: Scene, until: Standing) => Promise<() => Promise<string>>;
}

/** Healthy clients edit from before the attack until after it; the longest delay of theirs counts. */
async function during(bench: Bench, { operation, size, prepare }: Attack): Promise<Figure[]> {
  const scene = await bench.scene(page);
  const crowd = await bench.crowd(scene, healthyClients);
  const [someone] = crowd;
  if (!someone) throw new RangeError("no clients");
  const { ledger } = scene;
  await openLoop(editsPerSecond, 1, (i) => crowd[i % crowd.length]?.edit());
  await sleep(1_000);
  const attack = await prepare(scene, someone.standing());
  ledger.reset();
  const rssBefore = bench.server.rssBytes();
  let isOver = false;
  const typing = (async (): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      crowd[i % crowd.length]?.edit();
      await sleep(1000 / editsPerSecond);
    }
  })();
  const remark = await attack();
  await sleep(afterSeconds * 1_000);
  const rssAfter = bench.server.rssBytes();
  isOver = true;
  await typing;
  // What is still on its way after this long counts as that late.
  await sleep(3_000);
  const missing = ledger.sent * (healthyClients - 1) - ledger.delivered;
  const longest = missing > 0 ? Math.max(ledger.latency.maxMs, 3_000) : ledger.latency.maxMs;
  const late = missing > 0 ? `${missing} deliveries did not come in time` : "";
  const cut = crowd.filter((client) => client.isClosed).length;
  return [
    {
      operation: `${operation}, longest delay`,
      size,
      unit: "ms",
      ...one(rounded(longest)),
      p99: rounded(ledger.latency.percentile(0.99)),
      remark: [remark, late, cut > 0 ? `${cut} healthy clients were cut off` : ""].filter(Boolean).join("; "),
    },
    { operation: `${operation}, memory growth`, size, unit: "MB", ...one(megabytes(rssAfter - rssBefore)) },
  ];
}

const floodMessages = 20_000;
/** Sent in slices, so that the generator, in which the healthy clients live, is not busy for long itself. */
const floodSlice = 100;

async function flood(attacker: Client, each: () => void): Promise<string> {
  let sent = 0;
  while (sent < floodMessages && !attacker.isClosed) {
    for (let i = 0; i < floodSlice; i++, sent++) each();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return attacker.isClosed ? `cut off by ${attacker.closedBy} after ${sent}` : "";
}

const attackers = 900;

export const presenceFlood = (bench: Bench): Promise<Figure[]> =>
  during(bench, {
    operation: "presence flood",
    size: `${floodMessages} messages of one client`,
    prepare: async (scene, until) => {
      const attacker = scene.client(attackers, new Ledger());
      await attacker.join(undefined, until);
      return () => flood(attacker, () => attacker.present());
    },
  });

const socketsAtOnce = 200;
const floodSecondsMax = 15;

export const requestFlood = (bench: Bench): Promise<Figure[]> =>
  during(bench, {
    operation: "flood of unknown ids",
    size: `${floodMessages} requests of one client`,
    prepare: async (scene, until) => {
      const attacker = scene.client(attackers, new Ledger());
      await attacker.join(undefined, until);
      return bench.name === "y-websocket"
        ? () => socketFlood(attacker)
        : () => flood(attacker, () => attacker.askForUnknown());
    },
  });

/** Where a document is a socket: no faster than sockets can be opened and closed. */
async function socketFlood(attacker: Client): Promise<string> {
  const endAtMs = performance.now() + floodSecondsMax * 1_000;
  let asked = 0;
  for (; asked < floodMessages && performance.now() < endAtMs; asked += socketsAtOnce) {
    for (let i = 0; i < socketsAtOnce; i++) attacker.askForUnknown();
    await sleep(50);
  }
  return asked < floodMessages ? `${asked} sockets in ${floodSecondsMax} s` : "a socket each";
}

const stalledReaders = 3;
const uploads = 280;
const uploadBytes = 100_000;
const uploadsPerSecond = 70;

export const stalled = (bench: Bench): Promise<Figure[]> =>
  during(bench, {
    operation: "readers that stop reading",
    size: `${stalledReaders} readers, 28 MB sent`,
    prepare: async (scene, until) => {
      for (let i = 0; i < stalledReaders; i++) {
        const reader = scene.client(attackers + i, new Ledger());
        await reader.join(undefined, until);
        reader.stall();
      }
      const writer = scene.client(attackers + stalledReaders, new Ledger());
      await writer.join(undefined, until);
      return async () => {
        await openLoop(uploadsPerSecond, uploads / uploadsPerSecond, () => writer.upload(uploadBytes));
        return writer.isClosed ? `the writer was cut off: ${writer.closedBy}` : "";
      };
    },
  });

const presentClients = 500;
const presenceSeconds = 8;
const keptUpShare = 0.95;

/** Everybody moves the cursor once a second. */
export async function presence(bench: Bench): Promise<Figure[]> {
  const scene = await bench.scene(page);
  const crowd = await bench.crowd(scene, presentClients);
  const present = (i: number): void => crowd[i % presentClients]?.present();
  await openLoop(presentClients, 2, present);
  const seen = (): number => crowd.reduce((sum, client) => sum + client.presences, 0);
  await sleep(1_000);
  const before = seen();
  const wanted = presentClients * presenceSeconds * (presentClients - 1);
  const cost = await bench.cost(async () => {
    await openLoop(presentClients, presenceSeconds, present);
  });
  await settle(() => seen() - before >= wanted, 1_000);
  const share = Math.min(1, (seen() - before) / wanted);
  const cut = crowd.filter((client) => client.isClosed).length;
  // One that does not keep up would look cheap: it is charged for what it did not deliver as for what it did.
  const charged = share >= keptUpShare ? 1 : share;
  const remarks = [
    `${rounded(100 * share, 0)} % delivered${charged < 1 ? ", scaled to all" : ""}`,
    `generator ${rounded((100 * cost.generatorCpuMs) / cost.ms, 0)} %`,
    ...(cut > 0 ? [`${cut} clients were cut off`] : []),
  ];
  return [
    {
      operation: "presence, server CPU",
      size: `${presentClients} clients at 1 Hz`,
      unit: "% of a core",
      ...one(rounded((100 * cost.serverCpuMs) / cost.ms / charged, 1)),
      remark: remarks.join(", "),
    },
  ];
}

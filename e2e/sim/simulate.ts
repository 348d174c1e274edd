/** One run: a world from a seed, so many operations, then peace, and the reckoning. */
import { inSimulation } from "./globals.ts";
import { diskIsFull } from "./disk.ts";
import { Loop } from "./loop.ts";
import { Person } from "./person.ts";
import { World } from "./world.ts";
import type { Client, Window } from "./client.ts";

export type Run = {
  readonly seed: number;
  readonly operations: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly seen: World["seen"];
  readonly events: number;
  /** The same for the same seed, whenever it is run. */
  readonly trace: string;
  /** How long the world took to come together once the faults were over. */
  readonly levelAfterMs: number;
  readonly broken: readonly string[];
};

type Options = { readonly seed: number; readonly operations: number; readonly print?: boolean };

const dayMs = 24 * 3_600_000;
/** A relay that was taken for none is asked again after a minute, and a dead engine missed after 20 s. */
const levelWithinMs = 240_000;
/** More events than that and something goes round in circles. */
const eventsMax = 400_000;

export async function simulate({ seed, operations, print = false }: Options): Promise<Run> {
  const loop = new Loop(seed, print);
  const unhandled = (error: unknown): void => {
    // automerge-repo's own timer saves without listening for a failure; the session's save says it.
    if (!(error instanceof Error && error.message === diskIsFull)) loop.thrown.push(error);
  };
  process.on("unhandledRejection", unhandled);
  let network: unknown;
  const restoreConsole = quiet(loop);
  const restore = inSimulation(loop, function (this: unknown, ...all: unknown[]) {
    return Reflect.construct(network as () => void, all);
  });
  Object.assign(globalThis.WebSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
  try {
    const world = new World(loop);
    network = world.network.socketClass();
    world.start();
    await loop.run(2_000);
    for (let i = 0; i < operations && world.broken.length === 0; i++) {
      operate(world);
      await loop.run(loop.random.chance(0.1) ? loop.between(500, 8_000) : loop.between(0, 400));
      checkThrown(world);
      if (loop.events > eventsMax) world.breaks("there is no end of events");
    }
    const levelAfterMs = world.broken.length === 0 ? await reckon(world) : 0;
    const { faults, seen, broken } = world;
    return { seed, operations, faults, seen, events: loop.events, trace: loop.trace, levelAfterMs, broken };
  } finally {
    restore();
    restoreConsole();
    await loop.settle();
    process.off("unhandledRejection", unhandled);
  }
}

/** Peace: everything heals, everybody opens everything, and within a while all are level. */
async function reckon(world: World): Promise<number> {
  const { loop } = world;
  loop.note("peace");
  world.heal();
  const startedMs = loop.nowMs;
  let unlevel: string | null = "";
  while (loop.nowMs - startedMs < levelWithinMs) {
    world.openAll();
    await loop.run(1_000);
    checkThrown(world);
    unlevel = world.unlevel();
    if (unlevel === null || world.broken.length > 0) break;
  }
  const tookMs = loop.nowMs - startedMs;
  if (unlevel !== null) world.breaks(`after ${levelWithinMs / 1000} s without faults ${unlevel}`);
  world.checkAll();
  checkThrown(world);
  return tookMs;
}

function checkThrown(world: World): void {
  for (const error of world.loop.thrown.splice(0))
    world.breaks(`thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  for (const { bugs } of world.relays)
    for (const bug of bugs.splice(0)) world.breaks(`a relay's bug: ${bug}`);
}

/** What the code under test says is part of the trace, and not of the output. */
function quiet(loop: Loop): () => void {
  const { log, warn, error } = console;
  const note =
    (level: string) =>
    (...all: unknown[]): void =>
      loop.note(`${level} ${all.map((one) => (one instanceof Error ? one.message : String(one))).join(" ")}`);
  console.log = note("log");
  console.warn = note("warn");
  console.error = note("error");
  return () => Object.assign(console, { log, warn, error });
}

type Operation = { readonly weight: number; readonly run: (world: World, client: Client) => void };

const operation: Operation[] = [
  { weight: 34, run: inSession((person) => person.type()) },
  { weight: 7, run: inSession((person) => person.delete()) },
  { weight: 5, run: inSession((person) => person.split()) },
  { weight: 5, run: inSession((person) => person.format()) },
  { weight: 3, run: inSession((person) => person.undo()) },
  { weight: 5, run: inSession((person) => person.title()) },
  { weight: 4, run: create },
  { weight: 8, run: open },
  { weight: 4, run: close },
  { weight: 2, run: secondWindow },
  { weight: 3, run: crash },
  { weight: 2, run: crashEngine },
  { weight: 1, run: crashWindow },
  { weight: 8, run: restart },
  { weight: 4, run: crashRelay },
  { weight: 7, run: startRelay },
  { weight: 4, run: line },
  { weight: 6, run: mendLine },
  { weight: 3, run: disk },
  { weight: 5, run: mendDisk },
  { weight: 2, run: relayDisk },
  { weight: 4, run: mendRelayDisk },
  { weight: 1, run: clock },
];
const weights = operation.reduce((sum, { weight }) => sum + weight, 0);

function operate(world: World): void {
  const { random } = world.loop;
  const client = random.pick(world.clients);
  let at = random.below(weights);
  for (const { weight, run } of operation) {
    if ((at -= weight) >= 0) continue;
    world.loop.note(`${client.name} ${run.name}`);
    return run(world, client);
  }
}

function inWindow(world: World, client: Client, run: (window: Window) => void): void {
  if (client.windows.length === 0) return;
  const window = world.loop.random.pick(client.windows);
  world.loop.after(0, () => run(window), window.life);
}

function inSession(run: (person: Person) => void): Operation["run"] {
  return (world, client) =>
    inWindow(world, client, (window) => {
      const sessions = [...window.sessions.values()];
      if (sessions.length === 0) return open(world, client);
      run(new Person(world, client, window, world.loop.random.pick(sessions)));
    });
}

function create(world: World, client: Client): void {
  if (world.seen.documents > 8) return;
  world.seen.documents++;
  inWindow(world, client, (window) => {
    void window.connection.ask({ type: "create", title: "" }).then((answer) => {
      if (answer.type === "created") window.open(answer.document);
    });
  });
}

function open(world: World, client: Client): void {
  inWindow(world, client, (window) => {
    if (window.entries.length === 0) return create(world, client);
    window.open(world.loop.random.pick(window.entries).document);
  });
}

function close(world: World, client: Client): void {
  inWindow(world, client, (window) => {
    const documents = [...window.sessions.keys()];
    if (documents.length === 0) return;
    const document = world.loop.random.pick(documents);
    if (!window.close(document)) return;
    world.loop.note(`${window.name} has closed ${document.slice(0, 4)}`);
    world.reckon(client);
  });
}

function secondWindow(_: World, client: Client): void {
  if (client.windows.length === 1) client.openWindow();
}

function ends(world: World, client: Client, what: "all" | "engine" | Window): void {
  world.doubt(client, what);
  world.died(client.crash(what), world.loop.random.chance(0.3));
  if (client.storageWasLost) world.fault("browser's storage lost");
  client.troubledAtMs = world.loop.nowMs;
  world.reckon(client);
  client.storageWasLost = false;
}

function crash(world: World, client: Client): void {
  if (!client.isRunning) return;
  world.fault("client killed");
  ends(world, client, "all");
}

function crashEngine(world: World, client: Client): void {
  if (!client.engine) return;
  world.fault("engine killed");
  ends(world, client, "engine");
}

function crashWindow(world: World, client: Client): void {
  if (client.windows.length === 0) return;
  world.fault("window killed");
  ends(world, client, world.loop.random.pick(client.windows));
}

function restart(_: World, client: Client): void {
  if (!client.isRunning) client.openWindow();
}

function crashRelay(world: World): void {
  const { random } = world.loop;
  const running = world.relays.flatMap(({ nodes }) => nodes.filter(({ host }) => host));
  if (running.length === 0) return;
  world.fault("relay killed");
  const life = random.pick(running).crash();
  if (life) world.died([life], random.chance(0.3));
}

function startRelay(world: World): void {
  const dead = world.relays.flatMap(({ nodes }) => nodes.filter(({ host }) => !host));
  if (dead.length > 0) world.loop.random.pick(dead).start();
}

function line(world: World, client: Client): void {
  if (world.network.line(client.machine) !== "well") return;
  const to = world.loop.random.chance(0.5) ? "cut" : "stalled";
  world.fault(to === "cut" ? "line cut" : "line half-open");
  world.network.setLine(client.machine, to);
}

function mendLine(world: World, client: Client): void {
  world.network.setLine(client.machine, "well");
}

function disk(world: World, client: Client): void {
  client.platter.state = world.loop.random.chance(0.5) ? "slow" : "full";
  world.fault(`disk ${client.platter.state}`);
  client.diskFailed ||= client.platter.state === "full";
  client.platter.troubledAtMs = Number.POSITIVE_INFINITY;
}

function mendDisk(world: World, client: Client): void {
  if (client.platter.state === "well") return;
  client.platter.state = "well";
  client.platter.troubledAtMs = world.loop.nowMs;
}

function relayDisk(world: World): void {
  const { archive } = world.loop.random.pick(world.relays);
  if (world.loop.random.chance(0.5)) archive.isFull = true;
  else archive.isSlow = true;
  world.fault(archive.isFull ? "relay's disk full" : "relay's disk slow");
}

function mendRelayDisk(world: World): void {
  for (const { archive } of world.relays) archive.isFull = archive.isSlow = false;
}

function clock(world: World, client: Client): void {
  const isForward = world.loop.random.chance(0.5);
  world.fault(isForward ? "clock a month ahead" : "clock an hour back");
  client.machine.clockAheadMs += isForward ? 30 * dayMs : -3_600_000;
}

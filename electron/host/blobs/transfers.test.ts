/** Blobs between devices and a real relay, over a line that cuts, stalls, crawls and lies. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRelay as startInProcess, type Relay } from "../../../relay/main.ts";
import { inviteLink } from "../../../relay/protocol/invite-link.ts";
import type { Role } from "../../../relay/protocol/roles.ts";
import { FaultProxy } from "../../../scripts/faults/proxy.ts";
import { startRelay, type RelayProcess } from "../../../scripts/relay-process.ts";
import { keepHeader, type BlobPlace } from "../../keep.ts";
import { blobAgainMsMax, blobKnownMs, blobUnnamedMs } from "../../policy/limits.ts";
import { AccessClient } from "../access-client.ts";
import { Caller } from "../caller.ts";
import { DeviceKeys } from "../device-key.ts";
import { TestVault } from "../harness-vault.ts";
import { inviteId, Joining } from "../joining.ts";
import { Places } from "../places.ts";
import { Blobs } from "./blobs.ts";

let folder: string;
/** What a test started, ended in reverse. */
const ends: (() => unknown)[] = [];
const document = "2nGkVeQScJEXQtq9R22UrhThLdU9";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-transfers-"));
  ends.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

interface TestBlob {
  readonly sha256: string;
  readonly bytes: Buffer;
}
function testBlob(length: number): TestBlob {
  const bytes = randomBytes(length);
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** A device, as far as it has to do with blobs. */
class Device {
  readonly folder: string;
  readonly places: Places;
  readonly came: string[] = [];
  readonly #caller: Caller;
  blobs: Blobs;
  nowMs = Date.now();

  private constructor(inFolder: string, places: Places, caller: Caller, blobs: Blobs) {
    this.folder = inFolder;
    this.places = places;
    this.#caller = caller;
    this.blobs = blobs;
  }

  /** With a link of an invite in the workspace that it leads to, else at the open relay, or nowhere. */
  static async start(name: string, { relay, link }: { relay?: string; link?: string }): Promise<Device> {
    const inFolder = join(folder, name);
    const places = await Places.open({
      file: join(inFolder, "settings.json"),
      relayArgument: relay ?? null,
      onTurned: () => {},
    });
    const keys = new DeviceKeys(join(inFolder, "device-key.json"), new TestVault());
    const client = new AccessClient({ fetch });
    const caller = new Caller(client, keys);
    if (link !== undefined) {
      const joining = new Joining({ places, keys, client, caller });
      const taking = { link, name, deviceName: "Laptop", agreesToReadableKey: false };
      expect(await joining.accept(taking)).toEqual({ ok: true });
    }
    const opened = await Blobs.open({
      folder: join(inFolder, "blobs"),
      isNewProfile: true,
      places,
      caller,
      fetch,
      onCame: () => {},
    });
    const device = new Device(inFolder, places, caller, opened);
    await device.restart();
    return device;
  }

  /** As another process. */
  async restart(): Promise<void> {
    this.blobs.stop();
    this.blobs = await Blobs.open({
      folder: join(this.folder, "blobs"),
      isNewProfile: false,
      places: this.places,
      caller: this.#caller,
      fetch,
      onCame: (sha256) => void this.came.push(sha256),
      hurry: 50,
      silenceMs: 1_500,
      nowMs: () => this.nowMs,
    });
    const { blobs } = this;
    ends.push(() => blobs.stop());
    blobs.turned();
  }

  get place(): BlobPlace | null {
    const { place } = this.places.configuration;
    if (place.kind === "private") return null;
    return { relay: place.relay, workspace: place.kind === "workspace" ? place.workspace : null };
  }

  async keep({ bytes }: TestBlob): Promise<void> {
    expect((await this.#post("keep/blob", new Uint8Array(bytes))).status).toBe(200);
  }
  async name(blobs: readonly TestBlob[], place = this.place, of = document): Promise<void> {
    const names = { blobs: blobs.map((each) => each.sha256), place };
    expect((await this.#post(`keep/named/${of}`, JSON.stringify(names))).status).toBe(204);
  }
  async #post(path: string, body: BodyInit): Promise<Response> {
    const headers = { [keepHeader]: "1" };
    const request = new Request(`app://deckle/${path}`, { method: "POST", headers, body });
    return (await this.blobs.answer(request)) ?? new Response(null, { status: 404 });
  }

  async has({ sha256, bytes }: TestBlob): Promise<boolean> {
    const answer = await this.blobs.answer(new Request(`app://deckle/blob/${sha256}`));
    return answer?.status === 200 && Buffer.from(await answer.arrayBuffer()).equals(bytes);
  }
  async hasSent(all: readonly TestBlob[]): Promise<boolean> {
    const states = await this.blobs.states(all.map((each) => each.sha256));
    return states.every(({ relay }) => relay === "on-relay");
  }
  async state({ sha256 }: TestBlob): Promise<unknown> {
    return (await this.blobs.states([sha256]))[0];
  }
}

/** A relay in a process of its own, and a line to it. */
async function lineTo(data = join(folder, "relay")) {
  const port = await freePort();
  const box: { relay: RelayProcess } = { relay: await startRelay({ dataDir: data, port }) };
  ends.push(() => box.relay.kill9());
  const proxy = await FaultProxy.listen({ to: { port } });
  ends.push(() => proxy.stop());
  const restart = async (): Promise<void> => {
    await box.relay.kill9();
    box.relay = await startRelay({ dataDir: data, port });
  };
  return { proxy, url: `ws://127.0.0.1:${proxy.port}/sync`, restart };
}

test("what a document names goes to its relay and from there to others, over a line that is cut all the time", async () => {
  const { proxy, url } = await lineTo();
  const [ada, ben] = [await Device.start("ada", { relay: url }), await Device.start("ben", { relay: url })];
  const all = [3_000_000, 700_000, 1].map(testBlob);
  for (const each of all) await ada.keep(each);
  expect(await ada.state(all[0] ?? testBlob(1))).toEqual({ here: "here", relay: null });
  proxy.set({ rateBytesPerSecond: 4_000_000 });
  let isOver = false;
  let cuts = 0;
  const cutting = (async () => {
    while (!isOver) {
      // First they go up, and then down: a cut of the other direction would wait for bytes that do not come.
      const isUp = !(await ada.hasSent(all));
      const planned = proxy.cutAfter(Math.floor(Math.random() * 200_000), isUp ? "up" : "down");
      const isPast = async (): Promise<boolean> => isOver || (isUp && (await ada.hasSent(all)));
      await Promise.race([planned.then(() => cuts++), until("past", isPast, Infinity)]);
    }
  })();
  await ada.name(all);
  await ben.name(all);
  // After many cuts in a row either may wait as long as the longest wait before it tries again.
  const hasCome = async (): Promise<boolean> =>
    (await Promise.all(all.map((each) => ben.has(each)))).every(Boolean);
  await until("all has come", hasCome, 3 * blobAgainMsMax);
  await until("ada knows", () => ada.hasSent(all), 2 * blobAgainMsMax);
  isOver = true;
  await cutting;
  expect(cuts).toBeGreaterThan(3);
  expect(ben.came.toSorted()).toEqual(all.map(({ sha256 }) => sha256).toSorted());
  expect(await ben.hasSent(all)).toBe(true);
  expect(await ben.state(all[0] ?? testBlob(1))).toEqual({ here: "here", relay: "on-relay" });
}, 360_000);

test("an upload goes on where it was after the relay was killed, and after this app was", async () => {
  const { proxy, url, restart } = await lineTo();
  const ada = await Device.start("ada", { relay: url });
  const blob = testBlob(6_000_000);
  await ada.keep(blob);
  proxy.set({ rateBytesPerSecond: 2_000_000 });
  await ada.name([blob]);
  await until("a third is on its way", () => proxy.bytes("up") > 2_000_000);
  await restart();
  await until("two thirds are on their way", () => proxy.bytes("up") > 4_000_000);
  await ada.restart();
  expect(await ada.state(blob)).toEqual({ here: "here", relay: "waiting" });
  await until("all is there", () => ada.hasSent([blob]));
  // From the beginning each time it would have been twelve.
  expect(proxy.bytes("up")).toBeLessThan(11_000_000);
  const ben = await Device.start("ben", { relay: url });
  await ben.name([blob]);
  await until("half of it has come", () => proxy.bytes("down") > 3_000_000);
  await ben.restart();
  await until("it has come", () => ben.has(blob));
  expect(proxy.bytes("down")).toBeLessThan(9_000_000);
  proxy.heal();
}, 90_000);

test("nothing private goes to a relay, and nothing of another place", async () => {
  const { proxy, url } = await lineTo();
  const ada = await Device.start("ada", { relay: url });
  const [own, others, shared] = [testBlob(1_000), testBlob(1_000), testBlob(1_000)];
  for (const each of [own, others, shared]) await ada.keep(each);
  await ada.name([own], null);
  // A document of a workspace whose engine is still there while main has turned away from it already.
  await ada.name([others], { relay: "wss://relay.example.org/sync", workspace: document });
  expect(await ada.state(own)).toEqual({ here: "here", relay: null });
  await ada.name([shared]);
  await until("what is shared is there", () => ada.hasSent([shared]));
  const ben = await Device.start("ben", { relay: url });
  await ben.name([shared, own, others]);
  await until("what was shared comes", () => ben.has(shared));
  await until("the relay has said no", async () => {
    const states = await Promise.all([own, others].map((each) => ben.state(each)));
    return (
      JSON.stringify(states) === JSON.stringify([own, others].map(() => ({ here: "missing", relay: null })))
    );
  });
  expect(proxy.bytes("up")).toBeGreaterThan(0);
  // A private place has no relay to ask.
  const alone = await Device.start("alone", {});
  await alone.name([own], null);
  expect(await alone.state(own)).toEqual({ here: "missing", relay: null });
}, 60_000);

test("once it is there nothing is asked any more, until that is long ago", async () => {
  const { proxy, url } = await lineTo();
  const ada = await Device.start("ada", { relay: url });
  const blob = testBlob(100_000);
  await ada.keep(blob);
  await ada.name([blob]);
  await until("it is there", () => ada.hasSent([blob]));
  const sent = proxy.bytes("up");
  await ada.restart();
  await ada.name([blob]);
  expect(await ada.hasSent([blob])).toBe(true);
  ada.nowMs += blobKnownMs + 1;
  expect(await ada.state(blob)).toEqual({ here: "here", relay: "waiting" });
  ada.blobs.wake();
  await until("it was asked", () => ada.hasSent([blob]));
  // Asked, perhaps more than once, and not sent.
  expect(proxy.bytes("up")).toBeGreaterThan(sent);
  expect(proxy.bytes("up") - sent).toBeLessThan(20_000);
});

test("over a line that says nothing, and one that crawls", async () => {
  const { proxy, url } = await lineTo();
  const ada = await Device.start("ada", { relay: url });
  const [first, second] = [testBlob(200_000), testBlob(400_000)];
  for (const each of [first, second]) await ada.keep(each);
  proxy.halfOpen();
  await ada.name([first]);
  const { accepted } = proxy;
  await until("it was given up and tried again", () => proxy.accepted > accepted + 1);
  proxy.heal();
  // What was taken in meanwhile is as dead as a line through which a laptop slept.
  proxy.cut();
  await until("it is there", () => ada.hasSent([first]));
  proxy.set({ rateBytesPerSecond: 60_000, delayMs: 50, jitterMs: 50 });
  await ada.name([second]);
  await until("it is there as well", () => ada.hasSent([second]));
}, 90_000);

test("what comes damaged is never shown, and comes again", async () => {
  const { proxy, url } = await lineTo();
  const [ada, ben] = [await Device.start("ada", { relay: url }), await Device.start("ben", { relay: url })];
  const blob = testBlob(500_000);
  await ada.keep(blob);
  await ada.name([blob]);
  await until("it is there", () => ada.hasSent([blob]));
  proxy.set({ flipEveryBytes: 40_000 });
  await ben.name([blob]);
  await until("some came", () => proxy.flipped("down") > 15);
  expect(await ben.has(blob)).toBe(false);
  proxy.heal();
  proxy.cut();
  await until("it came", () => ben.has(blob));
  // Damaged on the disk it comes again as well.
  const file = join(ben.folder, "blobs", blob.sha256.slice(0, 2), blob.sha256);
  await writeFile(file, randomBytes(500_000));
  await ben.restart();
  expect(await ben.has(blob)).toBe(false);
  await until("it came once more", () => ben.has(blob));
  expect(await readdir(join(ben.folder, "blobs", "damaged"))).toHaveLength(1);
}, 60_000);

test("in a workspace: editors bring and everybody gets, with a ticket each time", async () => {
  const port = await freePort();
  const origin = `ws://127.0.0.1:${port}`;
  const start = (): Promise<Relay> =>
    startInProcess({ data: join(folder, "relay"), port, report: () => {}, origins: [origin] });
  let relay = await start();
  ends.push(() => relay.stop());
  const { url, workspace } = relay;
  let invites = 0;
  const link = async (role: Role): Promise<string> => {
    const secret = String(++invites).padStart(22, "s");
    const invited = { id: inviteId(secret), role, uses: 1, lastsMs: 3_600_000 };
    expect(await relay.invite(invited)).toEqual({ ok: true });
    return inviteLink({ relay: url, workspace, role, name: "Poems", secret });
  };
  const editor = await Device.start("editor", { link: await link("editor") });
  const viewer = await Device.start("viewer", { link: await link("viewer") });
  const [blob, own] = [testBlob(1_500_000), testBlob(10)];
  await editor.keep(blob);
  await editor.name([blob]);
  await viewer.keep(own);
  await viewer.name([blob, own]);
  await until("the viewer has it", () => viewer.has(blob));
  expect(await viewer.state(own)).toEqual({ here: "here", relay: "waiting" });
  // The relay is restored without its blobs: whoever has one brings it again, in time.
  await relay.stop();
  await rm(join(folder, "relay", "blobs"), { recursive: true });
  relay = await start();
  const late = await Device.start("late", { link: await link("commenter") });
  await late.name([blob]);
  await until("it is missing", async () => JSON.stringify(await late.state(blob)).includes("missing"));
  editor.nowMs += blobKnownMs + 1;
  editor.blobs.wake();
  await until("it came all the same", () => late.has(blob));
  // Whom the operator lets write now brings what waited.
  await viewer.places.noteRole(workspace, "editor");
  viewer.blobs.wake();
  expect(await viewer.state(own)).toEqual({ here: "here", relay: "waiting" });
}, 60_000);

test("what nothing names goes when it is old, and what a document ever named stays", async () => {
  const ada = await Device.start("ada", {});
  const [named, once, unnamed, young] = [1, 2, 3, 4].map((each) => testBlob(each * 100));
  if (!named || !once || !unnamed || !young) throw new Error("four blobs");
  for (const each of [named, once, unnamed]) await ada.keep(each);
  await ada.name([named, once], null);
  await ada.name([named], null);
  ada.nowMs += blobUnnamedMs + 1;
  // A window that is open may hold it still.
  expect(await ada.blobs.collect()).toEqual([]);
  await ada.restart();
  ada.nowMs -= 2;
  expect(await ada.blobs.collect()).toEqual([]);
  ada.nowMs += 2;
  await ada.keep(young);
  expect(await ada.blobs.collect()).toEqual([unnamed.sha256]);
  expect(await Promise.all([named, once, unnamed, young].map((each) => ada.has(each)))).toEqual([
    true,
    true,
    false,
    true,
  ]);
});

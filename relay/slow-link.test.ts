/**
 * Large documents over a slow line, by stock automerge-repo clients through the fault proxy: the first upload and the
 * first download end, on one connection each, while others edit on; a cut resumes where it was.
 *
 * SLOW_LINK=full takes 260,000 changes and 20 MB at 200 kB/s (`.ci/run`); otherwise the history is shorter and the
 * line faster. The kernel's buffers before the proxy take the first few MB of an upload at once.
 */
import * as A from "@automerge/automerge";
import type { DocHandle, Repo } from "@automerge/automerge-repo";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom } from "../scripts/faults/link.ts";
import { FaultProxy } from "../scripts/faults/proxy.ts";
import { Attacked, attackedStartMs } from "./harness-attacked.ts";
import { syncMessage } from "./harness-forge.ts";
import { blob, sleep, Stage, until, type Content } from "./harness.ts";
import { parseProgress } from "./protocol/messages.ts";

const isFull = process.env["SLOW_LINK"] === "full";
const rateBytesPerSecond = isFull ? 200_000 : 4_000_000;
const longChanges = isFull ? 260_000 : 20_000;
const bodyBytes = 20_000_000;
/** Of the line's time for the bytes alone; the rest is Automerge, twice. */
const slack = 1.6;
const idleMs = isFull ? 120_000 : 40_000;
const testMs = isFull ? 20 * 60_000 : 180_000;

let stage: Stage;
/** The relay, a pair of others, and how quickly they see each other's edits. */
let crowd: Attacked;
beforeEach(async (context) => {
  stage = new Stage();
  crowd = await Attacked.start(stage);
  context.onTestFailed(() => console.log(crowd.relay.stderr.slice(-4_000)));
}, attackedStartMs);
afterEach(() => stage.end());

/** One change a letter, as somebody types. */
function typed(): Uint8Array {
  const random = seededRandom(1);
  let doc = A.from<{ text: string }>({ text: "" });
  for (let at = 0; at < longChanges; at++)
    doc = A.change(doc, (draft) => A.splice(draft, ["text"], at, 0, String.fromCharCode(97 + random() * 26)));
  const saved = A.save(doc);
  A.free(doc);
  return saved;
}

/** Bytes that do not compress, in changes of 200 kB. */
function heavy(): Uint8Array {
  let doc = A.from<Content>({});
  for (let i = 0; i < bodyBytes / 200_000; i++)
    doc = A.change(doc, (draft) => void (draft[`k${i}`] = blob(200_000)));
  const saved = A.save(doc);
  A.free(doc);
  return saved;
}

interface SlowClient {
  readonly repo: Repo;
  readonly proxy: FaultProxy;
}

async function slowClient(): Promise<SlowClient> {
  const proxy = await FaultProxy.listen({
    to: { port: crowd.port },
    link: { rateBytesPerSecond, delayMs: 20, jitterMs: 10 },
  });
  stage.defer(() => proxy.stop());
  const before = joins();
  const repo = stage.repo(`ws://127.0.0.1:${proxy.port}/sync`, 5_000);
  // An import keeps this process busy: the connection stands before it.
  await until("it has joined", () => joins() > before);
  return { repo, proxy };
}

/** How often the relay took in a client since it started. */
const joins = (): number => crowd.relay.stderr.split('"joined"').length - 1;
const lineMs = (bytes: number): number => (bytes / rateBytesPerSecond) * 1000;

/** Has all of it on the relay, which a client on a good line proves. */
async function arrived(handle: DocHandle<Content>): Promise<void> {
  const reader = await stage.raw(crowd.url);
  const heads = handle.heads().join();
  const [hash = ""] = A.getHeads(handle.doc());
  await until(
    "all of it is on the relay",
    async () => {
      if (heads === "") return false;
      // "I have all of it": receipted once the relay has it as well, and once only, however late it is read here.
      reader.frame("sync", handle.documentId, syncMessage({ heads: [hash] }));
      await sleep(100);
      return reader.of("receipt").length > 0;
    },
    testMs * 0.9,
  );
  reader.socket.terminate();
}

for (const [name, make] of [
  [`${longChanges} changes`, typed],
  ["a 20 MB body", heavy],
] as const) {
  const firstUploadAndDownload = async (): Promise<void> => {
    const saved = make();
    const before = joins();
    const up = await slowClient();
    const started = performance.now();
    const handle = up.repo.import<Content>(saved);
    const uploading = await crowd.pulseDuring(() => arrived(handle));
    const uploadMs = performance.now() - started;
    expect(up.proxy.accepted).toBe(1);

    const down = await slowClient();
    const from = performance.now();
    let found: DocHandle<Content> | undefined;
    const downloading = await crowd.pulseDuring(async () => {
      found = await down.repo.find<Content>(handle.url);
      await until("all is there", () => found?.heads().join() === handle.heads().join(), testMs * 0.9);
    });
    const downloadMs = performance.now() - from;
    expect(down.proxy.accepted).toBe(1);
    // The two, and the one that asked whether it had arrived.
    expect(joins() - before).toBe(3);
    expect(A.getHeads(found?.doc() ?? A.init())).toEqual(A.getHeads(handle.doc()));
    const [upBytes, downBytes] = [up.proxy.bytes("up"), down.proxy.bytes("down")];
    console.log(
      `${name}: ${upBytes} bytes up in ${Math.round(uploadMs)} ms, ${downBytes} down in ${Math.round(downloadMs)} ms;`,
      `others' worst edit ${Math.round(uploading.worstMs)} and ${Math.round(downloading.worstMs)} ms`,
    );
    expect(uploadMs).toBeLessThan(slack * lineMs(upBytes) + idleMs);
    expect(downloadMs).toBeLessThan(slack * lineMs(downBytes) + idleMs);
    for (const { worstMs, edits } of [uploading, downloading]) {
      expect(edits).toBeGreaterThan(0);
      expect(worstMs).toBeLessThan(2_000);
    }
    await crowd.mustBeUnharmed({ heldBytes: Infinity, rssBytes: Infinity });
  };
  test(`first upload and first download of ${name}`, firstUploadAndDownload, testMs);
}

test(
  "a download that is cut twice goes on where it was",
  async () => {
    const writer = stage.repo(crowd.url);
    const handle = writer.import<Content>(heavy());
    await arrived(handle);
    const { repo, proxy } = await slowClient();
    const finding = repo.find<Content>(handle.url).catch(() => undefined);
    const within = async (what: string, wait: Promise<unknown>): Promise<void> => {
      let isDone = false;
      void wait.then(() => (isDone = true));
      await until(`${what}; ${proxy.accepted} connections so far`, () => isDone, testMs / 4);
    };
    await within("the first cut", proxy.cutAfter(bodyBytes * 0.4));
    await within("the second cut", proxy.cutAfter(bodyBytes * 0.3, "down", "end"));
    await within("the document, or that it is not there", finding);
    const hasAll = async (): Promise<boolean> =>
      (await repo.find<Content>(handle.url).catch(() => undefined))?.heads().join() === handle.heads().join();
    await until("all is there", hasAll, testMs / 2);
    expect(proxy.accepted).toBe(3);
    // A piece of at most 1 MB a cut is sent twice, and what the kernel had taken in already.
    expect(proxy.bytes("down")).toBeLessThan(bodyBytes * 1.35);
  },
  testMs,
);

test(
  "a client with Deckle's marker sees how far its download is",
  async () => {
    const handle = stage.repo(crowd.url).import<Content>(heavy());
    await arrived(handle);
    const { proxy } = await slowClient();
    const client = await stage.raw(`ws://127.0.0.1:${proxy.port}/sync`);
    client.frame("request", handle.documentId, syncMessage());
    const progress = (): number[] =>
      client.of("progress").flatMap((each) => parseProgress(each)?.sentBytes ?? []);
    await until("it tells", () => progress().length >= 5, testMs / 2);
    const told = progress();
    expect([...told].sort((a, b) => a - b)).toEqual(told);
    expect(new Set(told).size).toBeGreaterThan(3);
  },
  testMs,
);

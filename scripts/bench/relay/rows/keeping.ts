/** Rows about what a server keeps: of edits that were seen, after it was killed; of memory, after documents were left. */
import { atOnce, megabytes, one, settle, sleep, type Bench, type Figure } from "../bench.ts";
import type { Client, Content } from "../client.ts";

const page: Content = { kind: "text", chars: 10_000, charsPerChange: 100 };

const kills = 5;
const editsPerKill = 100;
const editEveryMs = 2;
/** How long a server that came back is asked for what it has. */
const askedMs = 1_500;

/** `kill -9` in the moment in which a peer has seen the last of 100 edits; five times, each in a new document. */
export async function killed(bench: Bench): Promise<Figure[]> {
  let missing = 0;
  let scene = await bench.scene(page);
  for (let kill = 0; kill < kills; kill++) {
    const [writer, reader] = await bench.crowd(scene, 2);
    if (!writer || !reader) throw new RangeError("no clients");
    const { ledger } = scene;
    const seen = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("the peer did not see the edits")), 20_000);
      ledger.onDeliver = () => {
        if (ledger.delivered < editsPerKill) return;
        ledger.onDeliver = () => {};
        clearTimeout(late);
        resolve(bench.restart());
      };
    });
    for (let i = 0; i < editsPerKill; i++) {
      writer.edit();
      await sleep(editEveryMs);
    }
    await seen;
    const late = scene.client(50);
    // A server that lost the document as well never brings it level; it is asked for what it has, and left.
    late.join().catch(() => {});
    await settle(() => late.received >= editsPerKill, askedMs);
    missing += editsPerKill - late.received;
    for (const client of [writer, reader, late]) client.terminate();
    if (kill + 1 < kills) {
      scene = scene.another();
      await scene.seed();
    }
  }
  const size = `${kills * editsPerKill} edits that a peer had seen, ${kills} × kill -9`;
  return [{ operation: "edits lost", size, unit: "edits", ...one(missing) }];
}

const touched = 1_000;
const active = 10;
const idleSeconds = 30;

/** 1,000 documents are made, edited and left; ten of them stay in use, one edit a second each. */
export async function memory(bench: Bench): Promise<Figure[]> {
  const first = await bench.scene(page);
  await sleep(1_000);
  const before = bench.server.rssBytes();
  const kept: Client[] = [];
  const scenes = [first, ...Array.from({ length: touched - 1 }, () => first.another())];
  await atOnce(10, scenes, async (scene) => {
    if (scene !== first) await scene.seed();
    const [writer, reader] = await bench.crowd(scene, 2);
    if (!writer || !reader) throw new RangeError("no clients");
    writer.edit();
    if (!(await settle(() => reader.received >= 1, 30_000))) throw new Error("an edit did not come through");
    if (kept.length < 2 * active) kept.push(writer, reader);
    else for (const client of [writer, reader]) client.close();
  });
  const after = bench.server.rssBytes();
  const typing = setInterval(() => {
    for (const [i, client] of kept.entries()) if (i % 2 === 0) client.edit();
  }, 1_000);
  await sleep(idleSeconds * 1_000);
  clearInterval(typing);
  const idle = bench.server.rssBytes();
  const size = `${touched} documents of 10 kB touched, ${active} in use`;
  return [
    { operation: "memory, before", size, unit: "MB", ...one(megabytes(before)) },
    { operation: "memory, growth at once", size, unit: "MB", ...one(megabytes(after - before)) },
    {
      operation: `memory, growth ${idleSeconds} s later`,
      size,
      unit: "MB",
      ...one(megabytes(idle - before)),
    },
  ];
}

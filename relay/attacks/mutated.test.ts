/**
 * Frames of a real client, spoiled (`harness-mutator.ts`), on sockets that have joined and on ones that have not.
 * Each is known to have been worked off before the next: its socket closed, or answered a ping that followed it.
 *
 * MUTATED_FRAMES sets how many, MUTATED_SEED repeats a run. Spoiled changes go into documents of the attacker: what
 * somebody who may write to a document writes into it is not for a relay to judge that does not read it.
 */
import { randomInt } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { seededRandom } from "../../scripts/faults/link.ts";
import { Attacked } from "../harness-attacked.ts";
import { join } from "../harness-forge.ts";
import { fingerprint, Mutator, record, type Layer } from "../harness-mutator.ts";
import { RawClient, rawTcp, sleep, Stage, until, wsFrame } from "../harness.ts";
import { makeDocumentId } from "../store/documentId.ts";

const frames = Number(process.env["MUTATED_FRAMES"] ?? 5_000);
const seed = Number(process.env["MUTATED_SEED"] ?? randomInt(2 ** 31));
const lanes = 6;
/** A document of its own for each so many frames: what was stored before must not slow down what comes. */
const framesPerDocument = 100;

const stage = new Stage();
afterAll(() => stage.end());

/** Whether the socket is still open once all that was sent is worked off. */
function survives({ socket }: RawClient): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve(false));
    socket.once("pong", () => {
      socket.removeAllListeners("close");
      resolve(true);
    });
    socket.ping();
  });
}

const marker = { deckle: { version: 1 } };
const mutatedFrames = async (): Promise<void> => {
  const attacked = await Attacked.start(stage, { idleRoomMs: 500 });
  const recorder = new Stage();
  const recording = await record(recorder, attacked.url);
  // Nobody is to see what becomes of its documents.
  await recorder.end();
  const mutator = new Mutator(seededRandom(seed), recording, makeDocumentId());
  const told: Record<Layer, { closed: number; taken: number }> = {
    bytes: { closed: 0, taken: 0 },
    heads: { closed: 0, taken: 0 },
    fields: { closed: 0, taken: 0 },
    lists: { closed: 0, taken: 0 },
    change: { closed: 0, taken: 0 },
  };
  let sent = 0;
  let receipts = 0;

  async function lane(upTo: number): Promise<void> {
    while (sent < upTo) {
      const isPreJoin = sent % 4 === 0;
      const client = await RawClient.open(attacked.url, recording.peerId);
      if (!isPreJoin) client.socket.send(join({ senderId: recording.peerId, peerMetadata: marker }));
      for (let isOpen = true; isOpen && sent < upTo;) {
        if (++sent % framesPerDocument === 0) mutator.documentId = makeDocumentId();
        const { layer, bytes } = isPreJoin ? mutator.join() : mutator.next();
        client.socket.send(bytes);
        isOpen = await survives(client);
        told[layer][isOpen ? "taken" : "closed"]++;
        if (!isOpen && ![4400, 4406, 4409, 1009].includes(client.closeCode ?? 1009))
          throw new Error(`frame ${fingerprint(bytes)} closed with ${client.closeCode}`);
        if (isPreJoin) break;
      }
      receipts += client.of("receipt").length;
      client.socket.terminate();
    }
  }
  const attack = async (upTo: number): Promise<void> => {
    await Promise.all(Array.from({ length: lanes }, () => lane(upTo)));
  };
  // What the relay keeps of documents that nobody is in is bounded; once it is full it may not grow.
  await attack(Math.max(2_000, frames / 5));
  const before = await attacked.memory();
  const pulse = await attacked.pulseDuring(() => attack(frames));
  const after = await attacked.mustBeUnharmed(before);
  console.log(
    `${sent} frames, ${receipts} receipts, worst innocent edit ${Math.round(pulse.worstMs)} ms,`,
    `held ${((after.heldBytes - before.heldBytes) / 1e6).toFixed(1)} MB more`,
    JSON.stringify(told),
  );
  expect(pulse.worstMs).toBeLessThan(3_000);
  // The run did something: every layer was refused at times, and spoiled changes were stored.
  for (const layer of ["bytes", "heads", "fields", "lists"] as const) {
    expect([layer, told[layer].closed > frames / 100]).toEqual([layer, true]);
    expect([layer, told[layer].taken > frames / 1_000]).toEqual([layer, true]);
  }
  expect(told.change.taken).toBeGreaterThan(frames / 10);
  expect(receipts).toBeGreaterThan(frames / 100);
};
test(`${frames} mutated frames before and after join, seed ${seed}`, mutatedFrames, 60_000 + frames * 5);

const mutatedHeaders = async (): Promise<void> => {
  const attacked = await Attacked.start(stage, { idleRoomMs: 500 });
  const before = await attacked.memory();
  const files = attacked.openFiles;
  const random = seededRandom(seed);
  for (let i = 0; i < frames / 50; i++) {
    const socket = await rawTcp(attacked.port);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    if (i % 2) socket.write(wsFrame(0x82, join()));
    const bytes = wsFrame(0x82, join());
    for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips--) {
      const at = Math.floor(random() * 14);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    socket.end(bytes);
    socket.resume();
    // One that announces more than it brings waits for the rest, or for its end.
    await Promise.race([closed, sleep(30)]);
    socket.destroy();
  }
  await until("all sockets are gone", () => attacked.openFiles <= files);
  await attacked.mustBeUnharmed(before);
};
test(`mutated WebSocket headers before and after join, seed ${seed}`, mutatedHeaders, 60_000 + frames * 2);
